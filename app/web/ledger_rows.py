"""Ledger entries as rows of tables: document and content as Russian text, balances by side."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from app.domain.turnover import Entry, EntryKind, RunningEntry, debt_side, overpayment_side

_DOCUMENTS = {
    EntryKind.UPD: "УПД",
    EntryKind.CORRECTION: "УКД",
    EntryKind.LATE_INTEREST: "Пени",
    EntryKind.OTHER: "Документ",
    EntryKind.PAYMENT: "Платеж",
    EntryKind.REFUND: "Возврат",
    EntryKind.OFFSET: "Зачет",
}
_CONTENTS = {
    EntryKind.UPD: "Электроэнергия",
    EntryKind.CORRECTION: "Корректировка",
    EntryKind.LATE_INTEREST: "Пени за просрочку",
    EntryKind.OTHER: "Прочее начисление",
    EntryKind.PAYMENT: "Оплата",
    EntryKind.REFUND: "Возврат переплаты",
    EntryKind.OFFSET: "Зачет",
}


class LedgerRow(NamedTuple):
    """An operation as tables show it, roubles; zero amounts are None."""

    number: int
    entry: Entry
    document: str
    content: str
    debit: Decimal | None
    credit: Decimal | None
    balance: Decimal


def document_title(kind: EntryKind, number: str | None) -> str:
    """«УПД № 12»."""
    document = _DOCUMENTS[kind]
    return f"{document}\u00a0№\u00a0{number}" if number else document


def present_entry(running: RunningEntry) -> LedgerRow:
    """Label an operation in Russian."""
    entry = running.entry
    return LedgerRow(
        running.number,
        entry,
        document_title(entry.kind, entry.document),
        _CONTENTS[entry.kind],
        entry.debit or None,
        entry.credit or None,
        running.balance,
    )


def present_entries(rows: Sequence[RunningEntry]) -> list[LedgerRow]:
    """Label operations in Russian."""
    return [present_entry(row) for row in rows]


def split_sides(balance: Decimal) -> tuple[Decimal | None, Decimal | None]:
    """A balance for its Дт and Кт columns, roubles; a closed one is zero in Дт."""
    if balance < 0:
        return None, overpayment_side(balance)
    return debt_side(balance), None
