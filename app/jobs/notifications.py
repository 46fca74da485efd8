"""Queue the messages about events, and the digests whose hour has come."""

from __future__ import annotations

import time
from functools import partial

from flask import current_app
from sqlalchemy.exc import OperationalError

from app.actions.notifications.digests import send_digests
from app.actions.notifications.queueing import NotificationRules, prepare_next, queue_prepared
from app.extensions import db
from app.jobs import delivery
from app.jobs.events import PAUSE
from app.logging import event, log
from app.web.context import config, local_now
from app.web.event_urls import event_url, url_builder


def notify() -> int:
    """Queue what people are to be told; of how many events. Commits each portion.

    Without a worker the messages leave at once.
    """
    try:
        count = _notify_of_events() + _send_digests()
    except OperationalError as error:
        # An import holds the only lock of SQLite; the next round goes on.
        db.session.rollback()
        log.warning("notifications wait: %s", type(error).__name__)
        return 0
    if count and "enqueue_delivery" not in current_app.extensions:
        delivery.sweep()
    return count


def notification_rules() -> NotificationRules:
    """How this installation tells people of events."""
    settings, build = config(), url_builder()
    return NotificationRules(
        partial(event_url, build),
        partial(build, "notifications.index"),
        settings.events_sms_cap,
        settings.sms.prefixes,
        settings.events_messages,
    )


def _notify_of_events() -> int:
    session, rules, count = db.session(), notification_rules(), 0
    while prepared := prepare_next(session, rules, local_now()):
        # On SQLite who has read cannot write once others have written.
        session.rollback()
        count += queue_prepared(session, prepared, local_now())
        _end_portion()
    session.rollback()
    if count:
        event("people notified", events=count)
    return count


def _send_digests() -> int:
    session, rules, count, last = db.session(), notification_rules(), 0, 0
    list_url = partial(url_builder(), "events.index")
    while last := send_digests(session, rules, list_url, local_now(), last):
        _end_portion()
        count += 1
    session.rollback()
    return count


def _end_portion() -> None:
    db.session.commit()
    if db.engine.dialect.name == "sqlite":
        time.sleep(PAUSE)
