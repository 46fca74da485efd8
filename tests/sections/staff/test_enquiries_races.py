"""Races of staff: a form sent twice, two clerks at once, files that are refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from sqlite3 import connect

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.actions.enquiries.attachments import AttachmentStorage
from app.models import Attachment, Enquiry, StaffMember
from tests.factories import Factory
from tests.outbox import Outbox
from tests.pages import PageClient
from tests.sections.enquiries.steps import PDF, body_of, fields_of, files
from tests.sections.staff.enquiry_steps import (
    THREAD,
    URL,
    entries,
    form_of,
    fresh,
    send,
    step,
    thread,
)
from tests.sections.test_registration_postgres import at_once


def stored(app: Flask) -> list[str]:
    storage: AttachmentStorage = app.extensions["attachment_storage"]
    return list(storage.store.list_before(datetime(2099, 1, 1, tzinfo=UTC)))


def typed(soup, step: str, name: str) -> str:
    return str(fields_of(soup.select_one(f"form[action='{URL}/{step}']"))[name])


@pytest.mark.parametrize(("name", "field"), [("messages", "text"), ("notes", "note")])
def test_a_form_sent_twice_makes_one_entry_and_other_words_another(
    clerk: PageClient, make: Factory, enquiry: Enquiry, outbox: Outbox, name: str, field: str
) -> None:
    data = form_of(clerk.open(URL), name) | {field: "Первое"}
    send(clerk, data, name)
    again = send(clerk, data, name)
    assert "второй раз мы его не записали" in again.select_one("[role=status]").text
    assert len(entries(make)) == 2
    send(clerk, data | {field: "После «Назад»"}, name)
    assert [entry.text for entry in entries(make)][1:] == ["Первое", "После «Назад»"]
    assert len(outbox.emails()) == (2 if name == "messages" else 0)


def test_twelve_posts_of_one_answer_at_once_are_one(
    app: Flask, clerk: PageClient, make: Factory, enquiry: Enquiry, outbox: Outbox
) -> None:
    data = form_of(clerk.open(URL), "messages") | {"text": "Ответ"}
    assert set(at_once(app, clerk, f"{URL}/messages", data)) == {303}
    assert len(entries(make)) == 2
    assert len(outbox.emails()) == 1


def test_the_second_of_two_clerks_who_answer_reads_the_first_and_keeps_the_words(
    clerk: PageClient, manager: PageClient, make: Factory, enquiry: Enquiry, outbox: Outbox
) -> None:
    data = form_of(clerk.open(URL), "messages") | {"text": "Мой ответ", "step": "ask"}
    step(manager, "messages", text="Ответ руководителя")
    soup = send(clerk, data, "messages", 409)
    assert "появилось новое" in soup.select_one("#error-summary").text
    assert "Ответ руководителя" in soup.select_one(".thread").text
    assert typed(soup, "messages", "text") == "Мой ответ"
    assert typed(soup, "messages", "step") == "ask"
    assert fresh(make).status == "answered"
    assert len(outbox.emails()) == 1
    send(clerk, form_of(soup, "messages"), "messages")
    assert fresh(make).status == "needs_details"
    assert [entry.text for entry in entries(make)][1:] == ["Ответ руководителя", "Мой ответ"]


@pytest.mark.parametrize("name", ["messages", "close"])
def test_what_the_customer_has_added_meanwhile_is_read_first(
    clerk: PageClient, customer: PageClient, make: Factory, enquiry: Enquiry, name: str
) -> None:
    data = form_of(clerk.open(URL), name) | ({"text": "Ответ"} if name == "messages" else {})
    addition = form_of(customer.open(THREAD), "messages", THREAD) | {"text": "И еще вопрос"}
    send(customer, addition, "messages", 303, THREAD)
    soup = send(clerk, data, name, 409)
    assert "появилось новое" in soup.select_one("#error-summary").text
    assert "И еще вопрос" in soup.select_one(".thread").text
    assert fresh(make).status == "registered"
    send(clerk, form_of(soup, name) | ({"text": "Ответ"} if name == "messages" else {}), name)
    assert fresh(make).status in ("answered", "closed")


def test_notes_and_assignments_of_colleagues_do_not_stop_an_answer(
    clerk: PageClient, manager: PageClient, make: Factory, enquiry: Enquiry
) -> None:
    data = form_of(clerk.open(URL), "messages") | {"text": "Ответ"}
    boss = make.session.scalars(select(StaffMember.id).filter_by(login="manager")).one()
    step(manager, "notes", note="Проверьте сумму")
    step(manager, "assign", assignee=str(boss))
    send(clerk, data, "messages")
    assert fresh(make).status == "answered"


def test_the_customer_closes_while_a_clerk_writes(
    app: Flask,
    clerk: PageClient,
    customer: PageClient,
    make: Factory,
    enquiry: Enquiry,
    outbox: Outbox,
) -> None:
    data = form_of(clerk.open(URL), "messages") | {"text": "Длинный ответ"}
    send(customer, form_of(customer.open(THREAD), "close", THREAD), "close", 303, THREAD)
    soup = send(clerk, data, "messages", 409, files=files(("a.pdf", PDF)))
    assert "уже закрыто" in soup.select_one("#error-summary").text
    assert "Длинный ответ" in soup.select_one("main .note.warn").text
    assert fresh(make).status == "closed"
    assert len(entries(make)) == 2
    assert outbox.emails() == []
    assert stored(app) == []


def test_of_two_clerks_who_take_one_enquiry_the_second_learns_whose_it_is(
    clerk: PageClient, manager: PageClient, make: Factory, enquiry: Enquiry
) -> None:
    data = form_of(clerk.open(URL), "take")
    step(manager, "take")
    soup = send(clerk, data, "take", 409)
    assert "сменился исполнитель" in soup.select_one("#error-summary").text
    assert "Сотрудник manager" in soup.select_one("dl.kv").text
    assert len(entries(make)) == 2
    send(clerk, form_of(soup, "take"), "take")
    mine = make.session.scalars(select(StaffMember.id).filter_by(login="operator")).one()
    assert fresh(make).assignee_id == mine


def test_a_step_that_was_taken_already_is_told_and_not_repeated(
    app: Flask, clerk: PageClient, make: Factory, enquiry: Enquiry
) -> None:
    page = clerk.open(URL)
    claim = form_of(page, "take")
    assert set(at_once(app, clerk, f"{URL}/take", claim)) == {303}
    assert len(entries(make)) == 2
    topic = form_of(page, "topic") | {"topic": "2"}
    statuses = at_once(app, clerk, f"{URL}/topic", topic)
    assert set(statuses) <= {303, 409}
    assert 303 in statuses
    assert len(entries(make)) == 3
    close = form_of(page, "close")
    assert set(at_once(app, clerk, f"{URL}/close", close)) == {303}
    assert len(entries(make)) == 4
    reopen = form_of(clerk.open(URL), "reopen")
    assert set(at_once(app, clerk, f"{URL}/reopen", reopen)) == {303}
    assert len(entries(make)) == 5


@pytest.mark.parametrize(("name", "field"), [("messages", "text"), ("notes", "note")])
def test_refused_files_are_named_and_the_words_stay(
    app: Flask,
    clerk: PageClient,
    make: Factory,
    enquiry: Enquiry,
    outbox: Outbox,
    name: str,
    field: str,
) -> None:
    data = form_of(clerk.open(URL), name) | {field: "Не потеряйте"}
    brought = files(("хорошо.pdf", PDF), ("плохо.exe", b"MZ"), ("пусто.pdf", b""))
    soup = send(clerk, data, name, 422, files=brought)
    faults = soup.select_one("#error-summary").text
    assert "«плохо.exe»" in faults
    assert "«пусто.pdf»" in faults
    assert "хорошо" not in faults
    box = soup.select_one(soup.select_one("#error-summary a")["href"])
    assert box.find_parent("form")["action"] == f"{URL}/{name}"
    assert "Выберите файлы снова" in soup.select_one(f"#{box['id']}-error").text
    assert typed(soup, name, field) == "Не потеряйте"
    assert len(entries(make)) == 1
    assert make.session.scalar(select(func.count(Attachment.id))) == 0
    assert stored(app) == []
    send(clerk, form_of(soup, name), name, files=files(("хорошо.pdf", PDF)))
    (shown,) = make.session.scalars(select(Attachment))
    assert (shown.name, shown.account_id, len(stored(app))) == ("хорошо.pdf", None, 1)


def test_too_many_files_and_one_that_is_too_large_are_refused(
    make_app: Callable[..., Flask], make: Factory, enquiry: Enquiry
) -> None:
    small = PageClient(make_app(attachments_per_message=2, attachment_max_mb=1))
    small.sign_in_staff("operator")
    data = form_of(small.open(URL), "notes")
    three = [(f"{number}.pdf", PDF + bytes([number])) for number in range(3)]
    soup = send(small, data, "notes", 422, files=files(*three))
    assert "не больше 2 файлов" in soup.select_one("#error-summary").text
    large = ("большой.pdf", PDF + b"0" * 1_100_000)
    soup = send(small, data | {"note": "Текст"}, "notes", 413, files=files(large))
    assert "больше 1 МБ" in soup.select_one("#error-summary").text
    assert typed(soup, "notes", "note") == "Текст"


def test_words_are_needed_and_have_an_end(
    clerk: PageClient, make: Factory, enquiry: Enquiry
) -> None:
    soup = step(clerk, "messages", 422, text=" \n ")
    assert soup.title.text.startswith("Ошибка · ")
    assert soup.select_one("#error-summary a")["href"] == "#text"
    assert soup.select_one("#text")["aria-invalid"] == "true"
    soup = step(clerk, "messages", 422, text="я" * 5001)
    assert len(typed(soup, "messages", "text")) == 5001
    assert "Что сделать" in step(clerk, "messages", 422, text="x", step="take").text
    soup = step(clerk, "notes", 422, note=" ")
    assert soup.select_one("#error-summary a")["href"] == "#note"
    assert len(entries(make)) == 1


def test_a_busy_database_gives_the_words_back(
    short_busy_timeout: None,
    clerk: PageClient,
    make: Factory,
    enquiry: Enquiry,
    tmp_path: Path,
) -> None:
    data = form_of(clerk.open(URL), "messages") | {"text": "Не потеряйте"}
    make.session.close()
    holder = connect(tmp_path / "kabinet.sqlite3", isolation_level=None)
    holder.execute("begin immediate")
    try:
        answer = clerk.client.post(f"{URL}/messages", **body_of(data))
    finally:
        holder.execute("rollback")
        holder.close()
    assert answer.status_code == 503
    clerk.last = answer
    assert typed(clerk.check_last(), "messages", "text") == "Не потеряйте"
    send(clerk, form_of(clerk.check_last(), "messages"), "messages")
    assert "Не потеряйте" in thread(clerk, URL)[-1]
