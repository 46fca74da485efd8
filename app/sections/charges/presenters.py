"""Charges as a table for spreadsheets, and labels of billing methods."""

from __future__ import annotations

from collections.abc import Sequence

from app.domain.charges import Document
from app.domain.statement import document_rows
from app.integrations.spreadsheets import Table
from app.web.charge_table import charge_table

METHODS = {
    "meter": "по прибору",
    "estimated": "по среднему",
    "calc": "расчетный",
    "recalc": "перерасчет",
}


def documents_table(documents: Sequence[Document]) -> Table:
    """One row per document and VAT rate, and the total of the period."""
    return charge_table("Начисления", document_rows(documents), with_lines=False)
