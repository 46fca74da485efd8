"""«Направить документы он-лайн»: filled with what is known, stored while typed, sent once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from sqlalchemy import select

from app.domain.access import Role
from app.models import (
    Account,
    Attachment,
    Consent,
    Contract,
    Department,
    EnquiryDraft,
    EnquiryTopic,
)
from tests.factories import Factory
from tests.outbox import Outbox, part
from tests.pages import PageClient
from tests.sections.enquiries.steps import (
    NEW,
    PDF,
    body_of,
    enquiries,
    fields_of,
    files,
    filled,
    send,
    submit_form,
)
from tests.sections.test_registration_postgres import at_once


def test_the_form_has_the_fields_of_the_manual_and_knows_what_is_known(
    page: PageClient, account: Account, make: Factory
) -> None:
    account.phone = "+79123456789"
    make.commit()
    soup = page.open(NEW)
    labels = [label.text.strip() for label in soup.select("main label")]
    for label in (
        "Вид помещения",
        "Наименование организации",
        "Вид обращения",
        "Контактный телефон",
        "Адрес электронной почты",
        "Адрес помещения",
        "Текст обращения",
        "Даю согласие на обработку персональных данных",
    ):
        assert label in labels
    data = fields_of(soup.select_one("form.enquiry"))
    assert data["organisation"] == "ООО «Ромашка»"
    assert data["phone"] == "+7 912 345-67-89"
    assert data["email"] == "buh@example.org"
    assert data["address"] == "г. Миасс, пр. Автозаводцев, д. 2"
    assert "consent_data" not in data, "a box of consent is never ticked beforehand"


def test_an_enquiry_gets_a_number_a_term_and_a_receipt(
    page: PageClient, make: Factory, outbox: Outbox
) -> None:
    soup = send(page)
    (row,) = enquiries(make)
    assert row.number == f"2026-{row.id:06d}"
    assert row.answer_due_on == date(2026, 12, 21)
    assert (row.status, row.phone, row.channel) == ("registered", "+79123456789", "portal")
    assert f"№ {row.number}" in soup.h1.text
    assert "Ответ — до 21.12.2026" in soup.select_one(".note.good").text
    assert "Откуда взялась сумма?" in soup.select_one(".thread").text
    (email,) = outbox.emails("buh@example.org")
    assert row.number in email["Subject"]
    assert "21.12.2026" in part(email, "plain")
    assert page.client.get(NEW).text.count(row.number) == 0


def test_the_term_of_a_topic_goes_before_the_general_one(page: PageClient, make: Factory) -> None:
    topic = make.session.scalars(select(EnquiryTopic).filter_by(external_id="portal:claim")).one()
    topic.answer_days = 10
    make.commit()
    send(page, topic="Претензия")
    assert enquiries(make)[0].answer_due_on == date(2026, 12, 1)


def test_the_supplier_s_own_topics_and_departments_are_offered_instead_of_ours(
    page: PageClient, make: Factory
) -> None:
    department = Department(external_id="D", name="Центральное отделение", is_active=True)
    make.session.add(department)
    make.session.flush()
    make.session.add_all(
        [
            EnquiryTopic(
                external_id="t1", name="Переход на ЭДО", is_active=True, department_id=department.id
            ),
            EnquiryTopic(external_id="t2", name="Старое", is_active=False),
        ]
    )
    make.commit()
    soup = page.open(NEW)
    options = [tag.text for tag in soup.select("[name=topic] option")]
    assert options == ["Выберите", "Переход на ЭДО"]
    assert soup.select_one("[name=topic] option[data-use=edo]")
    extra = {"edo_operator": "Диадок", "participant_id": "2BM-1", "signatory": "Иванов"}
    send(page, topic="Переход на ЭДО", **extra)
    (row,) = enquiries(make)
    assert row.department_id == department.id
    assert row.details == extra


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("premises_kind", "", "Вид помещения"),
        ("premises_kind", "999999999999999999999999", "Вид помещения"),
        ("topic", "", "Вид обращения"),
        ("topic", "0", "Вид обращения"),
        ("organisation", " ", "Наименование организации"),
        ("organisation", "А" * 301, "до 300 знаков"),
        ("phone", "позвоните", "Контактный телефон"),
        ("email", "buh@", "Адрес электронной почты"),
        ("email", "buh@example.org\r\nBcc: x@example.org", "Адрес электронной почты"),
        ("address", "", "Адрес помещения"),
        ("text", " \n ", "Текст обращения"),
        ("text", "я" * 5001, "введено 5001"),
        ("consent_data", None, "согласия"),
        ("consent_answer", None, "в электронном виде"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_and_what_was_typed_stays(
    page: PageClient, make: Factory, name: str, value: str | None, expected: str
) -> None:
    data = filled(page.open(NEW))
    if value is None:
        del data[name]
    else:
        data[name] = value
    submit_form(page, data, 422)
    soup = page.check_last()
    assert soup.title.text.startswith("Ошибка")
    link = soup.select_one("#error-summary a")
    assert expected in link.text
    field = soup.select_one(link["href"])
    assert field["aria-invalid"] == "true"
    shown = fields_of(soup.select_one("form.enquiry"))
    if name != "text":
        assert shown["text"] == "Откуда взялась сумма?"
    if name != "organisation":
        assert shown["organisation"] == "ООО «Ромашка»"
    assert enquiries(make) == []


@pytest.mark.parametrize(
    ("topic", "missing"),
    [
        ("Качество", ["Время нарушения", "Как прислать ответ"]),
        ("ЭДО", ["Оператор ЭДО", "Идентификатор участника", "Подписант"]),
    ],
)
def test_topics_with_fields_of_their_own_ask_for_them(
    page: PageClient, make: Factory, topic: str, missing: list[str]
) -> None:
    submit_form(page, filled(page.open(NEW), topic=topic), 422)
    faults = page.check_last().select("#error-summary a")
    assert [expected in fault.text for expected, fault in zip(missing, faults, strict=True)] == [
        True for _ in missing
    ]


def test_fields_of_other_topics_are_not_kept(page: PageClient, make: Factory) -> None:
    send(page, topic="Качество", violation_at="Вчера", answer_way="portal", edo_operator="Диадок")
    assert enquiries(make)[0].details == {"violation_at": "Вчера", "answer_way": "portal"}


def test_both_consents_are_kept_with_their_texts(
    page: PageClient, make: Factory, account: Account
) -> None:
    send(page)
    rows = make.session.scalars(select(Consent).filter_by(account_id=account.id)).all()
    assert {row.purpose for row in rows} == {"enquiry-data", "enquiry-answer"}
    assert {(row.form, row.enquiry_id, row.version) for row in rows} == {
        ("enquiry", 1, "2026-11-22")
    }


def test_the_same_form_sent_again_is_the_same_enquiry(page: PageClient, make: Factory) -> None:
    data = filled(page.open(NEW))
    first = submit_form(page, data).headers["Location"]
    again = submit_form(page, data).headers["Location"]
    assert again.split("?")[0] == first.split("?")[0]
    assert "уже отправлено" in page.open(again).text
    assert len(enquiries(make)) == 1
    assert make.session.scalars(select(EnquiryDraft)).all() == []


def test_twenty_posts_at_once_are_one_enquiry(
    app: Flask, page: PageClient, make: Factory, outbox: Outbox
) -> None:
    data = filled(page.open(NEW))
    statuses = at_once(app, page, NEW, data, 20)
    assert set(statuses) == {303}
    assert len(enquiries(make)) == 1
    assert len(outbox.emails("buh@example.org")) == 1
    assert make.session.scalars(select(EnquiryDraft)).all() == []


def test_a_draft_waits_with_its_files_and_can_be_cleared(page: PageClient, make: Factory) -> None:
    data = filled(page.open(NEW), text="Первая строка\nвторая")
    submit_form(page, data, do="attach", files=files(("договор.pdf", PDF)))
    soup = page.open(NEW)
    shown = fields_of(soup.select_one("form.enquiry"))
    assert shown["text"] == "Первая строка\nвторая"
    assert shown["topic"] == data["topic"]
    assert "договор.pdf" in soup.select_one("ul.files").text
    assert "Продолжить обращение" in page.get("enquiries.index", contract_id=1).text
    soup = page.open(NEW)
    page.submit(soup, action="/contracts/1/enquiries/draft/discard")
    assert not page.open(NEW).select("ul.files")
    assert make.session.scalars(select(Attachment)).all() == []


def test_two_people_of_one_contract_have_drafts_of_their_own(
    app: Flask, page: PageClient, make: Factory, contract: Contract
) -> None:
    other = make.account(make.contract("00777-ЭС"), email="other@example.org")
    make.membership(other, contract, Role.ACCOUNTANT)
    make.commit()
    submit_form(page, filled(page.open(NEW), text="Мое"), do="save")
    second = PageClient(app)
    second.sign_in("00777")
    assert "Мое" not in second.open(NEW).text


def test_the_script_that_keeps_a_draft_gets_the_list_of_files(page: PageClient) -> None:
    data = filled(page.open(NEW))
    answer = page.client.post(
        "/contracts/1/enquiries/draft",
        headers={"HX-Request-Type": "partial"},
        **body_of(data | {"do": "attach", "files": files(("a.pdf", PDF), ("b.exe", b"MZ"))}),
    )
    assert answer.status_code == 422
    assert "<html" not in answer.text
    assert "a.pdf" in answer.text
    assert "такие файлы не принимаются" in answer.text


@pytest.mark.parametrize("ending", ["idle", "closed"])
def test_a_lost_session_loses_nothing_unless_somebody_has_ended_it(
    page: PageClient, make: Factory, advance_clock: Callable[..., datetime], ending: str
) -> None:
    data = filled(page.open(NEW), text="Длинное письмо")
    if ending == "idle":
        advance_clock(minutes=45)
    else:
        page.submit(page.open(NEW), action="/sign-out")
        page.client.post("/sign-out")
    answer = page.client.post(NEW, **body_of(data | {"files": files(("договор.pdf", PDF))}))
    if ending == "closed":
        assert answer.status_code == 400, "the token has gone with the session"
        return
    assert answer.status_code == 302
    assert "kept=all" in answer.headers["Location"]
    assert enquiries(make) == []
    soup = page.open(answer.headers["Location"])
    assert "сохранено в черновике" in soup.text
    page.submit(soup, login="00123", password="верный пароль 1")
    soup = page.open(NEW)
    assert fields_of(soup.select_one("form.enquiry"))["text"] == "Длинное письмо"
    assert "договор.pdf" in soup.select_one("ul.files").text


def test_so_many_enquiries_a_day_and_the_next_one_waits_as_a_draft(
    make_app: Callable[..., Flask], make: Factory, account: Account
) -> None:
    page = PageClient(make_app(enquiries_per_day=2))
    page.sign_in("00123")
    for number in range(2):
        send(page, text=f"Вопрос {number}")
    submit_form(page, filled(page.open(NEW), text="Третий"), 429)
    assert "сохранено в черновике" in page.check_last().text
    assert len(enquiries(make)) == 2
    assert fields_of(page.open(NEW).select_one("form.enquiry"))["text"] == "Третий"


@pytest.mark.parametrize(
    ("source", "expected", "topic"),
    [
        ("charge-1", "Документ № CH-", "Расчеты и начисления"),
        ("month-2026-10", "Взаиморасчеты за октябрь 2026", "Расчеты и начисления"),
        ("meter-1", "Прибор учета № 12345678", "Приборы учета"),
        ("requisite-inn", "Ошибка в реквизитах: ИНН", "Изменение реквизитов"),
        ("requisite-", "Ошибка в реквизитах", "Изменение реквизитов"),
        ("topic-edo", None, "Переход на ЭДО"),
        ("charge-99", None, "Выберите"),
        ("charge-" + "9" * 40, None, "Выберите"),
        ("month-2026-13", None, "Выберите"),
        ("requisite-secret", None, "Выберите"),
        ("<script>", None, "Выберите"),
    ],
)
def test_an_enquiry_opened_from_a_row_knows_which(
    page: PageClient,
    make: Factory,
    contract: Contract,
    source: str,
    expected: str | None,
    topic: str,
) -> None:
    make.charge(contract, date(2026, 10, 31), "10.00")
    make.commit()
    soup = page.get("enquiries.new", contract_id=1, about=source)
    chosen = soup.select_one("[name=topic] option[selected]")
    assert (chosen.text if chosen else "Выберите").startswith(topic)
    note = soup.select_one("main .note")
    assert (note is None) == (expected is None)
    if expected:
        assert expected in note.text
        data = filled(soup, topic=topic)
        submit_form(page, data)
        (row,) = enquiries(make)
        assert expected in (row.source_label or "")
        assert page.client.get(row.source_path).status_code == 200


def test_pages_lead_to_an_enquiry_about_themselves(
    page: PageClient, make: Factory, contract: Contract
) -> None:
    make.charge(contract, date(2026, 10, 31), "10.00")
    make.commit()
    for endpoint, values, source in (
        ("charges.document", {"charge_id": 1}, "charge-1"),
        ("readings.history", {"meter_id": 1}, "meter-1"),
        ("settlements.index", {}, "month-2026-11"),
        ("profile.index", {}, "requisite-"),
    ):
        soup = page.get(endpoint, contract_id=1, **values)
        assert soup.select_one(f"main a[href$='about={source}']"), endpoint


def test_home_leads_to_the_form_as_the_manual_says(page: PageClient) -> None:
    start = page.get("home.index", contract_id=1).select_one("details.start")
    assert "Оформить обращение" in start.summary.text
    link = next(tag for tag in start.select("a") if "Направить документы он-лайн" in tag.text)
    assert link["href"] == NEW


def test_hostile_words_are_inert_text(page: PageClient, outbox: Outbox) -> None:
    hostile = "<img src=x onerror=alert(1)> {{7*7}} \u202eгро"
    soup = send(page, text=hostile, organisation=hostile, address="=cmd|' /C calc'!A0")
    assert "{{7*7}}" in soup.text
    assert not soup.select("img, [onerror]")
    assert "\u202e" not in page.last.text


@pytest.mark.parametrize(
    "body",
    [
        {"text": "a\x00b"},
        {"text": "\ud800"},
        {"topic": "9" * 400},
        {"key": "x" * 5000},
        {"about": "charge-" + "9" * 4000},
        {"do": "remove-" + "9" * 400},
        {"do": "remove-²"},
        {},
    ],
)
def test_no_form_whatever_it_holds_breaks_the_page(page: PageClient, body: dict[str, Any]) -> None:
    soup = page.open(NEW)
    data = fields_of(soup.select_one("form.enquiry"))
    data = {"csrf_token": data["csrf_token"]} | body
    encoded = {name: text.encode("utf-8", "surrogatepass") for name, text in data.items()}
    answer = page.client.post(
        NEW, data=urlencode(encoded), content_type="application/x-www-form-urlencoded"
    )
    assert answer.status_code in (303, 413, 422)


def test_a_key_that_belongs_to_somebody_else_opens_nothing(
    app: Flask, page: PageClient, make: Factory
) -> None:
    send(page)
    key = enquiries(make)[0].idempotency_key
    make.account(make.contract("00777-ЭС"), email="other@example.org")
    make.commit()
    second = PageClient(app)
    second.sign_in("00777")
    soup = second.open("/contracts/2/enquiries/new")
    data = filled(soup) | {"key": key}
    answer = submit_form(second, data, url="/contracts/2/enquiries/new")
    assert answer.headers["Location"].startswith("/contracts/2/enquiries/")
    assert "Откуда взялась" in second.open(answer.headers["Location"]).text
    assert [row.contract_id for row in enquiries(make)] == [1, 2]
