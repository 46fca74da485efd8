"""A signed-in owner of a contract with a meter."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.models import Contract, Meter
from tests.factories import Factory
from tests.pages import PageClient


@pytest.fixture
def contract(make: Factory) -> Contract:
    make.supplier()
    make.import_run()
    contract = make.contract()
    account = make.account(contract)
    account.email_confirmed_at = datetime(2026, 11, 1, tzinfo=UTC)
    make.commit()
    return contract


@pytest.fixture
def meter(make: Factory, contract: Contract) -> Meter:
    """Ratio 40, six digits and two decimals, 400 kWh a month."""
    meter = make.meter(contract)
    for month in range(1, 11):
        make.reading(meter, f"2026-{month:02d}", f"{1000 + 10 * month}.00", source="portal")
    make.commit()
    return meter


@pytest.fixture
def page(page: PageClient, contract: Contract) -> PageClient:
    page.sign_in(contract.number)
    return page
