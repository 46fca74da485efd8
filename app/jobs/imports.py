"""Running of billing batches: by the worker, after the answer, or by a command.

All ways share one claim, kept by a heartbeat, so that two loads never run at once.
"""

from __future__ import annotations

import os
import socket
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, current_app
from flask.wrappers import Response
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.actions import messages
from app.actions.audit_log import Origin, set_origin
from app.actions.imports import (
    Fault,
    ImportOptions,
    ImportRefusedError,
    ImportResult,
    Report,
    apply_import,
    jobs,
)
from app.actions.imports.alerts import alert_failed_import
from app.actions.imports.findings import fault_table
from app.actions.imports.jobs import ClaimLostError, Task
from app.domain.imports import HEARTBEAT_SECONDS, JobGoal, JobStatus
from app.extensions import db
from app.integrations.batch_store import ARCHIVE, FILES
from app.integrations.billing_files import Package, PackageError
from app.jobs import delivery
from app.jobs.dispatch import do_later
from app.jobs.import_labels import describe_already_loaded
from app.lib.database import open_for_bulk_write, try_write
from app.lib.heartbeat import heartbeat
from app.logging import event, log
from app.models import ImportJob
from app.web.batch_uploads import batch_store
from app.web.context import clock, config, local_now
from app.web.downloads import WRITERS
from config import Config

TELL_EVERY = 1.0
"""Seconds between two words on the progress."""
PICK_UP_EVERY = 60.0
DUE = "imports_due_at"
Progress = Callable[[str, int], None]


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


def hand_over() -> None:
    """Have the worker run what waits; without one it is run when the answer has been sent."""
    do_later("import_later", run_waiting)


def new_holder() -> str:
    """Who claims: machine and process for people, the rest so that no two claims are alike."""
    return f"{socket.gethostname()[:60]}:{os.getpid()}:{uuid.uuid4().hex}"


def run_waiting() -> None:
    """Run what waits, one after the other. Commits.

    Where somebody is at it already there is nothing to do: they go on until nothing waits.
    """
    session, store = db.session(), batch_store()
    try:
        recover_dead()
        while task := jobs.claim_next(session, new_holder(), clock().now()):
            session.commit()
            options = jobs.import_options(task.options, may_cover_demo=not config().production)
            execute(task, store.path_of(task.storage_key), options)
        session.rollback()
    except OperationalError as error:
        # On SQLite a load that is writing holds the only lock; the next round tries again.
        session.rollback()
        log.warning("imports wait: %s", type(error).__name__)


def recover_dead() -> None:
    """Put back, or give up, what a process that died was at. Commits."""
    given_up = jobs.requeue_expired(db.session(), clock().now())
    if given_up is not None:
        _alert(given_up)
    _commit()


def delete_expired() -> None:
    """Delete batches that nobody has loaded in time, and what a crash has left. Commits."""
    session, store = db.session(), batch_store()
    gone = jobs.delete_expired(session, clock().now())
    session.commit()
    for storage_key in gone:
        store.delete(storage_key)
    store.delete_leftovers(jobs.list_folders(session))


def execute(
    task: Task, path: Path, options: ImportOptions, on_read: Progress | None = None
) -> Outcome | None:
    """Run a claimed batch to its end and say what has become of it; None: the claim was lost.

    Whatever goes wrong, the job says so, and whoever has to know is told. Commits.
    """
    engine, now = db.engine, clock().now

    def beat() -> None:
        try_write(engine, jobs.heartbeat_statement(task.job_id, task.claimed_by, now()))

    try:
        with heartbeat(beat, HEARTBEAT_SECONDS):
            return _run(task, path, options, on_read)
    except ClaimLostError:
        db.session.rollback()
        log.warning("import claim lost", extra={"fields": {"job": task.job_id}})
        return None


def _run(task: Task, path: Path, options: ImportOptions, on_read: Progress | None) -> Outcome:
    try:
        try:
            return _apply(task, path, options, on_read)
        except ImportRefusedError as error:
            return _refuse(task, error.report)
        except PackageError as error:
            report = Report(1)
            report.error(task.name, str(error).removeprefix(f"{ARCHIVE}: "))
            return _refuse(task, report)
    except ClaimLostError:
        raise
    except Exception as error:
        # Whatever it was, the person who waits is told.
        db.session.rollback()
        log.exception("import failed: %s", type(error).__name__)
        return _settle(task, Outcome(JobStatus.FAILED, Report(1), jobs.BROKEN))


def _apply(task: Task, path: Path, options: ImportOptions, on_read: Progress | None) -> Outcome:
    with _apart(task) as session:
        with Package(path) as package:
            tell = _Progress(task.job_id, jobs.total_bytes(package.sizes), on_read)
            result = apply_import(session, package, options, clock().now(), tell)
        if result.run is not None and task.goal is JobGoal.LOAD:
            return _load(session, task, result)
        session.rollback()
    if result.already_loaded is not None:
        message = describe_already_loaded(result.already_loaded)
        outcome = _settle(task, Outcome(JobStatus.SAME, result.report, message))
        if task.staff_id is None:
            _delete_batch(task)
        return outcome
    event("billing batch checked", job=task.job_id, **result.report.totals())
    return _settle(task, Outcome(JobStatus.CHECKED, result.report))


def _load(session: Session, task: Task, result: ImportResult) -> Outcome:
    jobs.settle_loaded(session, task, result, clock().now())
    run_id = result.run.id if result.run else None
    session.commit()
    event("billing import", run=run_id, job=task.job_id, by=task.staff_id, **result.report.totals())
    if task.storage_key:
        batch_store().delete(task.storage_key)
    # Refusals of readings that were acknowledged; what fails here is left to the sweep.
    delivery.hand_over(session.info.pop(messages.OUTBOX, []))
    return Outcome(JobStatus.DONE, result.report)


def _refuse(task: Task, report: Report) -> Outcome:
    """Nothing of it was taken; all its errors are put where they can be fetched."""
    _name_package(task, report)
    if task.storage_key:
        table = fault_table(report)
        files = {extension: write(table) for extension, write in WRITERS.items()}
        batch_store().write_errors(task.storage_key, files)
    event("billing batch refused", job=task.job_id, errors=report.error_count)
    return _settle(task, Outcome(JobStatus.REFUSED, report))


def _settle(task: Task, outcome: Outcome) -> Outcome:
    session = db.session()
    job = jobs.settle(
        session, task, outcome.status, outcome.report, clock().now(), outcome.message or None
    )
    _alert(job)
    _commit()
    return outcome


def _delete_batch(task: Task) -> None:
    jobs.forget_batch(db.session(), task)
    db.session.commit()
    if task.storage_key:
        batch_store().delete(task.storage_key)


def _alert(job: ImportJob) -> None:
    # A worker and a command have no request to build an address from.
    path = current_app.url_map.bind("").build("staff.billing_job", {"job_id": job.id})
    url = config().base_url.rstrip("/") + path
    alert_failed_import(db.session(), job, config().staff_alert_emails, url, local_now())


def _commit() -> None:
    session = db.session()
    session.commit()
    delivery.hand_over(session.info.pop(messages.OUTBOX, []))


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


def _name_package(task: Task, report: Report) -> None:
    """Errors of the package itself carry the name it came with, not the one it is kept under."""
    for place, fault in enumerate(report.errors):
        if fault.file in (ARCHIVE, FILES):
            report.errors[place] = Fault(task.name, fault.message, fault.line, fault.column)


class _Progress:
    """Tells how much has been read, now and then, and never waits for the database."""

    def __init__(self, job_id: int, total: int, on_read: Progress | None) -> None:
        self._job_id = job_id
        self._total = total
        self._on_read = on_read
        self._done: dict[str, int] = {}
        self._told_at = 0.0
        self._told = -1

    def __call__(self, name: str, done: int) -> None:
        if self._on_read:
            self._on_read(name, done)
        self._done[name] = done
        read = min(sum(self._done.values()), self._total)
        is_end = read == self._total and self._told != read
        if is_end or time.monotonic() - self._told_at >= TELL_EVERY:
            try_write(db.engine, jobs.progress_statement(self._job_id, read, self._total))
            self._told_at, self._told = time.monotonic(), read
