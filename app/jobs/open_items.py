"""Store the open items of contracts that have none for today: after an upgrade, an import, a day.

Until that is done pages compute them, so nothing waits for it.
"""

from __future__ import annotations

import time

from sqlalchemy.exc import OperationalError

from app.actions.open_items import PORTION, store_missing_snapshots
from app.extensions import db
from app.lib.file_locks import AllLocksHeldError, hold_one_of
from app.logging import event, log
from app.web.context import clock, config

ROUND = 2000
"""Contracts of one round of the worker: some seconds, once a minute."""

AFTER_RESPONSE = 200
"""The same where there is no worker, in a thread of the web server."""

LOCK_WAIT = 60.0
"""Seconds that who wants all of them waits for a round of the worker."""

PAUSE = 0.15
"""Seconds between two portions on SQLite. A writer who waits for the lock looks every tenth of a
second; without a pause the next portion takes the lock first, time and again."""


def store_missing(limit: int | None = ROUND) -> int:
    """Store snapshots for contracts that have none for today; how many. Commits each portion.

    One process of a machine at a time: the others leave it to that one. Where an import holds the
    only lock of SQLite, the next round goes on.

    Args:
        limit: contracts at most; None: all of them.
    """
    session, today, count = db.session(), clock().today(), 0
    try:
        wait = LOCK_WAIT if limit is None else 0
        with hold_one_of(config().instance_dir / "locks", ("open_items",), wait):
            for portion in store_missing_snapshots(session, today, limit):
                session.commit()
                count += portion
                if portion == PORTION and db.engine.dialect.name == "sqlite":
                    time.sleep(PAUSE)
    except AllLocksHeldError:
        return 0
    except OperationalError as error:
        session.rollback()
        log.warning("open items wait: %s", type(error).__name__)
    if count:
        event("open items stored", contracts=count)
    return count
