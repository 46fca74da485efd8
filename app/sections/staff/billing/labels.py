"""Russian labels of «Загрузка» and of the balance checks."""

from __future__ import annotations

from app.domain.imports import Channel, JobStatus
from app.queries.balance_checks import Side

STATUSES = {
    # kind of the mark, label
    JobStatus.WAITING: ("wait", "В очереди"),
    JobStatus.RUNNING: ("wait", "Проверяется"),
    JobStatus.CHECKED: ("ok", "Проверен, ошибок нет"),
    JobStatus.DONE: ("ok", "Загружен"),
    JobStatus.SAME: ("ok", "Уже загружен раньше"),
    JobStatus.REFUSED: ("no", "Не принят"),
    JobStatus.FAILED: ("no", "Не получилось"),
}
LOADING = "Загружается"
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
