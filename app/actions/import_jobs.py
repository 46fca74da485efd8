"""Billing batches on their way: received, checked, loaded or given up.

One at a time on a machine; a worker that dies leaves its batch to the next, whole or not at all.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Update, delete, func, select, update
from sqlalchemy.orm import Session

from app.actions import journal
from app.actions.billing_import import ImportOptions, ImportResult, Report
from app.actions.billing_import.acknowledgements import FILENAME
from app.domain.exchange import Dialect, build_layouts
from app.domain.imports import ALLOWED, GIVEN_BACK, KEEP, MAX_TRIES, JobGoal, JobStatus
from app.integrations.database import count_changed
from app.integrations.spreadsheets import Column, Kind, Table
from app.models import ImportJob

MAX_ERRORS = 100_000
SUBJECT = "import_jobs"


@dataclass(frozen=True, slots=True)
class NewBatch:
    """A batch that has been received and stored."""

    name: str
    stored_as: str
    size: int
    options: dict[str, Any]
    goal: JobGoal
    staff_id: int | None = None
    """Empty: billing itself."""


@dataclass(frozen=True, slots=True)
class Task:
    """What whoever runs a job has to know of it."""

    job_id: int
    name: str
    stored_as: str
    goal: JobGoal
    options: dict[str, Any]
    staff_id: int | None


def order_job(session: Session, batch: NewBatch, now: datetime) -> ImportJob:
    """Put a batch into the queue."""
    job = ImportJob(
        name=batch.name,
        stored_as=batch.stored_as,
        size=batch.size,
        staff_id=batch.staff_id,
        goal=batch.goal,
        status=JobStatus.WAITING,
        options=batch.options,
        tries=0,
        created_at=now,
        bytes_total=0,
        bytes_done=0,
        error_count=0,
        warning_count=0,
        counts={},
    )
    session.add(job)
    session.flush()
    journal.record(
        session, "import.sent", None, SUBJECT, str(job.id), now, name=job.name, size=job.size
    )
    return job


def ask_again(session: Session, job: ImportJob, staff_id: int, now: datetime) -> bool:
    """Have a checked batch loaded, or a refused one checked anew; whether that was possible.

    Whoever asks is who has it loaded; of two clicks one does.
    """
    goal = ALLOWED.get(JobStatus(job.status))
    if goal is None:
        return False
    asked = (
        update(ImportJob)
        .where(ImportJob.id == job.id, ImportJob.status == job.status)
        .values(
            goal=goal, status=JobStatus.WAITING, staff_id=staff_id, tries=0, bytes_done=0,
            started_at=None, finished_at=None, message=None,
        )
    )  # fmt: skip
    if not count_changed(session, asked):
        return False
    journal.record(session, f"import.{goal}", None, SUBJECT, str(job.id), now, name=job.name)
    return True


def discard(session: Session, job: ImportJob, now: datetime) -> bool:
    """Give a batch up; whether it was still possible. Its folder is to be deleted afterwards."""
    gone = delete(ImportJob).where(ImportJob.id == job.id, ImportJob.status.in_(GIVEN_BACK))
    job_id, name = job.id, job.name
    if not count_changed(session, gone):
        return False
    journal.record(session, "import.discarded", None, SUBJECT, str(job_id), now, name=name)
    return True


def recover_dead(session: Session, now: datetime) -> None:
    """Give back what a worker that died was at; what died twice is given up.

    Only whoever holds the one place where batches are run may call this: nobody else is at work.
    """
    died = ImportJob.status == JobStatus.RUNNING
    session.execute(
        update(ImportJob)
        .where(died, ImportJob.tries >= MAX_TRIES)
        .values(
            status=JobStatus.FAILED,
            finished_at=now,
            message="Работа дважды прервана, ничего не записано.",
        )
    )
    session.execute(update(ImportJob).where(died).values(status=JobStatus.WAITING, bytes_done=0))


def claim_next(session: Session, now: datetime) -> Task | None:
    """Take the batch that has waited longest; None if there is none. Commit at once."""
    job = session.scalars(
        select(ImportJob).where(ImportJob.status == JobStatus.WAITING).order_by(ImportJob.id)
    ).first()
    if job is None:
        return None
    job.status = JobStatus.RUNNING
    job.started_at = now
    job.tries += 1
    session.flush()
    goal = JobGoal(job.goal)
    return Task(job.id, job.name, job.stored_as, goal, dict(job.options), job.staff_id)


def progress_statement(job_id: int, done: int, total: int) -> Update:
    """How far reading is; written apart, for the import's own transaction stays open."""
    return (
        update(ImportJob).where(ImportJob.id == job_id).values(bytes_done=done, bytes_total=total)
    )


def settle_loaded(session: Session, task: Task, result: ImportResult, now: datetime) -> None:
    """In the same transaction as the data themselves: both stand, or neither."""
    run = result.run
    if run is None:
        raise ValueError("nothing was loaded")
    run.source = task.name
    run.staff_id = task.staff_id
    run.finished_at = now
    journal.record(
        session, "import.loaded", None, "import_runs", str(run.id), now,
        name=task.name, **result.report.totals(),
    )  # fmt: skip
    _settle(session, task, JobStatus.DONE, result.report, now).run_id = run.id
    session.flush()


def settle_checked(session: Session, task: Task, report: Report, now: datetime) -> None:
    """It can be loaded."""
    _settle(session, task, JobStatus.CHECKED, report, now)


def settle_same(session: Session, task: Task, report: Report, now: datetime) -> None:
    """It had been loaded before; there is nothing to do."""
    _settle(session, task, JobStatus.SAME, report, now)


def settle_refused(session: Session, task: Task, report: Report, now: datetime) -> None:
    """It has errors; nothing of it was taken."""
    _settle(session, task, JobStatus.REFUSED, report, now)


def settle_failed(session: Session, task: Task, now: datetime) -> None:
    """Something of ours went wrong; nothing of it was taken, unless it is settled already."""
    job = session.get_one(ImportJob, task.job_id)
    if job.status != JobStatus.RUNNING:
        return
    job.status = JobStatus.FAILED
    job.message = "Ошибка на нашей стороне, она записана в журнал сервера. Ничего не записано."
    job.finished_at = now


def delete_expired(session: Session, now: datetime) -> list[str]:
    """Delete rows of batches that nobody has loaded in time; their folders go after the commit.

    The time runs from the last answer; what was asked for meanwhile stays.
    """
    answered_at = func.coalesce(ImportJob.finished_at, ImportJob.created_at)
    expired = (
        delete(ImportJob)
        .where(ImportJob.status.in_(GIVEN_BACK), answered_at <= now - KEEP)
        .returning(ImportJob.stored_as)
        .execution_options(synchronize_session=False)
    )
    return list(session.scalars(expired))


def list_folders(session: Session) -> Collection[str]:
    """Folders that rows still speak of."""
    kept = select(ImportJob.stored_as).where(ImportJob.status != JobStatus.DONE)
    return set(session.scalars(kept))


def known_names() -> frozenset[str]:
    """Files of the exchange that may come by themselves."""
    return frozenset({layout.filename for layout in build_layouts(Dialect())} | {FILENAME})


def total_bytes(sizes: dict[str, int]) -> int:
    """Bytes of a package that its reading tells the progress of."""
    names = {layout.filename for layout in build_layouts(Dialect())}
    return sum(size for name, size in sizes.items() if name in names)


def import_options(options: dict[str, Any], may_cover_demo: bool) -> ImportOptions:
    """The stored choices of whoever sent the batch, as the import wants them."""
    delimiter = options.get("delimiter") or None
    return ImportOptions(
        delimiter="\t" if delimiter == "tab" else delimiter,
        encoding=options.get("encoding") or None,
        decimal=options.get("decimal") or None,
        russian_dates=options.get("date_format") == "DD.MM.YYYY",
        max_errors=MAX_ERRORS,
        deactivate_absent=bool(options.get("deactivate_absent")),
        may_cover_demo=may_cover_demo,
    )


def fault_table(report: Report) -> Table:
    """All errors for a spreadsheet, in the order they were found."""
    columns = (
        Column("Файл", Kind.TEXT, 22),
        Column("Строка", Kind.WHOLE, 10),
        Column("Столбец", Kind.TEXT, 20),
        Column("Ошибка", Kind.TEXT, 60),
    )
    rows = [(each.file, each.line, each.column, each.message) for each in report.errors]
    return Table("Ошибки", columns, rows)


def _settle(
    session: Session, task: Task, status: JobStatus, report: Report, now: datetime
) -> ImportJob:
    job = session.get_one(ImportJob, task.job_id)
    job.status = status
    job.finished_at = now
    job.counts = report.as_dict()
    job.error_count = report.error_count
    job.warning_count = report.warning_count
    job.message = None
    return job
