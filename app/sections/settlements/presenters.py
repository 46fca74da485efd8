"""The turnover sheet as a table for spreadsheets."""

from __future__ import annotations

from app.domain.period import Period
from app.domain.turnover import TurnoverSheet
from app.integrations.spreadsheets import Cell, Column, Kind, Table
from app.web.ledger_rows import split_sides


def turnover_table(sheet: TurnoverSheet, period: Period) -> Table:
    """The turnover sheet with its totals; months that the period cuts are labelled so."""
    columns = (
        Column("Месяц", Kind.TEXT, 16),
        Column("Сальдо на начало, Дт", Kind.MONEY, 16),
        Column("Сальдо на начало, Кт", Kind.MONEY, 16),
        Column("Начислено, Дт", Kind.MONEY, 16),
        Column("Оплачено, Кт", Kind.MONEY, 16),
        Column("Сальдо на конец, Дт", Kind.MONEY, 16),
        Column("Сальдо на конец, Кт", Kind.MONEY, 16),
    )
    rows: list[list[Cell]] = [
        [
            period.month_label(row.month),
            *split_sides(row.opening),
            row.debit,
            row.credit,
            *split_sides(row.closing),
        ]
        for row in sheet.rows
    ]
    total = [
        "Итого",
        *split_sides(sheet.opening),
        sheet.debit,
        sheet.credit,
        *split_sides(sheet.closing),
    ]
    return Table("Ведомость", columns, rows, [total])
