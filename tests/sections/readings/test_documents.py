"""The act and the receipt as PDF, read back."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal

from pypdf import PdfReader

from app.models import Meter
from tests.factories import Factory
from tests.pages import PageClient
from tests.sections.readings.steps import send, type_in


def text_of(page: PageClient, endpoint: str, **values: object) -> str:
    answer = page.client.get(page.url(endpoint, contract_id=1, **values))
    assert answer.mimetype == "application/pdf", answer.text
    pages = PdfReader(io.BytesIO(answer.data)).pages
    return " ".join(" ".join(sheet.extract_text() for sheet in pages).split())


def test_the_act_names_both_sides_readings_and_room_for_two_signatures(
    page: PageClient, meter: Meter
) -> None:
    page.get("readings.act", 404, contract_id=1)
    send(page, type_in(page, meter, "1110", "5"))
    link = page.get("readings.index", contract_id=1).select_one("a[href$='act.pdf']")
    assert "подписанный акт передайте поставщику" in link.parent.text
    text = text_of(page, "readings.act")
    for shown in (
        "Акт снятия показаний",
        "№ 00123-ЭС от 01.02.2020",
        "за ноябрь 2026",
        "«Ромашка»",
        "Пример-Энерго",
        "12345678",
        "1100,00",
        "на 31.10.2026",
        "1110,50",
        "40",
        "420",
    ):
        assert shown in text, shown
    assert text.count("подпись и расшифровка") == 2


def test_the_act_has_the_meter_that_was_removed_and_the_one_that_came_for_it(
    page: PageClient, make: Factory, meter: Meter
) -> None:
    meter.removed_on = date(2026, 11, 14)
    make.reading(meter, "2026-11", "1104.00", kind="final", taken_on=date(2026, 11, 14))
    new = Meter(
        external_id="M-new",
        supply_point_id=meter.supply_point_id,
        serial_number="87654321",
        multiplier=Decimal(20),
        installed_on=date(2026, 11, 14),
    )
    make.session.add(new)
    make.session.flush()
    make.reading(new, "2026-11", "3.00", kind="initial", taken_on=date(2026, 11, 14))
    make.commit()
    send(page, type_in(page, new, "10", "5"))
    text = text_of(page, "readings.act")
    for shown in ("12345678", "1104,00", "на 14.11.2026", "160", "87654321", "10,50", "150", "310"):
        assert shown in text, shown


def test_the_receipt_for_print_holds_number_time_and_values(page: PageClient, meter: Meter) -> None:
    send(page, type_in(page, meter, "1110", "5"))
    text = text_of(page, "readings.receipt_pdf", receipt_id=1)
    for shown in ("Квитанция № 1", "21.11.2026, 12:00", "1110,50", "Принято", "420"):
        assert shown in text, shown
    assert "подпись" not in text
