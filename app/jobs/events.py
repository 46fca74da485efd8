"""Find the events of the day once a day, and those of announcements as they come.

Everything is read first and stored in short transactions, so that people who write on SQLite do not
wait. What a killed process has left is found again by the next: an event has one key.
"""

from __future__ import annotations

import time

from sqlalchemy.exc import OperationalError

from app.actions.events.daily import (
    find_events_of_day,
    finish_day,
    store_announcement_events,
    store_events,
)
from app.extensions import db
from app.jobs.open_items import store_missing
from app.lib.file_locks import AllLocksHeldError, hold_one_of
from app.logging import event, log
from app.queries.events.daily import is_day_finished, list_open_announcements
from app.web.context import clock, config, local_now
from app.web.policies import window_rules

PAUSE = 0.15
"""Seconds between two portions on SQLite, in which others write; see ``jobs.open_items``."""


def find_events(*, is_forced: bool = False) -> int:
    """Find and store events; how many were found. Commits each portion.

    One process of a machine at a time: the others leave it to that one.

    Args:
        is_forced: search the day again, whatever the hour.
    """
    try:
        with hold_one_of(config().instance_dir / "locks", ("events",), 0):
            return _find_announced() + _find_daily(is_forced=is_forced)
    except AllLocksHeldError:
        return 0
    except OperationalError as error:
        # An import holds the only lock of SQLite; the next round goes on.
        db.session.rollback()
        log.warning("events wait: %s", type(error).__name__)
        return 0


def _find_daily(*, is_forced: bool) -> int:
    session, now = db.session(), local_now()
    is_early = now.hour < config().events_hour
    if not is_forced and (is_early or is_day_finished(session, now.date())):
        return 0
    store_missing(limit=None)
    found = list(find_events_of_day(session, now.date(), window_rules()))
    # On SQLite who has read cannot write once others have written.
    session.commit()
    count = 0
    for portion in store_events(session, iter(found), clock().now()):
        _end_portion()
        count += portion
    finish_day(session, now.date(), clock().now())
    session.commit()
    event("events found", count=count)
    return count


def _find_announced() -> int:
    session, count = db.session(), 0
    today = local_now().date()
    for announcement in list_open_announcements(session, clock().now()):
        announced_on = clock().local(announcement.created_at).date()
        while portion := store_announcement_events(
            session, announcement, announced_on, today, clock().now()
        ):
            _end_portion()
            count += portion
    session.rollback()
    return count


def _end_portion() -> None:
    db.session.commit()
    if db.engine.dialect.name == "sqlite":
        time.sleep(PAUSE)
