"""The way of an accountant: charges, their sums, what to pay, and paying it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.domain.money import parse_roubles
from app.models import PreparedFile
from tests.browser.conftest import Windows
from tests.browser.live import Site
from tests.browser.state import file_in
from tests.domain.test_bank_order import read

BIC, ACCOUNT, CORR = "047501602", "40702810300000000001", "30101810700000000602"


@pytest.fixture(
    params=[(True, 1280), (True, 360), (False, 360)],
    ids=["with JavaScript", "with JavaScript on a phone", "without JavaScript on a phone"],
)
def page(request: pytest.FixtureRequest, windows: Windows, site: Site) -> Page:
    has_script, width = request.param
    assert site.demo is not None
    opened = windows.open(
        site.demo.debtor, width=width, java_script_enabled=has_script, expected=(422,)
    )
    opened.goto(site.contract(site.demo.debtor))
    return opened


def menu(page: Page, label: str) -> None:
    page.get_by_role("navigation", name="Разделы").get_by_role("link", name=label).click()
    expect(page.locator("h1")).to_have_text(label)


def amount(text: str | None) -> object:
    return parse_roubles((text or "").replace("\u00a0", " "))


def test_from_the_months_to_a_document_and_its_formula_and_back(page: Page) -> None:
    menu(page, "Начисления")
    page.get_by_role("link", name="Квартал", exact=True).click()
    expect(page.locator("#status")).to_contain_text("с 01.10.2026 по 31.12.2026")
    month = page.locator("table.charges tbody tr").filter(has_text="Октябрь 2026")
    gross = month.locator("td.gross").inner_text()
    month.locator("td.words").get_by_role("link").first.click()
    expect(page.locator("h1")).to_contain_text("УПД №")
    expect(page.locator("tfoot .gross")).to_have_text(gross)
    expect(page.locator("table.lines")).to_contain_text("кВт·ч")
    page.get_by_role("link", name="Все начисления").click()
    expect(page.locator("h1")).to_have_text("Начисления")


def test_the_charge_statement_as_page_and_file(page: Page, tmp_path: Path) -> None:
    menu(page, "Начисления")
    page.locator("#first").fill("2026-08-01")
    page.locator("#last").fill("2026-10-31")
    page.get_by_role("button", name="Сформировать справку").click()
    expect(page.locator("h1")).to_have_text("Справка по начислениям")
    page.get_by_role("link", name="Со строками документов").click()
    expect(page.locator("table.statement")).to_contain_text("Цена")
    total = amount(page.locator("table.statement tfoot .gross").inner_text())
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    target = tmp_path / "statement.csv"
    download.value.save_as(target)
    lines = target.read_text(encoding="utf-8-sig").splitlines()
    place = lines[0].split(";").index("С НДС")
    sums = [amount(line.split(";")[place]) for line in lines[1:] if "УПД" in line]
    assert sum(sums) == total


def test_payments_of_a_period(page: Page) -> None:
    menu(page, "Оплаты")
    page.get_by_role("link", name="Этот год").click()
    expect(page.locator("#status")).to_contain_text("2026")
    assert page.locator("table.payments tbody tr").count() > 1
    bank = page.get_by_role("link", name="Сбербанк Онлайн")
    expect(bank).to_have_attribute("rel", re.compile("noopener"))


def test_everything_due_is_paid_by_one_file(page: Page, tmp_path: Path) -> None:
    menu(page, "Оплаты")
    page.get_by_role("link", name="Оплатить", exact=True).click()
    expect(page.locator("h1")).to_have_text("Оплатить")
    rows = page.locator("table.payables tbody tr")
    count = rows.count()
    sums = [amount(cell) for cell in rows.locator("td.r").all_inner_texts()]
    assert amount(page.locator("tfoot .total").inner_text()) == sum(sums)
    if page.get_by_role("link", name="укажите ваш расчетный счет").count():
        page.get_by_role("link", name="укажите ваш расчетный счет").click()
        type_account(page)
    boxes = page.locator("table.payables input[type=checkbox]")
    boxes.first.uncheck()
    with page.expect_download() as download:
        page.get_by_role("button", name="Скачать платежные поручения").click()
    target = tmp_path / download.value.suggested_filename
    assert target.name == "1c_to_kl.txt"
    download.value.save_as(target)
    _, orders = read(target.read_bytes())
    assert len(orders) == count - 1
    assert [amount(order["Сумма"]) for order in orders] == sums[1:]


def type_account(page: Page) -> None:
    page.get_by_label("Расчетный счет").fill("40702810300000000002")
    page.get_by_label("БИК банка").fill(BIC)
    page.get_by_label("Название банка").fill("Банк «Пример»")
    page.get_by_label("Корреспондентский счет").fill(CORR)
    page.get_by_role("button", name="Сохранить").click()
    expect(page.locator("#error-summary")).to_contain_text("не подходит к этому БИК")
    expect(page.get_by_label("Название банка")).to_have_value("Банк «Пример»")
    page.get_by_label("Расчетный счет").fill(ACCOUNT)
    page.get_by_role("button", name="Сохранить").click()
    expect(page.locator("h1")).to_have_text("Оплатить")


def test_an_invoice_shows_requisites_a_code_and_its_pdf(page: Page, tmp_path: Path) -> None:
    menu(page, "Оплаты")
    page.get_by_role("link", name="Все счета").first.click()
    expect(page.locator("h1")).to_have_text("Счета")
    page.locator("table.invoices tbody a").first.click()
    expect(page.locator(".qr svg")).to_be_visible()
    assert page.locator(".qr svg").bounding_box()["width"] >= 132  # 35 mm
    expect(page.locator("dl.kv").last).to_contain_text("Оплата за электроэнергию по договору")
    with page.expect_download() as download:
        page.get_by_role("link", name="счет PDF").click()
    assert download.value.suggested_filename.startswith("Счет №")


def test_with_javascript_a_requisite_is_copied_with_one_press(windows: Windows, site: Site) -> None:
    assert site.demo is not None
    page = windows.open(site.demo.debtor, permissions=["clipboard-read", "clipboard-write"])
    page.goto(site.contract(site.demo.debtor, "/pay"))
    account = page.locator("dt", has_text="Расчетный счет").locator("+ dd")
    number = account.locator("[data-copy]").inner_text()
    account.get_by_role("button").click()
    expect(page.locator("#status")).to_contain_text("Скопировано")
    assert page.evaluate("() => navigator.clipboard.readText()") == number


def test_a_file_in_the_queue_becomes_ready_before_ones_eyes(windows: Windows, site: Site) -> None:
    assert site.demo is not None
    page = windows.open(site.demo.debtor)
    path = file_in("waiting")(site)
    page.goto(site.contract(site.demo.debtor, path))
    expect(page.locator("#status")).to_contain_text("В очереди")
    with site.session() as session:
        file = session.get_one(PreparedFile, int(path.rpartition("/")[2]))
        file.status = "running"
        session.commit()
        expect(page.locator("#status")).to_contain_text("Готовится")
        file.status = "ready"
        session.commit()
    expect(page.get_by_role("link", name="Скачать")).to_be_visible()
    assert not page.locator("[hx-trigger]").count()
