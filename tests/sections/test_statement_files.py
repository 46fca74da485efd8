"""The statement says the same in HTML, PDF, XLSX and CSV, to the kopeck, as billing's own files."""

from __future__ import annotations

import csv
import io
import random
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import openpyxl
import pypdf
import pytest
from flask import Flask

from app.extensions import db
from tests.conftest import need
from tests.loading import load_database
from tests.other_supplier import write_package
from tests.other_supplier.reference import Reference, load
from tests.pages import PageClient, check_page

MONTHS = 36
PERIODS_OF_EACH = 5
FIRST_DAY, LAST_DAY = date(2023, 11, 1), date(2026, 10, 31)


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("other-supplier")
    write_package(folder, contracts=40, months=MONTHS, seed=11)
    return folder


@pytest.fixture(scope="module")
def reference(package: Path) -> Reference:
    return load(package)


@pytest.fixture(scope="module")
def loaded(
    tmp_path_factory: pytest.TempPathFactory,
    empty_database: Path,
    package: Path,
    reference: Reference,
) -> Path:
    return load_database(
        tmp_path_factory.mktemp("loaded"), empty_database, package, reference.contracts[:3]
    )


@pytest.fixture
def other_supplier_app(make_app: Callable[..., Flask], tmp_path: Path, loaded: Path) -> Flask:
    """A portal with another supplier's data, hostile names; every contract has an owner."""
    shutil.copy(loaded, tmp_path)
    return make_app()


def roubles(kopecks: int) -> Decimal:
    return Decimal(kopecks).scaleb(-2)


def on_page(text: str) -> Decimal:
    """«1 234,56 Дт» → 1234.56; Кт is negative: the customer has overpaid."""
    sign = -1 if text.strip().endswith("Кт") else 1
    digits = re.sub(r"[^0-9,−]", "", text).replace(",", ".").replace("−", "-")
    return Decimal(digits or "0") * sign


def random_periods(seed: int) -> Iterator[tuple[date, date]]:
    numbers = random.Random(seed)
    days = (LAST_DAY - FIRST_DAY).days
    for _ in range(PERIODS_OF_EACH):
        one, two = sorted(FIRST_DAY + timedelta(numbers.randint(0, days)) for _ in "ab")
        yield one, two


def test_all_forms_of_the_statement_agree_with_billing_for_random_periods(
    other_supplier_app: Flask, reference: Reference
) -> None:
    with other_supplier_app.app_context():
        ids = dict(db.session.execute(db.text("select number, id from contracts")).all())
    for number in reference.contracts[:3]:
        page = PageClient(other_supplier_app)
        page.sign_in(number)
        for first, last in random_periods(seed=len(number)):
            expected = reference.turnover(number, first, last)
            sums = tuple(
                roubles(value)
                for value in (expected.opening, expected.debit, expected.credit, expected.closing)
            )
            query = {"contract_id": ids[number], "first": first, "last": last}
            assert sums_of_html(page, query) == sums, (number, first, last)
            assert sums_of_sheet(page, query) == sums
            assert sums_of_rows(rows_of_xlsx(page, query)) == sums
            assert sums_of_rows(rows_of_csv(page, query)) == sums
            assert sums_of_pdf(page, query) == sums


def download(page: PageClient, extension: str, query: dict[str, object]) -> bytes:
    url = page.url("settlements.statement_file", extension=extension, **query)
    answer = page.client.get(url)
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment")
    return answer.data


def sums_of_html(page: PageClient, query: dict[str, object]) -> tuple[Decimal, ...]:
    soup = page.get("settlements.statement", **query)
    cells = ("td.opening", "tfoot td.debit", "tfoot td.credit", "td.closing")
    return tuple(on_page(soup.select_one(cell).text) for cell in cells)


def sums_of_sheet(page: PageClient, query: dict[str, object]) -> tuple[Decimal, ...]:
    soup = page.get("settlements.index", **query)
    total = soup.select_one("table.sheet tfoot")

    def balance(name: str) -> Decimal:
        debit, credit = (total.select_one(f".{name}-{side}") for side in ("debit", "credit"))
        return on_page(debit.text) - (on_page(credit.text) if credit else 0)

    turnover = [on_page(total.select_one(f".{side}").text) for side in ("debit", "credit")]
    return (balance("opening"), *turnover, balance("closing"))


def rows_of_xlsx(page: PageClient, query: dict[str, object]) -> list[list[object]]:
    book = openpyxl.load_workbook(io.BytesIO(download(page, "xlsx", query)))
    return [[cell.value for cell in row] for row in book.active.iter_rows(min_row=2)]


def rows_of_csv(page: PageClient, query: dict[str, object]) -> list[list[object]]:
    text = download(page, "csv", query).decode("utf-8-sig")
    assert "\r\n" in text
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))[1:]
    return [[*row[:6], *(cell.replace(",", ".") or None for cell in row[6:10])] for row in rows]


def sums_of_rows(rows: list[list[object]]) -> tuple[Decimal, ...]:
    """Opening, Σ debit, Σ credit and closing, added up from the operations themselves."""

    def money(cell: object) -> Decimal:
        return Decimal(str(cell or 0)).quantize(Decimal("0.01"))

    operations = [row for row in rows if row[0] == "Операция"]
    debit = sum((money(row[6]) for row in operations), Decimal("0.00"))
    credit = sum((money(row[7]) for row in operations), Decimal("0.00"))
    totals = next(row for row in rows if row[0] == "Обороты")
    assert (money(totals[6]), money(totals[7])) == (debit, credit)
    opening, closing = (money(row[8]) - money(row[9]) for row in (rows[0], rows[-1]))
    if operations:
        assert money(operations[-1][8]) - money(operations[-1][9]) == closing
    return opening, debit, credit, closing


def sums_of_pdf(page: PageClient, query: dict[str, object]) -> tuple[Decimal, ...]:
    reader = pypdf.PdfReader(io.BytesIO(download(page, "pdf", query)))
    lines = "\n".join(sheet.extract_text() for sheet in reader.pages).replace("\u00a0", " ")
    assert "■" not in lines
    figure = r"−?\d{1,3}(?: \d{3})*,\d\d"
    balances = re.findall(rf"Сальдо на \d\d\.\d\d\.\d{{4}}\s*({figure}(?: [ДК]т)?)", lines)
    turnover = re.search(rf"Обороты за период\s*({figure})\s+({figure})", lines)
    assert turnover, lines[-600:]
    debit, credit = map(on_page, turnover.groups())
    return on_page(balances[0]), debit, credit, on_page(balances[-1])


@pytest.fixture
def pdf(other_supplier_app: Flask, reference: Reference, tmp_path: Path) -> Path:
    """A statement of some pages, of a contract whose customer has a hostile name."""
    page = PageClient(other_supplier_app)
    page.sign_in(reference.contracts[0])
    home = page.last.location
    answer = page.client.get(f"{home}settlements/statement.pdf?first=2023-11&last=2026-10")
    path = tmp_path / "statement.pdf"
    path.write_bytes(answer.data)
    return path


def test_the_pdf_is_sound_and_carries_its_cyrillic_font(pdf: Path) -> None:
    reader = pypdf.PdfReader(pdf)
    assert reader.metadata.title.startswith("Справка по взаиморасчетам, договор")
    assert reader.trailer["/Root"].get("/Lang") == "ru"
    assert "/JavaScript" not in pdf.read_bytes().decode("latin-1")
    for sheet in reader.pages:
        for font in sheet["/Resources"]["/Font"].values():
            assert "NotoSans" in font.get_object()["/BaseFont"]
    pages = len(reader.pages)
    assert pages > 1
    for number, sheet in enumerate(reader.pages, 1):
        text = " ".join(sheet.extract_text().split())
        assert f"стр. {number} из {pages}" in text
        assert "Содержание" in text


def test_other_programs_read_the_pdf(pdf: Path) -> None:
    need(bool(shutil.which("qpdf") and shutil.which("pdftotext")), "qpdf and pdftotext")
    subprocess.run(["qpdf", "--check", pdf], capture_output=True, check=True)
    printed = subprocess.run(["pdftotext", "-layout", pdf, "-"], capture_output=True, check=True)
    text = printed.stdout.decode()
    for expected in ("Справка", "№", "₽", "ИНН", "является"):
        assert expected in text
    assert "■" not in text


def test_text_cells_cannot_become_formulas_and_numbers_stay_numbers(
    other_supplier_app: Flask, reference: Reference
) -> None:
    defused = 0
    for number in reference.contracts[:3]:
        page = PageClient(other_supplier_app)
        home = page.sign_in(number).location
        answer = page.client.get(f"{home}settlements/statement.xlsx?first=2023-11&last=2026-10")
        for row in openpyxl.load_workbook(io.BytesIO(answer.data)).active.iter_rows(min_row=2):
            for cell in row:
                if isinstance(cell.value, str):
                    assert cell.data_type == "s"
                    assert not cell.value.startswith(tuple("=+-@\t\r\n"))
                    defused += cell.value.startswith("'")
                elif cell.value is not None:
                    assert cell.data_type in ("n", "d")
    assert defused, "the export has hostile purposes; some must have been defused"


def test_hostile_names_are_inert_text_on_every_page(
    other_supplier_app: Flask, reference: Reference
) -> None:
    for number in reference.contracts[:3]:
        page = PageClient(other_supplier_app)
        home = page.sign_in(number).location
        for path in ("", "settlements", "settlements/statement"):
            answer = page.client.get(home + path)
            soup = check_page(answer.text)
            assert not soup.select("img, main script, [hx-get*=logout]")
            assert "49" not in soup.select_one(".who").text
