"""Delete what is past its retention, in steps short enough that nobody waits for them."""

from __future__ import annotations

import time
from datetime import datetime

from app.actions.enquiries.retention import purge_enquiries
from app.actions.retention import Expired, clean_up, list_expired, purge_batch
from app.actions.search_index import rebuild_search
from app.extensions import db
from app.jobs import access, imports, prepared_files
from app.lib.database import truncate_wal
from app.logging import event
from app.web import uploads
from app.web.context import clock
from app.web.policies import retention_rules

PAUSE = 0.02
"""Seconds between two steps, in which others write."""


def delete_expired() -> None:
    """Delete what is past its retention, of every kind. Commits."""
    rules, session = retention_rules(), db.session()
    counts = clean_up(session, clock().now(), rules.sessions)
    # An upgrade may fold or index words otherwise than the last import did.
    counts["search_texts"] = rebuild_search(session)
    session.commit()
    access.end_expired_access()
    for expired in list_expired(session, rules, clock().now()):
        counts[expired.name] = _purge(expired)
    counts["enquiries"] = _purge_enquiries(clock().now() - rules.enquiries)
    prepared_files.delete_expired()
    imports.delete_expired()
    uploads.delete_expired_files()
    # The session may hold a snapshot, which the log is needed for.
    session.rollback()
    event("cleaned up", **counts, wal_pages_left=truncate_wal(db.engine))


def _purge_enquiries(before: datetime) -> int:
    """Purge batch after batch, a transaction each, with their files; how many enquiries it was."""
    session, total = db.session(), 0
    while True:
        count, keys = purge_enquiries(session, before, clock().now())
        if not count:
            session.rollback()
            return total
        session.commit()
        uploads.delete_stored(keys)
        total += count
        time.sleep(PAUSE)


def _purge(expired: Expired) -> int:
    """Purge batch after batch, a transaction each; how many rows it was."""
    session, count, last = db.session(), 0, 0
    while keys := purge_batch(session, expired, last):
        session.commit()
        count, last = count + len(keys), keys[-1]
        time.sleep(PAUSE)
    session.rollback()
    return count
