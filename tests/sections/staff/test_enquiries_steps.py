"""What a clerk does with an enquiry, and what the customer learns of it at once."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app.actions.billing_export import export_for_billing
from app.extensions import db
from app.integrations.file_store import FolderFileStore
from app.models import AuditEvent, Department, Enquiry, EnquiryTopic, StaffMember
from tests.conftest import NOW
from tests.factories import Factory
from tests.outbox import Outbox, part
from tests.pages import PageClient
from tests.sections.enquiries.steps import PDF, files
from tests.sections.staff.enquiry_steps import (
    THREAD,
    URL,
    audit_events,
    entries,
    form_of,
    fresh,
    send,
    status_of,
    step,
    thread,
)

SECRET = "Неплательщик, звонить директору"
HOSTILE = (
    "<img src=x onerror=alert(1)>{{7*7}} <div hx-get=/sign-out hx-trigger=load>"
    "<a href=javascript:alert(1)>x</a>"
)


def staff_id(make: Factory, login: str) -> int:
    return make.session.scalars(select(StaffMember.id).filter_by(login=login)).one()


def test_a_clerk_takes_an_enquiry_and_the_customer_sees_that_it_is_in_work(
    clerk: PageClient, customer: PageClient, make: Factory, enquiry: Enquiry, outbox: Outbox
) -> None:
    before = clerk.open(URL)
    assert before.select_one("dl.kv dd").text == "никто"
    soup = step(clerk, "take")
    assert "Обращение за вами" in soup.select_one("[role=status]").text
    assert not soup.select(f"form[action='{URL}/take']")
    now = fresh(make)
    assert (now.status, now.assignee_id) == ("in_work", staff_id(make, "operator"))
    assert status_of(customer) == "В работе"
    assert "Обращение в работе" in thread(customer)[-1]
    assert outbox.emails() == []
    (line,) = audit_events(make)
    assert (line.action, line.staff_id) == ("enquiry.take", staff_id(make, "operator"))
    assert line.changes == {"assignee": [None, "Сотрудник operator"]}


def test_taking_a_question_over_from_a_colleague_leaves_it_a_question(
    clerk: PageClient, manager: PageClient, customer: PageClient, make: Factory, enquiry: Enquiry
) -> None:
    step(manager, "messages", step="ask", text="Какой прибор?")
    seen = thread(customer)
    step(clerk, "take")
    assert fresh(make).status == "needs_details"
    assert thread(customer) == seen
    assert "Исполнитель: Сотрудник operator" in thread(clerk, URL)[-1]


def test_an_enquiry_is_given_to_a_colleague_and_to_nobody_without_the_customer(
    clerk: PageClient, customer: PageClient, make: Factory, enquiry: Enquiry, outbox: Outbox
) -> None:
    boss = staff_id(make, "manager")
    before = thread(customer)
    soup = step(clerk, "assign", assignee=str(boss))
    assert "Сотрудник manager" in soup.select_one("dl.kv").text
    assert fresh(make).assignee_id == boss
    assert fresh(make).status == "registered"
    events = thread(clerk, URL)
    assert "Сотрудник operator" in events[-1]
    assert "Исполнитель: Сотрудник manager" in events[-1]
    assert "не изменилось" in step(clerk, "assign").select_one("[role=status]").text
    step(clerk, "assign", assignee="")
    assert fresh(make).assignee_id is None
    assert [line.changes for line in audit_events(make)] == [
        {"assignee": [None, "Сотрудник manager"]},
        {"assignee": ["Сотрудник manager", None]},
    ]
    assert thread(customer) == before
    assert outbox.emails() == []
    for nobody in ("9", str(2**70), "x"):
        assert (
            "Исполнитель"
            in step(clerk, "assign", 422, assignee=nobody).select_one("#error-summary").text
        )


def test_an_answer_with_a_file_is_read_by_the_customer_at_once_and_in_an_email(
    clerk: PageClient, customer: PageClient, make: Factory, enquiry: Enquiry, outbox: Outbox
) -> None:
    soup = step(clerk, "messages", text="Сумма верна.\n\nСм. файл", files=files(("р.pdf", PDF)))
    assert "Ответ отправлен" in soup.select_one("[role=status]").text
    assert status_of(customer) == "Ответ дан"
    answer = thread(customer)[-1]
    for expected in ("Сотрудник operator", "Дан ответ", "Сумма верна.", "р.pdf"):
        assert expected in answer
    (email,) = outbox.emails("buh@example.org")
    assert "Ответ на обращение № 2026-000001" in email["Subject"]
    assert "Сумма верна." in part(email, "plain")
    assert "Ответил: Сотрудник operator" in part(email, "plain")
    link = customer.open(THREAD).select(".thread .files a")[-1]["href"]
    assert customer.client.get(link).data == PDF
    now = fresh(make)
    assert (now.status, now.answered_at) == ("answered", NOW)
    entry = entries(make)[-1]
    assert (entry.staff_id, entry.author) == (staff_id(make, "operator"), "staff")
    (line,) = audit_events(make)
    assert line.action == "enquiry.answer"
    assert line.changes["status"] == ["registered", "answered"]


@pytest.mark.parametrize(
    ("do", "status", "shown", "subject"),
    [
        ("ask", "needs_details", "Требуется уточнение", "Нужны уточнения"),
        ("reject", "rejected", "Отклонено", "отклонено"),
    ],
)
def test_a_question_and_a_refusal_reach_the_customer(
    clerk: PageClient,
    customer: PageClient,
    make: Factory,
    enquiry: Enquiry,
    outbox: Outbox,
    do: str,
    status: str,
    shown: str,
    subject: str,
) -> None:
    step(clerk, "messages", step=do, text="Какой прибор?")
    assert fresh(make).status == status
    assert status_of(customer) == shown
    assert "Какой прибор?" in thread(customer)[-1]
    assert subject in outbox.emails("buh@example.org")[-1]["Subject"]


def test_what_the_customer_adds_stays_with_its_clerk(
    clerk: PageClient, customer: PageClient, make: Factory, enquiry: Enquiry
) -> None:
    step(clerk, "take")
    step(clerk, "messages", step="ask", text="Какой прибор?")
    send(
        customer,
        form_of(customer.open(THREAD), "messages", THREAD),
        "messages",
        303,
        THREAD,
        text="Прибор № 5",
    )
    now = fresh(make)
    assert (now.status, now.assignee_id) == ("in_work", staff_id(make, "operator"))
    assert thread(clerk, URL)[-1].startswith("Потребитель, ")
    assert "Прибор № 5" in thread(clerk, URL)[-1]


def test_a_closed_enquiry_takes_notes_and_nothing_else(
    clerk: PageClient, customer: PageClient, make: Factory, enquiry: Enquiry, outbox: Outbox
) -> None:
    page = clerk.open(URL)
    forms = {name: form_of(page, name) for name in ("take", "assign", "messages", "close", "topic")}
    step(clerk, "close")
    assert status_of(customer) == "Закрыто"
    forms["assign"]["assignee"] = str(staff_id(make, "admin"))
    forms["topic"]["topic"] = "2"
    forms["messages"]["text"] = "Важный ответ"
    before = len(entries(make))
    for name, data in forms.items():
        soup = send(clerk, data, name, 409)
        assert "уже закрыто" in soup.select_one("#error-summary").text, name
        assert soup.title.text.startswith("Ошибка · "), name
    assert (
        "Важный ответ"
        in send(clerk, forms["messages"], "messages", 409).select_one("main .note.warn").text
    )
    assert len(entries(make)) == before
    now = fresh(make)
    assert (now.status, now.assignee_id, now.topic_id) == ("closed", None, 1)
    assert not clerk.open(URL).select(f"form[action='{URL}/messages']")
    step(clerk, "notes", note=SECRET)
    assert SECRET in thread(clerk, URL)[-1]
    assert fresh(make).status == "closed"
    assert [part(email, "plain").splitlines()[2] for email in outbox.emails()] == [
        "АО «Пример-Энерго» закрыл ваше обращение № 2026-000001 по договору № 00123-ЭС."
    ]


def test_another_topic_counts_the_term_anew_from_the_day_of_registration(
    clerk: PageClient, customer: PageClient, make: Factory, enquiry: Enquiry, outbox: Outbox
) -> None:
    north = Department(external_id="N", name="Северное", is_active=True)
    make.session.add(north)
    topics = list(make.session.scalars(select(EnquiryTopic).order_by(EnquiryTopic.id)))
    topics[1].answer_days = 5
    make.commit()
    first, second = topics[0].name, topics[1].name
    step(clerk, "topic", topic=str(topics[1].id), department=str(north.id))
    now = fresh(make)
    assert (now.topic_id, now.department_id) == (topics[1].id, north.id)
    assert (now.answer_due_on, now.status) == (date(2026, 11, 26), "registered")
    said = thread(customer)[-1]
    assert f"Вид обращения изменен на «{second}»." in said
    assert "Ответ до 26.11.2026." in said
    assert "передано в отделение «Северное»" in said
    assert "Ответ до 26.11.2026" in customer.open(THREAD).text
    step(clerk, "topic", topic=str(topics[0].id))
    assert fresh(make).answer_due_on == date(2026, 12, 21)
    assert "не изменилось" in step(clerk, "topic").select_one("[role=status]").text
    assert [line.changes for line in audit_events(make)] == [
        {
            "topic": [first, second],
            "department": [None, "Северное"],
            "due": ["2026-12-21", "2026-11-26"],
        },
        {"topic": [second, first], "due": ["2026-11-26", "2026-12-21"]},
    ]
    assert outbox.emails() == []
    step(clerk, "topic", 422, topic="99")


def test_a_note_and_its_file_are_seen_by_staff_only(
    app: Flask,
    clerk: PageClient,
    customer: PageClient,
    make: Factory,
    enquiry: Enquiry,
    outbox: Outbox,
    tmp_path: Path,
) -> None:
    before = thread(customer)
    step(clerk, "notes", note=SECRET, files=files(("тайна.pdf", PDF)))
    item = clerk.open(URL).select_one(".thread .note-in")
    assert SECRET in item.text
    assert "потребитель ее не видит" in item.text
    link = item.select_one("a")["href"]
    answer = clerk.client.get(link)
    assert (answer.status_code, answer.data) == (200, PDF)
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert "filename*=UTF-8''%D1%82" in answer.headers["Content-Disposition"]
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer.content_type == "application/pdf"
    assert fresh(make).status == "registered"
    # The customer: the page, the file, the emails; the billing system.
    assert thread(customer) == before
    assert "тайна" not in customer.last.text
    number = link.rpartition("/")[2]
    customer.open(f"{THREAD}/files/{number}", 404)
    customer.open(link, 404)
    step(clerk, "messages", text="Ответ")
    assert len(thread(customer)) == len(before) + 1
    (email,) = outbox.emails()
    assert "Приложено" not in part(email, "plain")
    assert SECRET not in part(email, "plain") + part(email, "html")
    with app.app_context():
        package = export_for_billing(db.session(), FolderFileStore(tmp_path / "out"), NOW).name
        db.session.commit()
    assert package is not None
    with zipfile.ZipFile(tmp_path / "out" / package) as archive:
        text = archive.read("enquiries_out.csv").decode()
    (row,) = csv.DictReader(io.StringIO(text, newline=""), delimiter=";")
    assert (row["text"], row["files"]) == ("Откуда взялась сумма?", "")
    assert SECRET not in str([line.changes for line in audit_events(make)])


def test_hostile_words_are_text_to_the_clerk_and_to_the_customer(
    clerk: PageClient, customer: PageClient, make: Factory, enquiry: Enquiry, outbox: Outbox
) -> None:
    enquiry.organisation, enquiry.address, enquiry.rating_comment = HOSTILE, HOSTILE, HOSTILE
    enquiry.rating, enquiry.source_label = 1, HOSTILE[:200]
    topic = make.session.get_one(EnquiryTopic, enquiry.topic_id)
    topic.name = HOSTILE
    make.entry(enquiry, f"\u202e{HOSTILE}\n\n<script>alert(1)</script>")
    make.commit()
    step(clerk, "notes", note=HOSTILE)
    step(clerk, "messages", text=HOSTILE)
    for page, url in (
        (clerk, URL),
        (clerk, "/staff/enquiries?state=all"),
        (clerk, "/staff/enquiries/summary"),
        (customer, THREAD),
    ):
        soup = page.open(url)
        assert not soup.select("main img, main [hx-trigger], main script, a[href^=javascript]")
        assert "{{7*7}}" in soup.select_one("main").text, url
    (email,) = outbox.emails()
    assert "<img" not in part(email, "html")


def test_opening_an_enquiry_or_a_file_of_it_is_recorded_as_data_access(
    clerk: PageClient, make: Factory, enquiry: Enquiry
) -> None:
    for _ in range(2):
        clerk.open(URL)
    (line,) = make.session.scalars(select(AuditEvent).filter_by(action="staff.looked"))
    assert (line.subject_key, line.account_id) == ("00123-ЭС", enquiry.account_id)
    assert line.changes == {"page": "staff.enquiry", "of": enquiry.id}
    assert line.staff_id == staff_id(make, "operator")


def test_a_clerk_reads_contacts_and_finds_the_customer_and_what_it_is_about(
    clerk: PageClient, make: Factory, enquiry: Enquiry
) -> None:
    enquiry.source_label, enquiry.source_path = "Показания", "/contracts/1/readings"
    make.commit()
    soup = clerk.open(URL)
    facts = soup.select_one("dl.kv")
    for expected in ("+7 912 345-67-89", "buh@example.org", "пр. Автозаводцев, д. 2"):
        assert expected in facts.text
    hrefs = [link["href"] for link in facts.select("a")]
    assert hrefs == [clerk.url("staff.customer", contract_id=1), "/contracts/1/readings"]
    assert "глазами потребителя" in clerk.open("/contracts/1/readings").text


@pytest.mark.parametrize("number", [9, 10**18, 2**70])
def test_what_is_not_there_is_404(
    clerk: PageClient, make: Factory, enquiry: Enquiry, number: int
) -> None:
    page = clerk.open(URL)
    clerk.open(f"/staff/enquiries/{number}", 404)
    clerk.open(f"/staff/enquiries/{number}/files/1", 404)
    clerk.open(f"/staff/enquiries/1/files/{number}", 404)
    for name in ("take", "assign", "messages", "close", "topic", "notes"):
        answer = clerk.client.post(f"/staff/enquiries/{number}/{name}", data=form_of(page, name))
        assert answer.status_code == 404, name
