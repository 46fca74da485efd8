"""What is unpaid of a contract: by due date, in total, and how the balance leads to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from app.domain.corrections import DebtKind
from app.domain.money import ZERO
from app.domain.receivables import Receivable, ReceivableKind


@dataclass(frozen=True, slots=True)
class BalanceReconciliation:
    """How the ledger balance leads to what is overdue; roubles, never negative.

    ``unpaid_documents − prepaid_advances − credits = balance`` and
    ``unpaid_documents − not_yet_due + overdue_advances = overdue``.

    Attributes:
        unpaid_documents: unpaid of what has been charged.
        not_yet_due: of that, what falls due today or later.
        overdue_advances: overdue invoices of months that are not charged yet.
        prepaid_advances: money allocated to invoices of months that are not charged yet.
        energy_credit: overpaid for energy, and not asked for by anything.
        interest_credit: overpaid late interest.
    """

    balance: Decimal
    overdue: Decimal
    unpaid_documents: Decimal
    not_yet_due: Decimal
    overdue_advances: Decimal
    prepaid_advances: Decimal
    energy_credit: Decimal
    interest_credit: Decimal

    @property
    def overdue_documents(self) -> Decimal:
        return self.unpaid_documents - self.not_yet_due

    @property
    def is_needed(self) -> bool:
        """Whether what is overdue is not simply a part of the balance."""
        return bool(self.overdue) and (bool(self.overdue_advances) or self.overdue > self.balance)

    @property
    def bridge(self) -> tuple[tuple[str, Decimal], ...]:
        """The steps from the balance to what is overdue, by field: ``balance + Σ = overdue``."""
        steps = (
            ("overdue_advances", self.overdue_advances),
            ("prepaid_advances", self.prepaid_advances),
            ("energy_credit", self.energy_credit),
            ("interest_credit", self.interest_credit),
            ("not_yet_due", -self.not_yet_due),
        )
        return tuple(step for step in steps if step[1])

    @property
    def explains_balance(self) -> bool:
        """Whether the balance is not simply what is unpaid by document."""
        return self.unpaid_documents != self.balance


@dataclass(frozen=True, slots=True)
class UnpaidItems:
    """What a contract has to pay, and by when; roubles.

    Attributes:
        balance: of the ledger; above zero the customer owes.
        unpaid: receivables that are not paid, or not in full; by due date.
        credit: overpaid, and held for receivables to come of the same debt.
        prepaid_advances: money allocated to invoices of months that are not charged yet.
    """

    today: date
    balance: Decimal
    unpaid: Sequence[Receivable]
    credit: Mapping[DebtKind, Decimal]
    prepaid_advances: Decimal

    @property
    def total(self) -> Decimal:
        """Everything that is asked for, whatever its day."""
        return _sum_unpaid(self.unpaid)

    @property
    def overdue(self) -> Decimal:
        return _sum_unpaid(item for item in self.unpaid if item.is_overdue(self.today))

    @property
    def overdue_since(self) -> date | None:
        """Due date of the oldest receivable that is overdue."""
        overdue = (item for item in self.unpaid if item.is_overdue(self.today))
        return min((item.due_on for item in overdue if item.due_on), default=None)

    @property
    def interest(self) -> Decimal:
        """Unpaid late interest; it is paid by a payment order apart from energy."""
        return _sum_unpaid(item for item in self.unpaid if item.kind is ReceivableKind.INTEREST)

    @property
    def next_due_on(self) -> date | None:
        """The nearest due date from today on."""
        days = (item.due_on for item in self.unpaid if not item.is_overdue(self.today))
        return min((day for day in days if day), default=None)

    @property
    def next_amount(self) -> Decimal:
        """What is to be paid by that date, roubles."""
        return _sum_unpaid(self._next)

    @property
    def next_invoice(self) -> str | None:
        """Number of the invoice that asks for it; None where none does, or several do."""
        items = {(item.kind, item.id): item.number for item in self._next}
        kinds = [kind for kind, _ in items]
        return next(iter(items.values())) if kinds == [ReceivableKind.INVOICE] else None

    @property
    def _next(self) -> list[Receivable]:
        day = self.next_due_on
        return [item for item in self.unpaid if day and item.due_on == day]

    @property
    def reconciliation(self) -> BalanceReconciliation:
        """How the ledger balance leads to what is overdue."""
        charged = [item for item in self.unpaid if not item.is_advance]
        advances = [item for item in self.unpaid if item.is_advance]
        return BalanceReconciliation(
            balance=self.balance,
            overdue=self.overdue,
            unpaid_documents=_sum_unpaid(charged),
            not_yet_due=_sum_unpaid(item for item in charged if not item.is_overdue(self.today)),
            overdue_advances=_sum_unpaid(item for item in advances if item.is_overdue(self.today)),
            prepaid_advances=self.prepaid_advances,
            energy_credit=self.credit[DebtKind.ENERGY],
            interest_credit=self.credit[DebtKind.LATE_INTEREST],
        )


def _sum_unpaid(receivables: Iterable[Receivable]) -> Decimal:
    return sum((receivable.unpaid for receivable in receivables), ZERO)
