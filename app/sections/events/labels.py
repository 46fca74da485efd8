"""Russian labels of events, and how the list is narrowed."""

from __future__ import annotations

from app.domain.access import Role
from app.domain.events import EventKind, kinds_of

KINDS = {
    EventKind.INVOICE: "Счет",
    EventKind.DOCUMENT: "Документ",
    EventKind.CORRECTION: "Корректировка",
    EventKind.PAYMENT: "Оплата",
    EventKind.DUE: "Срок оплаты",
    EventKind.OVERDUE: "Просрочка",
    EventKind.WINDOW_OPENS: "Прием показаний",
    EventKind.WINDOW_CLOSES: "Прием показаний",
    EventKind.READINGS_MISSED: "Прием показаний",
    EventKind.READING_ACCEPTED: "Показания приняты",
    EventKind.READING_REFUSED: "Показание отклонено",
    EventKind.ANSWER: "Обращение",
    EventKind.VERIFICATION: "Поверка",
    EventKind.WORKS: "Объявление",
    EventKind.ACCESS: "Доступ",
}
ALL = "all"
_GROUPS = {
    "money": (
        "Деньги",
        (
            EventKind.INVOICE,
            EventKind.DOCUMENT,
            EventKind.CORRECTION,
            EventKind.PAYMENT,
            EventKind.DUE,
            EventKind.OVERDUE,
        ),
    ),
    "readings": (
        "Показания и приборы",
        (
            EventKind.WINDOW_OPENS,
            EventKind.WINDOW_CLOSES,
            EventKind.READINGS_MISSED,
            EventKind.READING_ACCEPTED,
            EventKind.READING_REFUSED,
            EventKind.VERIFICATION,
        ),
    ),
    "other": ("Остальное", (EventKind.ANSWER, EventKind.WORKS, EventKind.ACCESS)),
}


def filters_of(role: Role) -> dict[str, str]:
    """Labels of the groups of events that a role learns of, by their name in the address."""
    known = set(kinds_of(role))
    groups = {name: label for name, (label, kinds) in _GROUPS.items() if known & set(kinds)}
    return {ALL: "Все"} | groups


def kinds_in(group: str) -> tuple[EventKind, ...]:
    """The kinds of a group; of ``ALL`` all there are."""
    return tuple(EventKind) if group == ALL else _GROUPS[group][1]
