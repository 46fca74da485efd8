"""What people come for takes few clicks from the home page, and each click is counted."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import delete, select

from app.domain.money import parse_roubles
from app.domain.period import Month
from app.models import Meter, ReadingReceipt, Register, SubmittedReading, SupplyPoint
from tests.browser import state_rows
from tests.browser.clicks import Clicks
from tests.browser.conftest import Windows
from tests.browser.live import Site
from tests.conftest import NOW
from tests.domain.test_bank_order import read
from tests.sections.enquiries.steps import PDF


@pytest.fixture
def home(windows: Windows, site: Site) -> Page:
    assert site.demo is not None
    page = windows.open(site.demo.debtor)
    page.goto(site.contract(site.demo.debtor))
    return page


@pytest.fixture
def clicks(home: Page) -> Clicks:
    return Clicks(home)


@pytest.fixture
def sent_reading(site: Site) -> Iterator[None]:
    """A reading of this month: there is an act to sign once something was read."""
    assert site.demo is not None
    key = str(uuid.uuid4())
    with site.session() as session:
        found = ReadingReceipt(
            idempotency_key=key,
            contract_id=site.ids[site.demo.debtor],
            submitted_at=NOW,
            address="127.0.0.1",
        )
        session.add(found)
        session.flush()
        # Other tests of this portal may have sent readings of the same month.
        others = select(SubmittedReading.register_id).where(
            SubmittedReading.period == Month(2026, 11)
        )
        register = select(Register.id).where(
            Register.meter_id == Meter.id,
            Meter.supply_point_id == SupplyPoint.id,
            SupplyPoint.contract_id == found.contract_id,
            Register.id.not_in(others),
        )
        session.add(
            SubmittedReading(
                submission_id=key,
                receipt_id=found.id,
                register_id=session.scalars(register).first(),
                period=Month(2026, 11),
                taken_on=NOW.date(),
                value=Decimal("12345.6000"),
                consumption_kwh=Decimal("1234.500"),
                previous_value=Decimal("12000.0000"),
                previous_on=NOW.date(),
                rolled_over=False,
                is_late=False,
                doubts=[],
                source="portal",
                status="sent",
            )
        )
        session.commit()
    yield
    with site.session() as session:
        session.execute(delete(SubmittedReading).where(SubmittedReading.submission_id == key))
        session.execute(delete(ReadingReceipt).where(ReadingReceipt.idempotency_key == key))
        session.commit()


def roubles(text: str) -> Decimal:
    found = re.search(r"[\d\s]+,\d\d", text)
    assert found, text
    return parse_roubles(found[0].strip())


def test_everything_overdue_is_paid_in_two_clicks(
    home: Page, clicks: Clicks, tmp_path: Path
) -> None:
    home.get_by_role("link", name=re.compile("^Оплатить")).first.click()
    expect(home.locator("h1")).to_have_text("Оплатить")
    with home.expect_download() as download:
        home.get_by_role("button", name="Скачать платежные поручения").click()
    assert clicks.count <= 2
    target = tmp_path / "orders.txt"
    download.value.save_as(target)
    _, orders = read(target.read_bytes())
    chosen = roubles(home.locator("#chosen b").inner_text())
    assert sum(Decimal(order["Сумма"]) for order in orders) == chosen > 0


def test_last_year_s_statement_is_in_excel_in_three_clicks(
    home: Page, clicks: Clicks, tmp_path: Path
) -> None:
    menu = home.get_by_role("navigation", name="Разделы")
    menu.get_by_role("link", name="Взаиморасчеты").click()
    home.get_by_role("link", name="Прошлый год").click()
    expect(home.locator("#status")).to_contain_text("декабрь 2025")
    with home.expect_download() as download:
        home.get_by_role("link", name="справка, XLSX").click()
    assert clicks.count <= 3
    assert "01.01.2025-31.12.2025.xlsx" in download.value.suggested_filename
    target = tmp_path / "statement.xlsx"
    download.value.save_as(target)
    rows = list(openpyxl.load_workbook(target).active.iter_rows(values_only=True))
    assert len(rows) > 12


@pytest.mark.usefixtures("sent_reading", "daily_limits")
def test_a_signed_document_is_sent_in_six_clicks(site: Site, home: Page, clicks: Clicks) -> None:
    # The form remembers telephone, address and premises from an enquiry before.
    state_rows.enquiry("closed")(site)
    menu = home.get_by_role("navigation", name="Разделы")
    menu.get_by_role("link", name="Показания").click()
    home.get_by_role("link", name="Отправить подписанный акт").click()
    clicks.attach(home.get_by_label("Выберите файлы"), "акт.pdf", PDF)
    expect(home.locator("#files-status")).to_contain_text("Приложено")
    home.get_by_label("Даю согласие на обработку персональных данных").check()
    home.get_by_label("Согласен получить ответ в электронном виде").check()
    home.get_by_role("button", name="Отправить обращение").click()
    expect(home.locator(".note.good")).to_contain_text("зарегистрировано под №")
    assert clicks.count <= 6
