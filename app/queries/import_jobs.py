"""Read import jobs (queued, running, failed) and import runs (loaded)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from app.domain.errors import NotFoundError
from app.domain.imports import FAILURES, PENDING, Channel, JobGoal, JobStatus
from app.lib.any_case import contains_in_any_case
from app.models import ImportJob, ImportRun, StaffMember


@dataclass(frozen=True, slots=True)
class JobRow:
    """A batch, and who sent it; empty: billing."""

    job: ImportJob
    staff_name: str | None


@dataclass(frozen=True, slots=True)
class RunRow:
    """A batch that was loaded. Neither a clerk nor sent: a command."""

    run: ImportRun
    staff_name: str | None
    was_sent: bool


def get_job(session: Session, job_id: int) -> JobRow:
    """A batch on its way.

    Raises:
        NotFoundError: there is none (any more).
    """
    row = session.execute(
        select(ImportJob, StaffMember.name)
        .outerjoin(StaffMember, StaffMember.id == ImportJob.staff_id)
        .where(ImportJob.id == job_id)
    ).first()
    if row is None:
        raise NotFoundError
    return JobRow(*row)


def list_jobs(session: Session, limit: int, text: str = "") -> Sequence[JobRow]:
    """Batches that are not loaded (yet), newest first; those that are loaded have their run.

    Args:
        text: a part of the ``batch_id`` or of the name.
    """
    rows = session.execute(
        select(ImportJob, StaffMember.name)
        .outerjoin(StaffMember, StaffMember.id == ImportJob.staff_id)
        .where(ImportJob.status != JobStatus.DONE, _holds(text, ImportJob.batch_id, ImportJob.name))
        .order_by(ImportJob.id.desc())
        .limit(limit)
    )
    return [JobRow(*row) for row in rows]


def find_running(session: Session) -> ImportJob | None:
    """The batch that holds the claim now, whether or not its lease is over."""
    running = select(ImportJob).where(ImportJob.status == JobStatus.RUNNING)
    return session.scalars(running.execution_options(populate_existing=True)).first()


def find_open_failure(session: Session) -> ImportJob | None:
    """The last load that was refused or has failed, until another one succeeds."""
    newer = aliased(ImportJob)
    was_loaded = select(newer.id).where(
        newer.status == JobStatus.DONE,
        or_(
            newer.finished_at > ImportJob.finished_at,
            and_(newer.finished_at == ImportJob.finished_at, newer.id > ImportJob.id),
        ),
    )
    failed = or_(
        and_(ImportJob.goal == JobGoal.LOAD, ImportJob.status.in_(FAILURES)),
        and_(ImportJob.status == JobStatus.FAILED, ImportJob.channel != Channel.COMMAND),
    )
    return session.scalars(
        select(ImportJob)
        .where(failed, ~was_loaded.exists())
        .order_by(ImportJob.finished_at.desc(), ImportJob.id.desc())
        .limit(1)
    ).first()


def count_before(session: Session, job: ImportJob) -> int:
    """How many batches are run before this one."""
    before = select(func.count(ImportJob.id)).where(
        ImportJob.status.in_(PENDING), ImportJob.id < job.id
    )
    return session.scalar(before) or 0


def count_runs(session: Session, text: str = "") -> int:
    """How many batches were loaded ever, or of them those that match."""
    runs = select(func.count(ImportRun.id)).where(
        _holds(text, ImportRun.batch_id, ImportRun.source)
    )
    return session.scalar(runs) or 0


def list_runs(session: Session, offset: int, limit: int, text: str = "") -> Sequence[RunRow]:
    """Loaded batches, newest first.

    Args:
        text: a part of the ``batch_id`` or of the name.
    """
    runs = (
        _RUNS.where(_holds(text, ImportRun.batch_id, ImportRun.source))
        .order_by(ImportRun.id.desc())
        .offset(offset)
        .limit(limit)
    )
    return [RunRow(*row) for row in session.execute(runs)]


def get_run(session: Session, run_id: int) -> RunRow:
    """A loaded batch.

    Raises:
        NotFoundError: there is none.
    """
    row = session.execute(_RUNS.where(ImportRun.id == run_id)).first()
    if row is None:
        raise NotFoundError
    return RunRow(*row)


_RUNS = select(
    ImportRun,
    StaffMember.name,
    select(ImportJob.id)
    .where(ImportJob.run_id == ImportRun.id, ImportJob.channel != Channel.COMMAND)
    .exists(),
).outerjoin(StaffMember, StaffMember.id == ImportRun.staff_id)


def _holds(text: str, *columns: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    if not text:
        return true()
    return or_(*(contains_in_any_case(column, text) for column in columns))
