"""Every kind of event is a sentence that states the fact."""

from __future__ import annotations

from typing import Any

import pytest

from app.domain.events import EventKind
from app.integrations.event_texts import describe_event

SENTENCES: list[tuple[EventKind, dict[str, Any], str]] = [
    (
        EventKind.INVOICE,
        {"number": "15", "issued_on": "2026-11-01", "due_on": "2026-11-18", "amount": "1200.50"},
        "Новый счет № 15 от 01.11.2026 на 1 200,50 ₽, оплатить до 18.11.2026",
    ),
    (
        EventKind.DOCUMENT,
        {
            "number": "7",
            "kind": "upd",
            "dated_on": "2026-10-31",
            "period": "2026-10",
            "amount": "5",
        },
        "Новый документ № 7 от 31.10.2026 за октябрь 2026 на 5,00 ₽",
    ),
    (
        EventKind.DOCUMENT,
        {
            "number": "7",
            "kind": "late_interest",
            "dated_on": "2026-10-31",
            "period": "2026-10",
            "amount": "5",
        },
        "Начислены пени № 7 от 31.10.2026 за октябрь 2026 на 5,00 ₽",
    ),
    (
        EventKind.CORRECTION,
        {"number": "7", "dated_on": "2026-10-31", "period": "2026-09", "amount": "-100.00"},
        "Корректировка № 7 от 31.10.2026 за сентябрь 2026 на −100,00 ₽",
    ),
    (
        EventKind.PAYMENT,
        {"number": "44", "kind": "payment", "posted_on": "2026-11-05", "amount": "99.90"},
        "Поступила оплата 99,90 ₽ от 05.11.2026, документ № 44",
    ),
    (
        EventKind.PAYMENT,
        {"number": "", "kind": "refund", "posted_on": "2026-11-05", "amount": "99.90"},
        "Возвращена переплата 99,90 ₽ от 05.11.2026",
    ),
    (
        EventKind.DUE,
        {"due_on": "2026-11-24", "amount": "10.00", "number": "15", "days": 3},
        "Через 3 дня срок оплаты: 10,00 ₽ до 24.11.2026 по документу № 15",
    ),
    (
        EventKind.DUE,
        {"due_on": "2026-11-21", "amount": "10.00", "number": "", "days": 0},
        "Сегодня срок оплаты: 10,00 ₽ до 21.11.2026",
    ),
    (
        EventKind.OVERDUE,
        {"due_on": "2026-11-18", "amount": "10.00", "number": "15"},
        "Просрочена оплата 10,00 ₽ по документу № 15: срок был 18.11.2026",
    ),
    (
        EventKind.WINDOW_OPENS,
        {"period": "2026-11", "closes_on": "2026-12-01", "meters": 2},
        "Идет прием показаний за ноябрь 2026, до конца дня 01.12.2026: 2 прибора",
    ),
    (
        EventKind.WINDOW_CLOSES,
        {"period": "2026-11", "closes_on": "2026-12-01", "meters": 1, "days": 1},
        "Завтра, 01.12.2026, закончится прием показаний за ноябрь 2026: нет показаний 1 прибора",
    ),
    (
        EventKind.READINGS_MISSED,
        {"period": "2026-11", "closes_on": "2026-12-01", "meters": 5},
        "Прием показаний за ноябрь 2026 закончился 01.12.2026: не переданы показания 5 приборов",
    ),
    (
        EventKind.READING_ACCEPTED,
        {"period": "2026-11", "number": "12", "values": 3},
        "Приняты показания за ноябрь 2026: квитанция № 12, значений: 3",
    ),
    (
        EventKind.READING_REFUSED,
        {"period": "2026-11", "serial": "123", "reason": "меньше\nпрежнего"},
        "Отклонено показание прибора № 123 за ноябрь 2026: меньше прежнего",
    ),
    (
        EventKind.ANSWER,
        {"number": "2026-7", "reply": "ask"},
        "Нужны уточнения по обращению № 2026-7",
    ),
    (
        EventKind.VERIFICATION,
        {"verify_on": "2026-12-15", "serial": "123", "place": "Офис"},
        "До 15.12.2026 нужна поверка прибора № 123, Офис",
    ),
    (EventKind.WORKS, {"text": "{{ 7*7 }} отключат"}, "{{ 7*7 }} отключат"),
    (
        EventKind.ACCESS,
        {"change": "accepted", "person": "Белова И.", "role": "accountant"},
        "Новый доступ к договору: Белова И., бухгалтер",
    ),
]


@pytest.mark.parametrize(("kind", "facts", "sentence"), SENTENCES)
def test_a_sentence_states_the_fact(kind: EventKind, facts: dict[str, Any], sentence: str) -> None:
    assert describe_event(kind, facts).replace("\u00a0", " ") == sentence


def test_every_kind_has_a_sentence() -> None:
    assert {kind for kind, _, _ in SENTENCES} == set(EventKind)
