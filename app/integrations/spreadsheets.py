"""Tables as XLSX and CSV for people who go on working with them.

Numbers are numbers, dates are dates, keys are text, and no text can become a formula.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum

Cell = str | int | Decimal | date | None
FORMULA_STARTS = tuple("=+-@\t\r\n＝＋－＠")
MAX_WIDTH = 60


class Kind(Enum):
    """How a column is written."""

    TEXT = "@"
    WHOLE = "0"
    DATE = "dd.mm.yyyy"
    MONEY = "#,##0.00"
    ENERGY = "#,##0.000"
    PRICE = "0.00000"


@dataclass(frozen=True, slots=True)
class Column:
    """Head of a column, what it holds, and its width in characters."""

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


def write_xlsx(table: Table) -> bytes:
    """One sheet with a frozen head and a filter; totals are bold and outside the filter."""
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
    formats = {kind: book.add_format({"num_format": kind.value}) for kind in Kind}
    bold = {
        kind: book.add_format({"num_format": kind.value, "bold": True, "top": 1}) for kind in Kind
    }
    head = book.add_format({"bold": True, "text_wrap": True, "bottom": 1, "valign": "top"})
    for place, column in enumerate(table.columns):
        sheet.set_column(place, place, min(column.width, MAX_WIDTH), formats[column.kind])
        sheet.write_string(0, place, column.title, head)
    for number, row in enumerate((*table.rows, *table.totals), 1):
        styles = formats if number <= len(table.rows) else bold
        for place, (column, cell) in enumerate(zip(table.columns, row, strict=True)):
            if isinstance(cell, str):
                sheet.write_string(number, place, defuse(cell), styles[Kind.TEXT])
            elif isinstance(cell, date):
                sheet.write_datetime(number, place, cell, styles[Kind.DATE])
            elif cell is not None:
                # A cell is a double; up to 15 digits it is exact to the kopeck.
                sheet.write_number(number, place, float(cell), styles[column.kind])
            elif number > len(table.rows):
                sheet.write_blank(number, place, None, styles[column.kind])
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(len(table.rows), 1), len(table.columns) - 1)
    book.close()
    return output.getvalue()


def _csv_cell(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return defuse(cell)
    if isinstance(cell, date):
        return f"{cell:%d.%m.%Y}"
    return str(cell).replace(".", ",")
