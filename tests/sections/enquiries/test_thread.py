"""A thread: messages both ways, «Дополнить», «Закрыть», the rating."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import select

from app.actions.billing_export import export_for_billing
from app.domain.access import Role
from app.extensions import db
from app.integrations.file_store import FolderFileStore
from app.jobs.delivery import sweep
from app.models import Account, Attachment, AuditEvent, Contract, Enquiry, EnquiryDraft
from tests.conftest import NOW
from tests.factories import Factory
from tests.outbox import Outbox, part
from tests.pages import PageClient
from tests.sections.enquiries.steps import PDF, fields_of, files, send, submit_form
from tests.sections.test_registration_postgres import at_once

URL = "/contracts/1/enquiries/1"


@pytest.fixture
def enquiry(make: Factory, contract: Contract, account: Account) -> Enquiry:
    enquiry = make.enquiry(contract, account, number="2026-000001")
    make.commit()
    return enquiry


def reply(app: Flask, *arguments: str, code: int = 0) -> str:
    """The clerk's command; its output."""
    result = app.test_cli_runner().invoke(args=["enquiry-reply", "2026-000001", *arguments])
    assert result.exit_code == code, result.output
    with app.app_context():
        sweep()
    return result.output


def fields(page: PageClient) -> dict[str, str]:
    return fields_of(page.open(URL).select_one("form.enquiry"))


def add(page: PageClient, text: str, **more: object) -> BeautifulSoup:
    data = fields(page) | {"text": text}
    answer = submit_form(page, data, url=f"{URL}/messages", **more)
    return page.open(answer.headers["Location"])


def listed(page: PageClient, status: str) -> BeautifulSoup:
    return page.open(f"/contracts/1/enquiries?status={quote(status)}")


def messages(page: PageClient) -> list[str]:
    return [item.text for item in page.open(URL).select(".thread > li")]


def test_an_answer_reaches_the_customer_in_words_not_only_as_a_link(
    app: Flask, page: PageClient, enquiry: Enquiry, outbox: Outbox, tmp_path: Path
) -> None:
    document = tmp_path / "расчет.pdf"
    document.write_bytes(PDF)
    reply(
        app,
        "--text",
        "Сумма верна.\n\n[[Нажмите]] сюда",
        "--staff",
        "Петрова М. И.",
        "--file",
        str(document),
    )
    soup = page.open(URL)
    assert "Ответ дан" in soup.select_one(".status").text
    answer = soup.select(".thread > li")[-1]
    assert "Петрова М. И." in answer.text
    assert "Сумма верна." in answer.text
    assert "расчет.pdf" in answer.text
    (email,) = outbox.emails("buh@example.org")
    assert "Ответ на обращение № 2026-000001" in email["Subject"]
    expected = part(email, "plain")
    assert "Сумма верна." in expected
    assert "Петрова М. И." in expected
    assert "Приложено файлов: 1" in expected
    assert "[[" not in expected
    assert "Дан ответ на обращение" in page.get("home.index", contract_id=1).text


def test_a_question_is_answered_in_the_thread_and_it_is_the_supplier_s_turn_again(
    app: Flask, page: PageClient, enquiry: Enquiry, make: Factory
) -> None:
    reply(app, "--do", "ask", "--text", "Какой прибор?")
    soup = page.open(URL)
    assert "Требуется уточнение" in soup.select_one(".status").text
    assert "нужны уточнения" in page.get("home.index", contract_id=1).text
    add(page, "Прибор № 5", files=files(("фото.png", b"\x89PNG\r\n\x1a\n" + b"0" * 20)))
    assert "Прибор № 5" in messages(page)[-1]
    assert "фото.png" in messages(page)[-1]
    make.session.refresh(enquiry)
    assert enquiry.status == "in_work"
    assert make.session.scalars(select(EnquiryDraft)).all() == []


@pytest.mark.parametrize("do", ["ask", "answer", "reject"])
def test_a_clerk_who_says_something_needs_words(app: Flask, enquiry: Enquiry, do: str) -> None:
    assert "нужен текст" in reply(app, "--do", do, code=1)


def test_commands_list_what_waits_and_name_what_is_not_there(app: Flask, enquiry: Enquiry) -> None:
    runner = app.test_cli_runner()
    listed = runner.invoke(args=["enquiries"]).output
    assert "2026-000001" in listed
    assert "ответ до 21.12.2026" in listed
    result = runner.invoke(args=["enquiry-reply", "2026-000009", "--text", "x"])
    assert (result.exit_code, "2026-000009 нет" in result.output) == (1, True)
    reply(app, "--do", "close")
    assert "уже закрыто" in reply(app, "--text", "x", code=1)
    assert "Ждут ответа: 0" in runner.invoke(args=["enquiries"]).output


def test_the_same_addition_sent_again_is_one_and_another_is_another(
    page: PageClient, enquiry: Enquiry
) -> None:
    data = fields(page) | {"text": "Первое"}
    submit_form(page, data, url=f"{URL}/messages")
    again = submit_form(page, data, url=f"{URL}/messages").headers["Location"]
    assert "уже отправлено" in page.open(again).text
    submit_form(page, data | {"text": "После «Назад»"}, url=f"{URL}/messages")
    assert len(messages(page)) == 3
    add(page, "Еще одно")
    assert "Еще одно" in messages(page)[-1]


def test_twenty_additions_at_once_are_one(
    app: Flask, page: PageClient, enquiry: Enquiry, make: Factory
) -> None:
    data = fields(page) | {"text": "Дополнение"}
    assert set(at_once(app, page, f"{URL}/messages", data, 20)) == {303}
    assert len(messages(page)) == 2
    assert make.session.scalars(select(EnquiryDraft)).all() == []


def test_what_is_added_after_an_answer_has_a_term_of_its_own(
    app: Flask, page: PageClient, enquiry: Enquiry, make: Factory, advance_clock
) -> None:
    due = enquiry.answer_due_on
    add(page, "Пока не ответили")
    make.session.refresh(enquiry)
    assert enquiry.answer_due_on == due
    reply(app, "--text", "Ответ")
    advance_clock(minutes=20)
    add(page, "Это не ответ")
    make.session.refresh(enquiry)
    assert (enquiry.status, enquiry.answered_at) == ("in_work", None)
    assert enquiry.answer_due_on == NOW.date() + timedelta(days=30)


def test_an_addition_says_something(page: PageClient, enquiry: Enquiry) -> None:
    submit_form(page, fields(page) | {"text": " "}, 422, f"{URL}/messages")
    soup = page.check_last()
    assert soup.select_one("#error-summary a")["href"] == "#text"
    submit_form(page, fields(page) | {"text": "я" * 5001}, 422, f"{URL}/messages")
    shown = fields_of(page.check_last().select_one("form.enquiry"))
    assert len(shown["text"]) == 5001


def test_what_comes_too_late_is_kept_and_begins_a_new_enquiry(
    app: Flask, page: PageClient, enquiry: Enquiry
) -> None:
    data = fields(page) | {"text": "Важное дополнение"}
    reply(app, "--do", "close")
    submit_form(page, data, 409, f"{URL}/messages", files=files(("a.pdf", PDF)))
    soup = page.check_last()
    assert "уже закрыто" in soup.select_one("#error-summary").text
    assert "Важное дополнение" in soup.select_one(".note.warn").text
    page.submit(soup, action=f"{URL}/draft/move")
    soup = page.open("/contracts/1/enquiries/new")
    assert fields_of(soup.select_one("form.enquiry"))["text"] == "Важное дополнение"
    assert "a.pdf" in soup.select_one("ul.files").text
    assert not page.open(URL).select(".note.warn")


def test_the_customer_closes_an_enquiry_and_says_what_the_answer_was_worth(
    app: Flask, page: PageClient, enquiry: Enquiry, make: Factory
) -> None:
    assert not page.open(URL).select("[name=rating]")
    reply(app, "--text", "Ответ")
    soup = page.open(URL)
    page.submit(soup, 422, action=f"{URL}/rating")
    page.submit(page.check_last(), 303, rating="4", words="Быстрее")
    page.submit(page.open(URL), 303, action=f"{URL}/close")
    soup = page.open(URL)
    assert "Закрыто" in soup.select_one(".status").text
    assert "4 из 5" in soup.text.replace("\n", " ")
    assert not soup.select("form.enquiry, [name=rating]")
    make.session.refresh(enquiry)
    assert (enquiry.rating, enquiry.rating_comment) == (4, "Быстрее")
    actions = make.session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all()
    assert actions[-3:] == ["enquiry.answer", "enquiry.rated", "enquiry.closed"]


def test_a_rating_is_given_once_and_not_before_the_answer(
    page: PageClient, enquiry: Enquiry
) -> None:
    token = fields(page)["csrf_token"]
    for path, expected in (("rating", "когда дан ответ"),):
        answer = page.client.post(f"{URL}/{path}", data={"csrf_token": token, "rating": "5"})
        assert (answer.status_code, expected in answer.text) == (409, True)


def test_a_lost_session_keeps_an_addition_and_leads_back_to_the_thread(
    page: PageClient, enquiry: Enquiry, advance_clock: Callable[..., datetime]
) -> None:
    data = fields(page) | {"text": "Не потеряйте"}
    advance_clock(minutes=45)
    answer = submit_form(page, data, 302, f"{URL}/messages", files=files(("x.exe", b"MZ")))
    assert "kept=part" in answer.headers["Location"]
    soup = page.open(answer.headers["Location"])
    assert "Принято не все" in soup.text
    answer = page.submit(soup, login="00123", password="верный пароль 1")
    assert answer.headers["Location"] == URL
    assert fields(page)["text"] == "Не потеряйте"
    data = fields(page)
    advance_clock(minutes=200)
    for path in ("999/messages", f"{10**30}/messages"):
        submit_form(page, data, 302, f"/contracts/1/enquiries/{path}")
        assert "lost=1" in page.last.headers["Location"]


def test_notes_of_the_staff_and_their_files_are_not_the_customer_s(
    page: PageClient, enquiry: Enquiry, make: Factory
) -> None:
    note = make.entry(enquiry, "Неплательщик", author="staff", is_internal=True)
    make.session.add(
        Attachment(
            contract_id=1,
            entry_id=note.id,
            name="a.pdf",
            media_type="application/pdf",
            size=1,
            sha256="0" * 64,
            storage_key="x",
            attached_at=enquiry.registered_at,
        )
    )
    make.commit()
    assert "Неплательщик" not in page.open(URL).text
    page.open(f"{URL}/files/1", 404)


def test_enquiries_are_listed_by_status(
    app: Flask,
    page: PageClient,
    enquiry: Enquiry,
    make: Factory,
    contract: Contract,
    account: Account,
) -> None:
    make.enquiry(contract, account, status="closed")
    make.commit()
    for status, count in (("all", 2), ("open", 1), ("closed", 1), ("mine", 0), ("<b>", 2)):
        soup = listed(page, status)
        assert len(soup.select("tbody tr")) == count, status
    reply(app, "--text", "Ответ")
    assert len(listed(page, "mine").select("tbody tr")) == 1


def test_a_consent_that_is_withdrawn_is_told_in_the_thread(page: PageClient) -> None:
    send(page)
    url = "/contracts/1/profile/consents/2/withdraw"
    page.submit(page.open(url), action=url)
    assert "Кабинет" in messages(page)[-1]
    assert "Отозвано: согласие на" in messages(page)[-1]


def test_billing_hears_of_a_new_enquiry_once(app: Flask, page: PageClient, tmp_path: Path) -> None:
    send(page, text="Первая; строка\n\n«вторая»", files=files(("a.pdf", PDF)))
    with app.app_context():
        exported = export_for_billing(db.session(), FolderFileStore(tmp_path / "out"), NOW)
        db.session.commit()
        assert export_for_billing(db.session(), FolderFileStore(tmp_path / "out"), NOW).name is None
    assert exported.name is not None
    with zipfile.ZipFile(tmp_path / "out" / exported.name) as package:
        text = package.read("enquiries_out.csv").decode()
    (row,) = csv.DictReader(io.StringIO(text, newline=""), delimiter=";")
    assert row == {
        "enquiry_id": "2026-000001",
        "contract_no": "00123-ЭС",
        "topic_id": "other",
        "department_id": "",
        "created_at": "2026-11-21T12:00:00+05:00",
        "text": "Первая; строка\n\n«вторая»",
        "files": "a.pdf",
        "contact_phone": "+79123456789",
        "contact_email": "buh@example.org",
    }


def test_a_viewer_reads_and_does_not_write(
    app: Flask, page: PageClient, enquiry: Enquiry, make: Factory, contract: Contract
) -> None:
    other = make.account(make.contract("00777-ЭС"), email="other@example.org")
    make.membership(other, contract, Role.VIEWER)
    make.commit()
    second = PageClient(app)
    second.sign_in("00777")
    soup = second.open(URL)
    assert "Откуда взялась сумма?" in soup.text
    assert not soup.select("main form")
    assert not second.get("home.index", contract_id=1).select("details.start")
    assert not second.get("settlements.index", contract_id=1).select("a[href*=about]")
    second.open("/contracts/1/enquiries/new", 403)
