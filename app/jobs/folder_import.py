"""Load a batch that lies in a folder of the server, as a command does it."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy.exc import OperationalError

from app.actions.claims import new_claimant
from app.actions.imports import jobs
from app.actions.imports.idempotency import read_batch_id
from app.actions.imports.jobs import NewBatch, Task
from app.domain.errors import DomainError
from app.domain.imports import MAX_NAME, Channel, JobGoal
from app.extensions import db
from app.integrations.batch_archive import PackageError
from app.integrations.billing_files import Package
from app.jobs.imports import Outcome, Progress, execute, requeue_expired
from app.models import ImportJob
from app.queries.import_jobs import find_running
from app.web.context import clock, config
from app.web.forms import printable


class AnotherImportError(DomainError):
    """Another load runs; ``job`` says which."""

    def __init__(self, job: ImportJob | None) -> None:
        super().__init__("another import runs")
        self.job = job


def load_from_path(
    path: Path, options: dict[str, Any], goal: JobGoal, on_read: Progress
) -> Outcome | None:
    """Claim the import, run it, and leave a job that tells what came of it. Commits.

    Args:
        options: as a job stores them.

    Raises:
        AnotherImportError: two loads never run at once.
    """
    task = _claim(_describe(path, options, goal))
    may_cover_demo = not config().production
    outcome = execute(
        task, nullcontext(path), jobs.import_options(task.options, may_cover_demo), on_read
    )
    if goal is JobGoal.CHECK:
        jobs.forget_check(db.session(), task)
        db.session.commit()
    # What was sent meanwhile has waited for this claim.
    if enqueue := current_app.extensions.get("enqueue_imports"):
        enqueue()
    return outcome


def _claim(batch: NewBatch) -> Task:
    session = db.session()
    try:
        requeue_expired()
        if (running := find_running(session)) is not None:
            raise AnotherImportError(running)
        task = jobs.start_job(session, batch, new_claimant(), clock().now())
        session.commit()
    except OperationalError:
        # On SQLite whoever loads holds the only lock.
        session.rollback()
        if (running := find_running(session)) is None:
            raise
        raise AnotherImportError(running) from None
    if task is None:
        raise AnotherImportError(find_running(session))
    return task


def _describe(path: Path, options: dict[str, Any], goal: JobGoal) -> NewBatch:
    """What is known of a package before it is read; one that cannot be read is noted, too."""
    batch_id, size = None, 0
    try:
        with Package(path) as package:
            batch_id, size = read_batch_id(package), sum(package.sizes.values())
    except PackageError:
        pass
    name = printable(path.name or str(path)).strip()[:MAX_NAME]
    return NewBatch(name, None, size, options, goal, Channel.COMMAND, None, batch_id)
