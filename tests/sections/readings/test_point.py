"""The page of a supply point: what billing knows of it, verification, replacements, power."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from app.models import Meter, SupplyPoint
from tests.factories import Factory
from tests.pages import PageClient


def test_what_billing_sends_is_shown_with_units(
    page: PageClient, make: Factory, meter: Meter
) -> None:
    point = make.session.get_one(SupplyPoint, meter.supply_point_id)
    point.max_power_kw, point.voltage_level = Decimal("150.000"), "SN2"
    point.loss_percent = Decimal("2.5")
    meter.current_ratio, meter.voltage_ratio = Decimal(40), Decimal(1)
    meter.verified_on, meter.next_verification_on = date(2016, 12, 1), date(2026, 12, 1)
    make.commit()
    soup = page.get("readings.point", contract_id=1, point_id=point.id)
    text = " ".join(soup.select_one("main").text.split())
    for shown in (
        "150 кВт",
        "СН2 — среднее второе",
        "2,5 %",
        "Вы, на конец месяца",
        "трансформаторы тока 40",
        "Срок поверки подходит: 01.12.2026",
        "1100,00 на 31.10.2026",
    ):
        assert shown in text, shown
    row = soup.select_one("table.power tbody tr")
    assert row.th.text == "Октябрь 2026"
    assert [cell.text.strip() for cell in row.select("td")] == ["400", "0,538", "0"]


def test_more_than_the_maximum_power_is_warned_of(
    page: PageClient, make: Factory, meter: Meter
) -> None:
    point = make.session.get_one(SupplyPoint, meter.supply_point_id)
    point.max_power_kw = Decimal("0.500")
    make.commit()
    soup = page.get("readings.point", contract_id=1, point_id=point.id)
    assert "больше максимальной" in " ".join(soup.select_one(".note.warn").text.split())
    assert "108" in soup.select_one("table.power tbody tr").text


def test_replaced_meters_keep_their_last_readings(
    page: PageClient, make: Factory, meter: Meter
) -> None:
    meter.removed_on = date(2026, 11, 14)
    make.reading(meter, "2026-11", "1104.00", kind="final", taken_on=date(2026, 11, 14))
    make.session.add(
        Meter(
            external_id="M-new",
            supply_point_id=meter.supply_point_id,
            serial_number="87654321",
            multiplier=Decimal(20),
            installed_on=date(2026, 11, 14),
        )
    )
    make.commit()
    soup = page.get("readings.point", contract_id=1, point_id=1)
    text = " ".join(soup.select_one("main").text.split())
    assert "Замены" in text
    assert "1104,00 на 14.11.2026" in text
    assert "Прибор № 87654321" in [" ".join(head.text.split()) for head in soup.select("h2")]


def test_a_fault_is_reported_in_a_form_that_is_filled_in(
    page: PageClient, make: Factory, meter: Meter
) -> None:
    make.commit()
    soup = page.get("readings.point", contract_id=1, point_id=1)
    link = soup.select_one("a[href*='about=fault-']")
    soup = page.open(link["href"])
    assert soup.select_one("[name=text]").text.strip().startswith("Неисправность: Прибор учета №")
    assert soup.select_one("[name=address]")["value"] == "г. Миасс, пр. Автозаводцев, д. 2"
    assert meter.serial_number in soup.select_one(".note").text
