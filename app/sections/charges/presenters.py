"""Charges as a table for spreadsheets, and labels of billing methods."""

from __future__ import annotations

from collections.abc import Sequence

from app.domain.charges import Document
from app.domain.statement import document_rows
from app.integrations.spreadsheets import Column, Kind, Table
from app.queries.charges import Detail
from app.web.charge_table import charge_table
from app.web.filters import vat_rate_label
from app.web.labels import ZONES

METHODS = {
    "meter": "по прибору",
    "estimated": "по среднему",
    "calc": "расчетный",
    "recalc": "перерасчет",
}


def documents_table(documents: Sequence[Document]) -> Table:
    """One row per document and VAT rate, and the total of the period."""
    return charge_table("Начисления", document_rows(documents), with_lines=False)


def lines_table(detail: Detail) -> Table:
    """One row per line of a document, and the document's own totals."""
    columns = (
        Column("№", Kind.WHOLE, 6),
        Column("Услуга", Kind.TEXT, 40),
        Column("Точка поставки", Kind.TEXT, 40),
        Column("Прибор №", Kind.TEXT, 20),
        Column("Зона", Kind.TEXT, 10),
        Column("Как получено", Kind.TEXT, 16),
        Column("Объем", Kind.ENERGY, 16),
        Column("Единица", Kind.TEXT, 10),
        Column("Цена, ₽", Kind.PRICE, 12),
        Column("Без НДС, ₽", Kind.MONEY, 18),
        Column("Ставка НДС", Kind.TEXT, 12),
        Column("НДС, ₽", Kind.MONEY, 18),
        Column("С НДС, ₽", Kind.MONEY, 18),
    )
    rows = [
        [
            line.number,
            line.service,
            line.point,
            line.meter,
            ZONES[line.zone] if line.zone else None,
            METHODS.get(line.method or ""),
            line.quantity,
            line.unit,
            line.price if line.unit else None,
            line.net,
            vat_rate_label(line.vat_rate, line.vat).replace("\u00a0", " "),
            line.vat,
            line.gross,
        ]
        for line in detail.lines
    ]
    document = detail.document
    sums = [document.net, None, document.vat, document.gross]
    return Table("Строки документа", columns, rows, [[None, "Итого", *[None] * 7, *sums]])
