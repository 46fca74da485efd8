"""Own names of supply points and meters: everywhere beside the official ones, until a transfer."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from app.domain.access import Role
from app.models import AuditEvent, Contract, Meter, SupplyPoint
from tests.conftest import NOW
from tests.factories import Factory
from tests.pages import PARTIAL, PageClient
from tests.sections.readings.steps import send, type_in
from tests.sections.readings.test_documents import text_of

POINT, METER = "Насосная у реки", "Ввод 1"


def rename(page: PageClient, what: str, name: str, status: int = 303) -> None:
    """Send the form of a name on the page of the supply point."""
    soup = page.get("readings.point", contract_id=1, point_id=1)
    form = soup.select_one(f"form[action$='{what}/1/name']")
    token = form.select_one("[name=csrf_token]")["value"]
    answer = page.client.post(form["action"], data={"csrf_token": token, "name": name})
    page.last = answer
    assert answer.status_code == status, answer.text


@pytest.fixture
def named(page: PageClient, meter: Meter) -> PageClient:
    rename(page, "points", f"  {POINT} ")
    rename(page, "meters", METER)
    return page


def test_names_stand_wherever_the_point_or_the_meter_does(
    named: PageClient, make: Factory, contract: Contract, meter: Meter
) -> None:
    charge = make.charge(contract, date(2026, 10, 31), "10.00")
    line = make.line(charge, "10.00")
    line.supply_point_id, line.meter_id = meter.supply_point_id, meter.id
    make.commit()
    here = {"contract_id": 1}
    soups = [
        named.get("readings.index", **here),
        named.get("readings.meter", meter_id=meter.id, **here),
        named.get("readings.history", meter_id=meter.id, **here),
        named.get("readings.point", point_id=1, **here),
        named.get("home.index", **here),
        named.get("charges.document", charge_id=charge.id, **here),
        named.get("enquiries.new", about=f"meter-{meter.id}", **here),
        type_in(named, meter, "1110", "5"),
        named.open(send(named, named.check_last())),
    ]
    for soup in soups:
        text = soup.select_one("main").text
        assert POINT in text, soup.h1
        assert METER in text, soup.h1
    assert f"у вас «{POINT}»" in named.get("home.index", **here).select_one(".points").text
    for endpoint in ("readings.act", "readings.receipt_pdf"):
        values = {"receipt_id": 1} if "receipt" in endpoint else {}
        text = text_of(named, endpoint, **values)
        for shown in (POINT, METER, "Офис", meter.serial_number):
            assert shown in text, (endpoint, shown)
    url = named.url("readings.history_file", meter_id=meter.id, extension="csv", **here)
    sheet = named.client.get(url).data.decode("utf-8-sig")
    row = next(csv.DictReader(io.StringIO(sheet, newline=""), delimiter=";"))
    assert (row["Точка поставки"], row["Свое название точки"]) == ("Офис", POINT)
    assert (row["Прибор"], row["Свое название прибора"]) == (meter.serial_number, METER)


def test_colleagues_share_them_and_who_only_reads_cannot_change_them(
    named: PageClient, make: Factory, contract: Contract
) -> None:
    colleague = make.account(make.contract("00888-ЭС"), email="colleague@example.org")
    make.membership(colleague, contract, Role.VIEWER)
    make.commit()
    other = PageClient(named.app)
    other.sign_in("00888")
    soup = other.get("readings.point", contract_id=contract.id, point_id=1)
    assert POINT in soup.text
    assert not soup.select("details.rename")
    other.get("readings.names", 403, contract_id=contract.id)


def test_a_former_customer_s_names_are_not_shown_to_the_next_one(
    named: PageClient,
    make: Factory,
    contract: Contract,
    meter: Meter,
    advance_clock: Callable[..., datetime],
) -> None:
    contract.transferred_at = NOW + timedelta(minutes=1)
    make.commit()
    advance_clock(minutes=2)
    for endpoint, values in (
        ("readings.index", {}),
        ("readings.meter", {"meter_id": meter.id}),
        ("readings.point", {"point_id": 1}),
        ("readings.names", {}),
        ("home.index", {}),
    ):
        text = str(named.get(endpoint, contract_id=1, **values))
        assert POINT not in text, endpoint
        assert METER not in text, endpoint
    rename(named, "points", "Новый цех")
    assert "Новый цех" in named.get("readings.index", contract_id=1).text


def test_an_empty_name_takes_it_away_and_the_audit_log_tells(
    named: PageClient, make: Factory
) -> None:
    rename(named, "points", " ")
    text = named.get("readings.index", contract_id=1).text
    assert POINT not in text
    assert METER in text
    events = list(make.session.scalars(select(AuditEvent).filter_by(action="names.changed")))
    assert [event.changes["points"] for event in events] == [{"1": POINT}, {}, {"1": ""}]


def test_a_name_that_is_too_long_is_refused_and_what_was_typed_stays(
    page: PageClient, meter: Meter
) -> None:
    rename(page, "points", "о" * 61, 422)
    soup = page.check_last()
    assert "длиннее 60 знаков" in soup.select_one("#error-summary").text
    assert soup.select_one("#name-1")["value"] == "о" * 61


def test_htmx_gets_the_page_s_block_with_the_new_name(page: PageClient, meter: Meter) -> None:
    soup = page.get("readings.point", contract_id=1, point_id=1)
    form = soup.select_one("form[action$='points/1/name']")
    token = form.select_one("[name=csrf_token]")["value"]
    data = {"csrf_token": token, "name": POINT}
    answer = page.client.post(form["action"], data=data, headers=PARTIAL)
    assert (answer.status_code, POINT in answer.text) == (200, True)
    assert "<html" not in answer.text


def test_all_names_and_the_order_are_set_on_one_page(
    page: PageClient, make: Factory, contract: Contract, meter: Meter
) -> None:
    second = make.meter(contract, "87654321")
    make.reading(second, "2026-10", "5.00")
    make.commit()
    soup = page.get("readings.names", contract_id=1)
    fields = {"name-1": POINT, "position-2": "1", f"meter-name-{second.id}": "Склад"}
    page.submit(soup, **fields)
    assert "Названия сохранены" in page.open(page.last.headers["Location"]).text
    soup = page.get("readings.index", contract_id=1)
    assert ["87654321" in row.text for row in soup.select("tr.meter")] == [True, False]
    soup = page.get("readings.index", contract_id=1, q="насосная")
    assert [POINT in row.text for row in soup.select("tr.place")] == [True]
    page.submit(page.get("readings.names", contract_id=1), 422, **{"position-2": "первая"})
    assert "целое число" in page.check_last().select_one("#error-summary").text


def test_a_point_or_meter_of_another_contract_is_not_found(
    page: PageClient, make: Factory, meter: Meter
) -> None:
    foreign = make.meter(make.contract("00999-ЭС"), "чужой")
    make.commit()
    point = make.session.get_one(SupplyPoint, foreign.supply_point_id)
    for point_id in (point.id, 10**9, 2**70):
        page.get("readings.point", 404, contract_id=1, point_id=point_id)
    soup = page.get("readings.point", contract_id=1, point_id=1)
    token = soup.select_one("[name=csrf_token]")["value"]
    for path in (f"points/{point.id}", f"meters/{foreign.id}"):
        url = f"/contracts/1/readings/{path}/name"
        answer = page.client.post(url, data={"csrf_token": token, "name": "x"})
        assert answer.status_code == 404


def test_markup_in_a_name_stays_text(page: PageClient, meter: Meter) -> None:
    rename(page, "points", "<img src=x>{{7*7}}")
    for endpoint, values in (("readings.index", {}), ("readings.point", {"point_id": 1})):
        soup = page.get(endpoint, contract_id=1, **values)
        assert "<img src=x>{{7*7}}" in soup.select_one("main").text
        assert not soup.select("main img")
