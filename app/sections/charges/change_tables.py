"""Two compared months as tables for spreadsheets."""

from __future__ import annotations

from app.domain.formats import NBSP
from app.integrations.spreadsheets import Cell, Column, Kind, Table
from app.queries.bill_comparisons import BillChange
from app.web.bill_change_rows import part_rows
from app.web.labels import ZONES

_PARTS = (
    Column("Причина", Kind.TEXT, 24),
    Column("Было → стало", Kind.TEXT, 50),
    Column("Изменение, ₽ с НДС", Kind.MONEY, 20),
    Column("Доля, %", Kind.MONEY, 10),
)


def parts_table(change: BillChange) -> Table:
    """A row for each part; the difference and the totals of both months below."""
    comparison = change.comparison
    rows: list[list[Cell]] = [
        [row.label, row.detail.replace(NBSP, " "), row.amount, row.share]
        for row in part_rows(comparison)
    ]
    totals: list[list[Cell]] = [
        ["Разница", None, comparison.difference, 100 if comparison.shares else None],
        ["Было", change.months.before.label, comparison.totals.before, None],
        ["Стало", change.months.after.label, comparison.totals.after, None],
    ]
    return Table("Причины", _PARTS, rows, totals)


def lines_table(change: BillChange) -> Table:
    """A row for each service, supply point and zone, with both months."""
    comparison = change.comparison
    before, after = change.months.before.short_label, change.months.after.short_label
    columns = (
        Column("Услуга", Kind.TEXT, 30),
        Column("Точка поставки", Kind.TEXT, 30),
        Column("Зона", Kind.TEXT, 10),
        Column("Единица", Kind.TEXT, 10),
        Column(f"Объем {before}", Kind.ENERGY, 16),
        Column(f"Объем {after}", Kind.ENERGY, 16),
        Column(f"Цена {before}", Kind.PRICE, 14),
        Column(f"Цена {after}", Kind.PRICE, 14),
        Column(f"С НДС {before}", Kind.MONEY, 16),
        Column(f"С НДС {after}", Kind.MONEY, 16),
        Column("Изменение, ₽", Kind.MONEY, 16),
    )
    rows: list[list[Cell]] = [
        [
            group.service,
            group.point,
            ZONES.get(group.zone or ""),
            group.unit,
            group.before.quantity if group.before.count else None,
            group.after.quantity if group.after.count else None,
            group.before.price,
            group.after.price,
            group.before.gross,
            group.after.gross,
            group.difference,
        ]
        for group in comparison.groups
    ]
    empty: list[Cell] = [None] * 7
    if any(comparison.ungrouped):
        outside = comparison.ungrouped
        difference = outside.after - outside.before
        rows.append(["Корректировки, пени, документы без строк", *empty, *outside, difference])
    totals: list[list[Cell]] = [["Итого", *empty, *comparison.totals, comparison.difference]]
    return Table("Строки", columns, rows, totals)
