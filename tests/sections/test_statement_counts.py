"""How many SQL statements a page takes at most, however much its contract has.

Each costs a page some 0.1 ms, on PostgreSQL a way there and back as well. A page that needs one
more says here why.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import event, select

from app.domain.period import Month
from app.extensions import db
from app.models import Contract, ReadingReceipt, Register, SubmittedReading
from tests.conftest import NOW
from tests.factories import Factory
from tests.pages import PageClient

# Who is signed in, the contract and the site context are one of each.
MOST = {
    "home.index": 9,
    "settlements.index": 4,
    "charges.index": 7,
    "charges.document": 6,
    "charges.why": 6,
    "payments.index": 3,
    "readings.index": 4,
    "readings.all_meters": 3,
    "readings.meter": 3,
    "readings.history": 3,
    "readings.receipt": 2,
    "enquiries.index": 3,
    "enquiries.enquiry": 3,
    "enquiries.new": 4,
    "edo.contract": 4,
    "events.index": 4,
    "profile.index": 5,
    "profile.consents": 3,
    "profile.sessions": 2,
}
VALUES = {
    "charges.document": {"charge_id": 1},
    "readings.meter": {"meter_id": 1},
    "readings.history": {"meter_id": 1},
    "readings.receipt": {"receipt_id": 1},
    "enquiries.enquiry": {"enquiry_id": 1},
}


@pytest.fixture
def contract_id(make: Factory, page: PageClient) -> int:
    """A contract that has two of everything."""
    make.supplier()
    make.import_run()
    contract = make.contract()
    account = make.account(contract)
    for number in (1, 2):
        _meter_with_readings(make, contract, number)
        enquiry = make.enquiry(contract, account, status="answered")
        make.entry(enquiry, "Ответ", author="staff", status="answered")
        make.balance(contract, f"2026-{8 + number:02}", "0.00", "0.00")
        make.line(make.charge(contract, date(2026, 8 + number, 28), "10.00"), "10.00")
        make.invoice(contract, date(2026, 12, 17 + number), "10.00")
        make.payment(contract, date(2026, 11, number), "5.00")
    contract_id = contract.id
    make.commit()
    page.sign_in("00123")
    return contract_id


def _meter_with_readings(make: Factory, contract: Contract, number: int) -> None:
    meter = make.meter(contract, f"0000000{number}")
    for month in ("2026-08", "2026-09", "2026-10"):
        make.reading(meter, month, "1.00")
    receipt = make._add(
        ReadingReceipt(
            idempotency_key=f"receipt-{number}",
            contract_id=contract.id,
            submitted_at=NOW,
            address="127.0.0.1",
        )
    )
    register = make.session.scalars(select(Register).where(Register.meter_id == meter.id)).one()
    make._add(
        SubmittedReading(
            submission_id=f"submission-{number}",
            receipt_id=receipt.id,
            register_id=register.id,
            period=Month(2026, 11),
            taken_on=NOW.date(),
            value=Decimal(2),
            rolled_over=False,
            is_late=False,
            doubts=[],
            source="portal",
            status="sent",
        )
    )


@contextmanager
def noted(app: Flask) -> Iterator[list[str]]:
    """The statements that are executed meanwhile."""
    statements: list[str] = []
    with app.app_context():
        engine = db.engine

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize("endpoint", MOST)
def test_a_page_takes_few_statements(
    app: Flask, page: PageClient, contract_id: int, endpoint: str
) -> None:
    with noted(app) as statements:
        page.get(endpoint, contract_id=contract_id, **VALUES.get(endpoint, {}))
    shown = [" ".join(statement.split())[:90] for statement in statements]
    assert len(statements) <= MOST[endpoint], shown
