"""Words of «Загрузка» and of the reconciliation report."""

from __future__ import annotations

from app.domain.imports import Channel, JobGoal, JobStatus
from app.models import ImportJob
from app.queries.balance_checks import Side
from app.queries.import_jobs import JobRow, RunRow

STATUSES = {
    # kind of the mark, words
    JobStatus.WAITING: ("wait", "В очереди"),
    JobStatus.RUNNING: ("wait", "Проверяется"),
    JobStatus.CHECKED: ("ok", "Проверен, ошибок нет"),
    JobStatus.DONE: ("ok", "Загружен"),
    JobStatus.SAME: ("ok", "Уже загружен раньше"),
    JobStatus.REFUSED: ("no", "Не принят"),
    JobStatus.FAILED: ("no", "Не получилось"),
}
CHANNELS = {
    Channel.PAGE: "сотрудник",
    Channel.API: "биллинг",
    Channel.COMMAND: "командная строка",
}
MODES = {"full": "полная", "delta": "изменения"}
SIDES = {
    Side.CHARGED: "Начислено",
    Side.CORRECTED: "Корректировки",
    Side.LATE_INTEREST: "Пени",
    Side.PAID: "Оплачено",
    Side.CLOSING: "Конечное сальдо",
    Side.OPENING: "Начальное сальдо",
}
MERGING = 0.99
"""Part of a batch that is read when what follows is writing."""


def status_of(job: ImportJob) -> tuple[str, str]:
    """Mark and words of a batch's status."""
    kind, words = STATUSES[JobStatus(job.status)]
    if job.status == JobStatus.RUNNING and job.goal == JobGoal.LOAD:
        words = "Загружается"
    return kind, words


def is_merging(job: ImportJob) -> bool:
    """Whether all of a running batch has been read."""
    return job.status == JobStatus.RUNNING and job.bytes_done >= MERGING * job.bytes_total > 0


def sender_of(row: JobRow) -> str:
    """Who sent a batch."""
    return row.staff_name or CHANNELS[Channel(row.job.channel)]


def loader_of(row: RunRow) -> str:
    """Who had a batch loaded."""
    if row.staff_name:
        return row.staff_name
    return CHANNELS[Channel.API if row.was_sent else Channel.COMMAND]


def written_by(counts: dict[str, dict[str, int]]) -> dict[str, int]:
    """How many rows of all files were added, changed and withdrawn."""
    return {
        name: sum(each.get(name, 0) for each in counts.values())
        for name in ("added", "changed", "withdrawn")
    }
