"""«Сегодня»: what waits as a list of tasks, the pressing ones first, and what does not wait."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import url_for

from app.queries.dashboard import Dashboard
from app.web.filters import waiting_time


@dataclass(frozen=True, slots=True)
class Task:
    """Something that waits for the staff.

    Attributes:
        count: how many; 0: nothing waits.
        absent: the same in the genitive, for «Нет: …».
        more: what else to know; empty: nothing.
        is_pressing: it is late already, or is today.
    """

    count: int
    label: str
    absent: str
    url: str
    more: str = ""
    is_pressing: bool = False


@dataclass(frozen=True, slots=True)
class Tasks:
    """Attributes:
    waiting: pressing tasks before the others, each kind in the order of the day.
    done: kinds of which nothing waits.
    """

    waiting: Sequence[Task]
    done: Sequence[Task]


def build_tasks(dashboard: Dashboard, failed_since: str) -> Tasks:
    """Sort what waits by whether it presses.

    Args:
        failed_since: first day of the messages that are counted, as an address has it.
    """
    tasks = [*_enquiries(dashboard), *_others(dashboard, failed_since)]
    waiting = [task for task in tasks if task.count]
    waiting.sort(key=lambda task: not task.is_pressing)
    return Tasks(waiting, [task for task in tasks if not task.count])


def _enquiries(dashboard: Dashboard) -> list[Task]:
    counts = dashboard.enquiries

    def url(**query: str) -> str:
        values: dict[str, Any] = {"department": "", **query}
        return url_for("staff.enquiries", **values)

    return [
        Task(
            counts.overdue,
            "Обращения просрочены",
            "просроченных обращений",
            url(term="overdue"),
            is_pressing=True,
        ),
        Task(
            counts.today,
            "Обращения: ответить сегодня",
            "обращений на сегодня",
            url(term="today"),
            is_pressing=True,
        ),
        Task(counts.mine, "Мои обращения", "моих обращений", url(who="me")),
        Task(
            counts.unassigned,
            "Обращения никто не взял",
            "обращений, которые никто не взял",
            url(who="0"),
            f"всего ждут поставщика: {counts.total}",
        ),
        Task(
            counts.soon,
            "Обращения: ответить за 3 дня, считая сегодня",
            "обращений на ближайшие 3 дня",
            url(term="soon"),
        ),
    ]


def _messages(dashboard: Dashboard, failed_since: str) -> list[Task]:
    return [
        Task(
            dashboard.failed_messages,
            "Сообщения не ушли за неделю",
            "неотправленных сообщений за неделю",
            url_for("staff.messages", first=failed_since),
            is_pressing=True,
        ),
        Task(
            dashboard.undelivered_sms,
            "Смс не доставлены за неделю",
            "недоставленных смс за неделю",
            url_for("staff.messages", state="undelivered", first=failed_since),
        ),
    ]


def _others(dashboard: Dashboard, failed_since: str) -> list[Task]:
    oldest = dashboard.oldest_registration
    late = dashboard.readings_late
    return [
        Task(
            dashboard.transfers,
            "Договор сменил потребителя",
            "договоров, сменивших потребителя",
            url_for("staff.transfers"),
            "доступ закрыт до решения",
            is_pressing=True,
        ),
        *_messages(dashboard, failed_since),
        Task(
            dashboard.registrations,
            "Регистрации ждут решения",
            "регистраций без решения",
            url_for("staff.registrations"),
            f"самая давняя ждет {waiting_time(oldest)}" if oldest else "",
        ),
        Task(
            dashboard.readings_to_check,
            "Показания на проверку",
            "показаний на проверку",
            url_for("staff.readings", department="all"),
            f"из них после срока: {late}" if late else "",
        ),
        Task(
            dashboard.readings_unacknowledged,
            "Показания выгружены, биллинг не подтвердил",
            "показаний без ответа биллинга",
            url_for("staff.reading_exchange"),
        ),
    ]


@dataclass(frozen=True, slots=True)
class DataState:
    """Shape and words of how fresh the data of billing are."""

    kind: str
    label: str


def describe_data(dashboard: Dashboard, *, is_old: bool) -> DataState:
    """Whether the data are there, dated and fresh."""
    if not dashboard.last_run:
        return DataState("no", "Данные еще не загружены")
    if not dashboard.as_of:
        return DataState("no", "Дата данных не указана")
    if is_old:
        return DataState("no", "Данные устарели")
    return DataState("ok", "Данные свежие")
