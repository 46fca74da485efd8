"""Closing an enquiry and opening it again, as the clerk and the customer see it."""

from __future__ import annotations

import pytest

from app.models import Enquiry
from app.sections.enquiries.forms import MAX_TEXT
from tests.factories import Factory
from tests.outbox import Outbox, part
from tests.pages import PageClient
from tests.sections.staff.enquiry_steps import (
    THREAD,
    URL,
    audit_events,
    fresh,
    status_of,
    step,
    thread,
)


def test_closing_asks_first_and_the_customer_reads_the_last_word(
    clerk: PageClient, customer: PageClient, make: Factory, enquiry: Enquiry, outbox: Outbox
) -> None:
    question = clerk.open(URL).select_one("details#close:not([open])")
    assert "получит об этом письмо" in question.text
    assert "Ответа на него еще не было" in question.text
    soup = step(clerk, "close", close_text="Вопрос решен по телефону")
    assert "потребителю отправлено письмо" in soup.select_one("[role=status]").text
    assert "Вопрос решен по телефону" in thread(customer)[-1]
    assert "Обращение закрыто" in thread(customer)[-1]
    (email,) = outbox.emails("buh@example.org")
    assert email["Subject"] == "Обращение № 2026-000001 закрыто"
    assert "Вопрос решен по телефону" in part(email, "plain")
    assert "Сотрудник operator" in part(email, "plain")


def test_a_last_word_that_is_too_long_is_kept_and_nothing_is_closed(
    clerk: PageClient, make: Factory, enquiry: Enquiry, outbox: Outbox
) -> None:
    soup = step(clerk, "close", 422, close_text="ы" * (MAX_TEXT + 1))
    assert soup.select_one("details#close[open] .error")
    assert len(soup.select_one("#close_text").text.strip()) == MAX_TEXT + 1
    assert fresh(make).status == "registered"
    assert outbox.emails() == []


@pytest.mark.parametrize(
    ("steps", "before"),
    [
        ([], "Зарегистрировано"),
        ([("take", {})], "В работе"),
        ([("messages", {"step": "ask", "text": "Какой прибор?"})], "Требуется уточнение"),
        ([("messages", {"step": "answer", "text": "Верно"})], "Ответ дан"),
    ],
)
@pytest.mark.parametrize("ending", ["close", "reject"])
def test_a_closed_enquiry_is_opened_again_as_it_was(
    clerk: PageClient,
    customer: PageClient,
    make: Factory,
    enquiry: Enquiry,
    outbox: Outbox,
    steps: list[tuple[str, dict[str, str]]],
    before: str,
    ending: str,
) -> None:
    for name, fields in steps:
        step(clerk, name, **fields)
    due, answered = fresh(make).answer_due_on, fresh(make).answered_at
    if ending == "close":
        step(clerk, "close")
    else:
        step(clerk, "messages", step="reject", text="Не по адресу")
    assert fresh(make).closed_at is not None
    sent = len(outbox.emails())
    soup = step(clerk, "reopen")
    assert "Обращение снова открыто" in soup.select_one("[role=status]").text
    assert status_of(customer) == before
    assert "Обращение снова открыто" in thread(customer)[-1]
    now = fresh(make)
    assert (now.closed_at, now.answer_due_on, now.answered_at) == (None, due, answered)
    email = outbox.emails("buh@example.org")[-1]
    assert len(outbox.emails()) == sent + 1
    assert email["Subject"] == "Обращение № 2026-000001 снова открыто"
    assert ("не позже" in part(email, "plain")) is (before != "Ответ дан")
    assert (audit_events(make)[-1].action, audit_events(make)[-1].changes["status"][0]) == (
        "enquiry.reopen",
        "closed" if ending == "close" else "rejected",
    )
    step(customer, "messages", url=THREAD, text="Спасибо")
    step(clerk, "messages", text="Пожалуйста")


def test_the_customer_is_asked_before_closing_and_a_clerk_can_undo_it(
    clerk: PageClient, customer: PageClient, make: Factory, enquiry: Enquiry
) -> None:
    question = customer.open(THREAD).select_one("details:has(form[action$='/close'])")
    assert "Дополнить закрытое обращение нельзя" in question.text
    step(customer, "close", url=THREAD)
    assert status_of(customer) == "Закрыто"
    step(clerk, "reopen")
    assert status_of(customer) == "Зарегистрировано"
    soup = clerk.open(URL)
    assert not soup.select("form[action$='/reopen']")
    assert soup.select_one("form[action$='/close']")
