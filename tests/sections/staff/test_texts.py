"""«Тексты»: published by staff, agreed to by customers, never changed."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.actions.accounts.consents import give_consent
from app.actions.texts import publish_text
from app.domain.access import Browser
from app.models import Account, AuditEvent, Consent, StaffMember, TextVersion
from app.queries.texts import current_text, find_text, list_versions
from app.sections.staff.content.forms import MAX_TEXT
from tests.conftest import NOW
from tests.factories import Factory
from tests.pages import PARTIAL, PageClient
from tests.sections.enquiries.steps import send
from tests.sections.registering import Person

PERSONAL = "personal-data"
FILE = "2026-11-22"
BODY = "# Кому\n\nНовый текст согласия, [сайт](https://example.ru).\n\n- почта\n- телефон"


def rows(session: Session) -> list[TextVersion]:
    session.expire_all()
    return list(session.scalars(select(TextVersion).order_by(TextVersion.id)))


def publish(admin: PageClient, purpose: str, body: str = BODY) -> BeautifulSoup:
    admin.submit(admin.get("staff.directory_text_new", purpose=purpose), body=body)
    return admin.open(admin.last.location)


def test_a_new_version_is_published_and_listed_with_who_and_when(
    admin: PageClient, session: Session
) -> None:
    soup = publish(admin, PERSONAL)
    assert "редакция от 21.11.2026" in soup.select_one("[role=status]").text
    cells = [row.get_text(" | ", strip=True) for row in soup.select("tbody tr")]
    assert cells == [
        "21.11.2026 | Сотрудник admin | , 21.11.2026, 12:00 | Действует",
        "22.11.2026 | из состава кабинета | Прежняя",
    ]
    [row] = rows(session)
    assert (row.purpose, row.version, row.body) == (PERSONAL, "2026-11-21", BODY)
    assert row.sha256 == hashlib.sha256(BODY.encode()).hexdigest()
    line = session.scalars(select(AuditEvent).filter_by(action="text.published")).one()
    assert line.subject_key == "personal-data 2026-11-21"
    assert line.changes["version"] == [FILE, "2026-11-21"]
    assert line.changes["sha256"][1] == row.sha256
    assert line.staff_id == row.staff_id


def test_the_longest_text_arrives_whole(admin: PageClient, session: Session) -> None:
    body = "ы" * MAX_TEXT
    publish(admin, PERSONAL, body)
    assert rows(session)[0].body == body


def test_every_version_stays_readable_and_none_can_be_changed(
    admin: PageClient, session: Session
) -> None:
    publish(admin, PERSONAL)
    new = admin.get("staff.directory_text_version", purpose=PERSONAL, version="2026-11-21")
    assert [tag.text for tag in new.select("#results li")] == ["почта", "телефон"]
    assert rows(session)[0].sha256 in new.text
    old = admin.get("staff.directory_text_version", purpose=PERSONAL, version=FILE)
    assert "прежняя" in old.text
    assert "АО «Пример-Энерго»" in old.text
    for page in (new, old):
        assert not page.select("#results form, #results textarea")


def test_the_form_begins_with_the_words_in_force(admin: PageClient) -> None:
    assert admin.get("staff.directory_text_new", purpose="policy").select_one("#body").text == ""
    publish(admin, "policy", "Политика\r\n\r\n- раз")
    text = admin.get("staff.directory_text_new", purpose="policy").select_one("#body").text
    assert text.strip() == "Политика\n\n- раз"


def test_a_preview_shows_the_text_and_keeps_nothing(admin: PageClient, session: Session) -> None:
    soup = admin.get("staff.directory_text_new", purpose=PERSONAL)
    button = soup.select_one("button[formaction]")
    admin.submit(soup, 200, button["formaction"], body=BODY)
    page = admin.check_last()
    assert page.select_one(".card h2").text == "Кому"
    assert page.select_one(".card a")["rel"] == ["noopener", "noreferrer"]
    assert page.select_one("#body").text.strip() == BODY
    assert rows(session) == []
    token = page.select_one("#results [name=csrf_token]")["value"]
    part = admin.client.post(
        button["data-hx-post"], data={"body": BODY, "csrf_token": token}, headers=PARTIAL
    )
    assert part.text.startswith("<div")
    assert "<h2>Кому</h2>" in part.text
    admin.submit(page, body=BODY)
    assert len(rows(session)) == 1


def test_hostile_markdown_is_inert_wherever_it_is_read(admin: PageClient, page: PageClient) -> None:
    body = (
        "<script>alert(1)</script>\n\n<img src=x onerror=alert(1)> {{7*7}} "
        "[a](javascript:alert(1)) ![b](https://evil.example/x.png)"
    )
    soup = admin.get("staff.directory_text_new", purpose="edo")
    admin.submit(soup, 200, soup.select_one("button[formaction]")["formaction"], body=body)
    pages = [admin.check_last().select_one(".card")]
    publish(admin, "edo", body)
    publish(admin, PERSONAL, body)
    pages += [
        page.get("edo.index").select_one("#results"),
        page.get("consents.index", purpose=PERSONAL).select_one("#results"),
    ]
    for part in pages:
        assert not part.select("script, img, a[href^=javascript]")
        assert "<script>alert(1)</script>" in part.text
        assert "{{7*7}}" in part.text


@pytest.mark.parametrize("ending", ["new_submit", "preview"])
@pytest.mark.parametrize(("body", "phrase"), [(" \n ", "напишите"), ("я" * 60_001, "60 000")])
def test_no_text_and_too_much_of_it_are_refused(
    admin: PageClient, session: Session, ending: str, body: str, phrase: str
) -> None:
    soup = admin.get("staff.directory_text_new", purpose=PERSONAL)
    url = admin.url(f"staff.directory_text_{ending}", purpose=PERSONAL)
    admin.submit(soup, 422, url, body=body)
    soup = admin.check_last()
    assert soup.title.text.startswith("Ошибка · ")
    assert phrase in soup.select_one("#body-error").text
    assert soup.select_one("#body").text.strip() == body.strip()
    assert rows(session) == []


def test_several_versions_of_a_day_are_numbered_and_the_last_holds(
    session: Session, make: Factory, contract
) -> None:
    clerk = session.scalars(select(StaffMember.id)).first()
    for body in ("первый", "второй", "третий", "третий"):
        publish_text(session, PERSONAL, body, clerk, NOW)
    session.commit()
    assert [version.version for version in list_versions(session, PERSONAL)] == [
        FILE,
        "2026-11-21",
        "2026-11-21-2",
        "2026-11-21-3",
    ]
    assert current_text(session, PERSONAL).body == "третий"
    assert find_text(session, PERSONAL, "2026-11-21-2").body == "второй"
    second = publish_text(session, PERSONAL, "четвертый", clerk, NOW + timedelta(days=1))
    assert second.version == "2026-11-22-2", "a file has that day"
    lines = session.scalars(select(AuditEvent).filter_by(action="text.published")).all()
    assert len(lines) == 4


def test_two_clerks_who_publish_at_once_make_two_versions(
    session: Session, contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    clerk = session.scalars(select(StaffMember.id)).first()
    publish_text(session, PERSONAL, "чужой", clerk, NOW)
    before = list_versions(session, PERSONAL)[:1]
    monkeypatch.setattr("app.actions.texts.list_versions", lambda *given: before)
    assert publish_text(session, PERSONAL, "свой", clerk, NOW).version == "2026-11-21-2"


def test_a_registration_agrees_to_the_text_in_force_and_keeps_it(
    admin: PageClient, page: PageClient, session: Session, make: Factory
) -> None:
    make.contract("00777-ЭС")
    make.commit()
    publish(admin, PERSONAL, "Первый текст")
    person = Person(page)
    person.save(person.form("00777-ЭС"))
    consent = session.scalars(select(Consent)).one()
    assert consent.version == "2026-11-21"
    assert consent.text_sha256 == hashlib.sha256("Первый текст".encode()).hexdigest()

    publish(admin, PERSONAL, "Второй текст")
    old = page.get("consents.index", purpose=PERSONAL, version=consent.version)
    assert "Первый текст" in old.text
    assert "прежняя редакция" in old.text
    new = page.get("consents.index", purpose=PERSONAL)
    assert "Второй текст" in new.text
    assert "21.11.2026 (2)" in new.text
    same = page.get("consents.index", purpose=PERSONAL, version="2026-11-21-2")
    assert "Второй текст" in same.text
    file = page.get("consents.index", purpose=PERSONAL, version=FILE)
    assert "свободно, своей волей" in file.text
    every = page.get("consents.personal_data")
    assert "21.11.2026 (2)" in every.text
    person.save(person.form("00777-ЭС"))
    assert [consent.version for consent in session.scalars(select(Consent).order_by(Consent.id))][
        -1
    ] == ("2026-11-21-2")


def test_an_enquiry_agrees_to_the_texts_in_force(
    admin: PageClient, customer: PageClient, session: Session
) -> None:
    publish(admin, "enquiry-data", "Обработка данных обращения")
    send(customer)
    found = {consent.purpose: consent for consent in session.scalars(select(Consent))}
    assert found["enquiry-data"].version == "2026-11-21"
    assert found["enquiry-answer"].version == FILE
    soup = customer.get("profile.consents", contract_id=1)
    [link] = soup.select("a[href='/consents/enquiry-data/2026-11-21']")
    assert "Обработка данных обращения" in customer.open(link["href"]).text


def test_who_agreed_before_is_not_asked_again(
    admin: PageClient, customer: PageClient, session: Session, make: Factory
) -> None:
    account = session.scalars(select(Account)).one()
    browser = Browser("127.0.0.1", "x", None)
    consent = give_consent(session, None, "registration", browser, NOW)
    consent.account_id = account.id
    session.commit()
    assert "заново их не спрашивают" in publish(admin, PERSONAL).text
    customer.get("home.index", contract_id=1)
    session.expire_all()
    assert [consent.version for consent in session.scalars(select(Consent))] == [FILE]
    old = customer.get("consents.index", purpose=PERSONAL, version=consent.version)
    assert "свободно, своей волей" in old.text


def test_words_of_edo_are_replaced_and_the_state_stays(
    admin: PageClient, customer: PageClient, page: PageClient
) -> None:
    before = customer.get("edo.contract", contract_id=1)
    assert "Получите УКЭП" in before.text
    publish(admin, "edo", "## Наш порядок\n\nПозвоните нам.")
    after = customer.get("edo.contract", contract_id=1)
    assert before.select_one("div.note") == after.select_one("div.note")
    assert "Не подключено" in after.text
    assert "Позвоните нам." in after.text
    assert "Получите УКЭП" not in after.text
    assert "Позвоните нам." in page.get("edo.index").text
    old = admin.get("staff.directory_text_version", purpose="edo", version="built-in")
    assert "Получите УКЭП" in old.text


@pytest.mark.parametrize(
    "path",
    [
        "/consents/edo",
        "/consents/edo/built-in",
        "/consents/personal-data/2026-11-21",
        "/consents/personal-data/2026-11-22-2",
        "/consents/personal-data/%00",
        "/consents/personal-data/..%2F",
        "/consents/nothing",
        "/consents/%00/2026-11-22",
    ],
)
def test_no_such_text_is_not_found(page: PageClient, contract, path: str) -> None:
    page.open(path, 404)


@pytest.mark.parametrize("purpose", ["nothing", "%00", "Policy"])
@pytest.mark.parametrize("ending", ["", "/new", "/2026-11-22"])
def test_the_staff_find_no_such_text_either(admin: PageClient, purpose: str, ending: str) -> None:
    admin.open(f"/staff/directories/texts/{purpose}{ending}", 404)
