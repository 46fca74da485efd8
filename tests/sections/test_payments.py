"""«Оплаты»: payments apart from charges (user manual §8)."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal

import openpyxl
import pytest
from flask import Flask

from app.models import Contract
from tests.factories import Factory
from tests.pages import PageClient

YEAR = {"first": "2026-01-01", "last": "2026-11-30"}


@pytest.fixture
def contract(make: Factory, page: PageClient) -> Contract:
    make.supplier()
    make.import_run()
    contract = make.contract()
    make.account(contract)
    other = make.contract("00999-ЭС")
    make.payment(other, date(2026, 10, 5), "99999.99", purpose="чужой платеж")
    make.charge(contract, date(2026, 10, 31), "5000.00")
    make.payment(
        contract,
        date(2026, 10, 6),
        "1200.50",
        paid_on=date(2026, 10, 5),
        doc_number="17",
        purpose="=Оплата по счету",
    )
    make.payment(contract, date(2026, 9, 1), "300.00")
    make.payment(contract, date(2026, 10, 20), "-200.25", kind="refund")
    make.payment(contract, date(2026, 11, 2), "50.00", kind="offset")
    make.payment(contract, date(2025, 12, 31), "7.77")
    make.payment(contract, date(2026, 10, 7), "8.88", withdrawn_at=make.import_run().as_of)
    make.commit()
    page.sign_in(contract.number)
    return contract


def rows(soup) -> list[list[str]]:
    return [
        [" ".join(cell.text.split()) for cell in row.select("th, td")]
        for row in soup.select("tbody tr")
    ]


def test_only_payments_of_the_period_are_shown_newest_first(
    page: PageClient, contract: Contract
) -> None:
    soup = page.get("payments.index", contract_id=contract.id, **YEAR)
    assert [(row[0], row[2], row[4]) for row in rows(soup)] == [
        ("02.11.2026", "Зачет", "50,00"),
        ("20.10.2026", "Возврат переплаты", "−200,25"),
        ("06.10.2026 от 05.10.2026", "Оплата", "1 200,50"),
        ("01.09.2026", "Оплата", "300,00"),
    ]
    assert soup.select_one("td.total").text == "1 350,25"
    assert "оплачено 1 500,50 ₽, возвращено 200,25 ₽, зачтено 50,00 ₽" in soup.text
    assert "чужой платеж" not in soup.text


def test_totals_are_of_the_whole_period_on_every_page(
    page: PageClient, make: Factory, contract: Contract
) -> None:
    for number in range(60):
        make.payment(contract, date(2026, 5, 1), "1.00", doc_number=f"{number:02}")
    make.commit()
    seen: list[str] = []
    for number in (1, 2, 3):
        soup = page.get("payments.index", contract_id=contract.id, page=number, **YEAR)
        assert soup.select_one("td.total").text == "1 410,25"
        seen += [row[1] for row in rows(soup)]
    assert len(seen) == len(rows(soup)) + 50 == 64
    assert len({document for document in seen if document.startswith("№ 0")}) == 10


def test_a_period_without_payments_says_so(page: PageClient, contract: Contract) -> None:
    soup = page.get(
        "payments.index", contract_id=contract.id, first="2026-02-01", last="2026-02-28"
    )
    assert "За февраль 2026 года оплат нет" in soup.select_one(".empty").text


def test_dates_that_make_no_period_are_told(page: PageClient, contract: Contract) -> None:
    soup = page.get(
        "payments.index", 422, contract_id=contract.id, first="2026-12-01", last="2026-11-01"
    )
    assert soup.select_one("#last")["aria-invalid"] == "true"
    page.get("payments.file", 422, contract_id=contract.id, extension="csv", first="кот")


def test_files_hold_every_payment_to_the_kopeck(page: PageClient, contract: Contract) -> None:
    url = page.url("payments.file", contract_id=contract.id, extension="csv", **YEAR)
    answer = page.client.get(url)
    *table, total = csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";")
    assert [line["Сумма"] for line in table] == ["50,00", "-200,25", "1200,50", "300,00"]
    assert (total["Дата проводки"], total["Сумма"]) == ("Итого", "1350,25")
    assert table[2]["Назначение платежа"] == "'=Оплата по счету"
    answer = page.client.get(url.replace(".csv", ".xlsx"))
    sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).active
    *amounts, _ = [row[5] for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert sum(Decimal(str(amount)) for amount in amounts) == Decimal("1350.25")


def test_buttons_lead_to_banks_and_tell_them_nothing(page: PageClient, contract: Contract) -> None:
    soup = page.get("payments.index", contract_id=contract.id)
    links = {link.text: link for link in soup.select("main a[target=_blank]")}
    assert set(links) == {"Сбербанк Онлайн", "СберБизнес"}
    for link in links.values():
        assert link["href"].startswith("https://")
        assert link["rel"] == ["noopener", "noreferrer"]
    assert "Откроется сайт банка" in soup.text


def test_a_bank_that_the_supplier_does_not_use_has_no_button(
    make_app, make: Factory, contract: Contract
) -> None:
    app: Flask = make_app(sber_online_url="https://bank.example.ru/", sber_business_url="")
    page = PageClient(app)
    page.sign_in(contract.number)
    soup = page.get("payments.index", contract_id=contract.id)
    assert [link["href"] for link in soup.select("main a[target=_blank]")] == [
        "https://bank.example.ru/"
    ]
