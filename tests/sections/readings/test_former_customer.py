"""Readings that a former customer of the contract has sent: figures stay, receipts do not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from app.models import Contract, Meter
from tests.conftest import NOW
from tests.factories import Factory
from tests.pages import PageClient
from tests.sections.readings.steps import send, submitted, type_in


def test_the_same_value_of_the_new_customer_gets_a_receipt_of_its_own(
    page: PageClient,
    make: Factory,
    meter: Meter,
    contract: Contract,
    advance_clock: Callable[..., datetime],
) -> None:
    send(page, type_in(page, meter, "1111"))
    (former,) = submitted(make)
    contract.transferred_at = NOW + timedelta(minutes=1)
    make.commit()
    advance_clock(minutes=2)
    here = {"contract_id": contract.id}
    soup = page.get("readings.index", **here)
    assert "1111" in soup.text.replace(" ", ""), "the figure stays with the contract"
    receipt = f"/receipts/{former.receipt_id}"
    assert receipt not in str(soup)
    assert receipt not in str(page.get("readings.history", meter_id=meter.id, **here))
    page.get("readings.receipt", 404, receipt_id=former.receipt_id, **here)
    where = send(page, type_in(page, meter, "1111"))
    assert receipt not in where
    page.open(where)
    rows = submitted(make)
    assert [(row.status, row.receipt_id == former.receipt_id) for row in rows] == [
        ("replaced", True),
        ("accepted", False),
    ]
