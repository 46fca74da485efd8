"""A signed-in owner with a confirmed address."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.models import Account, Contract
from tests.factories import Factory
from tests.pages import PageClient


@pytest.fixture
def contract(make: Factory) -> Contract:
    make.supplier()
    make.import_run()
    contract = make.contract()
    make.commit()
    return contract


@pytest.fixture
def account(make: Factory, contract: Contract) -> Account:
    account = make.account(contract)
    account.email_confirmed_at = datetime(2026, 11, 1, tzinfo=UTC)
    make.commit()
    return account


@pytest.fixture
def page(page: PageClient, contract: Contract, account: Account) -> PageClient:
    page.sign_in(contract.number)
    return page
