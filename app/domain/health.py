"""Health checks of an installation: from facts to «in order, warning, fault» with what to do.

One list for ``flask check``, the administrator's page, ``/health/ready`` and the alerts. This
module judges what the database tells; ``app/domain/health_services.py`` machine and network.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

WORKER_SILENT = timedelta(minutes=3)
OUTAGE = timedelta(minutes=15)
BACKUP_LATE, BACKUP_OLD = timedelta(hours=26), timedelta(hours=50)
WAITING: dict[str, tuple[str, timedelta, timedelta]] = {
    # kind of job: what waits, from which age that is a warning, a fault
    "messages": ("сообщение", timedelta(minutes=5), timedelta(minutes=15)),
    "files": ("документ", timedelta(minutes=10), timedelta(hours=1)),
    "imports": ("пакет биллинга", timedelta(hours=1), timedelta(hours=6)),
}
CHANNELS = {
    "mail": ("Письма", "Проверьте MAIL_… и сервер: flask check --send-mail АДРЕС."),
    "sms": ("Смс", "Проверьте SMS_… и счет у провайдера: flask check --send-sms НОМЕР."),
}
READINESS = ("database", "schema", "queue", "worker")
"""Without these the portal is not ready for work."""
DASHBOARD_DATA = ("worker", "delivery", "billing_data", "backup")
"""Faults of these are shown to all staff, beside those of the disk and the certificate."""
SHARED = frozenset(
    ("worker", "queue", "delivery_mail", "delivery_sms", "backup", "billing_data", "schema")
) | {"certificate"}
"""Checks with the same result on every machine: staff are told of them once."""


class HealthState(StrEnum):
    """How a check ended; in order of gravity."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """The result of one check: what is, and what to do about it."""

    key: str
    state: HealthState
    text: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Outage:
    """Attempts of a channel that failed in a row."""

    since: datetime
    failures: int
    reason: str


def find_worst(checks: Iterable[HealthCheck]) -> HealthState:
    """The gravest state of all; in order where there is no check."""
    order = list(HealthState)
    return max((check.state for check in checks), key=order.index, default=HealthState.OK)


def say_age(age: timedelta) -> str:
    """An age in the unit that says most: «40 с», «5 мин», «3 ч», «12 сут.»."""
    seconds = max(int(age.total_seconds()), 0)
    for size, unit in ((86_400, "сут."), (3_600, "ч"), (60, "мин")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} с"


def check_schema(found: str | None, newest: str, *, is_known: bool = True) -> HealthCheck:
    """Whether every migration has been applied, and none that this version does not know.

    Args:
        is_known: this version has the migration that was found.
    """
    if found == newest:
        return HealthCheck("schema", HealthState.OK, f"Схема базы: {newest}, последняя")
    waits = "работник ждет"
    if found and not is_known:
        text = f"Схема базы: {found}, новее этой версии кабинета ({newest}); {waits}"
        advice = "Поставьте версию, которой обновляли базу: deploy/upgrade ВЕРСИЯ."
        return HealthCheck("schema", HealthState.FAULT, text, advice)
    text = f"Схема базы: {found}, нужна {newest}" if found else "Схема базы: база пуста"
    advice = "Примените миграции: deploy/kabinet db upgrade, затем перезапустите службы."
    return HealthCheck("schema", HealthState.FAULT, f"{text}; {waits}", advice)


def check_worker(seen_at: datetime | None, now: datetime, *, is_needed: bool) -> HealthCheck:
    """Whether some worker has given a sign of life lately.

    Args:
        is_needed: there is a queue; without one everything is done where it is caused.
    """
    if not is_needed:
        text = "Работник: не нужен, JOBS=inline"
        return HealthCheck("worker", HealthState.OK, text)
    advice = "Запустите: systemctl restart kabinet-worker; причина: journalctl -u kabinet-worker."
    if seen_at is None:
        text = "Работник: ни разу не подавал признаков жизни"
        return HealthCheck("worker", HealthState.FAULT, text, advice)
    age = now - seen_at
    text = f"Работник: последний признак жизни {say_age(age)} назад"
    if age <= WORKER_SILENT:
        return HealthCheck("worker", HealthState.OK, text)
    return HealthCheck("worker", HealthState.FAULT, text, advice)


def check_queue(waiting_since: Mapping[str, datetime | None], now: datetime) -> HealthCheck:
    """Whether jobs are done soon after they are due.

    Args:
        waiting_since: by kind of job, from when the oldest one could have been done.
    """
    state, late = HealthState.OK, []
    for kind, since in waiting_since.items():
        name, warning, fault = WAITING[kind]
        if since is None or now - since < warning:
            continue
        late.append(f"{name} ждет {say_age(now - since)}")
        is_fault = now - since >= fault or state is HealthState.FAULT
        state = HealthState.FAULT if is_fault else HealthState.WARNING
    if not late:
        return HealthCheck("queue", HealthState.OK, "Очередь: ничего не задерживается")
    advice = "Посмотрите журнал работника и нагрузку: journalctl -u kabinet-worker."
    return HealthCheck("queue", state, f"Очередь: {', '.join(late)}", advice)


def check_delivery(channel: str, outage: Outage | None, now: datetime) -> HealthCheck:
    """Whether messages of a channel leave; one attempt that failed is not an outage yet."""
    name, advice = CHANNELS[channel]
    key = f"delivery_{channel}"
    if outage is None:
        return HealthCheck(key, HealthState.OK, f"{name}: последняя попытка удалась или их не было")
    lasts = now - outage.since
    text = f"{name}: не уходят {say_age(lasts)}, неудач подряд {outage.failures} ({outage.reason})"
    is_fault = lasts >= OUTAGE and outage.failures > 1
    return HealthCheck(key, HealthState.FAULT if is_fault else HealthState.WARNING, text, advice)


def check_backup(finished_at: datetime | None, now: datetime) -> HealthCheck:
    """Whether the last verified backup is recent."""
    advice = (
        "Сделайте копию: deploy/kabinet backup /var/backups/kabinet; "
        "таймер: systemctl status kabinet-backup.timer."
    )
    if finished_at is None:
        text = "Резервная копия: ни одной нет"
        return HealthCheck("backup", HealthState.WARNING, text, advice)
    age = now - finished_at
    text = f"Резервная копия: последняя {say_age(age)} назад"
    if age <= BACKUP_LATE:
        return HealthCheck("backup", HealthState.OK, text)
    state = HealthState.WARNING if age <= BACKUP_OLD else HealthState.FAULT
    return HealthCheck("backup", state, text, advice)


def check_billing_data(as_of: datetime | None, now: datetime, max_age: timedelta) -> HealthCheck:
    """Whether billing data are as fresh as BILLING_AGE_HOURS wants them."""
    advice = "Проверьте выгрузку биллинга и страницу «Загрузка»."
    if as_of is None:
        text = "Данные биллинга: еще не загружены, или дата данных не указана"
        return HealthCheck("billing_data", HealthState.WARNING, text, advice)
    age = now - as_of
    text = f"Данные биллинга: им {say_age(age)}"
    if age <= max_age:
        return HealthCheck("billing_data", HealthState.OK, text)
    hours = int(max_age.total_seconds() // 3600)
    text = f"{text}, допустимо {hours} ч"
    return HealthCheck("billing_data", HealthState.FAULT, text, advice)
