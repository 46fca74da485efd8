"""Run billing batches: in the worker, after the response, or by a command.

All ways share one claim, renewed by a heartbeat, so that two loads never run at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, current_app
from flask.wrappers import Response
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.actions import messages
from app.actions.audit_log import Origin, origin_of, set_origin
from app.actions.claims import ClaimLostError, new_claimant
from app.actions.imports import (
    Fault,
    ImportOptions,
    ImportRefusedError,
    ImportResult,
    Report,
    apply_import,
    jobs,
    list_operation_tables,
)
from app.actions.imports.alerts import alert_failed_import
from app.actions.imports.findings import fault_table
from app.actions.imports.jobs import Task
from app.domain.audit_log import ActorKind
from app.domain.errors import NotFoundError
from app.domain.imports import JobGoal, JobStatus
from app.extensions import db
from app.integrations.batch_archive import PackageError
from app.integrations.batch_store import ARCHIVE, FILES
from app.integrations.billing_files import Package
from app.integrations.errors import StoreError
from app.jobs import delivery, events, notifications, open_items
from app.jobs.dispatch import run_after_response
from app.jobs.import_labels import describe_already_loaded
from app.jobs.leases import lease_renewed, log_lost_claim
from app.jobs.prepared_files import make_waiting
from app.lib.bare_tables import bare_tables, restore_tables
from app.lib.database import open_for_bulk_write, try_write
from app.lib.file_locks import AllLocksHeldError, hold_one_of
from app.logging import event, log
from app.models import ImportJob
from app.web.context import clock, config, local_now
from app.web.downloads import WRITERS
from app.web.file_stores import batch_store
from config import Config

REPORT_EVERY = 1.0
"""Seconds between two updates of the progress."""
PICK_UP_EVERY = 60.0
LOCK_WAIT = 60.0
"""Seconds that an import waits for the one before it to end for good."""
DUE = "imports_due_at"
Progress = Callable[[str, int], None]
OpenBatch = AbstractContextManager[Path]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What has become of a batch."""

    status: JobStatus
    report: Report
    message: str = ""


def init_app(app: Flask, config: Config) -> None:
    """Without a worker, any request picks up once a minute what a killed process has left."""
    if config.jobs == "queue":
        return
    app.extensions[DUE] = time.monotonic() + PICK_UP_EVERY

    @app.after_request
    def pick_up(response: Response) -> Response:
        if time.monotonic() >= app.extensions[DUE]:
            app.extensions[DUE] = time.monotonic() + PICK_UP_EVERY
            response.call_on_close(run_left)
        return response

    def run_left() -> None:
        with app.app_context():
            run_waiting()
            make_waiting()
            open_items.store_missing(open_items.AFTER_RESPONSE)
            events.find_events()
            notifications.notify()


def enqueue() -> None:
    """Have the worker run what waits; without one it is run when the answer has been sent."""
    run_after_response("enqueue_imports", run_waiting)


def run_waiting() -> None:
    """Run what waits, one after the other. Commits.

    Where somebody is at it already there is nothing to do: they go on until nothing waits.
    """
    session = db.session()
    try:
        requeue_expired()
        while task := jobs.claim_next(session, new_claimant(), clock().now()):
            session.commit()
            options = jobs.import_options(task.options, may_cover_demo=not config().production)
            execute(task, batch_store().open_batch(task.storage_key), options)
        session.rollback()
    except OperationalError as error:
        # On SQLite a load that is writing holds the only lock; the next round tries again.
        session.rollback()
        log.warning("imports wait: %s", type(error).__name__)


def requeue_expired() -> None:
    """Put back, or give up, what a process that died was at. Commits.

    On SQLite an import that is writing holds the only lock, so its heartbeats are left out: there a
    lock of the machine says that it lives.
    """
    try:
        with _import_lock(0) if db.engine.dialect.name == "sqlite" else nullcontext():
            given_up = jobs.requeue_expired(db.session(), clock().now())
            if given_up is not None:
                restore_tables(db.engine, list_operation_tables())
                _alert(given_up)
            _commit()
    except AllLocksHeldError:
        return


def delete_expired() -> None:
    """Delete batches that nobody has loaded in time, and what a crash has left. Commits."""
    session = db.session()
    gone = jobs.delete_expired(session, clock().now())
    session.commit()
    for storage_key in gone:
        delete_stored(storage_key)
    try:
        batch_store().delete_leftovers(jobs.list_folders(session), clock().now())
    except StoreError as error:
        log.warning("the file store cannot be listed: %s", error)


def execute(
    task: Task, batch: OpenBatch, options: ImportOptions, on_read: Progress | None = None
) -> Outcome | None:
    """Run a claimed batch to its end and say what has become of it; None: the claim was lost.

    Whatever goes wrong, the job says so, and whoever has to know is told. Commits.

    Args:
        batch: gives it a local path while it is read.
    """
    try:
        with _import_lock(LOCK_WAIT), lease_renewed(jobs.JOBS, task.claim):
            outcome = _run(task, batch, options, on_read)
    except ClaimLostError:
        db.session.rollback()
        log_lost_claim(jobs.JOBS, task.claim)
        return None
    if outcome.status is JobStatus.DONE:
        # A large batch has only deleted the open items of the contracts that it touched.
        open_items.store_missing(limit=None)
    return outcome


def _import_lock(wait: float) -> AbstractContextManager[None]:
    """The lock that a machine holds while it imports; a crash releases it."""
    return hold_one_of(config().instance_dir / "locks", ("imports",), wait)


def _run(task: Task, batch: OpenBatch, options: ImportOptions, on_read: Progress | None) -> Outcome:
    try:
        try:
            with batch as path:
                return _apply(task, path, options, on_read)
        except ImportRefusedError as error:
            return _refuse(task, error.report)
        except PackageError as error:
            report = Report(1)
            report.error(task.name, str(error).removeprefix(f"{ARCHIVE}: "))
            return _refuse(task, report)
        except NotFoundError:
            report = Report(1)
            report.error(task.name, "пакета нет в хранилище, пришлите его снова")
            return _refuse(task, report)
    except ClaimLostError:
        raise
    except Exception as error:
        # Whatever it was, the person who waits is told.
        db.session.rollback()
        log.exception("import failed: %s", type(error).__name__)
        return _finish(task, Outcome(JobStatus.FAILED, Report(1), jobs.BROKEN))


def _apply(task: Task, path: Path, options: ImportOptions, on_read: Progress | None) -> Outcome:
    with (
        Package(path) as package,
        bare_tables(db.engine, list_operation_tables(package.sizes)),
        _import_session(task) as session,
    ):
        tell = _Progress(task.job_id, jobs.total_bytes(package.sizes), on_read)
        result = apply_import(session, package, options, local_now(), tell)
        if result.run is not None and task.goal is JobGoal.LOAD:
            return _load(session, task, result)
        session.rollback()
    if result.already_loaded is not None:
        message = describe_already_loaded(result.already_loaded)
        outcome = _finish(task, Outcome(JobStatus.SAME, result.report, message))
        if task.staff_id is None:
            _delete_batch(task)
        return outcome
    event("billing batch checked", job=task.job_id, **result.report.totals())
    return _finish(task, Outcome(JobStatus.CHECKED, result.report))


def _load(session: Session, task: Task, result: ImportResult) -> Outcome:
    jobs.finish_loaded(session, task, result, clock().now())
    run_id = result.run.id if result.run else None
    session.commit()
    event("billing import", run=run_id, job=task.job_id, by=task.staff_id, **result.report.totals())
    if task.storage_key:
        delete_stored(task.storage_key)
    # Refusals of readings that were acknowledged; what fails here is left to the sweep.
    delivery.enqueue(session.info.pop(messages.OUTBOX, []))
    return Outcome(JobStatus.DONE, result.report)


def _refuse(task: Task, report: Report) -> Outcome:
    """Finish a refused batch; all its errors are stored as files for download."""
    _name_package(task, report)
    if task.storage_key:
        table = fault_table(report)
        files = {extension: write(table) for extension, write in WRITERS.items()}
        batch_store().write_errors(task.storage_key, files)
    event("billing batch refused", job=task.job_id, errors=report.error_count)
    return _finish(task, Outcome(JobStatus.REFUSED, report))


def _finish(task: Task, outcome: Outcome) -> Outcome:
    session = db.session()
    job = jobs.finish(
        session, task, outcome.status, outcome.report, clock().now(), outcome.message or None
    )
    _alert(job)
    _commit()
    return outcome


def _delete_batch(task: Task) -> None:
    jobs.forget_batch(db.session(), task)
    db.session.commit()
    if task.storage_key:
        delete_stored(task.storage_key)


def delete_stored(storage_key: str) -> None:
    """Delete a stored batch; what fails is left to the nightly clean-up."""
    try:
        batch_store().delete(storage_key)
    except StoreError as error:
        log.warning("a batch was not deleted: %s", error)


def _alert(job: ImportJob) -> None:
    # A worker and a command have no request to build an address from.
    path = current_app.url_map.bind("").build("staff.billing_job", {"job_id": job.id})
    url = config().base_url.rstrip("/") + path
    alert_failed_import(db.session(), job, config().staff_alert_emails, url, local_now())


def _commit() -> None:
    session = db.session()
    session.commit()
    delivery.enqueue(session.info.pop(messages.OUTBOX, []))


@contextmanager
def _import_session(task: Task) -> Iterator[Session]:
    """A session on a connection of its own, closed for good: an import leaves temporary tables
    and a large cache behind, which the pool is not to keep."""
    with db.engine.connect() as connection:
        connection.detach()
        with Session(connection) as session:
            caller = origin_of(db.session())
            is_command = caller.kind is ActorKind.COMMAND_LINE
            set_origin(
                session, caller if is_command else Origin("", task.staff_id, ActorKind.BILLING)
            )
            open_for_bulk_write(session)
            yield session


def _name_package(task: Task, report: Report) -> None:
    """Errors of the package itself carry the name it came with, not the one it is stored under."""
    for place, fault in enumerate(report.errors):
        if fault.file in (ARCHIVE, FILES):
            report.errors[place] = Fault(task.name, fault.message, fault.line, fault.column)


class _Progress:
    """Store import progress in the job's row at intervals; skipped while the database is locked."""

    def __init__(self, job_id: int, total: int, on_read: Progress | None) -> None:
        self._job_id = job_id
        self._total = total
        self._on_read = on_read
        self._done: dict[str, int] = {}
        self._reported_at = 0.0
        self._reported = -1

    def __call__(self, name: str, done: int) -> None:
        if self._on_read:
            self._on_read(name, done)
        self._done[name] = done
        read = min(sum(self._done.values()), self._total)
        is_end = read == self._total and self._reported != read
        if is_end or time.monotonic() - self._reported_at >= REPORT_EVERY:
            try_write(db.engine, jobs.progress_statement(self._job_id, read, self._total))
            self._reported_at, self._reported = time.monotonic(), read
