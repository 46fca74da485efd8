"""Reads of the ledger of one contract: opening balance, turnover, operations.

The billing system is the ledger. A balance on a day is the nearest monthly balance that billing
sent, carried to that day by the operations between; where the operations do not lead to the closing
balance that billing sent for a month, the difference is reported, not hidden.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    BigInteger,
    CompoundSelect,
    Select,
    String,
    bindparam,
    literal_column,
    null,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.orm import Session

from app.domain.contract_ledger import MonthEnds, find_anchor
from app.domain.money import from_kopecks
from app.domain.period import Month, Period
from app.domain.turnover import Entry, EntryKind, RunningEntry, TurnoverSheet, build_turnover
from app.lib.prepared_select import PreparedSelect
from app.models import Charge, MonthlyBalance, Payment
from app.queries.contracts import VisibleContract


@dataclass(frozen=True, slots=True)
class Difference:
    """A month whose operations do not explain the closing balance billing sent; roubles."""

    month: Month
    computed: Decimal
    imported: Decimal


class Ledger:
    """The operations of a period and the balance before it.

    Sums are folded in kopecks; only what is shown becomes an ``Entry``.
    """

    def __init__(
        self, period: Period, opening: Decimal, rows: Sequence[Any], imported: dict[Month, Decimal]
    ) -> None:
        self.period = period
        self.opening = opening
        self._rows = rows
        self.sheet = self._build_sheet()
        self.differences = self._find_differences(imported)

    @property
    def count(self) -> int:
        """How many operations the period has."""
        return len(self._rows)

    def operations(self, offset: int = 0, limit: int | None = None) -> list[RunningEntry]:
        """Operations with running balances, oldest first, charges of a day before its payments.

        Args:
            offset: operations to pass over.
            limit: how many at most; None means all.
        """
        balance = int(self.opening.scaleb(2))
        balance += _kopecks(self._rows[:offset])
        last = None if limit is None else offset + limit
        shown = []
        for number, row in enumerate(self._rows[offset:last], offset + 1):
            balance += row[DEBIT] - row[CREDIT]
            shown.append(RunningEntry(number, _entry(row), from_kopecks(balance)))
        return shown

    def newest(self, offset: int, limit: int) -> list[RunningEntry]:
        """The same from the end: the newest first, each with the balance after it."""
        last = len(self._rows) - offset
        first = max(0, last - limit)
        return self.operations(first, last - first)[::-1]

    @property
    def last_payment_on(self) -> date | None:
        """When money came last within the period."""
        days = (row[0] for row in reversed(self._rows) if row[3] == EntryKind.PAYMENT)
        return next(days, None)

    def _build_sheet(self) -> TurnoverSheet:
        sums: dict[tuple[int, int], list[int]] = {}
        for on_date, _, _, _, _, _, _, debit, credit in self._rows:
            month = sums.setdefault((on_date.year, on_date.month), [0, 0])
            month[0] += debit
            month[1] += credit
        turnovers = (
            (Month(*month), from_kopecks(debit), from_kopecks(credit))
            for month, (debit, credit) in sums.items()
        )
        return build_turnover(self.opening, turnovers, self.period.months)

    def _find_differences(self, imported: dict[Month, Decimal]) -> tuple[Difference, ...]:
        """Whole months whose closing balance is not the one billing sent."""
        return tuple(
            Difference(row.month, row.closing, imported[row.month])
            for row in self.sheet.rows
            if imported.get(row.month, row.closing) != row.closing
            and row.month.last <= self.period.last
        )


_Rows = Select[*tuple[Any, ...]]


def _operations(with_purpose: bool) -> CompoundSelect[Any]:
    """Ledger operations of a contract from ``first`` to ``last``: charges and payments alike.

    Amounts come as kopecks. Purposes are long, and only files for further work show them.
    """
    no_text = null().cast(String)
    nothing = literal_column("0", BigInteger)
    charges: _Rows = select(
        Charge.doc_date.label("on_date"),
        literal_column("0").label("side"),
        Charge.id.label("row_id"),
        Charge.kind.label("kind"),
        Charge.doc_number.label("document"),
        Charge.period.label("period"),
        no_text.label("purpose"),
        type_coerce(Charge.gross_amount, BigInteger).label("debit"),
        nothing.label("credit"),
    ).where(
        Charge.contract_id == bindparam("contract_id"),
        Charge.doc_date.between(bindparam("first"), bindparam("last")),
        Charge.withdrawn_at.is_(None),
    )
    payments: _Rows = select(
        Payment.posted_on,
        literal_column("1"),
        Payment.id,
        Payment.kind,
        Payment.doc_number,
        Payment.period,
        Payment.purpose if with_purpose else no_text,
        nothing,
        type_coerce(Payment.amount, BigInteger),
    ).where(
        Payment.contract_id == bindparam("contract_id"),
        Payment.posted_on.between(bindparam("first"), bindparam("last")),
        Payment.withdrawn_at.is_(None),
    )
    return union_all(charges, payments)


# Built once: composing a statement costs more than running it.
_OPERATIONS = {
    with_purpose: PreparedSelect(_operations(with_purpose).order_by("on_date", "side", "row_id"))
    for with_purpose in (False, True)
}
_BALANCES = PreparedSelect(
    select(MonthlyBalance.period, MonthlyBalance.opening_amount, MonthlyBalance.closing_amount)
    .where(
        MonthlyBalance.contract_id == bindparam("contract_id"),
        MonthlyBalance.period <= bindparam("last_month", type_=MonthlyBalance.period.type),
        MonthlyBalance.withdrawn_at.is_(None),
    )
    .order_by(MonthlyBalance.period)
)
_FIRST_BALANCE = PreparedSelect(
    select(MonthlyBalance.period, MonthlyBalance.opening_amount, MonthlyBalance.closing_amount)
    .where(
        MonthlyBalance.contract_id == bindparam("contract_id"),
        MonthlyBalance.withdrawn_at.is_(None),
    )
    .order_by(MonthlyBalance.period)
    .limit(1)
)

DEBIT, CREDIT = 7, 8
"""Places of the amounts in a row of ``_OPERATIONS``."""
_on_date = itemgetter(0)
_KINDS = {kind.value: kind for kind in EntryKind}

_Balances = Sequence[tuple[Any, ...]]


def ledger_of(
    session: Session, contract: VisibleContract, period: Period, *, with_purpose: bool = False
) -> Ledger:
    """The ledger of a period: its opening counts what is dated before the first day.

    Two statements, whatever the length of the history.
    """
    balances = _BALANCES.all(session, contract_id=contract.id, last_month=Month.of(period.last))
    base, since = _anchor(session, contract, balances, period.first)
    rows = _OPERATIONS[with_purpose].all(
        session,
        contract_id=contract.id,
        first=min(since, period.first),
        last=max(period.last, since - timedelta(days=1)),
    )
    if since <= period.first:
        before = bisect_left(rows, period.first, key=_on_date)
        opening = base + from_kopecks(_kopecks(rows[:before]))
    else:
        before = 0
        until = bisect_left(rows, since, key=_on_date)
        opening = base - from_kopecks(_kopecks(rows[:until]))
    inside = rows[before : bisect_right(rows, period.last, key=_on_date)]
    return Ledger(period, opening, inside, {month: closing for month, _, closing in balances})


def _anchor(
    session: Session, contract: VisibleContract, balances: _Balances, first: date
) -> tuple[Decimal, date]:
    """The balance to start from, and the first day it does not include yet."""
    month_of_first = Month.of(first)
    known = [row for row in balances if row[0] <= month_of_first]
    if not known:
        known += _FIRST_BALANCE.all(session, contract_id=contract.id)
    return find_anchor([MonthEnds(*row) for row in known[-1:]], first)


def _kopecks(rows: Sequence[Any]) -> int:
    """What operations add to the balance, in kopecks."""
    return sum(row[DEBIT] - row[CREDIT] for row in rows)


def _entry(row: Any) -> Entry:
    on_date, _, _, kind, document, period, purpose, debit, credit = row
    return Entry(
        on_date,
        _KINDS[kind],
        document or "",
        period,
        purpose or "",
        from_kopecks(debit),
        from_kopecks(credit),
    )
