"""Reads of what is to be paid and when, and of what payments have covered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.allocation import Claim, Receipt, allocate
from app.domain.dues import Dues, InvoiceDue, build_dues, without_invoice
from app.domain.money import ZERO
from app.domain.period import Month
from app.domain.turnover import EntryKind
from app.models import Charge, Invoice, MonthlyBalance
from app.queries.contracts import VisibleContract
from app.queries.payments import list_receipts
from app.queries.settlements import balance_on

FINAL_DAY = 18
"""Day of the next month by which a month is to be paid, where no invoice says another."""
ADVANCE_MONTHS = 2
"""An advance of an older month that was never charged is no longer asked for."""


@dataclass(frozen=True, slots=True)
class CoveredDocument:
    """A document and what payments have not covered of it; roubles."""

    id: int
    kind: EntryKind
    period: Month
    unpaid: Decimal


@dataclass(frozen=True, slots=True)
class Coverage:
    """What of the documents payments have covered; roubles, for information."""

    covered: Mapping[int, Decimal]
    """By document id."""
    documents: tuple[CoveredDocument, ...]
    """Oldest first; without those that lower the debt."""
    receipts: list[Receipt]
    """Money for invoices: what late interest and corrections have taken is not among it."""
    opening: Decimal
    """Debt at the start of the first month that billing has sent."""
    charged: Mapping[Month, Decimal]
    """What УПД have charged by month; roubles."""

    @property
    def interest(self) -> Decimal:
        """Late interest that is not covered, roubles."""
        kind = EntryKind.LATE_INTEREST
        return sum((each.unpaid for each in self.documents if each.kind == kind), ZERO)


def cover_documents(session: Session, contract: VisibleContract, today: date) -> Coverage:
    """Spread the money posted up to a day over the documents up to it.

    Money whose purpose says so pays late interest first.
    """
    claims: list[Claim[int]] = []
    receipts: list[Receipt] = []
    since, opening = _opening(session, contract)
    # What was owed before the first month that billing has sent comes first.
    if opening > 0:
        claims.append(Claim(0, date.min, Month.of(since).plus(-1), opening))
    elif opening:
        receipts.append(Receipt(-opening))
    found: list[tuple[int, EntryKind, Month, Decimal]] = []
    charges = select(
        Charge.id, Charge.kind, Charge.doc_date, Charge.period, Charge.gross_amount
    ).where(
        Charge.contract_id == contract.id,
        Charge.doc_date.between(since, today),
        Charge.withdrawn_at.is_(None),
    )
    charged: dict[Month, Decimal] = {}
    interest: list[Claim[int]] = []
    for charge_id, kind, on, period, gross in session.execute(
        charges.order_by(Charge.doc_date, Charge.id)
    ):
        if kind == EntryKind.UPD:
            charged[period] = charged.get(period, ZERO) + gross
        if gross <= 0:
            receipts.append(Receipt(-gross, period))
            continue
        group = interest if kind == EntryKind.LATE_INTEREST else claims
        group.append(Claim(charge_id, on, period, gross))
        found.append((charge_id, EntryKind(kind), period, gross))
    receipts += list_receipts(session, contract, since, today)
    by_purpose = allocate(interest, [Receipt(each.amount) for each in receipts if each.is_interest])
    receipts = [each for each in receipts if not each.is_interest] + [Receipt(by_purpose.left)]
    claims += [
        replace(claim, amount=claim.amount - by_purpose.covered[claim.key]) for claim in interest
    ]
    by_age = allocate(claims, receipts).covered
    covered = {key: paid + by_purpose.covered.get(key, ZERO) for key, paid in by_age.items()}
    beside = [key for key, kind, _, _ in found if kind != EntryKind.UPD]
    receipts.append(Receipt(-sum((by_age[key] for key in beside), ZERO)))
    return Coverage(
        covered,
        tuple(
            CoveredDocument(charge_id, kind, period, gross - covered[charge_id])
            for charge_id, kind, period, gross in found
        ),
        receipts,
        max(ZERO, opening),
        charged,
    )


def dues_of(
    session: Session, contract: VisibleContract, today: date, balance: Decimal | None = None
) -> Dues:
    """What a contract has to pay, by invoice and beyond invoices.

    Args:
        balance: ledger balance today, roubles, where it is known already.
    """
    return read_dues(session, contract, today, balance)[0]


def read_dues(
    session: Session, contract: VisibleContract, today: date, balance: Decimal | None = None
) -> tuple[Dues, Coverage]:
    """The same, with the documents that make the debt."""
    if balance is None:
        balance = balance_on(session, contract, today)
    coverage = cover_documents(session, contract, today)
    oldest = Month.of(today).plus(-ADVANCE_MONTHS)
    invoices = [
        InvoiceDue(*row)
        for row in session.execute(
            select(
                Invoice.id, Invoice.number, Invoice.period, Invoice.due_on, Invoice.total_amount
            ).where(
                Invoice.contract_id == contract.id,
                Invoice.withdrawn_at.is_(None),
                Invoice.total_amount > ZERO,
            )
        )
    ]
    asked_for = [
        each for each in invoices if each.period in coverage.charged or each.period >= oldest
    ]
    dues = build_dues(
        balance,
        [*asked_for, *without_invoice(coverage.charged, asked_for, FINAL_DAY)],
        coverage.charged.keys(),
        today,
        interest=coverage.interest,
        receipts=coverage.receipts,
        opening=coverage.opening,
    )
    return dues, coverage


def _opening(session: Session, contract: VisibleContract) -> tuple[date, Decimal]:
    """First day that billing knows of, and the balance before it."""
    row = session.execute(
        select(MonthlyBalance.period, MonthlyBalance.opening_amount)
        .where(MonthlyBalance.contract_id == contract.id, MonthlyBalance.withdrawn_at.is_(None))
        .order_by(MonthlyBalance.period)
        .limit(1)
    ).first()
    return (row[0].first, row[1]) if row else (date.min, ZERO)
