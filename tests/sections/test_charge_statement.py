"""The statement of charges says the same as a page, a sheet and a PDF."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal

import openpyxl
import pypdf
import pytest

from app.models import Contract
from tests.factories import Factory
from tests.pages import PageClient
from tests.sections.test_charges import YEAR, contract, document

__all__ = ["contract"]


def statement_of_all_kinds(make: Factory, contract: Contract) -> None:
    """A document with two rates, a correction, late interest, and one without lines."""
    charge = make.charge(
        contract,
        date(2026, 1, 31),
        "242.00",
        net_amount=Decimal("200.00"),
        vat_amount=Decimal("42.00"),
        doc_number="1",
    )
    make.line(charge, "100.00", "22")
    make.line(charge, "100.00", "20")
    document(make, contract, date(2026, 2, 20), "-10.00", "20", kind="correction", doc_number="К1")
    make.charge(contract, date(2026, 2, 28), "7.77", kind="late_interest", doc_number="П1")
    make.charge(
        contract,
        date(2026, 3, 31),
        "12.20",
        net_amount=Decimal("10.00"),
        vat_amount=Decimal("2.20"),
        doc_number="3",
    )
    make.commit()


@pytest.mark.parametrize("lines", ["", "1"])
def test_the_statement_says_the_same_in_every_form(
    page: PageClient, make: Factory, contract: Contract, lines: str
) -> None:
    statement_of_all_kinds(make, contract)
    values = {"contract_id": contract.id, "lines": lines} | YEAR
    soup = page.get("charges.statement", **values)
    gross = soup.select_one("table.statement tfoot td.gross").text
    assert (gross, soup.select_one("table.interest td.gross").text) == ("242,20", "7,77")
    assert "Всего начислено за период 249,97 ₽: двести сорок девять рублей 97 копеек" in " ".join(
        soup.text.split()
    )
    rates = [row.th.text for row in soup.select("table.statement tfoot tr")]
    assert rates == ["НДС 22 %", "НДС 20 %", "НДС не указана", "Итого"]
    csv_text = page.client.get(page.url("charges.statement_file", extension="csv", **values))
    *rows, total = csv.DictReader(io.StringIO(csv_text.data.decode("utf-8-sig")), delimiter=";")
    assert sum(Decimal(row["С НДС"].replace(",", ".")) for row in rows) == Decimal("249.97")
    assert (total["Период расчета"], total["С НДС"]) == ("Итого", "249,97")
    assert ("Содержание" in rows[0]) is bool(lines)
    xlsx = page.client.get(page.url("charges.statement_file", extension="xlsx", **values))
    sheet = openpyxl.load_workbook(io.BytesIO(xlsx.data)).active
    *last, _ = [row[-1] for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert sum(Decimal(str(amount)) for amount in last) == Decimal("249.97")
    pdf = page.client.get(page.url("charges.statement_file", extension="pdf", **values))
    text = "".join(part.extract_text() for part in pypdf.PdfReader(io.BytesIO(pdf.data)).pages)
    text = " ".join(text.replace("\u00a0", " ").split())
    for shown in ("Справка по начислениям", "242,20", "7,77", "249,97 ₽", contract.number, "К1"):
        assert shown in text, shown
    assert "–12,00" in text
    assert not set("■�") & set(text)


@pytest.mark.parametrize("lines", ["", "1"])
def test_capacity_has_its_volume_and_unit_in_every_form(
    page: PageClient, make: Factory, contract: Contract, lines: str
) -> None:
    charge = make.charge(
        contract,
        date(2026, 10, 31),
        "244.00",
        net_amount=Decimal("200.00"),
        vat_amount=Decimal("44.00"),
    )
    make.line(charge, "100.00")
    make.line(charge, "100.00", service_id=make.service("кВт").id, quantity=Decimal("58.214"))
    make.commit()
    values = {"contract_id": contract.id, "lines": lines} | YEAR
    assert "58,214 кВт" in page.get("charges.index", **values).select_one("tbody").text
    soup = page.get("charges.statement", **values).select_one("table.statement")
    assert "58,214 кВт" in soup.tbody.text
    assert "58,214 кВт" in soup.tfoot.text
    page_of_document = page.get("charges.document", contract_id=contract.id, charge_id=charge.id)
    assert "58,214 кВт" in page_of_document.select_one("dl.kv").text
    for endpoint in ("charges.file", "charges.statement_file"):
        answer = page.client.get(page.url(endpoint, extension="csv", **values))
        *rows, total = csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";")
        assert "58,214" in [row["Мощность, кВт"] for row in rows]
        assert (total["Мощность, кВт"], total["Объем, кВт·ч"]) == ("58,214", "100,000")
        if lines and "statement" in endpoint:
            assert [(row["Количество"], row["Единица"]) for row in rows] == [
                ("100,000", "кВт·ч"),
                ("58,214", "кВт"),
            ]
        book = page.client.get(page.url(endpoint, extension="xlsx", **values))
        sheet = openpyxl.load_workbook(io.BytesIO(book.data)).active
        assert any(58.214 in row for row in sheet.iter_rows(values_only=True))
    pdf = page.client.get(page.url("charges.statement_file", extension="pdf", **values))
    text = "".join(part.extract_text() for part in pypdf.PdfReader(io.BytesIO(pdf.data)).pages)
    assert " ".join(text.split()).count("58,214 кВт") == 2


def test_a_tariff_that_changed_within_the_month_is_explained_together(
    page: PageClient, make: Factory, contract: Contract
) -> None:
    meter = make.meter(contract)
    make.reading(meter, "2026-09", "1000.00")
    make.reading(meter, "2026-10", "1005.25")
    charge = make.charge(
        contract,
        date(2026, 10, 31),
        "1610.40",
        net_amount=Decimal("1320.00"),
        vat_amount=Decimal("290.40"),
    )
    service = make.service().id
    for quantity, price, net in (("100", "6.40000", "640.00"), ("110", "6.80000", "748.00")):
        make.line(
            charge,
            net,
            meter_id=meter.id,
            zone="T0",
            quantity=Decimal(quantity),
            price=Decimal(price),
            service_id=service,
        )
    make.commit()
    soup = page.get("charges.document", contract_id=contract.id, charge_id=charge.id)
    first, second = [" ".join(row.text.split()) for row in soup.select("table.lines tbody tr")]
    assert "(1005,25 − 1000,00) × 40 = 210 кВт·ч — вместе на строки" in first
    assert "100 + 110 = 210 кВт·ч. В этой строке 100 × 6,40000 = 640,00 ₽" in first
    assert "Показания общие" in second
    assert "110 × 6,80000 = 748,00 ₽" in second
    assert "меньше" not in first + second


def test_the_statement_keeps_its_lines_when_the_period_changes(
    page: PageClient, make: Factory, contract: Contract
) -> None:
    statement_of_all_kinds(make, contract)
    soup = page.get("charges.statement", contract_id=contract.id, lines="1", **YEAR)
    assert soup.select_one("form.filter input[name=lines]")["value"] == "1"
    assert all("lines=1" in link["href"] for link in soup.select(".filter .presets a"))
    assert len(soup.select("table.statement tbody tr")) == 4


def test_the_button_of_the_list_leads_to_the_statement(
    page: PageClient, contract: Contract
) -> None:
    url = page.url("charges.index", contract_id=contract.id, open="statement", **YEAR)
    answer = page.client.get(url)
    assert answer.status_code == 303
    assert page.open(answer.location).h1.text == "Справка по начислениям"


def test_a_statement_that_is_too_long_asks_for_a_shorter_period(
    make_app, make: Factory, contract: Contract
) -> None:
    statement_of_all_kinds(make, contract)
    page = PageClient(make_app(statement_max_rows=3))
    page.sign_in(contract.number)
    soup = page.get("charges.statement", 422, contract_id=contract.id, **YEAR)
    assert "На странице помещается до 3" in soup.select_one("#too-long").text


def test_the_page_of_charges_has_a_total_with_late_interest(
    page: PageClient, make: Factory, contract: Contract
) -> None:
    statement_of_all_kinds(make, contract)
    soup = page.get("charges.index", contract_id=contract.id, **YEAR)
    assert " ".join(soup.select_one(".grand").text.split()) == (
        "Всего начислено за период 249,97 ₽, в том числе пени 7,77 ₽."
    )
