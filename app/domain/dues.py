"""What is overdue and what falls due next.

The ledger knows only what has been charged; an invoice may ask for an advance before that. The sum
that must be paid by a day is therefore the ledger balance, plus advances of months not charged yet
that are due by then, minus invoices of charged months that are due only later.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from app.domain.money import ZERO
from app.domain.period import Month


@dataclass(frozen=True, slots=True)
class InvoiceDue:
    """An invoice as far as due dates go; roubles."""

    number: str
    period: Month
    due_on: date
    total: Decimal


@dataclass(frozen=True, slots=True)
class Dues:
    """Answer to «what do I owe, by when»; roubles, never negative."""

    overdue: Decimal
    overdue_since: date | None
    next_amount: Decimal
    next_due_on: date | None
    next_invoice: str | None


def build_dues(
    balance: Decimal,
    invoices: Sequence[InvoiceDue],
    charged: Collection[Month],
    today: date,
) -> Dues:
    """Split what must be paid into the part whose day has passed and the next one to come.

    Args:
        balance: ledger balance today, roubles; above zero the customer owes.
        invoices: of recent months, in any order.
        charged: months whose document is already in ``balance``.
        today: business date; an invoice due today is not overdue yet.
    """

    def payable_by(day: date) -> Decimal:
        later = sum((i.total for i in invoices if i.period in charged and i.due_on > day), ZERO)
        ahead = sum(
            (i.total for i in invoices if i.period not in charged and i.due_on <= day), ZERO
        )
        return max(ZERO, balance + ahead - later)

    overdue = payable_by(today - timedelta(days=1))
    by_date = sorted(invoices, key=lambda invoice: (invoice.due_on, invoice.number))
    next_amount, following = ZERO, None
    for invoice in by_date:
        if invoice.due_on >= today and payable_by(invoice.due_on) > overdue:
            next_amount, following = payable_by(invoice.due_on) - overdue, invoice
            break
    return Dues(
        overdue=overdue,
        overdue_since=_since(overdue, [i for i in by_date if i.due_on < today]),
        next_amount=next_amount,
        next_due_on=following.due_on if following else None,
        next_invoice=following.number if following else None,
    )


def _since(overdue: Decimal, passed: Sequence[InvoiceDue]) -> date | None:
    """Payments cover the oldest first, so the overdue sum lies in the newest invoices."""
    if not overdue:
        return None
    for invoice in reversed(passed):
        overdue -= invoice.total
        if overdue <= 0:
            return invoice.due_on
    return passed[0].due_on if passed else None
