"""No customer page reads a table from end to end: its cost does not grow with the contracts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.actions.open_items import delete_snapshots, store_snapshots
from app.extensions import db
from app.models import Contract
from tests.conftest import NOW
from tests.factories import Factory
from tests.pages import PageClient

# One supplier and some imports a day: reading these whole is what they are for.
SMALL = {"suppliers", "import_runs", "premises_kinds", "enquiry_topics", "departments"}

# Indexes over all contracts, for staff and jobs: what is found by them grows as a whole table does.
OVER_ALL_CONTRACTS = {
    "ix_submitted_readings_status_period",
    "ix_submitted_readings_open",
    "ix_enquiries_status_answer_due_on",
    "ix_enquiries_open",
}


@pytest.fixture
def contract(make: Factory, page: PageClient) -> Contract:
    make.supplier()
    make.import_run()
    contract = make.contract()
    make.enquiry(contract, make.account(contract))
    make.balance(contract, "2026-09", "0.00", "0.00")
    charge = make.charge(contract, date(2026, 10, 31), "10.00")
    # Two: SQLite searches for one register as nobody would for several.
    for meter in (make.meter(contract, "2"), make.meter(contract)):
        make.reading(meter, "2026-09", "1.00")
        make.reading(meter, "2026-10", "2.00")
    make.line(charge, "10.00", None, meter_id=meter.id, zone="T0")
    make.invoice(contract, date(2026, 12, 18), "10.00")
    make.payment(contract, date(2026, 11, 2), "5.00")
    store_snapshots(make.session, [contract.id], NOW.date())
    make.commit()
    page.sign_in("00123")
    return contract


MOST = {"home.index": 5, "pay.index": 5, "invoices.index": 4, "charges.index": 4}
"""Statements of the pages that people open most."""
PAGES = [
    ("home.index", {}),
    ("settlements.index", {}),
    ("settlements.statement", {}),
    ("charges.index", {}),
    ("charges.document", {"charge_id": 1}),
    ("charges.statement", {"lines": "1"}),
    ("payments.index", {}),
    ("invoices.index", {}),
    ("pay.index", {}),
    ("readings.index", {}),
    ("enquiries.index", {}),
    ("enquiries.new", {}),
    ("enquiries.enquiry", {"enquiry_id": 1}),
    ("profile.index", {}),
    ("profile.sessions", {}),
    ("profile.consents", {}),
    ("edo.contract", {}),
    ("readings.meter", {"meter_id": 1}),
    ("readings.history", {"meter_id": 1}),
]


Statements = list[tuple[str, Any]]


@pytest.fixture
def statements(app: Flask) -> Iterator[Statements]:
    """What the database was asked, with its parameters."""
    found: Statements = []

    def note(connection: Any, cursor: Any, statement: str, parameters: Any, *rest: Any) -> None:
        found.append((statement, parameters))

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    yield found
    event.remove(engine, "before_cursor_execute", note)


def tables_read_whole(app: Flask, statements: Statements) -> dict[str, set[str]]:
    """Statement → large tables that it reads from end to end, or indexes of all contracts."""
    found = {}
    with app.app_context(), db.engine.connect() as connection:
        for statement, parameters in list(statements):
            if not statement.startswith("SELECT"):
                continue
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            steps = [row[3].split() for row in plan]
            scanned = {step[1] for step in steps if step[0] == "SCAN"} & set(db.metadata.tables)
            searched = {name for step in steps for name in step} & OVER_ALL_CONTRACTS
            if large := (scanned - SMALL) | searched:
                found[statement] = large
    return found


@pytest.mark.parametrize(("endpoint", "values"), PAGES)
def test_every_statement_of_a_page_finds_its_rows_by_an_index(
    app: Flask,
    page: PageClient,
    contract: Contract,
    statements: Statements,
    endpoint: str,
    values: dict[str, Any],
) -> None:
    contract_id = contract.id
    statements.clear()
    page.get(endpoint, contract_id=contract_id, **values)
    asked = [statement[:60] for statement, _ in statements]
    assert len(asked) <= MOST.get(endpoint, 13), asked
    assert tables_read_whole(app, statements) == {}


@pytest.mark.parametrize("endpoint", MOST)
def test_without_a_snapshot_the_ledger_of_the_contract_is_read_by_an_index(
    app: Flask,
    page: PageClient,
    contract: Contract,
    session: Session,
    statements: Statements,
    endpoint: str,
) -> None:
    delete_snapshots(session)
    session.commit()
    contract_id = contract.id
    statements.clear()
    page.get(endpoint, contract_id=contract_id)
    asked = [statement[:60] for statement, _ in statements]
    assert MOST[endpoint] < len(asked) <= MOST[endpoint] + 4, asked
    assert tables_read_whole(app, statements) == {}
