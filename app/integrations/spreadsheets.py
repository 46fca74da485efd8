"""Tables as XLSX and CSV for people who go on working with them.

Numbers are numbers, dates are dates, keys are text, and no text can become a formula.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

Cell = str | int | Decimal | date | datetime | None
"""A moment has to be a naive one, of the supplier's zone: a spreadsheet knows no zones."""
FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")
MAX_WIDTH = 60
PORTRAIT_WIDTH = 95
"""Characters of all columns together that still read well on an upright A4 page."""
_A4 = 9
_MAX_HEADER = 200
"""Of the 255 characters that Excel takes for the header of a page."""


class Kind(Enum):
    """How a column is written."""

    TEXT = "@"
    WHOLE = "0"
    DATE = "dd.mm.yyyy"
    MOMENT = "dd.mm.yyyy hh:mm"
    MONEY = "#,##0.00"
    ENERGY = "#,##0.000"
    PRICE = "0.00000"


@dataclass(frozen=True, slots=True)
class Column:
    """Head of a column, what it holds, and the most characters that it is wide."""

    title: str
    kind: Kind
    width: int


@dataclass(frozen=True, slots=True)
class Table:
    """A flat table; a row has a cell per column, None where it has nothing to say.

    ``totals`` come last and are told by their first cell («Итого»), so that the rows above them can
    be filtered and added up.
    """

    name: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    totals: Sequence[Sequence[Cell]] = ()


def defuse(text: str) -> str:
    """Text that a spreadsheet would run as a formula gets a leading apostrophe."""
    return "'" + text if text.startswith(FORMULA_STARTS) else text


def write_csv(table: Table) -> bytes:
    """Semicolons, UTF-8 with BOM, decimal comma, dd.mm.yyyy, CRLF: what Excel in Russian opens."""
    output = io.StringIO(newline="")
    writer = csv.writer(output, delimiter=";", lineterminator="\r\n")
    writer.writerow([column.title for column in table.columns])
    for row in (*table.rows, *table.totals):
        writer.writerow([_csv_cell(cell) for cell in row])
    return output.getvalue().encode("utf-8-sig")


def write_xlsx(table: Table, heading: str = "") -> bytes:
    """One sheet with a frozen head and a filter, which prints on pages of its width.

    Totals are bold and outside the filter.

    Args:
        heading: what the table is, for the top of each printed page.
    """
    output = io.BytesIO()
    import xlsxwriter  # noqa: PLC0415 - heavy, and few processes need it

    book = xlsxwriter.Workbook(
        output,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "default_date_format": Kind.DATE.value,
        },
    )
    sheet = book.add_worksheet(table.name[:31])
    formats = {kind: book.add_format(_format(kind)) for kind in Kind}
    bold = {kind: book.add_format(_format(kind) | {"bold": True, "top": 1}) for kind in Kind}
    head = book.add_format({"bold": True, "text_wrap": True, "bottom": 1, "valign": "top"})
    widths = _widths(table)
    for place, column in enumerate(table.columns):
        sheet.set_column(place, place, widths[place], formats[column.kind])
        sheet.write_string(0, place, column.title, head)
    for number, row in enumerate((*table.rows, *table.totals), 1):
        is_total = number > len(table.rows)
        styles = bold if is_total else formats
        for place, (column, cell) in enumerate(zip(table.columns, row, strict=True)):
            _write_cell(sheet, number, place, cell, column.kind, styles)
            if is_total and cell is None:
                sheet.write_blank(number, place, None, styles[column.kind])
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(len(table.rows), 1), len(table.columns) - 1)
    _set_up_pages(sheet, heading or table.name, sum(widths))
    book.close()
    return output.getvalue()


def _format(kind: Kind) -> dict[str, Any]:
    """Text is wrapped, so that nothing of it is hidden by the next column."""
    return {"num_format": kind.value, "valign": "top", "text_wrap": kind is Kind.TEXT}


def _write_cell(
    sheet: Worksheet, number: int, place: int, cell: Cell, kind: Kind, styles: dict[Kind, Any]
) -> None:
    if isinstance(cell, str):
        sheet.write_string(number, place, defuse(cell), styles[Kind.TEXT])
    elif isinstance(cell, datetime):
        sheet.write_datetime(number, place, cell, styles[Kind.MOMENT])
    elif isinstance(cell, date):
        sheet.write_datetime(number, place, cell, styles[Kind.DATE])
    elif cell is not None:
        # A cell is a double; up to 15 digits it is exact to the kopeck.
        sheet.write_number(number, place, float(cell), styles[kind])


def _widths(table: Table) -> list[int]:
    """As wide as what stands in a column, within its own limit; no head is broken inside a word."""
    widths = []
    for place, column in enumerate(table.columns):
        unbroken = max(len(part) for part in column.title.split())
        cells = (row[place] for row in (*table.rows, *table.totals))
        longest = max((_length(cell, column.kind) for cell in cells), default=0)
        widths.append(min(MAX_WIDTH, max(unbroken + 3, min(longest + 2, column.width))))
    return widths


def _length(cell: Cell, kind: Kind) -> int:
    """Characters that a cell takes."""
    if cell is None:
        return 0
    if isinstance(cell, str):
        return len(cell)
    if isinstance(cell, date):
        return len(kind.value)
    return len(f"{cell:,.5f}" if kind is Kind.PRICE else f"{cell:,.3f}")


def _set_up_pages(sheet: Worksheet, heading: str, width: int) -> None:
    """A4 of the table's width: the head on every page, its name above, the page number below."""
    sheet.set_paper(_A4)
    if width > PORTRAIT_WIDTH:
        sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_margins(left=0.4, right=0.4, top=0.75, bottom=0.6)
    sheet.set_header(f"&L{heading[:_MAX_HEADER].replace('&', '&&')}")
    sheet.set_footer("&RСтраница &P из &N")


def _csv_cell(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return defuse(cell)
    if isinstance(cell, datetime):
        return f"{cell:%d.%m.%Y %H:%M}"
    if isinstance(cell, date):
        return f"{cell:%d.%m.%Y}"
    return str(cell).replace(".", ",")
