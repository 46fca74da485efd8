"""Jobs of billing batches: queued, claimed by one process, checked, loaded or given up.

One batch runs at a time in the whole installation, whichever process or machine it runs on: a
unique index allows one running row. What a holder that died was at goes to the next one, whole or
not at all; a holder that lost its claim cannot commit.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Delete, Update, and_, delete, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from app.actions import audit_log, claims
from app.actions.imports import ImportOptions, ImportResult, Report
from app.actions.imports.findings import pack_findings
from app.domain.claims import LEASE
from app.domain.exchange import Dialect, build_layouts
from app.domain.imports import (
    DISCARDABLE,
    FAILURE_RETENTION,
    FAILURES,
    MAX_TRIES,
    NEXT_GOAL,
    RETENTION,
    Channel,
    JobGoal,
    JobStatus,
)
from app.lib.database import count_changed
from app.models import ImportJob

MAX_ERRORS = 100_000
SUBJECT = "import_jobs"
JOBS = claims.JobKind(ImportJob, JobStatus.WAITING, JobStatus.RUNNING, JobStatus.FAILED, MAX_TRIES)
RUSSIAN_DATES = {"YYYY-MM-DD": False, "DD.MM.YYYY": True}
DIED = "Работа прервана: процесс загрузки остановился. Ничего не записано."
DIED_TWICE = "Работа дважды прервана, ничего не записано."
BROKEN = "Ошибка на нашей стороне, она записана в журнал сервера. Ничего не записано."


@dataclass(frozen=True, slots=True)
class NewBatch:
    """A batch that has been received; ``storage_key`` is None where a command names its place."""

    name: str
    storage_key: str | None
    size: int
    options: dict[str, Any]
    goal: JobGoal
    channel: Channel
    staff_id: int | None = None
    batch_id: str | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """Parameters of a claimed import job."""

    claim: claims.Claim
    name: str
    storage_key: str
    goal: JobGoal
    options: dict[str, Any]
    staff_id: int | None

    @property
    def job_id(self) -> int:
        return self.claim.job_id


def order_job(session: Session, batch: NewBatch, now: datetime) -> ImportJob:
    """Put a batch into the queue."""
    job = _new_job(batch, JobStatus.WAITING, now)
    session.add(job)
    session.flush()
    audit_log.record(
        session,
        "import.sent",
        None,
        SUBJECT,
        str(job.id),
        now,
        contract_id=None,
        name=job.name,
        size=job.size,
    )
    return job


def start_job(session: Session, batch: NewBatch, claimant: str, now: datetime) -> Task | None:
    """Claim the import for a batch that a command names; None: another one runs. Commit at once."""
    job = _new_job(batch, JobStatus.RUNNING, now)
    job.tries, job.started_at = 1, now
    job.claimed_by, job.lease_until = claimant, now + LEASE
    session.add(job)
    try:
        session.flush()
    except IntegrityError:
        session.rollback()
        return None
    return _task(job, claims.Claim(job.id, claimant))


def claim_next(session: Session, claimant: str, now: datetime) -> Task | None:
    """Claim the batch that has waited longest; None: none waits, or another one runs. Commit at
    once."""
    other = aliased(ImportJob)
    is_free = ~select(other.id).where(other.status == JobStatus.RUNNING).exists()
    claim = claims.claim_next(session, JOBS, claimant, now, is_free, started_at=now)
    return None if claim is None else _task(claims.get_claimed(session, JOBS, claim), claim)


def progress_statement(job_id: int, done: int, total: int) -> Update:
    """How far reading is; written apart, for the import's own transaction stays open."""
    return (
        update(ImportJob).where(ImportJob.id == job_id).values(bytes_done=done, bytes_total=total)
    )


def requeue_expired(session: Session, now: datetime) -> ImportJob | None:
    """Put the batch of a holder that died back into the queue, or give it up: then the job.

    What a command was at is given up at once, for nobody else can read its file.
    """
    hopeless = claims.requeue_expired(
        session,
        JOBS,
        now,
        requeued={"bytes_done": 0},
        given_up=lambda job: {
            "finished_at": now,
            "message": DIED if job.storage_key is None else DIED_TWICE,
        },
        may_repeat=lambda job: job.storage_key is not None,
    )
    return hopeless[0] if hopeless else None


def ask_again(session: Session, job: ImportJob, staff_id: int, now: datetime) -> bool:
    """Have a checked batch loaded, one that was loaded before loaded by force, or a refused one
    checked anew; whether that was possible.

    Whoever asks is who has it loaded; of two clicks one does.
    """
    goal = NEXT_GOAL.get(JobStatus(job.status))
    if goal is None or job.storage_key is None:
        return False
    options = dict(job.options)
    if job.status == JobStatus.SAME:
        options["force"] = True
    asked = (
        update(ImportJob)
        .where(ImportJob.id == job.id, ImportJob.status == job.status)
        .values(
            goal=goal,
            status=JobStatus.WAITING,
            staff_id=staff_id,
            tries=0,
            bytes_done=0,
            started_at=None,
            finished_at=None,
            message=None,
            options=options,
        )
    )
    if not count_changed(session, asked):
        return False
    audit_log.record(
        session, f"import.{goal}", None, SUBJECT, str(job.id), now, contract_id=None, name=job.name
    )
    return True


def discard(session: Session, job: ImportJob, now: datetime) -> bool:
    """Give a batch up; whether it was still possible. Its folder is to be deleted afterwards.

    A load that failed stays on record, and on the dashboard until another one succeeds.
    """
    is_over = and_(ImportJob.id == job.id, ImportJob.status.in_(DISCARDABLE))
    gone: Update | Delete = delete(ImportJob).where(is_over)
    if job.goal == JobGoal.LOAD and job.status in FAILURES:
        gone = update(ImportJob).where(is_over).values(storage_key=None)
    job_id, name = job.id, job.name
    if not count_changed(session, gone):
        return False
    audit_log.record(
        session, "import.discarded", None, SUBJECT, str(job_id), now, contract_id=None, name=name
    )
    return True


def finish_loaded(session: Session, task: Task, result: ImportResult, now: datetime) -> None:
    """Finish a load in the transaction of the data themselves: both are stored, or neither.

    Raises:
        ClaimLostError: another process has the job now; roll back.
    """
    run = result.run
    if run is None:
        raise ValueError("nothing was loaded")
    run.source = task.name
    run.staff_id = task.staff_id
    run.finished_at = now
    audit_log.record(
        session,
        "import.loaded",
        None,
        "import_runs",
        str(run.id),
        now,
        contract_id=None,
        name=task.name,
        **result.report.totals(),
    )
    finish(session, task, JobStatus.DONE, result.report, now).run_id = run.id
    session.flush()


def finish(
    session: Session,
    task: Task,
    status: JobStatus,
    report: Report,
    now: datetime,
    message: str | None = None,
) -> ImportJob:
    """Store what has become of a claimed batch, which ends the claim.

    Raises:
        ClaimLostError: another process has the job now.
    """
    return claims.finish_job(
        session,
        JOBS,
        task.claim,
        status=status,
        finished_at=now,
        counts=report.as_dict(),
        error_count=report.error_count,
        warning_count=report.warning_count,
        findings=pack_findings(report),
        message=message,
    )


def forget_check(session: Session, task: Task) -> None:
    """Delete the job of a command that only checks: it leaves nothing behind."""
    session.execute(delete(ImportJob).where(ImportJob.id == task.job_id))


def forget_batch(session: Session, task: Task) -> None:
    """The stored batch is deleted; its job stays on record."""
    session.execute(update(ImportJob).where(ImportJob.id == task.job_id).values(storage_key=None))


def delete_expired(session: Session, now: datetime) -> list[str]:
    """Delete batches that nobody has loaded in time; their folders go after the commit.

    The time runs from the last answer; what was asked for meanwhile stays. Loads that failed stay
    on record without their batch.
    """
    answered_at = func.coalesce(ImportJob.finished_at, ImportJob.created_at)
    is_failed_load = and_(ImportJob.goal == JobGoal.LOAD, ImportJob.status.in_(FAILURES))
    is_over = and_(ImportJob.status.in_(DISCARDABLE), answered_at <= now - RETENTION)
    is_forgotten = and_(is_over, or_(~is_failed_load, answered_at <= now - FAILURE_RETENTION))
    folders = [
        folder for folder in session.scalars(select(ImportJob.storage_key).where(is_over)) if folder
    ]
    for statement in (
        delete(ImportJob).where(is_forgotten),
        update(ImportJob).where(is_over).values(storage_key=None),
    ):
        session.execute(statement.execution_options(synchronize_session=False))
    return folders


def list_folders(session: Session) -> Collection[str]:
    """Folders that rows still speak of."""
    known = select(ImportJob.storage_key).where(ImportJob.status != JobStatus.DONE)
    return {folder for folder in session.scalars(known) if folder}


def total_bytes(sizes: dict[str, int]) -> int:
    """Total bytes of the package's known files, for the progress bar."""
    names = {layout.filename for layout in build_layouts(Dialect())}
    return sum(size for name, size in sizes.items() if name in names)


def import_options(options: dict[str, Any], may_cover_demo: bool) -> ImportOptions:
    """Build the import's options from those stored with the batch."""
    delimiter = options.get("delimiter") or None
    return ImportOptions(
        delimiter="\t" if delimiter == "tab" else delimiter,
        encoding=options.get("encoding") or None,
        decimal=options.get("decimal") or None,
        russian_dates=RUSSIAN_DATES.get(options.get("date_format") or ""),
        max_errors=options.get("max_errors") or MAX_ERRORS,
        deactivate_absent=bool(options.get("deactivate_absent")),
        may_cover_demo=may_cover_demo,
        is_forced=bool(options.get("force")),
    )


def _new_job(batch: NewBatch, status: JobStatus, now: datetime) -> ImportJob:
    return ImportJob(
        name=batch.name,
        storage_key=batch.storage_key,
        size=batch.size,
        channel=batch.channel,
        staff_id=batch.staff_id,
        batch_id=batch.batch_id,
        goal=batch.goal,
        status=status,
        options=batch.options,
        tries=0,
        created_at=now,
        bytes_total=0,
        bytes_done=0,
        error_count=0,
        warning_count=0,
        counts={},
    )


def _task(job: ImportJob, claim: claims.Claim) -> Task:
    return Task(
        claim,
        job.name,
        job.storage_key or "",
        JobGoal(job.goal),
        dict(job.options),
        job.staff_id,
    )
