"""Russian labels of enquiries for staff, and the queue and summary as spreadsheets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from app.domain.enquiries import (
    Author,
    DeadlineFilter,
    EnquiryStatus,
    QueueState,
    Reply,
    days_overdue,
)
from app.domain.money import plural
from app.integrations.spreadsheets import Cell, Column, Kind, Table
from app.models import Enquiry, EnquiryEntry
from app.queries.enquiries.staff import QueueRow, TopicCounts
from app.sections.enquiries.labels import (
    DETAILS,
    EVENTS,
    STATUSES,
    detail_label,
    is_due,
    paragraphs,
    size_label,
)
from app.web.context import clock

# The labels of customers that pages of staff have, too.
__all__ = ["DETAILS", "detail_label", "is_due", "paragraphs", "size_label"]

STATES = {
    QueueState.WAITING: "Ждут поставщика",
    QueueState.CUSTOMER: "Ждут потребителя",
    QueueState.ANSWERED: "Отвечены",
    QueueState.CLOSED: "Закрыты",
    QueueState.ALL: "Все",
}
DEADLINES = {
    DeadlineFilter.ANY: "Любой",
    DeadlineFilter.OVERDUE: "Просрочено",
    DeadlineFilter.TODAY: "Сегодня",
    DeadlineFilter.SOON: "До 3 дней",
}
STEPS = {
    Reply.ANSWER: "Ответить",
    Reply.ASK: "Запросить уточнения",
    Reply.REJECT: "Отклонить и закрыть",
}
DONE = {
    "entered": "Обращение зарегистрировано. Номер — в заголовке, срок ответа рядом.",
    "take": "Обращение за вами.",
    "assign": "Исполнитель изменен.",
    "answer": "Ответ отправлен потребителю: он в кабинете и в письме.",
    "ask": "Вопрос отправлен потребителю: он в кабинете и в письме.",
    "reject": "Обращение отклонено, потребителю отправлено письмо.",
    "close": "Обращение закрыто, потребителю отправлено письмо.",
    "reopen": "Обращение снова открыто, потребителю отправлено письмо.",
    "topic": "Изменено, потребитель видит это в переписке.",
    "note": "Заметка записана. Потребитель ее не видит.",
    "same": "Так и было: ничего не изменилось.",
    "again": "Это уже отправлено, второй раз мы его не записали.",
}
CLOSED = {
    "closed": "Обращение уже закрыто. К нему можно добавить внутреннюю заметку, "
    "или открыть его снова",
    "reassigned": "Пока страница была открыта, у обращения сменился исполнитель. "
    "Посмотрите, кто это, и повторите, если нужно",
    "raced": "Пока вы писали, в обращении появилось новое. Прочтите переписку и отправьте еще раз",
}
NOTE = "Внутренняя заметка, потребитель ее не видит"
INTERNAL_EVENT = "Потребитель этого не видит"


@dataclass(frozen=True, slots=True)
class ThreadItem:
    """An entry of a thread as staff read it.

    Attributes:
        author: who has written it.
        event: what has changed with it; empty: nothing.
        css_class: ``reply``, ``note-in``, or empty.
    """

    entry: EnquiryEntry
    author: str
    event: str
    css_class: str


def build_thread(enquiry: Enquiry) -> list[ThreadItem]:
    """Build the whole thread, internal entries included."""
    items, status = [], None
    for entry in enquiry.entries:
        event = ""
        if entry.status and entry.status != status:
            event = EVENTS[EnquiryStatus(entry.status)]
        status = entry.status or status
        css_class = "reply" if entry.author == Author.STAFF else ""
        if entry.is_internal:
            is_note = entry.author == Author.STAFF
            event, css_class = (NOTE, "note-in") if is_note else (INTERNAL_EVENT, "")
        items.append(ThreadItem(entry, author_label(entry), event, css_class))
    return items


def author_label(entry: EnquiryEntry) -> str:
    """Who has written an entry, as staff read it."""
    if entry.author == Author.CUSTOMER:
        by = f", внес {entry.author_name}" if entry.staff_id else ""
        return f"Потребитель{by}"
    return entry.author_name or ("Кабинет" if entry.author == Author.SYSTEM else "Поставщик")


def overdue_label(status: str, due_on: date, today: date) -> str:
    """«Просрочено на 3 дня», or nothing."""
    days = days_overdue(status, due_on, today)
    if not days:
        return ""
    return f"Просрочено на {days}\u00a0{plural(days, ('день', 'дня', 'дней'))}"


@dataclass(frozen=True, slots=True)
class SummaryTotals:
    """Totals of a summary, column by column."""

    waiting: int
    overdue: int
    in_time: int
    late: int
    unanswered: int
    total: int


def sum_topics(rows: Iterable[TopicCounts]) -> SummaryTotals:
    """Sum the rows of a summary."""
    figures = [_figures(row) for row in rows]
    return (
        SummaryTotals(*(sum(column) for column in zip(*figures, strict=True)))
        if figures
        else _NOTHING
    )


_NOTHING = SummaryTotals(0, 0, 0, 0, 0, 0)


def _figures(row: TopicCounts | SummaryTotals) -> tuple[int, ...]:
    return (row.waiting, row.overdue, row.in_time, row.late, row.unanswered, row.total)


def summary_table(rows: Sequence[TopicCounts]) -> Table:
    """Counts by topic and deadline as a spreadsheet."""
    titles = (
        "Ждут ответа",
        "Просрочено",
        "Отвечено в срок",
        "Отвечено позже",
        "Закрыто без ответа",
        "Всего",
    )
    total = sum_topics(rows)
    figures: list[Sequence[Cell]] = [(row.topic, *_figures(row)) for row in rows]
    figures.append(("Итого", *_figures(total)))
    columns = [Column(title, Kind.WHOLE, 14) for title in titles]
    return Table("Обращения по видам", [Column("Вид обращения", Kind.TEXT, 40), *columns], figures)


def queue_table(rows: Sequence[QueueRow], today: date) -> Table:
    """The filtered queue as a spreadsheet."""
    columns = [
        Column("№", Kind.TEXT, 14),
        Column("Договор", Kind.TEXT, 14),
        Column("Потребитель", Kind.TEXT, 40),
        Column("Организация в обращении", Kind.TEXT, 40),
        Column("Вид обращения", Kind.TEXT, 30),
        Column("Отделение", Kind.TEXT, 24),
        Column("Исполнитель", Kind.TEXT, 24),
        Column("Статус", Kind.TEXT, 20),
        Column("Зарегистрировано", Kind.DATE, 16),
        Column("Ответ до", Kind.DATE, 12),
        Column("Просрочено, дней", Kind.WHOLE, 12),
        Column("Ответ дан", Kind.DATE, 12),
    ]
    return Table("Обращения", columns, [_queue_cells(row, today) for row in rows])


def _queue_cells(row: QueueRow, today: date) -> Sequence[Cell]:
    return (
        row.number,
        row.contract_number,
        row.customer,
        row.organisation,
        row.topic,
        row.department,
        row.assignee,
        STATUSES[EnquiryStatus(row.status)][1],
        clock().local(row.registered_at).date(),
        row.answer_due_on,
        days_overdue(row.status, row.answer_due_on, today) or None,
        clock().local(row.answered_at).date() if row.answered_at else None,
    )
