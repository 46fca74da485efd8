"""Reads of batches on their way, and of those that were loaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.errors import NotFoundError
from app.domain.imports import PENDING, JobStatus
from app.models import ImportJob, ImportRun, StaffMember
from app.queries.contracts import MAX_ID


@dataclass(frozen=True, slots=True)
class JobRow:
    """A batch, and who sent it; empty: billing."""

    job: ImportJob
    staff_name: str | None


@dataclass(frozen=True, slots=True)
class RunRow:
    """A batch that was loaded. Neither a clerk nor sent: the command line."""

    run: ImportRun
    staff_name: str | None
    was_sent: bool


def get_job(session: Session, job_id: int) -> JobRow:
    """A batch on its way.

    Raises:
        NotFoundError: there is none (any more).
    """
    row = None
    if job_id <= MAX_ID:
        row = session.execute(
            select(ImportJob, StaffMember.name)
            .outerjoin(StaffMember, StaffMember.id == ImportJob.staff_id)
            .where(ImportJob.id == job_id)
        ).first()
    if row is None:
        raise NotFoundError
    return JobRow(*row)


def list_jobs(session: Session, limit: int) -> Sequence[JobRow]:
    """Batches that are not loaded (yet), newest first; those that are loaded have their run."""
    rows = session.execute(
        select(ImportJob, StaffMember.name)
        .outerjoin(StaffMember, StaffMember.id == ImportJob.staff_id)
        .where(ImportJob.status != JobStatus.DONE)
        .order_by(ImportJob.id.desc())
        .limit(limit)
    )
    return [JobRow(*row) for row in rows]


def count_before(session: Session, job: ImportJob) -> int:
    """How many batches are run before this one."""
    before = select(func.count(ImportJob.id)).where(
        ImportJob.status.in_(PENDING), ImportJob.id < job.id
    )
    return session.scalar(before) or 0


def has_waiting(session: Session) -> bool:
    """Whether a batch waits to be run."""
    waiting = select(ImportJob.id).where(ImportJob.status == JobStatus.WAITING)
    return session.scalar(waiting.limit(1)) is not None


def count_runs(session: Session) -> int:
    """How many batches were loaded ever."""
    return session.scalar(select(func.count(ImportRun.id))) or 0


def list_runs(session: Session, offset: int, limit: int) -> Sequence[RunRow]:
    """Loaded batches, newest first."""
    runs = _RUNS.order_by(ImportRun.id.desc()).offset(offset).limit(limit)
    return [RunRow(*row) for row in session.execute(runs)]


def get_run(session: Session, run_id: int) -> RunRow:
    """A loaded batch.

    Raises:
        NotFoundError: there is none.
    """
    row = None
    if run_id <= MAX_ID:
        row = session.execute(_RUNS.where(ImportRun.id == run_id)).first()
    if row is None:
        raise NotFoundError
    return RunRow(*row)


_RUNS = select(
    ImportRun,
    StaffMember.name,
    select(ImportJob.id).where(ImportJob.run_id == ImportRun.id).exists(),
).outerjoin(StaffMember, StaffMember.id == ImportRun.staff_id)
