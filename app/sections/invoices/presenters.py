"""Invoices in words and as a table for spreadsheets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from app.domain.invoices import InvoiceCard, InvoiceStatus
from app.domain.money import ZERO
from app.integrations.spreadsheets import Column, Kind, Table

KINDS = {
    "advance30": "Аванс 30\u00a0%",
    "advance40": "Аванс 40\u00a0%",
    "final": "Окончательный расчет",
    "other": "Счет",
}
STATUSES = {
    InvoiceStatus.PAID: "Оплачен",
    InvoiceStatus.PARTLY: "Оплачен частично",
    InvoiceStatus.OPEN: "Не оплачен",
    InvoiceStatus.OVERDUE: "Просрочен",
    InvoiceStatus.REPLACED: "Оплата не требуется",
}


def invoices_table(invoices: Sequence[InvoiceCard], today: date) -> Table:
    """One row per invoice, and the totals."""
    columns = (
        Column("Счет №", Kind.TEXT, 24),
        Column("Дата счета", Kind.DATE, 12),
        Column("Вид", Kind.TEXT, 24),
        Column("Период", Kind.TEXT, 12),
        Column("Оплатить до", Kind.DATE, 12),
        Column("Сумма, ₽", Kind.MONEY, 18),
        Column("Осталось, ₽", Kind.MONEY, 18),
        Column("Статус", Kind.TEXT, 22),
        Column("Просрочен, дней", Kind.WHOLE, 12),
    )
    rows = [
        [
            invoice.number,
            invoice.issued_on,
            KINDS[invoice.kind].replace("\u00a0", " "),
            invoice.period.short_label,
            invoice.due_on,
            invoice.total,
            invoice.unpaid,
            STATUSES[invoice.status(today)],
            invoice.days_overdue(today) if invoice.status(today) is InvoiceStatus.OVERDUE else None,
        ]
        for invoice in invoices
    ]
    total = sum((invoice.total for invoice in invoices), ZERO)
    unpaid = sum((invoice.unpaid for invoice in invoices), ZERO)
    totals = ["Итого", None, None, None, None, total, unpaid, None, None]
    return Table("Счета", columns, rows, [totals])
