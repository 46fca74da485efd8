"""What is overdue and what falls due next, down to the single invoice.

The ledger knows only what has been charged; an invoice may ask for an advance before that. The sum
that must be paid by a day is therefore the ledger balance, plus advances of months not charged yet
that are due by then, minus invoices of charged months that are due only later. That sum is then
laid on the invoices, so that no list of them ever asks for more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from app.domain.allocation import Claim, Receipt, allocate, cover_named
from app.domain.money import ZERO
from app.domain.period import Month


@dataclass(frozen=True, slots=True)
class InvoiceDue:
    """An invoice as far as due dates go; roubles above zero."""

    id: int
    number: str
    period: Month
    due_on: date
    total: Decimal


@dataclass(frozen=True, slots=True)
class Dues:
    """Answer to «what do I owe, by when»; roubles, never negative."""

    overdue: Decimal
    overdue_since: date | None
    """Due date of the oldest invoice with an overdue rest."""
    next_amount: Decimal
    next_due_on: date | None
    next_invoice: str | None
    """Number of the invoice that asks for it; None where none does, or several do."""
    interest: Decimal = ZERO
    """Late interest within ``overdue``; it is paid by an order of its own."""
    rest: Decimal = ZERO
    """What of ``overdue`` neither invoice nor month asks for: corrections, debt of older times."""
    asked: Mapping[int, Decimal] = field(default_factory=dict)
    """What is still to be paid of each invoice, by its id; only those above zero. An id below zero
    stands for what a month was charged without an invoice."""
    covered: Mapping[int, Decimal] = field(default_factory=dict)
    """What payments have covered of each invoice; for information."""
    due: Mapping[Month, date] = field(default_factory=dict)
    """Day by which a month without an invoice is to be paid."""
    invoiced: frozenset[Month] = frozenset()
    """Months that invoices, or charges without one, ask for."""

    @property
    def total(self) -> Decimal:
        """Everything that is asked for, whatever its day."""
        return sum(self.asked.values(), self.interest + self.rest)


def without_invoice(
    charged: Mapping[Month, Decimal], invoices: Collection[InvoiceDue], final_day: int
) -> list[InvoiceDue]:
    """What was charged and no invoice asks for (yet), by month; due when a final invoice would be.

    Their ids are below zero, by the month: −202610.

    Args:
        charged: gross of the documents by month, roubles.
        final_day: of the month after.
    """
    invoiced: dict[Month, Decimal] = {}
    for invoice in invoices:
        invoiced[invoice.period] = invoiced.get(invoice.period, ZERO) + invoice.total
    return [
        InvoiceDue(
            -(month.year * 100 + month.number), "", month,
            month.plus(1).first.replace(day=final_day), gross - invoiced.get(month, ZERO),
        )
        for month, gross in charged.items()
        if gross > invoiced.get(month, ZERO)
    ]  # fmt: skip


def build_dues(
    balance: Decimal,
    invoices: Collection[InvoiceDue],
    charged: Collection[Month],
    today: date,
    *,
    interest: Decimal = ZERO,
    receipts: Iterable[Receipt] = (),
    opening: Decimal = ZERO,
) -> Dues:
    """Split what must be paid into the part whose day has passed and what is to come.

    Args:
        balance: ledger balance today, roubles; above zero the customer owes.
        invoices: those still asked for, in any order.
        charged: months whose document is already in ``balance``.
        today: business date; an invoice due today is not overdue yet.
        interest: late interest in ``balance`` that payments have not covered, roubles.
        receipts: money received, to tell which invoices it has paid.
        opening: debt older than all invoices, roubles; money pays it first.
    """
    by_date = sorted(invoices, key=lambda invoice: (invoice.due_on, invoice.number, invoice.id))
    passed = [invoice for invoice in by_date if invoice.due_on < today]
    coming = [invoice for invoice in by_date if invoice.due_on >= today]
    receipts = list(receipts)
    covered = _cover(by_date, receipts, opening)
    left = _left_of(by_date, coming, covered, receipts)
    # Money that names a month to come has paid that, and not an older debt.
    balance += sum((i.total - left[i.id] for i in coming if i.period not in charged), ZERO)

    def payable_by(day: date) -> Decimal:
        later = sum((left[i.id] for i in coming if i.period in charged and i.due_on > day), ZERO)
        ahead = sum(
            (left[i.id] for i in by_date if i.period not in charged and i.due_on <= day), ZERO
        )
        return max(ZERO, balance + ahead - later)

    overdue = payable_by(today - timedelta(days=1))
    interest = min(max(ZERO, interest), overdue)
    asked, rest = _lay_on_passed(passed, covered, overdue - interest)
    since = min((invoice.due_on for invoice in passed if invoice.id in asked), default=None)
    known = overdue
    following: InvoiceDue | None = None
    for invoice in coming:
        share = min(left[invoice.id], payable_by(invoice.due_on) - known)
        if share > 0:
            asked[invoice.id] = share
            known += share
            following = following or invoice
    next_amount = payable_by(following.due_on) - overdue if following else ZERO
    return Dues(
        overdue=overdue,
        overdue_since=since,
        next_amount=next_amount,
        next_due_on=following.due_on if following else None,
        next_invoice=_only_number(following, coming, asked) if following else None,
        interest=interest,
        rest=rest,
        asked=asked,
        covered={
            invoice.id: min(covered[invoice.id], invoice.total - asked.get(invoice.id, ZERO))
            for invoice in by_date
        },
        due={invoice.period: invoice.due_on for invoice in by_date if invoice.id < 0},
        invoiced=frozenset(invoice.period for invoice in by_date),
    )


def _only_number(
    following: InvoiceDue, coming: Sequence[InvoiceDue], asked: Mapping[int, Decimal]
) -> str | None:
    same_day = [each for each in coming if each.due_on == following.due_on and each.id in asked]
    return following.number or None if len(same_day) == 1 else None


def _claims(invoices: Iterable[InvoiceDue]) -> list[Claim[int]]:
    return [Claim(each.id, each.due_on, each.period, each.total) for each in invoices]


def _cover(
    invoices: Sequence[InvoiceDue], receipts: Sequence[Receipt], opening: Decimal
) -> Mapping[int, Decimal]:
    claims = _claims(invoices)
    if opening > 0:
        oldest = min((claim.period for claim in claims), default=Month(2000, 1))
        claims.append(Claim(0, date.min, oldest.plus(-1), opening))
    return allocate(claims, receipts).covered


def _left_of(
    invoices: Sequence[InvoiceDue],
    coming: Sequence[InvoiceDue],
    covered: Mapping[int, Decimal],
    receipts: Sequence[Receipt],
) -> dict[int, Decimal]:
    """Totals, less what money that names their month has paid ahead of their day."""
    named = cover_named(_claims(invoices), receipts)
    left = {invoice.id: invoice.total for invoice in invoices}
    for invoice in coming:
        left[invoice.id] -= min(named[invoice.id], covered[invoice.id])
    return left


def _lay_on_passed(
    passed: Sequence[InvoiceDue], covered: Mapping[int, Decimal], overdue: Decimal
) -> tuple[dict[int, Decimal], Decimal]:
    """The overdue sum by invoice, the newest first: the oldest are paid first. And its rest."""
    asked: dict[int, Decimal] = {}
    for invoice in reversed(passed):
        share = min(invoice.total - covered[invoice.id], overdue)
        if share > 0:
            asked[invoice.id] = share
            overdue -= share
    return asked, overdue
