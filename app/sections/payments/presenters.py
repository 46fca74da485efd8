"""Payments in words and as a table for spreadsheets."""

from __future__ import annotations

from collections.abc import Sequence

from app.domain.money import ZERO
from app.domain.turnover import EntryKind
from app.integrations.spreadsheets import Column, Kind, Table
from app.queries.payments import PaymentLine

KINDS = {
    EntryKind.PAYMENT: "Оплата",
    EntryKind.REFUND: "Возврат переплаты",
    EntryKind.OFFSET: "Зачет",
}


def payments_table(payments: Sequence[PaymentLine]) -> Table:
    """One row per payment, a refund is negative; and their total."""
    columns = (
        Column("Дата проводки", Kind.DATE, 14),
        Column("Дата платежа", Kind.DATE, 14),
        Column("Вид", Kind.TEXT, 20),
        Column("Документ №", Kind.TEXT, 16),
        Column("Период расчета", Kind.TEXT, 14),
        Column("Сумма", Kind.MONEY, 16),
        Column("Назначение платежа", Kind.TEXT, 60),
    )
    return Table(
        "Оплаты",
        columns,
        [
            [
                line.posted_on,
                line.paid_on,
                KINDS[line.kind],
                line.document,
                line.period.short_label if line.period else None,
                line.amount,
                line.purpose,
            ]
            for line in payments
        ],
        [["Итого", None, None, None, None, sum((line.amount for line in payments), ZERO), None]],
    )
