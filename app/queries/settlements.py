"""Reads of the ledger of one contract: opening balances, turnover, operations.

The billing system is the ledger. A balance on a day is the nearest monthly balance that billing
sent, carried to that day by the operations between; where the operations do not lead to the closing
balance that billing sent for a month, the difference is reported, not hidden.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    CompoundSelect,
    Row,
    String,
    bindparam,
    case,
    extract,
    func,
    literal_column,
    null,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.orm import Session

from app.domain.money import ZERO
from app.domain.period import EARLIEST, Month, Period
from app.domain.turnover import Entry, EntryKind, RunningEntry, TurnoverSheet, build_turnover
from app.models import Charge, Contract, MonthlyBalance, Payment
from app.models.base import ScaledDecimal

_MONEY = ScaledDecimal(2)
_NO_MONEY = type_coerce(literal_column("0"), _MONEY)


@dataclass(frozen=True, slots=True)
class Difference:
    """A month whose operations do not explain the closing balance billing sent; roubles."""

    month: Month
    computed: Decimal
    imported: Decimal


@dataclass(frozen=True, slots=True)
class Settlements:
    """The turnover sheet of a period, and the months billing itself does not explain."""

    sheet: TurnoverSheet
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class OperationsPage:
    """A page of operations with running balances; ``total`` counts those of the whole period."""

    rows: tuple[RunningEntry, ...]
    total: int


def _operations() -> CompoundSelect[Any]:
    """Ledger operations of a contract from ``first`` to ``last``: charges and payments alike."""
    charges = select(
        Charge.doc_date.label("on_date"),
        literal_column("0").label("side"),
        Charge.id.label("row_id"),
        Charge.kind.label("kind"),
        Charge.doc_number.label("document"),
        Charge.period.label("period"),
        null().cast(String).label("purpose"),
        Charge.gross_amount.label("debit"),
        _NO_MONEY.label("credit"),
    ).where(
        Charge.contract_id == bindparam("contract_id"),
        Charge.doc_date.between(bindparam("first"), bindparam("last")),
        Charge.withdrawn_at.is_(None),
    )
    payments = select(
        Payment.posted_on,
        literal_column("1"),
        Payment.id,
        Payment.kind,
        Payment.doc_number,
        Payment.period,
        Payment.purpose,
        _NO_MONEY,
        Payment.amount,
    ).where(
        Payment.contract_id == bindparam("contract_id"),
        Payment.posted_on.between(bindparam("first"), bindparam("last")),
        Payment.withdrawn_at.is_(None),
    )
    return union_all(charges, payments)


# Built once: composing a statement costs more than running it.
_O = _operations().subquery("operations")
_YEAR, _MONTH = extract("year", _O.c.on_date), extract("month", _O.c.on_date)
_BEFORE = case((_O.c.on_date < bindparam("starts_on", type_=_O.c.on_date.type), 1), else_=0)
_SUMS = select(
    _BEFORE.label("before"),
    _YEAR.label("year"),
    _MONTH.label("month"),
    func.sum(_O.c.debit, type_=_MONEY).label("debit"),
    func.sum(_O.c.credit, type_=_MONEY).label("credit"),
).group_by("before", "year", "month")
_ORDER = (_O.c.on_date, _O.c.side, _O.c.row_id)
_RUNNING = func.sum(_O.c.debit - _O.c.credit, type_=_MONEY).over(order_by=_ORDER, rows=(None, 0))
_PAGE = (
    select(_O, _RUNNING.label("running"), func.count().over().label("total"))
    .order_by(*_ORDER)
    .limit(bindparam("limit"))
    .offset(bindparam("offset"))
)
_BALANCES = (
    select(MonthlyBalance.period, MonthlyBalance.opening_amount, MonthlyBalance.closing_amount)
    .where(
        MonthlyBalance.contract_id == bindparam("contract_id"),
        MonthlyBalance.period <= bindparam("last_month", type_=MonthlyBalance.period.type),
        MonthlyBalance.withdrawn_at.is_(None),
    )
    .order_by(MonthlyBalance.period)
)
_FIRST_BALANCE = (
    select(MonthlyBalance.period, MonthlyBalance.opening_amount)
    .where(
        MonthlyBalance.contract_id == bindparam("contract_id"),
        MonthlyBalance.withdrawn_at.is_(None),
    )
    .order_by(MonthlyBalance.period)
    .limit(1)
)

_Balances = Sequence[Row[tuple[Month, Decimal, Decimal]]]


def settlements_of(session: Session, contract: Contract, period: Period) -> Settlements:
    """The turnover sheet of a period: opening counts what is dated before its first day.

    Three statements, whatever the length of the history.
    """
    balances: _Balances = session.execute(
        _BALANCES, {"contract_id": contract.id, "last_month": Month.of(period.last)}
    ).all()
    base, since = _anchor(session, contract, balances, period.first)
    sums = _sums(session, contract, min(since, period.first), period.last, period.first)
    opening = base + sum(
        (debit - credit for before, _, debit, credit in sums if before and since <= period.first),
        ZERO,
    )
    if since > period.first:
        opening = base - _carried(session, contract, period.first, since - timedelta(days=1))
    sheet = build_turnover(
        opening,
        ((month, debit, credit) for before, month, debit, credit in sums if not before),
        period.months,
    )
    return Settlements(sheet, _differences(sheet, balances, period))


def balance_on(session: Session, contract: Contract, day: date) -> Decimal:
    """Balance at the end of a day, roubles; above zero the customer owes."""
    return settlements_of(session, contract, Period(day, day)).sheet.closing


def list_operations(
    session: Session,
    contract: Contract,
    period: Period,
    opening: Decimal,
    *,
    limit: int,
    offset: int = 0,
) -> OperationsPage:
    """Operations of a period, oldest first, charges of a day before its payments.

    Args:
        opening: balance before the period, roubles; the running balance starts from it.
        limit: rows at most.
        offset: rows to pass over.
    """
    rows = session.execute(
        _PAGE,
        {
            "contract_id": contract.id,
            "first": period.first,
            "last": period.last,
            "limit": limit,
            "offset": offset,
        },
    ).all()
    return OperationsPage(
        tuple(
            RunningEntry(number, _entry(row), opening + row.running)
            for number, row in enumerate(rows, offset + 1)
        ),
        rows[0].total if rows else 0,
    )


def find_last_operation(
    session: Session, contract: Contract, kinds: Sequence[EntryKind], today: date
) -> Entry | None:
    """The newest operation of the given kinds up to a day."""
    row = session.execute(
        select(_O)
        .where(_O.c.kind.in_(kinds))
        .order_by(*(column.desc() for column in _ORDER))
        .limit(1),
        {"contract_id": contract.id, "first": EARLIEST, "last": today},
    ).one_or_none()
    return _entry(row) if row else None


def _anchor(
    session: Session, contract: Contract, balances: _Balances, first: date
) -> tuple[Decimal, date]:
    """The balance to start from, and the first day it does not include yet."""
    known = [row for row in balances if row[0] <= Month.of(first)]
    if known:
        month, opening, closing = known[-1]
        return (
            (opening, month.first) if month == Month.of(first) else (closing, month.plus(1).first)
        )
    later = session.execute(_FIRST_BALANCE, {"contract_id": contract.id}).one_or_none()
    return (later[1], later[0].first) if later else (ZERO, EARLIEST)


def _sums(
    session: Session, contract: Contract, first: date, last: date, starts_on: date
) -> list[tuple[bool, Month, Decimal, Decimal]]:
    """(is before ``starts_on``, month, debit, credit) of operations from ``first`` to ``last``."""
    rows = session.execute(
        _SUMS,
        {"contract_id": contract.id, "first": first, "last": last, "starts_on": starts_on},
    )
    return [
        (bool(before), Month(int(year), int(month)), debit, credit)
        for before, year, month, debit, credit in rows
    ]


def _carried(session: Session, contract: Contract, first: date, last: date) -> Decimal:
    """What the operations from ``first`` to ``last`` add to the balance."""
    sums = _sums(session, contract, first, last, first)
    return sum((debit - credit for _, _, debit, credit in sums), ZERO)


def _differences(
    sheet: TurnoverSheet, balances: _Balances, period: Period
) -> tuple[Difference, ...]:
    """Whole months of the sheet whose closing balance is not the one billing sent."""
    imported = {month: closing for month, _, closing in balances}
    return tuple(
        Difference(row.month, row.closing, imported[row.month])
        for row in sheet.rows
        if row.month.last <= period.last and imported.get(row.month, row.closing) != row.closing
    )


def _entry(row: Any) -> Entry:
    return Entry(
        on=row.on_date,
        kind=EntryKind(row.kind),
        document=row.document or "",
        period=row.period,
        purpose=row.purpose or "",
        debit=row.debit,
        credit=row.credit,
    )
