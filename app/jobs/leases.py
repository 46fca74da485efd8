"""Renew the lease of a claimed job while its work goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from flask import has_request_context
from sqlalchemy.exc import OperationalError

from app.actions.claims import Claim, Job, JobKind, renew_statement
from app.domain.claims import HEARTBEAT_SECONDS
from app.extensions import db
from app.lib.database import try_write
from app.lib.heartbeat import heartbeat
from app.logging import log
from app.web.context import clock

T = TypeVar("T")
FINISH_PAUSES = (1, 5, 10, 20, 20)
"""Seconds between attempts to store the end of a job; each attempt waits for the lock, too."""


@contextmanager
def lease_renewed(kind: JobKind[Job], claim: Claim) -> Iterator[None]:
    """Send heartbeats for a claim until the block ends, in a thread and transactions of their own.

    A heartbeat that finds the database locked is left out: the lease outlasts several.
    """
    engine, now = db.engine, clock().now

    def renew() -> None:
        try_write(engine, renew_statement(kind, claim, now()))

    with heartbeat(renew, HEARTBEAT_SECONDS):
        yield


def finish_despite_locks(finish: Callable[[], T]) -> T:
    """Store the end of a job, again while the database is locked: its work must not be repeated.

    Within a request a person waits, so there it is tried once.
    """
    for pause in () if has_request_context() else FINISH_PAUSES:
        try:
            return finish()
        except OperationalError as error:
            db.session.rollback()
            log.warning("the end of a job waits: %s", type(error).__name__)
            time.sleep(pause)
    return finish()


def log_lost_claim(kind: JobKind[Job], claim: Claim) -> None:
    """Log that a job went to another process before this one had finished it."""
    fields = {"kind": kind.table.__name__, "job": claim.job_id}
    log.warning("claim lost", extra={"fields": fields})
