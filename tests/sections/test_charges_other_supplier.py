"""Charges of another supplier: every line and every month agrees with its files to the kopeck."""

from __future__ import annotations

import csv
import io
import re
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from openpyxl import load_workbook
from pypdf import PdfReader

from tests.loading import load_database
from tests.other_supplier import write_package
from tests.pages import PageClient

ALL = {"first": "2023-01-01", "last": "2026-12-31"}
WITH_LINES = urlencode(ALL | {"lines": "1"})
CONTRACTS = 3


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("other-supplier-charges")
    write_package(folder, contracts=12, months=18, seed=5)
    return folder


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory, empty_database: Path, package: Path) -> Path:
    return load_database(
        tmp_path_factory.mktemp("loaded"), empty_database, package, numbers(package)
    )


@pytest.fixture
def other_supplier_app(make_app: Callable[..., Flask], tmp_path: Path, loaded: Path) -> Flask:
    shutil.copy(loaded, tmp_path)
    return make_app()


def read(package: Path, name: str) -> list[dict[str, str]]:
    text = (package / f"{name}.csv").read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))


def numbers(package: Path) -> list[str]:
    return sorted({row["contract_no"] for row in read(package, "charges")})[:CONTRACTS]


def money(text: str) -> Decimal:
    return Decimal(
        text.replace("\u00a0", "").replace(" ", "").replace(",", ".").replace("\u2212", "-")
    )


def test_every_document_line_and_month_agrees_with_the_export(
    other_supplier_app: Flask, package: Path
) -> None:
    charges = [row for row in read(package, "charges") if row.get("deleted") != "1"]
    lines = defaultdict(list)
    for row in read(package, "charge_lines"):
        lines[row["charge_id"]].append(row)
    for number in numbers(package):
        mine = [row for row in charges if row["contract_no"] == number]
        page = PageClient(other_supplier_app)
        home = page.sign_in(number).location
        shown = statement(page, home)
        expected = [line for row in mine for line in lines[row["charge_id"]] or [row]]
        assert len(shown) == len(expected) > 20
        for ours, theirs in (("Без НДС", "amount"), ("НДС", "vat_amount"), ("С НДС", "total")):
            assert sorted(money(row[ours]) for row in shown) == sorted(
                Decimal(row[theirs]) for row in expected
            )
        months = defaultdict(Decimal)
        for row in mine:
            if row["kind"] != "penalty":
                months[row["period"]] += Decimal(row["total"])
        soup = page.open(f"{home}charges?{urlencode(ALL)}")
        gross = [money(cell.text) for cell in soup.select("table.charges tbody td.gross")]
        assert gross == [months[period] for period in sorted(months, reverse=True)]
        penalties = sum(Decimal(row["total"]) for row in mine if row["kind"] == "penalty")
        interest = soup.select_one("table.interest tfoot td.gross")
        assert (money(interest.text) if interest else Decimal(0)) == penalties


def statement(page: PageClient, home: str) -> list[dict[str, str]]:
    """The rows of the statement with lines, as its CSV file holds them."""
    answer = page.client.get(f"{home}charges/statement.csv?{WITH_LINES}")
    text = answer.data.decode("utf-8-sig")
    *rows, total = csv.DictReader(io.StringIO(text, newline=""), delimiter=";")
    assert money(total["С НДС"]) == sum(money(row["С НДС"]) for row in rows)
    return rows


def triples_of(rows: Iterable[Mapping[str, Any]]) -> Counter[tuple[Decimal, ...]]:
    """Net, VAT and gross of lines as the export has them."""
    return Counter(
        tuple(Decimal(row[name]) for name in ("amount", "vat_amount", "total")) for row in rows
    )


@pytest.fixture
def expected(package: Path) -> Callable[[str], tuple[list[dict[str, str]], list[dict[str, str]]]]:
    """Documents of a contract, and their lines; a document without lines stands for itself."""
    charges = [row for row in read(package, "charges") if row.get("deleted") != "1"]
    lines = defaultdict(list)
    for row in read(package, "charge_lines"):
        lines[row["charge_id"]].append(row)

    def of(number: str) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
        mine = [row for row in charges if row["contract_no"] == number]
        return mine, [line for row in mine for line in lines[row["charge_id"]] or [row]]

    return of


def triples_in(rows: Iterable[Sequence[Any]]) -> Counter[tuple[Decimal, ...]]:
    return Counter(tuple(money(str(cell)) for cell in row) for row in rows)


def test_every_line_stands_on_the_page_of_the_statement_and_in_the_workbook(
    other_supplier_app: Flask, package: Path, expected: Callable[[str], Any]
) -> None:
    for number in numbers(package):
        documents, lines = expected(number)
        page = PageClient(other_supplier_app)
        home = page.sign_in(number).location
        on_page: list[list[str]] = []
        for place in range(1, 1 + -(-len(lines) // 200)):
            soup = page.open(f"{home}charges/statement?{WITH_LINES}&page={place}")
            on_page += [
                [cell.text for cell in row.select("td.r")[-3:]]
                for row in soup.select("table.statement tbody tr")
            ]
            interest = [
                row.select("td.r")[-1].text for row in soup.select("table.interest tbody tr")
            ]
        on_page += [[text, "0,00", text] for text in interest]
        assert triples_in(on_page) == triples_of(lines)
        total = sum(Decimal(row["total"]) for row in documents)
        shown = soup.select_one("p b.num").text.removesuffix(" ₽")
        assert money(shown) == total
        answer = page.client.get(f"{home}charges/statement.xlsx?{WITH_LINES}")
        sheet = load_workbook(io.BytesIO(answer.data)).active
        head, *rows, _ = sheet.iter_rows(values_only=True)
        places = [head.index(name) for name in ("Без НДС", "НДС", "С НДС")]
        in_book = Counter(
            tuple(Decimal(str(row[place])).quantize(Decimal("0.01")) for place in places)
            for row in rows
        )
        assert in_book == triples_of(lines)


def test_every_line_and_the_totals_stand_in_the_pdf(
    make_app: Callable[..., Flask],
    other_supplier_app: Flask,
    package: Path,
    expected: Callable[[str], Any],
) -> None:
    number = numbers(package)[0]
    documents, lines = expected(number)
    page = PageClient(make_app(pdf_max_rows=2000))
    home = page.sign_in(number).location
    answer = page.client.get(f"{home}charges/statement.pdf?{WITH_LINES}")
    assert answer.mimetype == "application/pdf"
    text = " ".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(answer.data)).pages)
    text = text.replace("\u00a0", " ").replace("–", "-")
    shown = Counter(money(found) for found in re.findall(r"-?\d{1,3}(?: \d{3})*,\d\d(?!\d)", text))
    wanted = Counter(value for triple in triples_of(lines).elements() for value in triple if value)
    assert not wanted - shown
    for name in ("amount", "vat_amount", "total"):
        energy = [row for row in documents if row["kind"] != "penalty"]
        assert shown[sum(Decimal(row[name]) for row in energy)]


def test_every_document_opens_with_its_lines_and_totals(
    other_supplier_app: Flask, package: Path, expected: Callable[[str], Any]
) -> None:
    number = numbers(package)[0]
    documents, _ = expected(number)
    page = PageClient(other_supplier_app)
    home = page.sign_in(number).location
    soup = page.open(f"{home}charges?{urlencode(ALL)}")
    links = {link["href"] for link in soup.select("table.charges td a, table.interest a")}
    assert len(links) == len(documents)
    seen: Counter[tuple[Decimal, ...]] = Counter()
    totals: Counter[Decimal] = Counter()
    for link in links:
        soup = page.open(link)
        rows = soup.select("table.lines tbody tr")
        cells = [[cell.text or "0" for cell in row.select("td.r")[-3:]] for row in rows]
        seen += triples_in(cells)
        if rows:
            totals[money(soup.select_one("table.lines tfoot .gross").text)] += 1
            assert sum(money(row[2]) for row in cells) == money(
                soup.select_one("table.lines tfoot .gross").text
            )
    with_lines = read(package, "charge_lines")
    ids = {row["charge_id"] for row in documents}
    assert seen == triples_of(row for row in with_lines if row["charge_id"] in ids)
    has_lines = {row["charge_id"] for row in with_lines}
    assert totals == Counter(
        Decimal(row["total"]) for row in documents if row["charge_id"] in has_lines
    )
