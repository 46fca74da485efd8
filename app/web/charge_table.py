"""Charges as a table for spreadsheets, by document and VAT rate or by line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import NamedTuple

from app.domain.money import ZERO
from app.domain.statement import ChargeRow
from app.domain.turnover import EntryKind
from app.integrations.spreadsheets import Cell, Column, Kind, Table
from app.web.filters import vat_rate_label

CHARGE_KINDS = {
    EntryKind.UPD: "УПД",
    EntryKind.CORRECTION: "УКД",
    EntryKind.LATE_INTEREST: "Пени",
    EntryKind.OTHER: "Документ",
}


class _ChargeColumn(NamedTuple):
    """A column with what it shows of a row.

    Attributes:
        is_of_line: documents have neither a price nor one service: left out for them.
        zero: where the column has a total, the sum of no rows.
    """

    column: Column
    value: Callable[[ChargeRow], Cell]
    is_of_line: bool = False
    zero: Decimal | None = None


_COLUMNS = (
    _ChargeColumn(
        Column("Период расчета", Kind.TEXT, 14), lambda row: row.document.period.short_label
    ),
    _ChargeColumn(Column("Вид", Kind.TEXT, 10), lambda row: CHARGE_KINDS[row.document.kind]),
    _ChargeColumn(Column("Документ №", Kind.TEXT, 20), lambda row: row.document.number),
    _ChargeColumn(Column("Дата", Kind.DATE, 12), lambda row: row.document.on),
    _ChargeColumn(Column("Содержание", Kind.TEXT, 50), lambda row: row.content, is_of_line=True),
    _ChargeColumn(Column("Количество", Kind.ENERGY, 16), lambda row: row.quantity, is_of_line=True),
    _ChargeColumn(Column("Единица", Kind.TEXT, 10), lambda row: row.unit, is_of_line=True),
    _ChargeColumn(Column("Объем, кВт·ч", Kind.ENERGY, 16), lambda row: row.kwh, zero=Decimal(0)),
    _ChargeColumn(Column("Мощность, кВт", Kind.ENERGY, 16), lambda row: row.kw, zero=Decimal(0)),
    _ChargeColumn(Column("Цена", Kind.PRICE, 12), lambda row: row.price, is_of_line=True),
    _ChargeColumn(
        Column("Ставка НДС", Kind.TEXT, 12),
        lambda row: vat_rate_label(row.rate, row.vat).replace("\u00a0", " "),
    ),
    _ChargeColumn(Column("Без НДС", Kind.MONEY, 16), lambda row: row.net, zero=ZERO),
    _ChargeColumn(Column("НДС", Kind.MONEY, 16), lambda row: row.vat, zero=ZERO),
    _ChargeColumn(Column("С НДС", Kind.MONEY, 16), lambda row: row.gross, zero=ZERO),
)


def charge_table(name: str, rows: Sequence[ChargeRow], *, with_lines: bool) -> Table:
    """Rows of charges and their total.

    Args:
        name: of the sheet.
        with_lines: rows are lines, with content, quantity and price.
    """
    columns = [column for column in _COLUMNS if with_lines or not column.is_of_line]
    total = [_total(column, rows) for column in columns]
    total[0] = "Итого"
    return Table(
        name,
        [column.column for column in columns],
        [[column.value(row) for column in columns] for row in rows],
        [total],
    )


def _total(column: _ChargeColumn, rows: Sequence[ChargeRow]) -> Cell:
    if column.zero is None:
        return None
    values = (column.value(row) for row in rows)
    return sum((value for value in values if isinstance(value, Decimal)), column.zero)
