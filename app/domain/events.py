"""Events of a contract: what happened or is due, who may see it, and which days it is told on."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any

from app.domain.access import Permission, Role, may
from app.domain.money import ZERO
from app.domain.reading_windows import Window
from app.domain.unpaid_items import UnpaidItems

TOLD_FOR = timedelta(days=7)
"""How long after its day the daily task still makes up for an event: a worker was down."""
NEWS_FOR = timedelta(days=45)
"""Older documents that an import adds are history, not news."""


class EventKind(StrEnum):
    """What an event is about; the values are stored."""

    INVOICE = "invoice"
    DOCUMENT = "document"
    CORRECTION = "correction"
    PAYMENT = "payment"
    DUE = "due"
    """A payment is due in some days."""
    OVERDUE = "overdue"
    WINDOW_OPENS = "window_opens"
    WINDOW_CLOSES = "window_closes"
    """The reading window closes in some days, and readings are missing."""
    READINGS_MISSED = "readings_missed"
    """The window has closed, and readings are missing."""
    READING_ACCEPTED = "reading_accepted"
    READING_REFUSED = "reading_refused"
    ANSWER = "answer"
    """Staff have answered an enquiry, or ask for details."""
    VERIFICATION = "verification"
    """The verification of a meter is due in some days."""
    WORKS = "works"
    """An announcement, of planned works for example."""
    ACCESS = "access"
    """Somebody's access to the contract has changed."""


PERMISSIONS = {
    EventKind.INVOICE: Permission.SEE_MONEY,
    EventKind.DOCUMENT: Permission.SEE_MONEY,
    EventKind.CORRECTION: Permission.SEE_MONEY,
    EventKind.PAYMENT: Permission.SEE_MONEY,
    EventKind.DUE: Permission.SEE_MONEY,
    EventKind.OVERDUE: Permission.SEE_MONEY,
    EventKind.WINDOW_OPENS: Permission.SEE_READINGS,
    EventKind.WINDOW_CLOSES: Permission.SEE_READINGS,
    EventKind.READINGS_MISSED: Permission.SEE_READINGS,
    EventKind.READING_ACCEPTED: Permission.SEE_READINGS,
    EventKind.READING_REFUSED: Permission.SEE_READINGS,
    EventKind.ANSWER: Permission.SEE_ENQUIRIES,
    EventKind.VERIFICATION: Permission.SEE_READINGS,
    EventKind.WORKS: Permission.SEE_CONTRACT,
    EventKind.ACCESS: Permission.MANAGE_PEOPLE,
}
"""What a role has to grant, so that its people learn of an event."""
DAYS_BEFORE = {
    EventKind.DUE: 3,
    EventKind.WINDOW_CLOSES: 3,
    EventKind.VERIFICATION: 30,
}
"""How many days before its day an event is told, where nobody has chosen otherwise."""


@cache
def kinds_of(role: Role) -> tuple[EventKind, ...]:
    """The kinds of events that people in a role learn of."""
    return tuple(kind for kind, permission in PERMISSIONS.items() if may(role, permission))


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event to be stored once.

    Attributes:
        key: makes it one event, however often it is found; kind and contract come besides.
        happened_on: its day in the supplier's zone; whoever got access afterwards is not told.
        subject_id: of the row that it is about.
        days_before: of an event that is told before its day.
        facts: what its sentence names; days and amounts as text.
        told_account_id: whom a message of its own has told already.
    """

    kind: EventKind
    contract_id: int
    key: str
    happened_on: date
    subject_id: int | None = None
    days_before: int | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    told_account_id: int | None = None

    @property
    def dedupe_key(self) -> str:
        """The same for the same event."""
        return f"{self.kind}:{self.contract_id}:{self.key}"


def find_due_days(day: date, today: date, days_before: Collection[int]) -> list[int]:
    """Which of the wanted reminders of a day are to be told today, or were missed: days before.

    One that is told late says how many days are left, not how many were wanted.
    """
    left = (day - today).days
    return [days for days in sorted(days_before) if 0 <= left <= days]


def list_payment_events(
    contract_id: int, unpaid: UnpaidItems, days_before: Collection[int]
) -> Iterator[NewEvent]:
    """Payments that are due soon, and those that have become overdue; an event for each due date.

    Args:
        unpaid: what the contract has to pay today.
        days_before: how many days before a due date its people want to be reminded.
    """
    today, sums = unpaid.today, dict[date, Decimal]()
    numbers: dict[date, list[str]] = {}
    for item in unpaid.unpaid:
        if item.due_on is not None and item.unpaid > ZERO:
            sums[item.due_on] = sums.get(item.due_on, ZERO) + item.unpaid
            numbers.setdefault(item.due_on, []).append(item.number)
    for due_on, amount in sums.items():
        single = numbers[due_on][0] if len(numbers[due_on]) == 1 else ""
        facts = {"due_on": due_on.isoformat(), "amount": str(amount), "number": single}
        for days in find_due_days(due_on, today, days_before):
            left = {"days": (due_on - today).days}
            key = f"{due_on}:{days}"
            yield NewEvent(EventKind.DUE, contract_id, key, today, None, days, facts | left)
        overdue_since = due_on + timedelta(days=1)
        if overdue_since <= today < overdue_since + TOLD_FOR:
            yield NewEvent(
                EventKind.OVERDUE, contract_id, str(due_on), overdue_since, None, None, facts
            )


def list_window_events(
    contract_id: int,
    window: Window,
    meters: tuple[int, int],
    today: date,
    days_before: Collection[int],
) -> Iterator[NewEvent]:
    """The opening of a reading window, its nearing end, and its end without readings.

    Args:
        meters: how many are read by hand in the window, and of how many readings are missing.
    """
    awaited, missing = meters
    key = f"{window.opens}"
    facts: dict[str, Any] = {"period": str(window.period), "closes_on": window.closes.isoformat()}
    if awaited and window.is_open(today):
        yield NewEvent(
            EventKind.WINDOW_OPENS,
            contract_id,
            key,
            window.opens,
            facts=facts | {"meters": awaited},
        )
    if not missing:
        return
    facts = {**facts, "meters": missing}
    if window.is_open(today):
        left = {"days": (window.closes - today).days}
        for days in find_due_days(window.closes, today, days_before):
            yield NewEvent(
                EventKind.WINDOW_CLOSES,
                contract_id,
                f"{key}:{days}",
                today,
                days_before=days,
                facts=facts | left,
            )
    elif window.closes < today <= window.closes + TOLD_FOR:
        missed_on = window.closes + timedelta(days=1)
        yield NewEvent(EventKind.READINGS_MISSED, contract_id, key, missed_on, facts=facts)
