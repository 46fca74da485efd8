"""«Почему счет изменился»: one answer on the page, in files and in the statement."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from decimal import Decimal

import openpyxl
import pypdf
import pytest
from bs4 import BeautifulSoup

from app.domain.period import Month
from app.models import Contract, Service
from tests.factories import Factory
from tests.pages import PageClient

YEAR = {"first": "2026-01-01", "last": "2026-12-31"}
PAIR = {"month": "2026-10", "base": "2026-09"}


@pytest.fixture
def contract(make: Factory, page: PageClient) -> Contract:
    """September and October of a contract with losses, capacity, late interest, a correction."""
    make.supplier()
    make.import_run()
    contract = make.contract()
    make.account(contract)
    point = make.meter(contract).supply_point_id
    services = {
        code: make._add(Service(code=code, name=name, unit=unit))
        for code, name, unit in (
            ("EE", "Электрическая энергия", "кВт·ч"),
            ("LOSS", "Потери электрической энергии", "кВт·ч"),
            ("CAP", "Мощность", "кВт"),
        )
    }
    for month, rate, lines in (
        (9, "20", {"EE": ("1000.5", "5.12345"), "LOSS": ("15", "5.12345"), "CAP": ("3", "900")}),
        (10, "22", {"EE": ("1100.25", "5.54321"), "LOSS": ("17", "5.54321"), "CAP": ("4", "910")}),
    ):
        charge = make.charge(contract, Month(2026, month).last, "0.00", doc_number=f"Э{month}")
        for code, (quantity, price) in lines.items():
            net = (Decimal(quantity) * Decimal(price)).quantize(Decimal("0.01"))
            line = make.line(
                charge,
                str(net),
                rate,
                service_id=services[code].id,
                quantity=Decimal(quantity),
                price=Decimal(price),
                supply_point_id=point,
            )
            charge.net_amount += line.net_amount
            charge.vat_amount += line.vat_amount
            charge.gross_amount += line.gross_amount
    make.charge(contract, date(2026, 10, 31), "77.70", kind="late_interest")
    make.charge(contract, date(2026, 11, 10), "-12.00", kind="correction", period=Month(2026, 10))
    make.commit()
    page.sign_in(contract.number)
    return contract


def signed(text: str) -> Decimal:
    text = text.replace("\u2212", "-").replace("\u00a0", "").replace(" ", "")
    return Decimal(text.replace(",", ".").replace("₽", "").replace("+", ""))


def parts(soup: BeautifulSoup) -> dict[str, Decimal]:
    return {
        row.th.text.strip(): signed(row.select_one("td.amount").text)
        for row in soup.select("table.parts tbody tr")
    }


def squeezed(text: str) -> str:
    return " ".join(text.split())


def test_the_answer_comes_first_and_the_parts_add_up_to_it(
    page: PageClient, contract: Contract
) -> None:
    soup = page.get("charges.why", contract_id=contract.id)
    found = parts(soup)
    difference = signed(soup.select_one(".figure").text)
    assert sum(found.values()) == difference
    assert signed(soup.select_one("table.parts tfoot td.amount").text) == difference
    assert list(found) == [
        "Мощность",
        "Объем",
        "Цена",
        "НДС",
        "Пени",
        "Потери в сети",
        "Корректировки",
        *(["Округление"] if "Округление" in found else []),
    ]
    lead = squeezed(soup.select_one(".lead").text)
    assert "больше, чем в сентябре 2026: мощность +" in lead
    assert "объем +10,0 %, цена +8,2 %, НДС с 20 на 22 %" in lead
    assert squeezed(soup.select_one(".label").text) == "Октябрь 2026 к сентябрю 2026"


def test_the_page_agrees_with_charges_to_the_kopeck(page: PageClient, contract: Contract) -> None:
    charges = page.get("charges.index", contract_id=contract.id, **YEAR)
    october, september = (
        signed(row.select_one("td.gross").text) for row in charges.select("table.charges tbody tr")
    )
    (interest,) = [
        signed(row.select_one("td.r").text) for row in charges.select("table.interest tbody tr")
    ]
    soup = page.get("charges.why", contract_id=contract.id, **PAIR)
    assert signed(soup.select_one(".figure").text) == october + interest - september
    cells = [signed(cell.text) for cell in soup.select("table.change tfoot td")]
    assert cells == [september, october + interest, october + interest - september]
    rows = soup.select("table.change tbody tr")
    for place in (-3, -2, -1):
        total = sum(signed(row.select("td")[place].text) for row in rows)
        assert total == cells[place]


def test_swapped_months_have_the_same_parts_with_the_other_sign(
    page: PageClient, contract: Contract
) -> None:
    there = parts(page.get("charges.why", contract_id=contract.id, **PAIR))
    swapped = {"month": PAIR["base"], "base": PAIR["month"]}
    back = parts(page.get("charges.why", contract_id=contract.id, **swapped))
    assert back == {name: -amount for name, amount in there.items()}


def test_the_picture_has_the_figures_of_the_table(page: PageClient, contract: Contract) -> None:
    soup = page.get("charges.why", contract_id=contract.id, **PAIR)
    texts = [squeezed(text.text) for text in soup.select("svg[role=img] text")]
    drawn = dict(zip(texts[0::2], map(signed, texts[1::2]), strict=True))
    table = parts(soup)
    assert {name: drawn[name] for name in drawn if name in table}.items() <= table.items()
    assert drawn["Октябрь 2026"] - drawn["Сентябрь 2026"] == sum(table.values())
    bars = soup.select("svg[role=img] rect")
    assert {bar["class"][0] for bar in bars} == {"whole", "up", "down"}
    for bar in bars:
        left, width = (Decimal(bar[name].rstrip("%")) for name in ("x", "width"))
        assert left >= 0
        assert left + width <= Decimal("100.01")


@pytest.mark.parametrize("extension", ["csv", "xlsx"])
def test_files_say_what_the_page_says(page: PageClient, contract: Contract, extension: str) -> None:
    soup = page.get("charges.why", contract_id=contract.id, **PAIR)
    links = [link["href"] for link in soup.select(f"a[href*='.{extension}']")]
    found = [read_rows(page.client.get(link).data, extension) for link in links]
    table, lines = found
    amounts = {row[0]: row[2] for row in table[1:]}
    wanted = parts(soup)
    assert {name: amounts[name] for name in wanted} == wanted
    difference = sum(wanted.values())
    assert amounts["Разница"] == difference
    assert amounts["Стало"] - amounts["Было"] == difference
    assert lines[-1][0] == "Итого"
    for place in (-3, -2, -1):
        assert sum(row[place] for row in lines[1:-1]) == lines[-1][place]
    assert lines[-1][-1] == difference


def read_rows(content: bytes, extension: str) -> list[list]:
    """Rows of a file; sums to the kopeck."""
    if extension == "csv":
        rows = [*csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";")]
        return [rows[0], *([number(cell) for cell in row] for row in rows[1:])]
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    return [
        [
            Decimal(str(cell)).quantize(Decimal("0.01")) if isinstance(cell, int | float) else cell
            for cell in row
        ]
        for row in sheet.iter_rows(values_only=True)
    ]


def number(text: str) -> Decimal | str:
    try:
        return signed(text)
    except ArithmeticError:
        return text


def pdf_text(content: bytes) -> str:
    return squeezed(
        " ".join(part.extract_text() for part in pypdf.PdfReader(io.BytesIO(content)).pages)
    )


@pytest.mark.parametrize("query", ["first=2026-09-01&last=2026-11-30", "link of the page"])
def test_the_statement_explains_its_last_month_with_the_figures_of_the_page(
    page: PageClient, contract: Contract, query: str
) -> None:
    soup = page.get("charges.why", contract_id=contract.id, **PAIR)
    address = soup.select_one("a[href*='statement.pdf']")["href"]
    if query.startswith("first"):
        address = f"{address.partition('?')[0]}?{query}"
    text = pdf_text(page.client.get(address).data).replace("–", "\u2212").replace("\u00a0", " ")
    assert "Почему изменились начисления: октябрь 2026 к сентябрю 2026" in text
    assert "�" not in text
    for row in soup.select("table.parts tr:has(td.amount)"):
        assert squeezed(row.select_one("td.amount").text) in text
    statement = page.open(address.replace("statement.pdf", "statement"))
    assert parts(statement) == parts(soup)


def test_a_statement_of_one_month_alone_has_nothing_to_compare(
    page: PageClient, contract: Contract
) -> None:
    soup = page.get(
        "charges.statement", contract_id=contract.id, first="2026-09-01", last="2026-09-30"
    )
    assert "Почему" not in soup.text


def test_the_page_is_reached_from_home_charges_and_a_document(
    page: PageClient, contract: Contract
) -> None:
    home = page.get("home.index", contract_id=contract.id)
    assert page.open(home.select_one("a[href*='/why']")["href"]).select_one(".figure")
    charges = page.get("charges.index", contract_id=contract.id, **YEAR)
    links = [link["href"] for link in charges.select("table.charges a[href*='/why']")]
    assert len(links) == 2
    assert page.open(links[0]).select_one(".figure")
    # Nothing was billed before September.
    assert "не с чем" in page.open(links[1]).text
    document = charges.select_one("table.charges td a")["href"]
    assert page.open(page.open(document).select_one("a[href*='/why']")["href"])


def test_the_choice_of_months_works_in_place_and_as_a_form(
    page: PageClient, contract: Contract
) -> None:
    part = page.fragment("charges.why", contract_id=contract.id, **PAIR)
    assert part.select_one("#results .figure")
    soup = page.get("charges.why", contract_id=contract.id, **PAIR)
    form = soup.select_one("form.filter")
    assert form["method"] == "get"
    assert [option["value"] for option in form.select("#base option")] == ["2026-10", "2026-09"]
    assert form.select_one("#month option[selected]")["value"] == "2026-10"


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"month": "октебрь"}, "Не разобрали месяц «октебрь»"),
        ({"month": "2026-10", "base": "2026-10"}, "два разных месяца"),
        ({"month": "2026-10", "base": "0001-01"}, "Не разобрали месяц"),
    ],
)
def test_months_that_cannot_be_compared_are_refused_with_the_reason(
    page: PageClient, contract: Contract, query: dict[str, str], message: str
) -> None:
    soup = page.get("charges.why", 422, contract_id=contract.id, **query)
    assert message in soup.text
    for file in ("parts.xlsx", "lines.csv"):
        name, _, extension = file.partition(".")
        page.get(
            "charges.why_file",
            422,
            contract_id=contract.id,
            table=name,
            extension=extension,
            **query,
        )


def test_a_month_without_charges_is_compared_as_nothing(
    page: PageClient, contract: Contract
) -> None:
    soup = page.get("charges.why", contract_id=contract.id, month="2026-10", base="2026-01")
    assert "чем в январе 2026" in squeezed(soup.select_one(".lead").text)
    assert sum(parts(soup).values()) == signed(soup.select_one(".figure").text)


def test_equal_months_say_so(page: PageClient, make: Factory, contract: Contract) -> None:
    for month in (5, 6):
        make.line(make.charge(contract, Month(2026, month).last, "122.00"), "100.00")
    make.commit()
    soup = page.get("charges.why", contract_id=contract.id, month="2026-06", base="2026-05")
    assert "Столько же, сколько в мае 2026" in squeezed(soup.select_one(".lead").text)


def test_a_new_customer_of_the_contract_sees_nothing_of_the_former_ones_months(
    page: PageClient, make: Factory, contract: Contract
) -> None:
    contract.transferred_at = datetime.fromisoformat("2026-10-05T12:00:00+00:00")
    make.session.add(contract)
    make.commit()
    soup = page.get("charges.why", 422, contract_id=contract.id, **PAIR)
    assert "раньше договор был не у вас" in soup.text
    assert not soup.select(".figure, table")
    soup = page.get("charges.why", contract_id=contract.id)
    assert not soup.select(".figure, table, select")
    charges = page.get("charges.index", contract_id=contract.id, **YEAR)
    assert len(charges.select("table.charges a[href*='/why']")) == 1
    statement = page.get("charges.statement", contract_id=contract.id, **YEAR)
    assert not statement.select("table.parts")


def test_a_contract_without_charges_is_told_so(page: PageClient, make: Factory) -> None:
    make.supplier()
    contract = make.contract()
    make.account(contract)
    make.commit()
    page.sign_in(contract.number)
    assert "Сравнивать пока не с чем" in page.get("charges.why", contract_id=contract.id).text
