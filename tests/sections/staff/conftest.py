"""A supplier with a contract, its owner, and one clerk of each role."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.domain.staff import StaffRole
from app.models import Account, Contract, Enquiry
from tests.factories import Factory
from tests.pages import PageClient


@pytest.fixture
def contract(make: Factory) -> Contract:
    make.supplier()
    make.import_run()
    contract = make.contract()
    make.account(contract)
    for role in StaffRole:
        make.staff(role)
    make.commit()
    return contract


@pytest.fixture
def enquiry(make: Factory, contract: Contract) -> Enquiry:
    """An enquiry of the contract's owner that nobody has taken."""
    account = make.session.scalars(select(Account)).one()
    enquiry = make.enquiry(contract, account, number="2026-000001")
    make.commit()
    return enquiry


@pytest.fixture
def clerk(page: PageClient, contract: Contract) -> PageClient:
    """The browser of an operator who is signed in."""
    page.sign_in_staff("operator")
    return page


@pytest.fixture
def admin(app, contract: Contract) -> PageClient:
    """The browser of an administrator who is signed in."""
    client = PageClient(app)
    client.sign_in_staff("admin")
    return client


@pytest.fixture
def customer(app, contract: Contract) -> PageClient:
    """The browser of the contract's owner."""
    client = PageClient(app)
    client.sign_in("00123")
    return client


@pytest.fixture
def manager(app, contract: Contract) -> PageClient:
    """The browser of a manager who is signed in."""
    client = PageClient(app)
    client.sign_in_staff("manager")
    return client
