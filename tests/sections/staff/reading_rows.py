"""Submitted readings as rows, and what a clerk does with them."""

from __future__ import annotations

import csv
import io
import uuid
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.domain.period import Month
from app.models import Contract, Meter, ReadingReceipt, Register, SubmittedReading, SupplyPoint
from tests.factories import AS_OF, Factory
from tests.pages import PageClient


def submit(make: Factory, meter: Meter, value: str, **values: Any) -> SubmittedReading:
    """A reading of the meter's register for November 2026 that waits to be checked."""
    session = make.session
    register = session.scalars(select(Register).where(Register.meter_id == meter.id)).one()
    point = session.get_one(SupplyPoint, meter.supply_point_id)
    receipt = ReadingReceipt(
        idempotency_key=str(uuid.uuid4()),
        contract_id=point.contract_id,
        submitted_at=AS_OF,
        account_id=values.pop("account_id", None),
        staff_id=values.pop("staff_id", None),
        address="127.0.0.1",
    )
    session.add(receipt)
    session.flush()
    defaults = {
        "submission_id": str(uuid.uuid4()),
        "receipt_id": receipt.id,
        "register_id": register.id,
        "period": Month(2026, 11),
        "taken_on": AS_OF.date(),
        "value": Decimal(value),
        "previous_value": Decimal("1100.00"),
        "previous_on": Month(2026, 10).last,
        "consumption_kwh": (Decimal(value) - 1100) * 40,
        "rolled_over": False,
        "is_late": False,
        "doubts": [],
        "source": "portal",
        "status": "sent",
    }
    row = SubmittedReading(**(defaults | values))
    session.add(row)
    session.flush()
    return row


def meter_of(make: Factory, contract: Contract, serial: str = "12345678") -> Meter:
    """Ratio 40, and 400 kWh in each of the months up to October."""
    meter = make.meter(contract, serial)
    for month in range(1, 11):
        make.reading(meter, f"2026-{month:02d}", f"{1000 + 10 * month}.00", source="portal")
    return meter


def decide(
    page: PageClient,
    soup: BeautifulSoup,
    do: str,
    *readings: str,
    reason: str = "",
    status: int = 303,
) -> TestResponse:
    """Tick readings by their values in the list and press a button."""
    form = soup.select_one("form[action][method=post]:has([name=do])")
    data = {
        "csrf_token": form.select_one("[name=csrf_token]")["value"],
        "reading": list(readings),
        "reason": reason,
        "do": do,
    }
    page.last = page.client.post(form["action"], data=data)
    assert page.last.status_code == status, page.last.text[:800]
    return page.last


def boxes(soup: BeautifulSoup) -> list[str]:
    """Values of the boxes to tick, in the order of the list."""
    return [box["value"] for box in soup.select("input[name=reading]")]


def rows(soup: BeautifulSoup) -> list[str]:
    """Meters of the list with their values: «12345678 1110,50»."""
    return [
        f"{row.select_one('[data-label=Прибор] bdi').text} "
        f"{row.select_one('[data-label=Показание] b').text}"
        for row in soup.select("table.desk tbody tr")
    ]


def statuses(make: Factory) -> list[str]:
    """What has become of all submitted readings, in the order they came."""
    make.session.expire_all()
    return list(make.session.scalars(select(SubmittedReading.status).order_by(SubmittedReading.id)))


def press(page: PageClient) -> str:
    """«Выгрузить для биллинга»; what the page that follows says."""
    soup = page.get("staff.reading_exchange")
    form = soup.select_one("form[action$='/exchange']")
    token = form.select_one("[name=csrf_token]")["value"]
    page.last = page.client.post(form["action"], data={"csrf_token": token})
    assert page.last.status_code == 303
    return page.open(page.last.headers["Location"]).select_one("[role=status]").text


def package_rows(instance: Path) -> list[dict[str, str]]:
    """The readings of the newest package that staff have made."""
    newest = max((instance / "for-billing").glob("*.zip"))
    with zipfile.ZipFile(newest) as package:
        text = package.read("readings_out.csv").decode("utf-8")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))
