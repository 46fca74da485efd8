"""The supplier's clock decides which month a reading belongs to."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from flask import Flask

from app.lib.clock import Clock
from app.models import Meter, SupplyPoint
from tests.conftest import ZONE
from tests.factories import Factory
from tests.pages import PageClient
from tests.sections.readings.steps import send, submitted, type_in


def at(app: Flask, page: PageClient, moment: str) -> None:
    page.client.delete_cookie("kabinet")
    app.extensions["clock"] = Clock(ZONE, datetime.fromisoformat(moment))
    page.sign_in("00123")


@pytest.mark.parametrize(
    ("moment", "period", "taken_on", "is_late"),
    [
        ("2026-11-30T23:59:59+05:00", "2026-11", "2026-11-30", False),
        ("2026-12-01T00:00:00+05:00", "2026-11", "2026-11-30", False),
        ("2026-12-01T23:59:59+05:00", "2026-11", "2026-11-30", False),
        ("2026-12-02T00:00:00+05:00", "2026-11", "2026-12-02", True),
        ("2026-12-01T20:00:00+00:00", "2026-11", "2026-12-02", True),
        ("2026-12-31T23:59:00+03:00", "2026-12", "2026-12-31", False),
    ],
)
def test_the_supplier_s_clock_decides_at_the_edges_of_the_window(
    app: Flask,
    page: PageClient,
    make: Factory,
    meter: Meter,
    moment: str,
    period: str,
    taken_on: str,
    is_late: bool,
) -> None:
    at(app, page, moment)
    soup = type_in(page, meter, "1110", "5")
    assert ("учтем в следующем периоде" in soup.text) == is_late
    send(page, soup, 303, *(box["value"] for box in soup.select("[name=confirm]")))
    (row,) = submitted(make)
    assert (str(row.period), str(row.taken_on), row.is_late) == (period, taken_on, is_late)
    assert row.status == ("sent" if is_late or soup.select("[name=confirm]") else "accepted")


def test_in_an_apartment_building_readings_are_taken_from_the_23rd_to_the_26th(
    app: Flask, page: PageClient, make: Factory, meter: Meter
) -> None:
    make.session.get_one(SupplyPoint, meter.supply_point_id).reading_regime = "mkd"
    make.commit()
    for moment, expected in (
        ("2026-11-22T23:59:59+05:00", "с 23 ноября по 26 ноября"),
        ("2026-11-23T00:00:00+05:00", "до конца 26 ноября"),
        ("2026-11-26T23:59:59+05:00", "сегодня последний день"),
        ("2026-11-27T00:00:00+05:00", "закончился 26 ноября"),
    ):
        at(app, page, moment)
        assert expected in page.get("readings.index", contract_id=1).text, moment


def test_a_supply_point_that_has_left_the_contract_is_asked_for_its_last_month_only(
    app: Flask, page: PageClient, make: Factory, meter: Meter
) -> None:
    point = make.session.get_one(SupplyPoint, meter.supply_point_id)
    point.valid_to = date(2026, 11, 10)
    make.commit()
    at(app, page, "2026-11-25T12:00:00+05:00")
    assert "Передать показания" in page.get("readings.index", contract_id=1).text
    point.valid_to = date(2026, 10, 31)
    make.commit()
    soup = page.get("readings.index", contract_id=1)
    assert "Точка поставки исключена 31.10.2026" in soup.select_one("main details").text
    assert "Передать показания" not in soup.select_one("main").text
    soup = page.get("readings.meter", 409, contract_id=1, meter_id=meter.id)
    assert "исключена из договора" in soup.select_one("#error-summary").text


def test_after_the_window_what_came_in_time_is_neither_withdrawn_nor_replaced(
    app: Flask, page: PageClient, make: Factory, meter: Meter
) -> None:
    soup = page.open(send(page, type_in(page, meter, "1110", "5")))
    at(app, page, "2026-12-15T12:00:00+05:00")
    page.open(f"/contracts/1/readings/receipts/{submitted(make)[0].receipt_id}")
    page.submit(page.check_last(), 422, action=soup.select_one("main form")["action"])
    assert "Срок прошел" in page.check_last().text
    assert (
        "Срок приема прошел"
        not in page.get("readings.index", contract_id=1).select_one("table.meters tr.meter").text
    )
    soup = page.get("readings.meter", 409, contract_id=1, meter_id=meter.id)
    assert "изменить показание нельзя" in soup.select_one("#error-summary").text
