"""Words on loads of billing data that pages, commands and programs share."""

from __future__ import annotations

from app.actions.imports import KnownBatch
from app.actions.imports.history import LoadedRun
from app.models import ImportJob
from app.web.filters import moment

LISTED = 5


def known_words(known: KnownBatch) -> str:
    """«Этот пакет уже загружен 21.11.2026, 12:00, после него загружены: …»."""
    when = moment(known.loaded.finished_at)
    if not known.later:
        return f"Этот пакет уже загружен {when}, после него ничего не менялось: изменений нет."
    listed = "; ".join(_named(run) for run in known.later[-LISTED:])
    more = len(known.later) - LISTED
    words = f", и до них еще {more}" if more > 0 else ""
    return f"Этот пакет уже загружен {when}, после него загружены: {listed}{words}."


def _named(run: LoadedRun) -> str:
    name = f"{run.source}, batch_id {run.batch_id}" if run.batch_id else run.source
    return f"{name} ({moment(run.finished_at)})"


def busy_words(job: ImportJob | None) -> str:
    """«Идет другая загрузка: …», for whoever has to wait."""
    if job is None or job.started_at is None:
        return "Идет другая загрузка. Повторите позже."
    where = f", {job.claimed_by.rpartition(':')[0]}" if job.claimed_by else ""
    since = f"начата {moment(job.started_at)}{where}"
    return f"Идет другая загрузка: {job.name}, {since}. Повторите позже."
