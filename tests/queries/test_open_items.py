"""Open items come from a valid snapshot, else from the ledger, and are the same."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.actions.open_items import store_snapshots
from app.domain.access import Permission
from app.domain.period import Period
from app.domain.snapshot_texts import FORMAT
from app.domain.turnover import EntryKind
from app.models import Charge, Contract, OpenItemSnapshot
from app.queries.contracts import VisibleContract, get_as_customer
from app.queries.open_item_snapshots import compute_snapshot, list_snapshots
from app.queries.open_items import (
    list_interest_corrections,
    read_money_overview,
    read_open_items,
    read_unpaid_items,
)
from app.queries.settlements import ledger_of
from tests.conftest import NOW
from tests.factories import Factory
from tests.pages import PageClient
from tests.sections.test_money_agrees import RandomLedger

TODAY = NOW.date()
DAYS = [TODAY + timedelta(days=number) for number in (-40, -9, 0, 1, 12, 45, 75)]


def visible(session: Session, row: Contract) -> VisibleContract:
    return get_as_customer(session, row.id, Permission.SEE_MONEY, TODAY)


def random_contract(make: Factory, seed: int) -> Contract:
    """A contract with a random ledger, some of it dated after today, and some balances."""
    contract = RandomLedger(make, "00801-ЭС", seed).contract
    chance = random.Random(seed)
    make.charge(contract, TODAY + timedelta(days=10), "77.00")
    make.payment(contract, TODAY + timedelta(days=30), "5.00", kind="payment")
    for month in chance.sample(["2026-08", "2026-09", "2026-11", "2026-12"], chance.randint(0, 3)):
        make.balance(contract, month, f"{chance.randint(0, 900)}", f"{chance.randint(0, 900)}")
    make.commit()
    return contract


@pytest.mark.parametrize("seed", range(8))
def test_the_computed_figures_are_those_of_the_settlements_page(
    session: Session, make: Factory, seed: int
) -> None:
    contract = visible(session, random_contract(make, seed))
    for day in DAYS:
        found = compute_snapshot(session, contract.id, day)
        closing = ledger_of(session, contract, Period(day, day)).sheet.closing
        assert found.open_items.balance == closing
        operations = ledger_of(session, contract, Period(date(2020, 1, 1), day)).operations()
        last = {row.entry.kind: row.entry for row in operations}
        payment = last.get(EntryKind.PAYMENT)
        assert found.last_charge == last.get(EntryKind.UPD)
        assert found.last_payment == (payment and payment._replace(period=None))


@pytest.mark.parametrize("seed", range(4))
def test_a_stored_snapshot_is_read_as_what_was_computed(
    session: Session, make: Factory, seed: int
) -> None:
    row = random_contract(make, seed)
    contract = visible(session, row)
    computed = compute_snapshot(session, row.id, TODAY)
    without = (
        read_money_overview(session, contract, TODAY),
        read_unpaid_items(session, contract, TODAY),
        read_open_items(session, contract, TODAY),
        list_interest_corrections(session, contract),
    )
    store_snapshots(session, [row.id], TODAY)
    assert list_snapshots(session, [row.id], TODAY) == {row.id: computed}
    overview, unpaid, open_items, corrections = without
    assert read_open_items(session, contract, TODAY) == open_items == computed.open_items
    assert read_unpaid_items(session, contract, TODAY).unpaid == unpaid.unpaid
    found = read_money_overview(session, contract, TODAY)
    assert (found.last_charge, found.last_payment) == (overview.last_charge, overview.last_payment)
    assert found.open_items.reconciliation == overview.open_items.reconciliation
    assert list_interest_corrections(session, contract) == corrections


@pytest.fixture
def charge(make: Factory) -> Charge:
    """The only document of a contract; a snapshot of it is stored."""
    row = make.contract()
    charge = make.charge(row, date(2026, 10, 31), "100.00")
    store_snapshots(make.session, [row.id], TODAY)
    # Billing never does this without an import: it shows which of both is read.
    charge.gross_amount *= 2
    make.commit()
    return charge


def test_a_snapshot_is_read_on_its_days_only(session: Session, charge: Charge) -> None:
    contract = visible(session, session.get_one(Contract, charge.contract_id))
    assert read_open_items(session, contract, TODAY).total == 100
    assert read_open_items(session, contract, date(2026, 10, 31)).total == 100
    assert read_open_items(session, contract, date(2026, 10, 30)).total == 0
    session.execute(update(OpenItemSnapshot).values(valid_to=TODAY))
    assert read_open_items(session, contract, TODAY).total == 100
    tomorrow = TODAY + timedelta(days=1)
    assert read_open_items(session, contract, tomorrow).total == 200
    assert read_unpaid_items(session, contract, tomorrow).total == 200
    assert read_money_overview(session, contract, tomorrow).balance == 200


def test_a_snapshot_of_another_version_is_not_read(session: Session, charge: Charge) -> None:
    contract = visible(session, session.get_one(Contract, charge.contract_id))
    session.execute(update(OpenItemSnapshot).values(format=FORMAT + 1))
    assert read_open_items(session, contract, TODAY).total == 200


def test_the_day_decides_what_is_overdue(session: Session, charge: Charge) -> None:
    contract = visible(session, session.get_one(Contract, charge.contract_id))
    due_on = date(2026, 11, 18)
    assert read_unpaid_items(session, contract, due_on).overdue == 0
    late = read_unpaid_items(session, contract, due_on + timedelta(days=1))
    assert (late.overdue, late.overdue_since) == (100, due_on)


@pytest.mark.parametrize("endpoint", ["home.index", "pay.index", "invoices.index", "charges.index"])
def test_pages_are_the_same_with_a_snapshot_and_without(
    app: Flask, make: Factory, page: PageClient, endpoint: str
) -> None:
    make.supplier()
    make.import_run()
    contract = random_contract(make, 5)
    make.account(contract)
    make.commit()
    page.sign_in("00801")
    without = page.get(endpoint, contract_id=contract.id).select_one("main")
    store_snapshots(make.session, [contract.id], TODAY)
    # Nothing rendered before is in the cache any more.
    make.import_run()
    make.commit()
    assert page.get(endpoint, contract_id=contract.id).select_one("main") == without
