"""A supplier with a contract, its owner, and one member of the staff for each role."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.actions.search_index import rebuild_search
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
    """An enquiry of the contract's owner that is assigned to nobody."""
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


@pytest.fixture
def found(make: Factory, session: Session, contract: Contract) -> Contract:
    """The contract with a meter, and others beside it, all in the index."""
    make.meter(contract, "88001234")
    other = make.customer(full_name="Общество «Берёзка»", short_name=None, inn="7415000025")
    make.contract("00777-ЭС", customer_id=other.id)
    make.contract("07771-ЭС", customer_id=other.id)
    rebuild_search(session)
    make.commit()
    return contract
