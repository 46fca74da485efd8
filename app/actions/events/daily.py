"""Find the events of a day: dues, reading windows, verifications, announcements.

Nothing here depends on having run yesterday: what was missed in the last days is found as well, and
what has been stored is not stored again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
from app.domain.reading_windows import Regime, WindowRules, window_on
from app.lib.database import insert_or_ignore
from app.models import Announcement, EventDay
from app.queries.events import daily

PORTION = 1000
"""Events stored in one transaction: some hundredths of a second."""


def find_events_of_day(session: Session, today: date, rules: WindowRules) -> Iterator[NewEvent]:
    """Find everything that today makes an event, stored already or not."""
    yield from _find_payments(session, today)
    yield from _find_windows(session, today, rules)
    yield from _find_verifications(session, today)


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


def _find_payments(session: Session, today: date) -> Iterator[NewEvent]:
    for contract_id, unpaid in daily.list_unpaid(session, today):
        yield from list_payment_events(contract_id, unpaid, _days_before(EventKind.DUE))


def _find_windows(session: Session, today: date, rules: WindowRules) -> Iterator[NewEvent]:
    days_before = _days_before(EventKind.WINDOW_CLOSES)
    for regime in Regime:
        window = window_on(regime, today, rules)
        for found in daily.list_awaited_meters(session, regime, window, today):
            meters = found.awaited, found.missing
            yield from list_window_events(found.contract_id, window, meters, today, days_before)


def _find_verifications(session: Session, today: date) -> Iterator[NewEvent]:
    days_before = _days_before(EventKind.VERIFICATION)
    last = today + timedelta(days=max(days_before))
    for found in daily.list_due_verifications(session, today, last):
        facts = {
            "serial": found.serial_number,
            "place": found.place,
            "verify_on": found.verify_on.isoformat(),
        }
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


def _days_before(kind: EventKind) -> Sequence[int]:
    return (DAYS_BEFORE[kind],)
