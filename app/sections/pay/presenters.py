"""What is to be paid, as a table for spreadsheets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from app.domain.money import ZERO
from app.domain.payment_instructions import PaymentInstruction
from app.domain.receivables import ReceivableKind
from app.integrations.spreadsheets import Column, Kind, Table

SUBJECTS = {
    ReceivableKind.INVOICE: "Счет",
    ReceivableKind.DOCUMENT: "Документ без счета",
    ReceivableKind.INTEREST: "Пени",
    ReceivableKind.OTHER: "Прежняя задолженность",
}


def payables_table(instructions: Sequence[PaymentInstruction], today: date) -> Table:
    """One row per payment to be made, and their total."""
    columns = (
        Column("За что", Kind.TEXT, 24),
        Column("Документ №", Kind.TEXT, 24),
        Column("Дата документа", Kind.DATE, 12),
        Column("Период", Kind.TEXT, 12),
        Column("Оплатить до", Kind.DATE, 12),
        Column("Просрочено, дней", Kind.WHOLE, 12),
        Column("Сумма, ₽", Kind.MONEY, 18),
        Column("Назначение платежа", Kind.TEXT, 60),
    )
    rows = [
        [
            SUBJECTS[instruction.kind],
            instruction.number or None,
            instruction.on,
            instruction.period.short_label if instruction.period else None,
            instruction.due_on,
            instruction.days_overdue(today) or None,
            instruction.amount,
            instruction.purpose,
        ]
        for instruction in instructions
    ]
    total = sum((instruction.amount for instruction in instructions), ZERO)
    return Table("К оплате", columns, rows, [["Всего", None, None, None, None, None, total, None]])
