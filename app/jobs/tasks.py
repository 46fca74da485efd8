"""The job runner: Huey over a file beside the database, or over Redis; thin, like routes."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec

from flask import Flask

from app.jobs import (
    access,
    delivery,
    events,
    health,
    health_alerts,
    imports,
    mailings,
    notifications,
    open_items,
    prepared_files,
    schema_guard,
)
from app.jobs.retention import delete_expired
from app.lib.file_locks import RUNNING, hold_shared
from app.lib.heartbeat import heartbeat
from app.logging import event, log_everything
from app.web import data_access, pdf_responses
from config import Config

if TYPE_CHECKING:
    from app.integrations.job_queue import JobQueue

P = ParamSpec("P")
WORKERS = 4
"""Files and imports hold at most one each, so that emails go on being sent."""


def init_app(app: Flask, config: Config) -> None:
    """Register the tasks; without a queue everything is done where it is caused."""
    if config.jobs != "queue":
        return
    from app.integrations.job_queue import make_job_queue  # noqa: PLC0415 - heavy

    huey = make_job_queue(config.redis_url, config.instance_dir / "jobs.sqlite3", config.secret_key)
    app.extensions["huey"] = huey
    _register_tasks(app, huey)
    _register_sweeps(app, huey)
    _register_periodic_tasks(app, huey)
    _register_event_task(app, huey)


def _register_tasks(app: Flask, huey: JobQueue) -> None:
    """What a request enqueues; a task carries an id at most, its state is a row."""

    @huey.task(name="deliver")
    @_guarded(app)
    def deliver(message_id: int) -> None:
        delivery.deliver(message_id)

    @huey.task(name="make_files")
    @_guarded(app)
    def make_files() -> None:
        prepared_files.make_waiting()

    @huey.task(name="run_imports")
    @_guarded(app)
    def run_imports() -> None:
        imports.run_waiting()

    @huey.task(name="run_mailings")
    @_guarded(app)
    def run_mailings() -> None:
        mailings.run_waiting()

    app.extensions["enqueue_mailings"] = _enqueue_or_leave_to_sweep(run_mailings)
    app.extensions["enqueue_delivery"] = _enqueue_or_leave_to_sweep(deliver)
    app.extensions["enqueue_files"] = _enqueue_or_leave_to_sweep(make_files)
    app.extensions["enqueue_imports"] = _enqueue_or_leave_to_sweep(run_imports)


def _register_sweeps(app: Flask, huey: JobQueue) -> None:
    """One for each kind of job, which picks up what a crash has left."""
    from huey import crontab  # noqa: PLC0415 - heavy

    @huey.periodic_task(crontab(minute="*"), name="sweep")
    @_guarded(app)
    def sweep_messages() -> None:
        delivery.sweep()
        data_access.write_waiting()

    @huey.periodic_task(crontab(minute="*"), name="make_left")
    @_guarded(app)
    def sweep_files() -> None:
        prepared_files.make_waiting()

    @huey.periodic_task(crontab(minute="*"), name="run_left_imports")
    @_guarded(app)
    def sweep_imports() -> None:
        imports.run_waiting()

    @huey.periodic_task(crontab(minute="*"), name="run_left_mailings")
    @_guarded(app)
    def sweep_mailings() -> None:
        mailings.run_waiting()


def _register_periodic_tasks(app: Flask, huey: JobQueue) -> None:
    """Open items of a new day, access that ends, health, the nightly clean-up."""
    from huey import crontab  # noqa: PLC0415 - heavy

    @huey.periodic_task(crontab(minute="*"), name="store_open_items")
    @_guarded(app)
    def store_open_items() -> None:
        open_items.store_missing()

    @huey.periodic_task(crontab(minute="2"), name="end_expired_access")
    @_guarded(app)
    def end_expired_access() -> None:
        access.end_expired_access()

    @huey.periodic_task(crontab(minute="*/5"), name="check_health")
    @_guarded(app)
    def check_health() -> None:
        health_alerts.alert()

    @huey.periodic_task(crontab(minute="20", hour="1"), name="clean_up")
    @_guarded(app)
    def clean_up_nightly() -> None:
        delete_expired()


def _register_event_task(app: Flask, huey: JobQueue) -> None:
    """What people are told of: found when its hour has come, and as it is announced."""
    from huey import crontab  # noqa: PLC0415 - heavy

    @huey.periodic_task(crontab(minute="*"), name="find_events")
    @_guarded(app)
    def find_events() -> None:
        events.find_events()
        notifications.notify()


def _guarded(app: Flask) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Run a task within the application, unless the schema is not that of its code.

    What a task was for is a row, and done when the two agree again.
    """

    def decorate(task: Callable[P, None]) -> Callable[P, None]:
        @wraps(task)
        def run_task(*args: P.args, **kwargs: P.kwargs) -> None:
            with app.app_context():
                if schema_guard.may_work(app):
                    task(*args, **kwargs)

        return run_task

    return decorate


def run(app: Flask) -> None:
    """Work until stopped."""
    log_everything()
    schema_guard.begin(app)
    pdf_responses.start_helper(app)
    app.extensions["running"] = hold_shared(Path(app.instance_path) / RUNNING)
    with app.app_context():
        beat = health.give_sign_of_life()
    # In a thread of its own: a long import must not look like a dead worker.
    with heartbeat(beat, health.BEAT_SECONDS, at_once=True):
        consumer = app.extensions["huey"].create_consumer(workers=WORKERS, worker_type="thread")
        consumer.may_renew = schema_guard.may_renew
        consumer.run()


def _enqueue_or_leave_to_sweep(task: Callable[..., object]) -> Callable[..., None]:
    def enqueue(*keys: int) -> None:
        try:
            task(*keys)
        except Exception as error:  # whatever the queue is made of
            event("queue unavailable", reason=type(error).__name__)

    return enqueue
