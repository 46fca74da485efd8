"""The settlement statement (справка по взаиморасчетам): informational and one-sided.

A signed act of reconciliation has legal effect; this must not look like one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from app.domain.money import ZERO, sum_in_words
from app.domain.period import Period
from app.domain.turnover import RunningEntry, debt_side


@dataclass(frozen=True, slots=True)
class Party:
    """A side of the contract as the statement names it."""

    name: str
    inn: str
    kpp: str | None
    address: str | None


@dataclass(frozen=True, slots=True)
class SettlementStatement:
    """Everything the statement says, in roubles and supplier's local time."""

    number: str
    issued_at: datetime
    as_of: datetime | None
    contract_number: str
    contract_date: str
    supplier: Party
    customer: Party
    period: Period
    opening: Decimal
    rows: Sequence[RunningEntry]

    @property
    def debit(self) -> Decimal:
        return sum((row.entry.debit for row in self.rows), ZERO)

    @property
    def credit(self) -> Decimal:
        return sum((row.entry.credit for row in self.rows), ZERO)

    @property
    def closing(self) -> Decimal:
        return self.opening + self.debit - self.credit

    @property
    def closing_in_words(self) -> str:
        """«задолженность Потребителя: одна тысяча рублей 00 копеек», never a signed sum."""
        if not self.closing:
            return "взаимные расчеты закрыты, сальдо 0 рублей 00 копеек"
        side = "задолженность потребителя" if debt_side(self.closing) else "переплата потребителя"
        words = sum_in_words(abs(self.closing))
        return f"{side}: {words[0].lower()}{words[1:]}"


def statement_number(contract_number: str, issued_at: datetime) -> str:
    """Contract and moment of issue name a statement; nothing has to be stored for it."""
    return f"{contract_number}/{issued_at:%Y%m%d-%H%M%S}"
