"""Reads of money received."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from app.domain.money import ZERO
from app.domain.period import Month, Period
from app.domain.turnover import EntryKind
from app.lib.database import MAX_ID
from app.lib.prepared_select import PreparedSelect
from app.models import Payment
from app.queries.contracts import VisibleContract


class PaymentLine(NamedTuple):
    """A payment as lists show it; roubles, a refund is negative."""

    posted_on: date
    paid_on: date
    kind: EntryKind
    document: str | None
    period: Month | None
    purpose: str | None
    amount: Decimal


@dataclass(frozen=True, slots=True)
class PaymentSums:
    """What a period's payments come to; roubles. ``refunded`` is not below zero."""

    count: int
    paid: Decimal
    refunded: Decimal
    offset: Decimal

    @property
    def total(self) -> Decimal:
        return self.paid - self.refunded + self.offset


_POSTED = (
    Payment.contract_id == bindparam("contract_id"),
    Payment.posted_on.between(bindparam("first"), bindparam("last")),
    Payment.withdrawn_at.is_(None),
)
# Built once: composing a statement costs more than running it.
_SUMS = PreparedSelect(
    select(Payment.kind, func.count(), func.sum(Payment.amount))
    .where(*_POSTED)
    .group_by(Payment.kind)
)
_LINES = PreparedSelect(
    select(
        Payment.posted_on,
        Payment.paid_on,
        Payment.kind,
        Payment.doc_number,
        Payment.period,
        Payment.purpose,
        Payment.amount,
    )
    .where(*_POSTED)
    .order_by(Payment.posted_on.desc(), Payment.id.desc())
    .offset(bindparam("offset"))
    .limit(bindparam("limit"))
)


def sum_payments(session: Session, contract: VisibleContract, period: Period) -> PaymentSums:
    """How many payments were posted in a period, and their sums by kind."""
    rows = _SUMS.all(session, **_values(contract, period.first, period.last))
    sums = {kind: amount for kind, _, amount in rows}
    return PaymentSums(
        count=sum(count for _, count, _ in rows),
        paid=sums.get(EntryKind.PAYMENT, ZERO),
        refunded=-sums.get(EntryKind.REFUND, ZERO),
        offset=sums.get(EntryKind.OFFSET, ZERO),
    )


def list_payments(
    session: Session,
    contract: VisibleContract,
    period: Period,
    offset: int = 0,
    limit: int | None = None,
) -> Sequence[PaymentLine]:
    """Payments posted in a period, the newest first."""
    values = _values(contract, period.first, period.last)
    values |= {"offset": offset, "limit": MAX_ID if limit is None else limit}
    rows = _LINES.all(session, **values)
    return [
        PaymentLine(posted, paid, EntryKind(kind), document, month, purpose, amount)
        for posted, paid, kind, document, month, purpose, amount in rows
    ]


def _values(contract: VisibleContract, first: date, last: date) -> dict[str, Any]:
    return {"contract_id": contract.id, "first": first, "last": last}
