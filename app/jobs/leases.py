"""Renew the lease of a claimed job while its work goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from app.actions.claims import Claim, Job, JobKind, renew_statement
from app.domain.claims import HEARTBEAT_SECONDS
from app.extensions import db
from app.lib.database import try_write
from app.lib.heartbeat import heartbeat
from app.logging import log
from app.web.context import clock


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


def log_lost_claim(kind: JobKind[Job], claim: Claim) -> None:
    """Log that a job went to another process before this one had finished it."""
    fields = {"kind": kind.table.__name__, "job": claim.job_id}
    log.warning("claim lost", extra={"fields": fields})
