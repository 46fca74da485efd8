"""Claim background jobs by a conditional UPDATE with a lease, a heartbeat and a limit of tries.

Messages, prepared files and imports are claimed alike, by any number of processes on any number of
machines: whoever changes the row from waiting to running has the job. A holder that dies stops
renewing its lease, and its job goes back into the queue or is given up; a holder that has lost its
claim can no longer finish the job.
"""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Update, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.domain.claims import LEASE
from app.domain.errors import DomainError
from app.lib.database import count_changed
from app.models.claims import Claimable

Job = TypeVar("Job", bound=Claimable)
Values = dict[str, Any]


class ClaimLostError(DomainError):
    """Another process has claimed the job meanwhile: whoever held it may write nothing more."""


@dataclass(frozen=True, slots=True)
class JobKind(Generic[Job]):
    """A table of jobs, the statuses a claim moves a row between, and how often it is tried."""

    table: type[Job]
    waiting: str
    running: str
    failed: str
    max_tries: int


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on one job; ``claimed_by`` proves it."""

    job_id: int
    claimed_by: str


def new_claimant() -> str:
    """Name whoever claims: machine and process for people, a random part to tell claims apart."""
    return f"{socket.gethostname()[:60]}:{os.getpid()}:{uuid.uuid4().hex}"


def claim_job(
    session: Session,
    kind: JobKind[Job],
    job_id: int,
    claimant: str,
    now: datetime,
    *conditions: ColumnElement[bool],
    **values: Any,
) -> Claim | None:
    """Claim one job if it waits and the conditions hold; None: it is not to be had.

    Commit at once: until then others wait for the row. Where a unique index lets one job run at a
    time, losing that race is None as well, and the transaction is rolled back.
    """
    table = kind.table
    statement = (
        update(table)
        .where(table.id == job_id, table.status == kind.waiting, *conditions)
        .values(
            status=kind.running,
            claimed_by=claimant,
            lease_until=now + LEASE,
            tries=table.tries + 1,
            **values,
        )
    )
    try:
        claimed = count_changed(session, statement)
    except IntegrityError:
        session.rollback()
        return None
    return Claim(job_id, claimant) if claimed else None


def claim_next(
    session: Session,
    kind: JobKind[Job],
    claimant: str,
    now: datetime,
    *conditions: ColumnElement[bool],
    **values: Any,
) -> Claim | None:
    """Claim the job that has waited longest; None: none waits. Commit at once."""
    table = kind.table
    waiting = select(func.min(table.id)).where(table.status == kind.waiting, *conditions)
    # Asked before the UPDATE: on SQLite that would wait for whoever is writing.
    while (job_id := session.scalar(waiting)) is not None:
        claim = claim_job(session, kind, job_id, claimant, now, *conditions, **values)
        if claim is not None:
            return claim
    return None


def get_claimed(session: Session, kind: JobKind[Job], claim: Claim) -> Job:
    """Read the row of a claim as it is in the database now."""
    return session.get_one(kind.table, claim.job_id, populate_existing=True)


def renew_statement(kind: JobKind[Job], claim: Claim, now: datetime) -> Update:
    """Build the heartbeat: prolong the lease of a claim that still holds.

    It is executed in a transaction of its own, for that of the work itself stays open.
    """
    return update(kind.table).where(*_is_held(kind, claim)).values(lease_until=now + LEASE)


def finish_job(session: Session, kind: JobKind[Job], claim: Claim, **values: Any) -> Job:
    """End a claim with what has become of the job, and return its row.

    Args:
        values: the new status and whatever else is to be stored.

    Raises:
        ClaimLostError: another process has the job now; roll back.
    """
    statement = (
        update(kind.table)
        .where(*_is_held(kind, claim))
        .values(claimed_by=None, lease_until=None, **values)
    )
    if not count_changed(session, statement):
        raise ClaimLostError
    return get_claimed(session, kind, claim)


def requeue_expired(
    session: Session,
    kind: JobKind[Job],
    now: datetime,
    requeued: Values,
    given_up: Callable[[Job], Values],
    may_repeat: Callable[[Job], bool] = lambda job: True,
) -> list[Job]:
    """Put jobs whose holder died back into the queue; return those that are given up instead.

    Args:
        requeued: what is stored, beside the status, of a job that waits again.
        given_up: the same of a job that has used up its tries, or may not be repeated.
    """
    table = kind.table
    is_expired = (
        table.status == kind.running,
        or_(table.lease_until.is_(None), table.lease_until <= now),
    )
    expired = select(table).where(*is_expired).execution_options(populate_existing=True)
    hopeless = []
    for job in session.scalars(expired).all():
        is_given_up = job.tries >= kind.max_tries or not may_repeat(job)
        values = {"status": kind.waiting, **requeued}
        if is_given_up:
            values = {"status": kind.failed, **given_up(job)}
        moved = count_changed(
            session,
            update(table)
            .where(table.id == job.id, *is_expired)
            .values(claimed_by=None, lease_until=None, **values),
        )
        session.refresh(job)
        if moved and is_given_up:
            hopeless.append(job)
    return hopeless


def _is_held(kind: JobKind[Job], claim: Claim) -> tuple[ColumnElement[bool], ...]:
    table = kind.table
    return (
        table.id == claim.job_id,
        table.status == kind.running,
        table.claimed_by == claim.claimed_by,
    )
