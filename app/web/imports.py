"""Running of billing batches that were sent: by the worker, or after the answer."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from app.actions import import_jobs as jobs
from app.actions import messages
from app.actions.billing_import import ImportRefusedError, ImportResult, Report, apply_import
from app.actions.import_jobs import Task
from app.actions.journal import Origin, set_origin
from app.domain.imports import LISTED_ERRORS, JobGoal
from app.extensions import db
from app.integrations.batch_store import ARCHIVE, FILES, BatchStore, Findings
from app.integrations.billing_files import Package, PackageError
from app.integrations.database import open_for_bulk_write, write_if_free
from app.integrations.errors import NoSlotError
from app.integrations.slots import slot
from app.logs import event, log
from app.queries.import_jobs import has_waiting
from app.web import outbox
from app.web.batches import batch_store
from app.web.downloads import WRITERS
from app.web.later import do_later
from app.web.session import clock, config

TELL_EVERY = 1.0
"""Seconds between two words on the progress."""


def hand_over() -> None:
    """Have the worker run what waits; without one it is run when the answer has been sent."""
    do_later("import_later", run_waiting)


def run_waiting() -> None:
    """Run what waits, one after the other. Commits.

    Where somebody is at it already there is nothing to do: they go on until nothing waits.
    """
    try:
        _run_all()
        # Whoever came between the last look and the leaving of the place has found it taken.
        while has_waiting(db.session()):
            db.session.rollback()
            _run_all()
    except NoSlotError:
        return
    db.session.rollback()


def delete_expired() -> None:
    """Delete batches that nobody has loaded in time, and what a crash has left. Commits."""
    session, store = db.session(), batch_store()
    gone = jobs.delete_expired(session, clock().now())
    session.commit()
    for stored_as in gone:
        store.delete(stored_as)
    store.delete_leftovers(jobs.list_folders(session))


def _run_all() -> None:
    session = db.session()
    with slot(config().instance_dir / "slots", ("imports",), 0):
        jobs.recover_dead(session, clock().now())
        session.commit()
        while task := jobs.claim_next(session, clock().now()):
            session.commit()
            _run(task)
        session.rollback()


def _run(task: Task) -> None:
    store = batch_store()
    try:
        try:
            _take(task, store)
        except ImportRefusedError as error:
            _refuse(task, store, error.report)
        except PackageError as error:
            report = Report(1)
            report.error(task.name, str(error).removeprefix(f"{ARCHIVE}: "))
            _refuse(task, store, report)
    except Exception as error:
        # Whatever it was, the person who waits is told.
        db.session.rollback()
        log.exception("import failed: %s", type(error).__name__)
        jobs.settle_failed(db.session(), task, clock().now())
        db.session.commit()


def _take(task: Task, store: BatchStore) -> None:
    with _apart(task) as session:
        options = jobs.import_options(task.options, may_cover_demo=not config().production)
        with Package(store.path_of(task.stored_as)) as package:
            tell = _Progress(task.job_id, jobs.total_bytes(package.sizes))
            result = apply_import(session, package, options, clock().now(), tell)
        if result.run is not None and task.goal is JobGoal.LOAD:
            _load(session, task, store, result)
            return
        session.rollback()
    if result.run is None:
        jobs.settle_same(db.session(), task, result.report, clock().now())
        db.session.commit()
        store.delete(task.stored_as)
        return
    store.write_findings(task.stored_as, _findings(task, result.report), {})
    jobs.settle_checked(db.session(), task, result.report, clock().now())
    db.session.commit()
    event("billing batch checked", job=task.job_id, **result.report.totals())


def _load(session: Session, task: Task, store: BatchStore, result: ImportResult) -> None:
    jobs.settle_loaded(session, task, result, clock().now())
    run_id = result.run.id if result.run else None
    session.commit()
    event("billing import", run=run_id, job=task.job_id, by=task.staff_id, **result.report.totals())
    store.delete(task.stored_as)
    # Refusals of readings that were acknowledged; what fails here is left to the sweep.
    outbox.hand_over(session.info.pop(messages.OUTBOX, []))


def _refuse(task: Task, store: BatchStore, report: Report) -> None:
    """Nothing of it was taken; all its errors are put where they can be fetched."""
    table = jobs.fault_table(_named(task, report))
    files = {extension: write(table) for extension, write in WRITERS.items()}
    store.write_findings(task.stored_as, _findings(task, report), files)
    jobs.settle_refused(db.session(), task, report, clock().now())
    db.session.commit()
    event("billing batch refused", job=task.job_id, errors=report.error_count)


@contextmanager
def _apart(task: Task) -> Iterator[Session]:
    """A session on a connection of its own, closed for good: an import leaves temporary tables
    and a large cache behind, which the pool is not to keep."""
    with db.engine.connect() as connection:
        connection.detach()
        with Session(connection) as session:
            set_origin(session, Origin("", task.staff_id))
            open_for_bulk_write(session)
            yield session


def _named(task: Task, report: Report) -> Report:
    """Errors of the package itself carry the name it came with, not the one it is kept under."""
    for place, fault in enumerate(report.errors):
        if fault.file in (ARCHIVE, FILES):
            report.errors[place] = type(fault)(task.name, fault.message, fault.line, fault.column)
    return report


def _findings(task: Task, report: Report) -> Findings:
    errors = _named(task, report).errors
    return Findings(
        [(each.file, each.line, each.column, each.message) for each in errors[:LISTED_ERRORS]],
        [str(each) for each in report.warnings],
        len(errors),
    )


class _Progress:
    """Tells how much has been read, now and then, and never waits for the database."""

    def __init__(self, job_id: int, total: int) -> None:
        self._job_id = job_id
        self._total = total
        self._done: dict[str, int] = {}
        self._told_at = 0.0
        self._told = -1

    def __call__(self, name: str, done: int) -> None:
        self._done[name] = done
        read = min(sum(self._done.values()), self._total)
        is_end = read == self._total and self._told != read
        if is_end or time.monotonic() - self._told_at >= TELL_EVERY:
            write_if_free(db.engine, jobs.progress_statement(self._job_id, read, self._total))
            self._told_at, self._told = time.monotonic(), read
