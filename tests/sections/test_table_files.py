"""Every table of a customer's pages as XLSX and CSV: same rows, same figures, fit for print."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from urllib.parse import unquote

import openpyxl
import pytest
from bs4 import BeautifulSoup, Tag
from openpyxl.worksheet.worksheet import Worksheet
from sqlalchemy import func, select

from app.domain.period import Month
from app.extensions import db
from app.integrations.spreadsheets import PORTRAIT_WIDTH
from app.models import (
    Charge,
    ChargeLine,
    Contract,
    Invoice,
    Payment,
    ReadingReceipt,
    SubmittedReading,
)
from tests.conftest import NOW
from tests.factories import Factory
from tests.pages import PageClient
from tests.routes import contract_routes

PERIOD = "?first=2026-01-01&last=2026-12-31"
BOXES = "input:not([type=checkbox]):not([type=hidden])"
FORMULAS = tuple("=+-@\t\r\n")


@dataclass
class Scene:
    """A contract with more of everything than a page shows."""

    contract: Contract
    ids: dict[str, int] = field(default_factory=dict)


@pytest.fixture
def scene(make: Factory, page: PageClient) -> Scene:
    make.supplier()
    make.import_run()
    found = Scene(make.contract())
    contract, account = found.contract, make.account(found.contract)
    _money(make, found)
    _readings(make, found)
    for number in range(30):
        label = "=HYPERLINK(1)" if number == 3 else None
        enquiry = make.enquiry(contract, account, source_label=label)
        if number % 2:
            enquiry.status, enquiry.answered_at = "answered", NOW
    _strangers(make)
    make.commit()
    page.sign_in(contract.number)
    return found


def _money(make: Factory, found: Scene) -> None:
    contract, vat = found.contract, Decimal("22.22")
    for month in range(1, 11):
        document = make.charge(
            contract,
            date(2026, month, 20),
            f"{1000 + month}.01",
            vat_amount=vat,
            net_amount=Decimal(f"{1000 + month}.01") - vat,
            doc_number=f"А/{month}",
        )
    service = make.service()
    for number in range(1, 61):
        make.line(document, f"{number}.05", service_id=service.id, line_number=number)
    make.charge(contract, date(2026, 10, 25), "33.00", kind="late_interest", doc_number="П-1")
    found.ids["charge_id"] = document.id
    for number in range(30):
        make.payment(contract, date(2026, 5, 1), f"1.{number:02}", purpose="=1+1")
        make.invoice(contract, date(2026, 10, 1 + number % 28), f"70.{number:02}")
    found.ids["invoice_id"] = make.invoice(contract, date(2026, 12, 18), "500.00").id


def _readings(make: Factory, found: Scene) -> None:
    meter = make.meter(found.contract, "@7")
    for month in range(1, 11):
        reading = make.reading(meter, f"2026-{month:02}", f"{1000 + month}.50", source="portal")
    receipt = ReadingReceipt(
        idempotency_key="k", contract_id=found.contract.id, submitted_at=NOW, address="127.0.0.1"
    )
    make.session.add(receipt)
    make.session.flush()
    make.session.add(
        SubmittedReading(
            submission_id="s",
            receipt_id=receipt.id,
            register_id=reading.register_id,
            period=Month(2026, 11),
            taken_on=NOW.date(),
            value=Decimal("1111.50"),
            previous_value=Decimal("1010.50"),
            previous_on=date(2026, 10, 31),
            consumption_kwh=Decimal("4040.000"),
            rolled_over=False,
            is_late=False,
            doubts=[],
            source="portal",
            status="sent",
        )
    )
    found.ids |= {
        "meter_id": meter.id,
        "point_id": meter.supply_point_id,
        "receipt_id": receipt.id,
    }


def _strangers(make: Factory) -> None:
    """Somebody else's rows, which must be in none of the files."""
    other = make.contract("00999-ЭС")
    account = make.account(other, email="other@example.org")
    make.payment(other, date(2026, 5, 1), "99999.99", purpose="чужое")
    make.invoice(other, date(2026, 10, 1), "99999.99", number="чужое")
    make.line(make.charge(other, date(2026, 10, 1), "99999.99", doc_number="чужое"), "99999.99")
    make.enquiry(other, account, source_label="чужое")
    make.reading(make.meter(other, "чужое"), "2026-10", "99999.99")


def pages_with_tables(page: PageClient, scene: Scene) -> Iterator[tuple[str, str, BeautifulSoup]]:
    """(endpoint, address, page) of every page of the contract that shows a table."""
    for route in contract_routes():
        names = {name for name, _ in route.converters} - {"contract_id"}
        if route.is_write or route.is_file or not names <= set(scene.ids):
            continue
        url = page.url(route.endpoint, **route.values(contract_id=scene.contract.id, **scene.ids))
        answer = page.client.get(url + PERIOD)
        if answer.status_code == 200 and answer.mimetype == "text/html":
            soup = page.open(url + PERIOD)
            # A table of boxes is a form: what is typed into it is not there yet.
            tables = [table for table in soup.select("main table") if not table.select(BOXES)]
            if tables:
                yield route.endpoint, url, soup


def links(soup: BeautifulSoup, extension: str) -> list[str]:
    found = [link["href"] for link in soup.select("main a[href]")]
    return [href for href in found if href.split("?")[0].endswith(f".{extension}")]


def test_every_page_with_a_table_offers_it_as_xlsx_and_csv(page: PageClient, scene: Scene) -> None:
    seen = set()
    for endpoint, _, soup in pages_with_tables(page, scene):
        seen.add(endpoint)
        assert links(soup, "xlsx"), endpoint
        assert len(links(soup, "xlsx")) == len(links(soup, "csv")), endpoint
    assert seen > {
        "charges.document",
        "charges.index",
        "charges.statement",
        "enquiries.index",
        "invoices.index",
        "pay.index",
        "payments.index",
        "people.index",
        "profile.sessions",
        "readings.history",
        "readings.index",
        "readings.receipt",
        "settlements.index",
        "settlements.statement",
    }


def test_the_two_files_of_a_table_say_the_same_and_the_sheet_fits_a_page(
    page: PageClient, scene: Scene
) -> None:
    checked = set()
    for _, _, soup in pages_with_tables(page, scene):
        for xlsx, plain in zip(links(soup, "xlsx"), links(soup, "csv"), strict=True):
            if xlsx in checked:
                continue
            checked.add(xlsx)
            if "/people/activity/" in xlsx:
                # That it was downloaded is an event of its own, once in a quarter of an hour.
                read_xlsx(page, xlsx), read_csv(page, plain)
            sheet, rows = read_xlsx(page, xlsx), read_csv(page, plain)
            assert [[as_text(cell) for cell in row] for row in cells(sheet)] == rows, xlsx
            assert "чужое" not in str(rows)
            check_print_setup(sheet, xlsx)
    assert len(checked) > 12


def check_print_setup(sheet: Worksheet, url: str) -> None:
    """A4, as wide as the page, the head on each of them; what is wide lies on its side."""
    # Columns of one width are one entry; Excel adds the room of a border to each.
    columns = sheet.column_dimensions.values()
    width = sum((one.width - 0.7109375) * (one.max - one.min + 1) for one in columns)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage, url
    assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0), url
    assert sheet.page_setup.paperSize == 9
    assert sheet.print_title_rows == "$1:$1", url
    is_wide = sheet.page_setup.orientation == "landscape"
    assert is_wide == (width > PORTRAIT_WIDTH), (url, width)
    assert "00123-ЭС" in sheet.oddHeader.left.text, url
    for row in sheet.iter_rows(min_row=2):
        for cell in row:
            assert cell.data_type != "f", url
            if isinstance(cell.value, str):
                assert not cell.value.startswith(FORMULAS), (url, cell.value)


def read(page: PageClient, url: str) -> bytes:
    answer = page.client.get(url)
    assert answer.status_code == 200, url
    name = unquote(answer.headers["Content-Disposition"].split("''")[1])
    assert re.fullmatch(r"[А-Я][^/\\:*?\"<>|]+\.(xlsx|csv)", name), name
    assert "00123-ЭС" in name
    return answer.data


def read_xlsx(page: PageClient, url: str) -> Worksheet:
    return openpyxl.load_workbook(io.BytesIO(read(page, url))).active


def cells(sheet: Worksheet) -> list[list[object]]:
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def read_csv(page: PageClient, url: str) -> list[list[str]]:
    text = read(page, url).decode("utf-8-sig")
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=";")
    return [[as_number(cell) for cell in row] for row in rows]


def as_number(text: str) -> str:
    """Figures of both files in one form: without zeros that say nothing."""
    if not re.fullmatch(r"-?\d+([.,]\d+)?", text):
        return text
    return f"{Decimal(text.replace(',', '.')).normalize():f}"


def as_text(value: object) -> str:
    """A cell of a sheet as the CSV writes it."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        is_day = (value.hour, value.minute) == (0, 0)
        return f"{value:%d.%m.%Y}" if is_day else f"{value:%d.%m.%Y %H:%M}"
    if isinstance(value, int | float):
        return f"{Decimal(str(value)).normalize():f}"
    return as_number(str(value))


def on_page(cell: Tag) -> Decimal:
    text = re.sub(r"[^0-9,−]", "", cell.text).replace(",", ".").replace("−", "-")
    return Decimal(text or "0")


def column(sheet: Worksheet, title: str) -> list[Decimal]:
    head, *rows = cells(sheet)
    place = head.index(title)
    return [Decimal(str(row[place] or 0)).quantize(Decimal("0.01")) for row in rows]


def all_pages(page: PageClient, url: str, cell: str) -> list[Decimal]:
    """Figures of a column on all pages of a table."""
    found, number = [], 0
    while True:
        number += 1
        soup = page.open(f"{url}{'&' if '?' in url else '?'}page={number}")
        found += [on_page(one) for one in soup.select(cell)]
        if not soup.find("a", string=re.compile("Дальше")):
            return found


@pytest.mark.parametrize(
    ("path", "cell", "total", "file", "title", "rows"),
    [
        (
            "invoices",
            "tbody td.unpaid",
            None,
            "invoices/invoices.xlsx",
            "Осталось, ₽",
            select(func.count(Invoice.id)),
        ),
        ("pay", "tbody td.r", "td.total", "pay/payables.xlsx", "Сумма, ₽", None),
        (
            f"payments{PERIOD}",
            "tbody td.r",
            "td.total",
            f"payments/payments.xlsx{PERIOD}",
            "Сумма",
            select(func.count(Payment.id)),
        ),
        (
            "charges/{charge_id}",
            "tbody td[data-label='С НДС']",
            "td.gross",
            "charges/{charge_id}/lines.xlsx",
            "С НДС, ₽",
            select(func.count(ChargeLine.id)),
        ),
    ],
)
def test_a_file_has_the_figures_of_all_pages_of_its_table(
    page: PageClient, scene: Scene, path: str, cell: str, total: str, file: str, title: str, rows
) -> None:
    home = f"/contracts/{scene.contract.id}/"
    *figures, sum_of_file = column(read_xlsx(page, home + file.format(**scene.ids)), title)
    url = home + path.format(**scene.ids)
    assert all_pages(page, url, cell) == figures
    if rows is not None:
        of_contract = rows.join(Charge) if "lines" in file else rows
        table = Charge if "lines" in file else Invoice if "invoice" in file else Payment
        with page.app.app_context():
            where = of_contract.where(table.contract_id == scene.contract.id)
            assert db.session.scalar(where) == len(figures)
    if total:
        assert on_page(page.open(url).select_one(f"tfoot {total}")) == sum_of_file
    else:
        assert sum(figures) == sum_of_file


def test_the_file_of_enquiries_holds_what_the_filter_lets_through(
    page: PageClient, scene: Scene
) -> None:
    home = f"/contracts/{scene.contract.id}/enquiries"
    for status, count in (("all", 30), ("open", 30), ("mine", 15), ("closed", 0)):
        soup = page.open(f"{home}?status={status}")
        _, *rows = read_csv(page, f"{home}/enquiries.csv?status={status}")
        assert len(rows) == count, status
        if rows:
            assert links(soup, "csv") == [f"{home}/enquiries.csv?status={status}"]
            assert f"из {count}" in soup.select_one("#status").text
    assert "'=HYPERLINK(1)" in str(read_csv(page, f"{home}/enquiries.csv"))
