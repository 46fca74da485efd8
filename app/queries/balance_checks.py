"""Documents and payments of a month against the balances that billing sent, contract by contract.

What belongs to a month is what belongs to it in ``queries.settlements``: a document by its date, a
payment by the day it was posted. Both sides are billing's own; where they differ, people look.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    Subquery,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.orm import Session, aliased

from app.domain.money import ZERO
from app.domain.period import Month
from app.domain.turnover import EntryKind
from app.models import Charge, Contract, Customer, MonthlyBalance, Payment
from app.models.base import ScaledDecimal

TURNOVERS = ("charged", "corrected", "late_interest", "paid")
_ROUBLES = ScaledDecimal(2)
_NOTHING = literal(ZERO, _ROUBLES)


class Side(StrEnum):
    """What of a month does not agree."""

    OPENING = "opening"
    CHARGED = "charged"
    CORRECTED = "corrected"
    LATE_INTEREST = "late_interest"
    PAID = "paid"
    CLOSING = "closing"


SIDES = tuple(Side)
"""In the order of a statement's amounts."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Roubles: what the balances of the month say, and what it should be."""

    side: Side
    billed: Decimal
    found: Decimal

    @property
    def difference(self) -> Decimal:
        return self.billed - self.found


@dataclass(frozen=True, slots=True)
class ContractMismatches:
    """A contract whose month does not agree; ``has_balance``: whether billing sent one at all."""

    contract_id: int
    number: str
    customer_name: str
    has_balance: bool
    mismatches: tuple[Mismatch, ...]


@dataclass(frozen=True, slots=True)
class Unallocated:
    """A payment that billing has not given to any contract."""

    posted_on: date
    doc_number: str
    payer_inn: str
    purpose: str
    amount: Decimal


def find_last_month(session: Session) -> Month | None:
    """The newest month that has balances."""
    newest = select(func.max(MonthlyBalance.period)).where(MonthlyBalance.withdrawn_at.is_(None))
    return session.scalar(newest)


def has_balances(session: Session, month: Month) -> bool:
    """Whether billing has sent balances of a month."""
    of_month = select(MonthlyBalance.id).where(
        MonthlyBalance.period == month, MonthlyBalance.withdrawn_at.is_(None)
    )
    return session.scalar(of_month.limit(1)) is not None


def count_mismatched(session: Session, month: Month) -> int:
    """How many contracts do not agree in a month."""
    wrong = _differing().with_only_columns(Contract.id).subquery()
    return session.scalar(select(func.count()).select_from(wrong), _values(month)) or 0


def list_mismatched(
    session: Session, month: Month, offset: int = 0, limit: int | None = None
) -> Sequence[ContractMismatches]:
    """Contracts that do not agree in a month, by number."""
    # Not along the index of numbers: in the hope of a full page soon PostgreSQL would look into
    # every table contract by contract, which takes far longer where few differ.
    by_number = Contract.number.concat("")
    rows = session.execute(
        _differing().order_by(by_number).offset(offset).limit(limit), _values(month)
    )
    return [_contract(row) for row in rows]


def sum_unallocated(session: Session, month: Month) -> tuple[int, Decimal]:
    """How many payments of a month have no contract, and their sum."""
    count, total = session.execute(
        _unallocated(month).with_only_columns(func.count(Payment.id), func.sum(Payment.amount))
    ).one()
    return count, total or ZERO


def list_unallocated(
    session: Session, month: Month, limit: int | None = None
) -> Sequence[Unallocated]:
    """Payments of a month that have no contract, oldest first."""
    rows = session.execute(_unallocated(month).order_by(Payment.posted_on, Payment.id).limit(limit))
    return [
        Unallocated(on, number or "", inn or "", purpose or "", amount)
        for on, number, inn, purpose, amount in rows
    ]


def _unallocated(month: Month) -> Select[Any]:
    columns: Select[*tuple[Any, ...]] = select(
        Payment.posted_on, Payment.doc_number, Payment.payer_inn, Payment.purpose, Payment.amount
    )
    return columns.where(
        Payment.contract_id.is_(None),
        Payment.posted_on.between(month.first, month.last),
        Payment.withdrawn_at.is_(None),
    )


def _values(month: Month) -> dict[str, object]:
    return {"first": month.first, "last": month.last, "month": month}


@cache
def _differing() -> Select[Any]:
    """Contracts of a month with both sides, as far as these differ.

    Sums are made contract by contract along the indexes of documents and payments: only what is
    dated in the month is read, whatever the length of the history.
    """
    documents, payments = _documents(), _payments()
    balance, before = _balance(), aliased(MonthlyBalance, name="before_it")
    has_balance = balance.c.contract_id.is_not(None)
    billed = [_or_zero(balance.c[f"{name}_amount"]) for name in TURNOVERS]
    found = [
        _or_zero(table.c[name])
        for table, name in zip((documents, documents, documents, payments), TURNOVERS, strict=True)
    ]
    opening, closing = _or_zero(balance.c.opening_amount), _or_zero(balance.c.closing_amount)
    expected = type_coerce(opening + billed[0] + billed[1] + billed[2] - billed[3], _ROUBLES)
    # A first balance follows from nothing. One that is missing leaves out what was owed before it;
    # where the whole month is still to come, none is.
    previous = case(
        (or_(has_balance, _any_balance()), func.coalesce(before.closing_amount, opening)),
        else_=opening,
    )
    pairs = [(opening, previous), *zip(billed, found, strict=True), (closing, expected)]
    return (
        select(
            Contract.id,
            Contract.number,
            func.coalesce(Customer.short_name, Customer.full_name),
            has_balance,
            *(side for pair in pairs for side in pair),
        )
        .join(Customer, Customer.id == Contract.customer_id)
        .outerjoin(balance, balance.c.contract_id == Contract.id)
        .outerjoin(before, and_(before.contract_id == Contract.id, before.period == _last_before()))
        .outerjoin(documents, documents.c.contract_id == Contract.id)
        .outerjoin(payments, payments.c.contract_id == Contract.id)
        .where(or_(*(one != other for one, other in pairs)))
    )


def _documents() -> Subquery:
    """Sums of the month's documents by contract."""
    kinds = (
        (EntryKind.UPD, EntryKind.OTHER),
        (EntryKind.CORRECTION,),
        (EntryKind.LATE_INTEREST,),
    )
    sums = (
        func.sum(case((Charge.kind.in_(kind), Charge.gross_amount), else_=_NOTHING)).label(name)
        for name, kind in zip(TURNOVERS, kinds, strict=False)
    )
    return (
        select(Contract.id.label("contract_id"), *sums)
        .join(Charge, Charge.contract_id == Contract.id)
        .where(
            Charge.doc_date.between(bindparam("first"), bindparam("last")),
            Charge.withdrawn_at.is_(None),
        )
        .group_by(Contract.id)
        .subquery("documents")
    )


def _payments() -> Subquery:
    """Sums of what was paid, refunded and offset in the month, by contract."""
    return (
        select(Contract.id.label("contract_id"), func.sum(Payment.amount).label("paid"))
        .join(Payment, Payment.contract_id == Contract.id)
        .where(
            Payment.posted_on.between(bindparam("first"), bindparam("last")),
            Payment.withdrawn_at.is_(None),
        )
        .group_by(Contract.id)
        .subquery("payments")
    )


def _balance() -> Subquery:
    """Balances of the month."""
    return (
        select(MonthlyBalance)
        .where(MonthlyBalance.period == _month(), MonthlyBalance.withdrawn_at.is_(None))
        .subquery("balance")
    )


def _last_before() -> ScalarSelect[Any]:
    """The last month before this one that a contract has a balance of; there may be gaps."""
    earlier = aliased(MonthlyBalance, name="earlier")
    return (
        select(func.max(earlier.period))
        .where(
            earlier.contract_id == Contract.id,
            earlier.period < _month(),
            earlier.withdrawn_at.is_(None),
        )
        .correlate(Contract)
        .scalar_subquery()
    )


def _any_balance() -> ColumnElement[bool]:
    """Whether billing has sent balances of the month at all."""
    anyone = aliased(MonthlyBalance, name="anyone")
    return exists().where(anyone.period == _month(), anyone.withdrawn_at.is_(None)).correlate(None)


def _month() -> ColumnElement[Any]:
    return bindparam("month", type_=MonthlyBalance.period.type)


def _or_zero(amount: ColumnElement[Decimal]) -> ColumnElement[Decimal]:
    return func.coalesce(amount, _NOTHING)


def _contract(row: Any) -> ContractMismatches:
    contract_id, number, customer_name, has_balance, *amounts = row
    sides = zip(SIDES, amounts[::2], amounts[1::2], strict=True)
    mismatches = tuple(
        Mismatch(side, billed, found) for side, billed, found in sides if billed != found
    )
    return ContractMismatches(contract_id, number, customer_name, bool(has_balance), mismatches)
