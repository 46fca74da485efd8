"""Rules of enquiries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest

from app.domain.enquiries import (
    OPEN,
    EnquiryStatus,
    Reply,
    TopicUse,
    answer_due_on,
    find_topic,
    is_topic_for,
    registration_number,
    status_after_addition,
)


@dataclass(frozen=True)
class Topic:
    external_id: str
    name: str


def test_thirty_days_are_counted_from_the_day_after_registration() -> None:
    assert answer_due_on(date(2026, 11, 21), 30) == date(2026, 12, 21)
    assert answer_due_on(date(2028, 2, 1), 30) == date(2028, 3, 2)


def test_a_number_says_the_year_and_is_never_given_twice() -> None:
    assert registration_number(17, date(2026, 12, 31)) == "2026-000017"
    numbers = {registration_number(key, date(2026, 1, 1)) for key in range(1, 2000)}
    assert len(numbers) == 1999


@pytest.mark.parametrize(
    ("topic", "use"),
    [
        (Topic("edo", "Что-то"), TopicUse.EDO),
        (Topic("portal:quality", "x"), TopicUse.QUALITY),
        (Topic("17", "Переход на ЭДО"), TopicUse.EDO),
        (Topic("18", "Качество электроэнергии"), TopicUse.QUALITY),
        (Topic("19", "Изменение реквизитов"), TopicUse.DETAILS),
        (Topic("20", "Приборы учёта"), TopicUse.METERS),
    ],
)
def test_a_topic_is_known_by_its_id_or_its_name(topic: Topic, use: TopicUse) -> None:
    assert is_topic_for(topic, use)
    assert [item for item in TopicUse if is_topic_for(topic, item)] == [use]


def test_an_exact_id_goes_before_a_name() -> None:
    by_name, exact = Topic("1", "Показания и расчеты"), Topic("readings", "Иное")
    assert find_topic([by_name, exact], TopicUse.READINGS) == exact
    assert find_topic([by_name], TopicUse.READINGS) == by_name
    assert find_topic([], TopicUse.READINGS) is None


def test_every_reply_leads_somewhere_and_an_addition_back_to_the_supplier() -> None:
    assert {reply.leads_to for reply in Reply} == set(EnquiryStatus) - {EnquiryStatus.REGISTERED}
    assert {status_after_addition(status) for status in OPEN} == {
        EnquiryStatus.REGISTERED,
        EnquiryStatus.IN_WORK,
    }
