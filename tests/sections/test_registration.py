"""Registration by letter, page by page (user manual §3)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models import Account, Consent, Contract, Membership, Registration
from tests.factories import Factory
from tests.outbox import Outbox, part, path_in
from tests.pages import PageClient
from tests.sections.registering import INN, NUMBER, ON_RECORD, PASSWORD, Person


@pytest.fixture
def contract(make: Factory) -> Contract:
    make.supplier()
    make.import_run()
    contract = make.contract(NUMBER)
    make.commit()
    return contract


@pytest.fixture
def person(page: PageClient, contract: Contract) -> Person:
    return Person(page)


def test_the_sign_in_page_leads_to_the_first_entry_and_to_recovery(page: PageClient) -> None:
    soup = page.get("auth.sign_in")
    links = {link.text.strip(): link["href"] for link in soup.select("main a")}
    assert links["Первый вход"] == "/first-entry"
    assert links["Забыли пароль?"] == "/recovery"


def test_the_form_has_the_fields_and_labels_of_the_manual(person: Person) -> None:
    soup = person.form()
    labels = [label.text.strip() for label in soup.select("main label, main legend")]
    assert labels[:5] == [
        "Номер договора",
        "Новый пароль",
        "Подтверждение пароля",
        "Адрес e-mail",
        "Номер телефона",
    ]
    assert "через электронную почту" in labels
    assert "через СМС" in labels
    assert "Подтверждаю свое согласие на обработку персональных данных" in labels
    assert soup.select_one("#number")["value"] == NUMBER
    assert not soup.select_one("#consent").has_attr("checked")
    assert soup.select_one("main form button:not([aria-hidden]):last-of-type")
    assert person.page.open(soup.select_one("main a[target=_blank]")["href"]).h1.text == (
        "Согласие на обработку персональных данных"
    )


def test_an_email_confirms_and_its_button_opens_the_account(
    person: Person, outbox: Outbox, session: Session
) -> None:
    sent = person.page.open(person.save(person.form()).location)
    assert ON_RECORD in sent.text
    assert "Спам" in sent.text
    assert session.scalar(select(func.count(Account.id))) == 0
    confirm = person.page.open(outbox.link(ON_RECORD))
    home = person.page.open(person.page.submit(confirm).location)
    assert home.h1.text == "Главная"
    assert NUMBER in home.header.text
    account = session.scalars(select(Account)).one()
    assert (account.email, account.phone) == (ON_RECORD, "+79120000001")
    assert account.email_confirmed_at is not None
    assert account.phone_confirmed_at is None


def test_from_then_on_number_and_password_sign_in(
    person: Person, outbox: Outbox, app: Flask
) -> None:
    person.save(person.form())
    person.page.submit(person.page.open(outbox.link()))
    other = PageClient(app)
    other.sign_in(NUMBER, "не тот пароль", 422)
    other.sign_in("00123", PASSWORD)


def test_the_email_has_both_parts_and_plain_words(person: Person, outbox: Outbox) -> None:
    person.save(person.form())
    (message,) = outbox.emails()
    assert message["Subject"] == f"Подтвердите регистрацию: договор № {NUMBER}"
    assert message["From"].addresses[0].display_name == "АО «Пример-Энерго»"
    text, html = part(message, "plain"), part(message, "html")
    assert path_in(text) == path_in(html)
    assert "21.11.2026 в 13:00 (UTC+5)" in text
    assert "Если регистрировались не вы" in text
    assert "⟦" not in text + html


@pytest.mark.parametrize(
    ("minutes", "status"), [(0, 200), (59, 200), (60, 410), (61, 410), (60 * 24, 410)]
)
def test_a_link_works_for_an_hour(
    person: Person,
    outbox: Outbox,
    advance_clock: Callable[..., datetime],
    session: Session,
    minutes: int,
    status: int,
) -> None:
    person.save(person.form())
    confirm = person.page.open(outbox.link())
    advance_clock(minutes=minutes)
    page = person.page.open(outbox.link(), status)
    person.page.submit(confirm, 303 if status == 200 else 410)
    assert session.scalar(select(func.count(Account.id))) == (status == 200)
    if status == 410:
        assert page.h1.text == "Срок ссылки истек"
        assert "зарегистрируйтесь снова" in page.text
        person.save(person.form())
        person.page.submit(person.page.open(outbox.link()))
        assert session.scalar(select(func.count(Account.id))) == 1


def test_programs_that_open_links_change_nothing(
    person: Person, outbox: Outbox, app: Flask, session: Session
) -> None:
    person.save(person.form())
    link = outbox.link()
    for _ in range(10):
        for method in ("get", "head"):
            answer = getattr(app.test_client(), method)(link)
            assert answer.status_code == 200
            assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert session.scalar(select(func.count(Account.id))) == 0
    person.page.submit(person.page.open(link))
    assert session.scalar(select(func.count(Account.id))) == 1


def test_the_button_is_pressed_by_a_person_and_not_by_another_site(
    person: Person, outbox: Outbox, app: Flask, session: Session
) -> None:
    person.save(person.form())
    for data in ({}, {"csrf_token": "x"}):
        assert app.test_client().post(outbox.link(), data=data).status_code == 400
    assert session.scalar(select(func.count(Account.id))) == 0


@pytest.mark.parametrize(
    "headers", [{"Host": "evil.example"}, {"X-Forwarded-Host": "evil.example"}]
)
def test_a_forged_host_never_gets_into_an_email(
    person: Person, outbox: Outbox, headers: dict[str, str]
) -> None:
    soup = person.form()
    data = person.details() | {"csrf_token": soup.select_one("[name=csrf_token]")["value"]}
    path = person.page.last.request.path
    answer = person.page.client.post(path, data=data, headers=headers)
    assert answer.status_code == (400 if "Host" in headers else 303)
    messages = outbox.emails()
    assert len(messages) == (0 if "Host" in headers else 1)
    for message in messages:
        assert "evil.example" not in message.as_string()
        assert "http://localhost/registration/confirm/" in part(message, "plain")


def test_a_used_link_says_so_and_signs_nobody_in(
    person: Person, outbox: Outbox, app: Flask, session: Session
) -> None:
    person.save(person.form())
    link = outbox.link()
    confirm = person.page.open(link)
    person.page.submit(confirm)
    assert person.page.submit(confirm, 410)
    stranger = PageClient(app)
    assert stranger.open(link, 410).h1.text == "Ссылка уже использована"
    assert session.scalar(select(func.count(Account.id))) == 1


def test_a_newer_registration_replaces_the_one_that_waits(
    person: Person, outbox: Outbox, app: Flask, session: Session
) -> None:
    stranger = Person(PageClient(app), {"email": "stranger@example.org"})
    stranger.save(stranger.form())
    dead = outbox.link("stranger@example.org")
    person.save(person.form())
    assert person.page.open(dead, 410).h1.text == "Есть более новая ссылка"
    person.page.submit(person.page.open(outbox.link(ON_RECORD)))
    assert session.scalars(select(Account)).one().email == ON_RECORD


def test_saving_twice_in_a_row_is_one_email(
    person: Person, outbox: Outbox, advance_clock: Callable[..., datetime]
) -> None:
    soup = person.form()
    assert person.save(soup).location == person.save(soup).location
    assert len(outbox.emails()) == 1
    first = outbox.link()
    advance_clock(minutes=1)
    person.save(soup)
    assert outbox.link() != first
    person.page.open(first, 410)
    person.page.open(outbox.link())


def test_another_address_kills_the_link_to_the_one_before(person: Person, outbox: Outbox) -> None:
    soup = person.form()
    person.save(soup, email="typo@example.org")
    person.save(soup)
    person.page.open(outbox.link("typo@example.org"), 410)
    person.page.submit(person.page.open(outbox.link(ON_RECORD)))


def test_twenty_saves_at_once_are_one_registration(
    person: Person, outbox: Outbox, app: Flask, session: Session
) -> None:
    soup = person.form()
    data = person.details() | {"csrf_token": soup.select_one("[name=csrf_token]")["value"]}
    path = person.page.last.request.path
    cookie = person.page.client.get_cookie("kabinet")

    def save(_: int) -> int:
        client = app.test_client()
        client.set_cookie("kabinet", cookie.value)
        return client.post(path, data=data).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(save, range(20)))
    assert set(statuses) <= {303, 410, 429}
    assert session.scalar(select(func.count(Registration.id))) == 1
    assert session.scalar(select(func.count(Consent.id))) == 1
    assert len(outbox.emails()) == 1
    # Other browsers saved it than the one that opens the link.
    person.page.submit(person.page.open(outbox.link()), password=PASSWORD)
    assert session.scalar(select(func.count(Account.id))) == 1


def test_a_strangers_emails_do_not_use_up_the_owners(
    person: Person, outbox: Outbox, app: Flask
) -> None:
    for number in range(12):
        stranger = Person(PageClient(app, "192.0.2.1"), {"email": f"s{number}@example.org"})
        stranger.save(stranger.form(), 429 if number >= 10 else 303)
    person.save(person.form())
    person.page.submit(person.page.open(outbox.link(ON_RECORD)))


@pytest.mark.parametrize(
    "page", ["/registration/form/{}", "/registration/confirm/{}", "/registration/stop/{}"]
)
def test_an_address_with_a_token_is_told_to_nobody(app: Flask, page: str) -> None:
    answer = app.test_client().get(page.format("token"))
    assert answer.headers.getlist("Referrer-Policy") == ["no-referrer"]


def test_the_email_can_be_sent_again_after_a_minute(
    person: Person, outbox: Outbox, advance_clock: Callable[..., datetime]
) -> None:
    sent = person.page.open(person.save(person.form()).location)
    person.page.submit(sent, 429)
    assert "через 60 с" in person.page.check_last().text
    assert len(outbox.emails()) == 1
    advance_clock(seconds=60)
    person.page.submit(sent)
    assert len(outbox.emails()) == 2


@pytest.mark.parametrize("tail", ["", "x", "A" * 10_000, "%00", "WzEsIiJd.bad", "%F0%9F%92%A9"])
def test_an_altered_link_is_a_clear_page(person: Person, outbox: Outbox, tail: str) -> None:
    person.save(person.form())
    link = outbox.link()
    for altered in (link[:-3] + tail, link.rpartition("/")[0] + "/" + (tail or "x")):
        answer = person.page.client.get(altered)
        assert answer.status_code == 404
        assert "Traceback" not in answer.text


def test_a_link_for_one_purpose_opens_no_other(person: Person, outbox: Outbox) -> None:
    person.save(person.form())
    token = outbox.link().rpartition("/")[2]
    for path in ("/registration/stop/", "/recovery/password/", "/recovery/code/"):
        person.page.open(path + token, 404)
    person.page.open(f"/registration/form/{token}", 404)


def test_without_consent_nothing_is_kept(person: Person, session: Session) -> None:
    soup = person.form()
    person.fields = {"consent": ""}
    person.save(soup, 422)
    page = person.page.check_last()
    assert page.select_one("#consent")["aria-invalid"] == "true"
    assert session.scalar(select(func.count(Consent.id))) == 0
    registration = session.scalars(select(Registration)).one()
    assert (registration.email, registration.phone, registration.password_hash) == (None,) * 3


def test_consent_is_a_row_with_its_text_time_and_place(
    person: Person, outbox: Outbox, session: Session
) -> None:
    person.save(person.form())
    person.page.submit(person.page.open(outbox.link()))
    consent = session.scalars(select(Consent)).one()
    text = person.page.get("consents.index", purpose=consent.purpose, version=consent.version)
    assert "своей волей" in text.text
    assert len(consent.text_sha256) == 64
    assert (consent.address, consent.form) == ("127.0.0.1", "registration")
    assert consent.user_agent.startswith("Werkzeug")
    assert consent.account_id == session.scalars(select(Account.id)).one()
    assert consent.withdrawn_at is None


@pytest.mark.parametrize(
    ("field", "typed", "text"),
    [
        ("password", "1234567", "короче 8"),
        ("password", "x" * 21, "длиннее 20"),
        ("password", "12345678", "слишком известен"),
        ("password", INN, "знают другие"),
        ("password_again", "другой пароль", "не совпадают"),
        ("email", "нет", "name@example.ru"),
        ("phone", "звоните", "нужен номер"),
        ("channel", "голубем", "Выберите"),
    ],
)
def test_a_fault_is_named_beside_its_field_and_the_rest_is_kept(
    person: Person, field: str, typed: str, text: str
) -> None:
    both = {"password_again": typed} if field == "password" else {}
    person.save(person.form(), 422, **({field: typed} | both))
    page = person.page.check_last()
    assert page.title.text.startswith("Ошибка · ")
    target = page.select_one("#error-summary a")["href"]
    assert page.select_one(target)
    assert text in page.select_one(".field .error, fieldset .error").text
    assert page.select_one("#email")["value"] == (typed if field == "email" else ON_RECORD)
    assert not page.select_one("#password").get("value")


def test_two_registrations_of_one_contract_end_in_one_account(
    person: Person, outbox: Outbox, app: Flask, session: Session
) -> None:
    late = Person(PageClient(app))
    form_of_the_late = late.form()
    person.save(person.form())
    person.page.submit(person.page.open(outbox.link()))
    late.save(form_of_the_late, 410)
    assert late.page.check_last().h1.text == "Регистрация завершена или заменена"
    assert session.scalar(select(func.count(Membership.id))) == 1
