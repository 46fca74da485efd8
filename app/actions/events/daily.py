"""Find the events of a day: dues, reading windows, verifications, announcements.

Nothing here depends on having run yesterday: what was missed in the last days is found as well, and
what has been stored is not stored again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime, timedelta
from itertools import islice

from sqlalchemy.orm import Session

from app.actions.events.recording import record_events
from app.domain.events import (
    DAYS_BEFORE,
    EventKind,
    NewEvent,
    find_due_days,
    list_payment_events,
    list_window_events,
)
from app.domain.notifications import MAX_DAYS
from app.domain.reading_windows import Regime, WindowRules, window_on
from app.lib.database import insert_or_ignore
from app.models import Announcement, EventDay
from app.queries.events import daily
from app.queries.events.readers import list_wanted_days

PORTION = 1000
"""Events stored in one transaction: some hundredths of a second."""


def find_events_of_day(session: Session, today: date, rules: WindowRules) -> Iterator[NewEvent]:
    """Find everything that today makes an event, stored already or not."""
    wanted = _WantedDays(session, today)
    yield from _find_payments(session, today, wanted)
    yield from _find_windows(session, today, rules, wanted)
    yield from _find_verifications(session, today, wanted)


def store_events(session: Session, events: Iterator[NewEvent], now: datetime) -> Iterator[int]:
    """Store events in portions.

    Yields:
        The size of each portion once it is stored, for the caller to commit.
    """
    while portion := list(islice(events, PORTION)):
        record_events(session, portion, now)
        yield len(portion)


def finish_day(session: Session, day: date, now: datetime) -> None:
    """Note that all events of a day are stored."""
    insert_or_ignore(session, EventDay, day=day, finished_at=now)


def store_announcement_events(
    session: Session, announcement: Announcement, announced_on: date, today: date, now: datetime
) -> int:
    """Store the event of an announcement for some contracts that have none; how many.

    Args:
        announced_on: its day in the supplier's zone.
    """
    contract_ids = daily.list_untold_contracts(session, announcement, announced_on, today, PORTION)
    facts = {"text": announcement.text}
    record_events(
        session,
        [
            NewEvent(
                EventKind.WORKS,
                contract_id,
                str(announcement.id),
                announced_on,
                announcement.id,
                facts=facts,
            )
            for contract_id in contract_ids
        ],
        now,
    )
    return len(contract_ids)


class _WantedDays:
    """How many days before their day the people of a contract want to be told of events."""

    def __init__(self, session: Session, today: date) -> None:
        self._chosen = list_wanted_days(session, today)

    def of(self, contract_id: int, kind: EventKind) -> Collection[int]:
        """Of a contract where nobody has chosen: the default."""
        chosen = self._chosen.get(contract_id)
        return (DAYS_BEFORE[kind],) if chosen is None else chosen.get(kind, ())


def _find_payments(session: Session, today: date, wanted: _WantedDays) -> Iterator[NewEvent]:
    for contract_id, unpaid in daily.list_unpaid(session, today):
        days_before = wanted.of(contract_id, EventKind.DUE)
        yield from list_payment_events(contract_id, unpaid, days_before)


def _find_windows(
    session: Session, today: date, rules: WindowRules, wanted: _WantedDays
) -> Iterator[NewEvent]:
    for regime in Regime:
        window = window_on(regime, today, rules)
        for found in daily.list_awaited_meters(session, regime, window, today):
            days_before = wanted.of(found.contract_id, EventKind.WINDOW_CLOSES)
            meters = found.awaited, found.missing
            yield from list_window_events(found.contract_id, window, meters, today, days_before)


def _find_verifications(session: Session, today: date, wanted: _WantedDays) -> Iterator[NewEvent]:
    last = today + timedelta(days=MAX_DAYS[EventKind.VERIFICATION])
    for found in daily.list_due_verifications(session, today, last):
        facts = {
            "serial": found.serial_number,
            "place": found.place,
            "verify_on": found.verify_on.isoformat(),
        }
        days_before = wanted.of(found.contract_id, EventKind.VERIFICATION)
        for days in find_due_days(found.verify_on, today, days_before):
            yield NewEvent(
                EventKind.VERIFICATION,
                found.contract_id,
                f"{found.meter_id}:{found.verify_on}:{days}",
                today,
                found.meter_id,
                days,
                facts,
            )
