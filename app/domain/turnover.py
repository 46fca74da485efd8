"""Settlements of one contract: ledger entries, the turnover sheet (ОСВ) and running balances.

Sign: ``balance = Σdebit − Σcredit``; above zero the customer owes (Дт), below zero the customer
has overpaid (Кт). A reversing correction is a negative debit, a refund is a negative credit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from app.domain.errors import EntryOutOfRangeError
from app.domain.money import ZERO
from app.domain.period import Month


class EntryKind(StrEnum):
    """What an operation is, as the billing system names it."""

    UPD = "upd"
    CORRECTION = "correction"
    LATE_INTEREST = "late_interest"
    OTHER = "other"
    PAYMENT = "payment"
    REFUND = "refund"
    OFFSET = "offset"


class Entry(NamedTuple):
    """One operation of the ledger; amounts in roubles, one of them zero."""

    on: date
    kind: EntryKind
    document: str
    period: Month | None
    purpose: str
    debit: Decimal
    credit: Decimal


class TurnoverRow(NamedTuple):
    """One month of the sheet, roubles; ``closing = opening + debit − credit``."""

    month: Month
    opening: Decimal
    debit: Decimal
    credit: Decimal
    closing: Decimal


@dataclass(frozen=True, slots=True)
class TurnoverSheet:
    """Months without gaps, and the totals of the whole period, roubles."""

    rows: tuple[TurnoverRow, ...]

    @property
    def opening(self) -> Decimal:
        return self.rows[0].opening

    @property
    def closing(self) -> Decimal:
        return self.rows[-1].closing

    @property
    def debit(self) -> Decimal:
        return sum((row.debit for row in self.rows), ZERO)

    @property
    def credit(self) -> Decimal:
        return sum((row.credit for row in self.rows), ZERO)

    @property
    def has_overpaid_opening(self) -> bool:
        """Whether a month began with an overpayment: else nobody needs a column of them."""
        return any(row.opening < 0 for row in self.rows)

    @property
    def has_overpaid_closing(self) -> bool:
        """Whether a month ended with an overpayment."""
        return any(row.closing < 0 for row in self.rows)


class RunningEntry(NamedTuple):
    """An operation with the balance after it, roubles."""

    number: int
    entry: Entry
    balance: Decimal


def debt_side(balance: Decimal) -> Decimal:
    """The debit (Дт) side of a balance, roubles: what the customer owes, else zero."""
    return balance if balance > 0 else ZERO


def overpayment_side(balance: Decimal) -> Decimal:
    """The credit (Кт) side of a balance, roubles: what the customer has overpaid, else zero."""
    return -balance if balance < 0 else ZERO


def build_turnover(
    opening: Decimal,
    turnovers: Iterable[tuple[Month, Decimal, Decimal]],
    months: Sequence[Month],
) -> TurnoverSheet:
    """Fold turnovers into month rows whose balances carry over.

    A month without turnover still gets a row: the sheet has no gaps.

    Args:
        opening: balance when the period begins, roubles; above zero the customer owes.
        turnovers: (month, debit, credit) in any order; several of one month add up.
        months: consecutive, at least one.

    Raises:
        EntryOutOfRangeError: a turnover lies outside; skipping it would make the closing balance
            silently wrong.

    Source: chart of accounts, Ministry of Finance Order 94n, account 62.
    """
    sums: dict[Month, tuple[Decimal, Decimal]] = dict.fromkeys(months, (ZERO, ZERO))
    for month, debit, credit in turnovers:
        if month not in sums:
            raise EntryOutOfRangeError(str(month))
        before = sums[month]
        sums[month] = (before[0] + debit, before[1] + credit)
    rows = []
    for month in months:
        debit, credit = sums[month]
        closing = opening + debit - credit
        rows.append(TurnoverRow(month, opening, debit, credit, closing))
        opening = closing
    return TurnoverSheet(tuple(rows))
