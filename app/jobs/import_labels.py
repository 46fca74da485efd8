"""Russian sentences about loads of billing data that pages, commands and programs share."""

from __future__ import annotations

from app.actions.imports.idempotency import AlreadyLoaded, LoadedRun
from app.models import ImportJob
from app.web.filters import moment

LISTED = 5


def describe_already_loaded(loaded: AlreadyLoaded) -> str:
    """«Этот пакет уже загружен 21.11.2026, 12:00, после него загружены: …»."""
    when = moment(loaded.run.finished_at)
    if not loaded.followed_by:
        return f"Этот пакет уже загружен {when}, после него ничего не менялось: изменений нет."
    listed = "; ".join(_name_of(run) for run in loaded.followed_by[-LISTED:])
    unlisted = len(loaded.followed_by) - LISTED
    before = f", и до них еще {unlisted}" if unlisted > 0 else ""
    return f"Этот пакет уже загружен {when}, после него загружены: {listed}{before}."


def _name_of(run: LoadedRun) -> str:
    name = f"{run.source}, batch_id {run.batch_id}" if run.batch_id else run.source
    return f"{name} ({moment(run.finished_at)})"


def describe_running(job: ImportJob | None) -> str:
    """«Идет другая загрузка: …», for whoever has to wait; None: nothing is known of it."""
    if job is None or job.started_at is None:
        return "Идет другая загрузка. Повторите позже."
    where = f", {job.claimed_by.rpartition(':')[0]}" if job.claimed_by else ""
    since = f"начата {moment(job.started_at)}{where}"
    return f"Идет другая загрузка: {job.name}, {since}. Повторите позже."
