"""Shape batches, runs and months of balance checks for the pages of «Загрузка»."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from flask import url_for

from app.domain.formats import counted
from app.domain.imports import DISCARDABLE, NEXT_GOAL, PENDING, Channel, JobGoal, JobStatus
from app.domain.period import Month
from app.models import ImportJob, ImportRun
from app.queries.import_jobs import JobRow, RunRow
from app.sections.enquiries.labels import size_label
from app.sections.staff.billing.labels import CHANNELS, LOADING, MODES, STATUSES
from app.web.filters import plain
from app.web.pager import Pager

READ_SHARE = 0.99
"""Part of a batch that has been read when what follows is writing."""


@dataclass(frozen=True, slots=True)
class JobLine:
    """A batch in the list of those that are not loaded yet."""

    url: str
    name: str
    batch_id: str | None
    sent_at: datetime
    sender: str
    size: str
    mark: str
    status: str


@dataclass(frozen=True, slots=True)
class RunLine:
    """A load in the list of those that are done; ``kind`` follows the source: «, полная, демо»."""

    url: str
    finished_at: datetime
    as_of: datetime | None
    source: str
    kind: str
    batch_id: str | None
    loader: str
    written: str
    warning_count: int


@dataclass(frozen=True, slots=True)
class JobView:
    """A batch on its page.

    Attributes:
        seen: what the page sends when it polls, so that nothing is answered without a change.
        go_on: label and style of the button that goes on; None: nothing to go on with.
    """

    url: str
    seen: str
    sent: str
    mark: tuple[str, str]
    progress: str
    is_pending: bool
    is_running: bool
    has_files: bool
    go_on: tuple[str, str] | None
    may_discard: bool


def present_job(row: JobRow) -> JobLine:
    """Shape a batch for the list."""
    job = row.job
    mark, status = mark_and_status(job)
    return JobLine(
        url_for("staff.billing_job", job_id=job.id),
        job.name,
        job.batch_id,
        job.created_at,
        sender_of(row),
        size_label(job.size),
        mark,
        status,
    )


def present_run(row: RunRow) -> RunLine:
    """Shape a load for the list."""
    run = row.run
    return RunLine(
        url_for("staff.billing_run", run_id=run.id),
        run.finished_at,
        run.as_of,
        run.source,
        f", {MODES.get(run.mode, run.mode)}{', демо' if run.is_demo else ''}",
        run.batch_id,
        loader_of(row),
        _describe_written(run.counts),
        len(run.warnings),
    )


def view_job(row: JobRow, before: int) -> JobView:
    """Shape a batch for its page.

    Args:
        before: how many batches wait before it.
    """
    job = row.job
    return JobView(
        url=url_for("staff.billing_job", job_id=job.id),
        seen=f"{job.status}-{job.bytes_done}",
        sent=f"{sender_of(row)}, {size_label(job.size)}",
        mark=mark_and_status(job),
        progress=describe_progress(job, before),
        is_pending=job.status in PENDING,
        is_running=job.status == JobStatus.RUNNING,
        has_files=bool(job.storage_key),
        go_on=_go_on(job),
        may_discard=job.status in DISCARDABLE and job.storage_key is not None,
    )


def mark_and_status(job: ImportJob) -> tuple[str, str]:
    """Mark and label of a batch's status."""
    mark, label = STATUSES[JobStatus(job.status)]
    is_loading = job.status == JobStatus.RUNNING and job.goal == JobGoal.LOAD
    return mark, LOADING if is_loading else label


def describe_progress(job: ImportJob, before: int) -> str:
    """How far a batch is, beside its status.

    Args:
        before: how many batches wait before it.
    """
    match job.status:
        case JobStatus.WAITING:
            return f"Перед ним: {counted(before, 'пакет', 'пакета', 'пакетов')}." if before else ""
        case JobStatus.RUNNING:
            return _describe_running(job)
        case JobStatus.CHECKED:
            return "Пока ничего не записано."
        case JobStatus.SAME:
            return job.message or "Эти же файлы уже загружены."
        case JobStatus.REFUSED:
            errors = plain(Decimal(job.error_count))
            return f"Ошибок: {errors}. В кабинете ничего не изменилось."
    return job.message or ""


def _describe_running(job: ImportJob) -> str:
    if job.bytes_done >= READ_SHARE * job.bytes_total > 0:
        step = "записываем в базу" if job.goal == JobGoal.LOAD else "сверяем с базой"
        return (
            f"Файлы прочитаны, {step}. Кабинет в это время можно смотреть, а отправить что-то "
            "удастся через несколько минут."
        )
    if job.bytes_total:
        return f"Прочитано {size_label(job.bytes_done)} из {size_label(job.bytes_total)}."
    return "Открываем пакет."


def _go_on(job: ImportJob) -> tuple[str, str] | None:
    goal = NEXT_GOAL.get(JobStatus(job.status)) if job.storage_key else None
    if goal is None:
        return None
    if job.status == JobStatus.SAME:
        return "Загрузить снова", "btn alt"
    if goal is JobGoal.LOAD:
        return "Загрузить", "btn"
    return "Проверить еще раз", "btn alt"


def describe_mode(run: ImportRun) -> str:
    """«полная, демонстрационные данные, без манифеста: полнота не проверена»."""
    mode = MODES.get(run.mode, run.mode)
    demo = ", демонстрационные данные" if run.is_demo else ""
    unverified = "" if run.is_verified else ", без манифеста: полнота не проверена"
    return f"{mode}{demo}{unverified}"


def sender_of(row: JobRow) -> str:
    """Who sent a batch."""
    return row.staff_name or CHANNELS[Channel(row.job.channel)]


def loader_of(row: RunRow) -> str:
    """Who had a batch loaded."""
    if row.staff_name:
        return row.staff_name
    return CHANNELS[Channel.API if row.was_sent else Channel.COMMAND]


def describe_balances(month: Month, pager: Pager, has_balances: bool) -> str:
    """«Октябрь 2026: не сходится 3 договора, показаны с 1 по 3.»."""
    if pager.total:
        contracts = counted(pager.total, "договор", "договора", "договоров")
        result = f"не сходится {contracts}, показаны с {pager.first_row} по {pager.last_row}."
    elif has_balances:
        result = "все договоры сходятся."
    else:
        result = "остатков и операций нет."
    return f"{month.label}: {result}"


def _describe_written(counts: dict[str, dict[str, int]]) -> str:
    """«новых 3, изменено 0, снято 1», over all files."""
    totals = (
        (label, sum(of_file.get(name, 0) for of_file in counts.values()))
        for name, label in (("added", "новых"), ("changed", "изменено"), ("withdrawn", "снято"))
    )
    return ", ".join(f"{label} {plain(Decimal(total))}" for label, total in totals)
