"""Charges in words and as a table for spreadsheets."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from app.domain.charges import Document
from app.domain.money import ZERO
from app.domain.statement import ChargeRow, ChargeStatement, document_rows
from app.domain.turnover import EntryKind
from app.integrations.spreadsheets import Cell, Column, Kind, Table
from app.web.filters import vat_rate_label
from app.web.statement_routes import chunks_of

KINDS = {
    EntryKind.UPD: "УПД",
    EntryKind.CORRECTION: "УКД",
    EntryKind.LATE_INTEREST: "Пени",
    EntryKind.OTHER: "Документ",
}
METHODS = {
    "meter": "по прибору",
    "estimated": "по среднему",
    "calc": "расчетный",
    "recalc": "перерасчет",
}


def documents_table(documents: Sequence[Document]) -> Table:
    """One row per document and VAT rate, and the total of the period."""
    return _table("Начисления", document_rows(documents), with_lines=False)


def statement_table(statement: ChargeStatement) -> Table:
    """The rows of the statement, late interest after them, and the total of both."""
    rows = [*statement.rows, *statement.interest]
    return _table("Справка", rows, with_lines=statement.with_lines)


def pdf_context(statement: ChargeStatement) -> dict[str, Any]:
    """What the PDF template needs; its rows come in short tables."""
    return {
        "statement": statement,
        "chunks": chunks_of(statement.rows),
        "title": statement_title(statement),
        "kinds": KINDS,
    }


def statement_title(statement: ChargeStatement) -> str:
    return f"Справка по начислениям, договор {statement.contract_number}"


def _table(name: str, rows: Sequence[ChargeRow], *, with_lines: bool) -> Table:
    columns = [
        Column("Период расчета", Kind.TEXT, 14),
        Column("Вид", Kind.TEXT, 10),
        Column("Документ №", Kind.TEXT, 20),
        Column("Дата", Kind.DATE, 12),
        Column("Содержание", Kind.TEXT, 50),
        Column("Количество", Kind.ENERGY, 16),
        Column("Единица", Kind.TEXT, 10),
        Column("Объем, кВт·ч", Kind.ENERGY, 16),
        Column("Мощность, кВт", Kind.ENERGY, 16),
        Column("Цена", Kind.PRICE, 12),
        Column("Ставка НДС", Kind.TEXT, 12),
        Column("Без НДС", Kind.MONEY, 16),
        Column("НДС", Kind.MONEY, 16),
        Column("С НДС", Kind.MONEY, 16),
    ]
    cells: list[list[Cell]] = [
        [
            row.document.period.short_label,
            KINDS[row.document.kind],
            row.document.number,
            row.document.on,
            row.content,
            row.quantity,
            row.unit,
            row.kwh,
            row.kw,
            row.price,
            vat_rate_label(row.rate, row.vat).replace("\u00a0", " "),
            row.net,
            row.vat,
            row.gross,
        ]
        for row in rows
    ]
    total: list[Cell] = [None] * len(columns)
    total[0] = "Итого"
    total[7] = sum((row.kwh for row in rows if row.kwh is not None), Decimal(0))
    total[8] = sum((row.kw for row in rows if row.kw is not None), Decimal(0))
    total[-3] = sum((row.net for row in rows), ZERO)
    total[-2] = sum((row.vat for row in rows), ZERO)
    total[-1] = sum((row.gross for row in rows), ZERO)
    kept = [
        place for place, column in enumerate(columns) if with_lines or column.title not in LINE_ONLY
    ]
    return Table(
        name,
        [columns[place] for place in kept],
        [[line[place] for place in kept] for line in cells],
        [[total[place] for place in kept]],
    )


LINE_ONLY = ("Содержание", "Количество", "Единица", "Цена")
"""Documents have neither a price nor one service."""
