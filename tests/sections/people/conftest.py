"""A contract whose owner is signed in."""

from __future__ import annotations

import pytest
from flask import Flask

from app.models import Contract
from tests.factories import Factory
from tests.pages import PageClient
from tests.sections.people.steps import NUMBER


@pytest.fixture
def contract(make: Factory) -> Contract:
    make.supplier()
    make.import_run()
    contract = make.contract(NUMBER)
    make.account(contract, email="director@example.org")
    make.commit()
    return contract


@pytest.fixture
def owner(app: Flask, contract: Contract) -> PageClient:
    page = PageClient(app)
    page.sign_in(NUMBER)
    return page
