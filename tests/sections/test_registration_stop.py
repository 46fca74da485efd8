"""Those on record are told of every registration and can stop it: «Это не я»."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Account, Contract, Membership, Registration
from config import MailSettings
from tests.factories import Factory
from tests.outbox import Outbox, part, path_in
from tests.pages import PageClient
from tests.providers import mail_server
from tests.sections.registering import (
    NUMBER,
    ON_RECORD,
    PASSWORD,
    STRANGER,
    Person,
    charged_contract,
    confirm,
    run,
)


@pytest.fixture
def contract(make: Factory) -> Contract:
    return charged_contract(make)


@pytest.fixture
def person(page: PageClient, contract: Contract) -> Person:
    """Registers at an address that billing does not know."""
    return Person(page, {"email": STRANGER, "phone": "+7 912 999-99-99"})


def test_the_owner_is_told_of_a_stranger_who_first_typed_the_owners_address(
    person: Person, outbox: Outbox, advance_clock: Callable[..., datetime]
) -> None:
    soup = person.form()
    person.save(soup, email=ON_RECORD)
    assert [message["Subject"].split(":")[0] for message in outbox.emails()] == [
        "Подтвердите регистрацию"
    ]
    advance_clock(minutes=2)
    person.save(soup)
    assert "Это не я" in part(outbox.emails(ON_RECORD)[-1], "plain")


def test_the_email_on_record_lets_its_reader_stop_a_strangers_registration(
    person: Person, outbox: Outbox, app: Flask
) -> None:
    person.save(person.form(), email=ON_RECORD)
    owner = PageClient(app)
    page = owner.open(outbox.link(ON_RECORD))
    assert "+7 9•• •••-••-99" in page.select_one("main").text
    owner.submit(owner.open(page.select_one("main a[href*=stop]")["href"]), 200)
    owner.open(outbox.link(ON_RECORD), 410)


def test_those_on_record_are_told_once_however_often_it_is_saved(
    person: Person, outbox: Outbox, advance_clock: Callable[..., datetime]
) -> None:
    soup = person.form()
    for minutes in (0, 2, 4):
        advance_clock(minutes=minutes)
        person.save(soup)
    assert len(outbox.emails(ON_RECORD)) == 1
    person.save(soup, phone="+7 912 888-88-88")
    assert len(outbox.emails(ON_RECORD)) == 2


def test_a_landline_on_record_gets_no_text_message(
    person: Person, outbox: Outbox, make: Factory
) -> None:
    customer = make.customer(email_from_billing=None, phone_from_billing="8 (3513) 57-00-00")
    make.contract("00200-ЭС", customer_id=customer.id)
    make.commit()
    person.save(person.form("00200-ЭС"))
    assert not outbox.texts()


def test_stopping_and_confirming_at_once_leave_no_open_account(
    person: Person, outbox: Outbox, app: Flask, session: Session
) -> None:
    person.save(person.form(), email=ON_RECORD)
    confirm_page = person.page.open(outbox.link(ON_RECORD))
    stop_url = confirm_page.select_one("main a")["href"]
    person.page.open(stop_url)
    token = confirm_page.select_one("[name=csrf_token]")["value"]
    cookie = person.page.client.get_cookie("kabinet")

    def press(path: str) -> int:
        client = app.test_client()
        client.set_cookie("kabinet", cookie.value)
        return client.post(path, data={"csrf_token": token}).status_code

    with ThreadPoolExecutor(2) as pool:
        confirmed, stopped = pool.map(press, [outbox.link(ON_RECORD), stop_url])
    assert stopped == 200
    assert confirmed in (303, 410)
    assert session.scalars(select(Account.id).where(Account.disabled_at.is_(None))).all() == []


def test_those_on_record_are_told_of_every_registration(person: Person, outbox: Outbox) -> None:
    person.save(person.form())
    (message,) = outbox.emails(ON_RECORD)
    assert message["Subject"] == f"Регистрация в Личном кабинете по договору № {NUMBER}"
    for subtype in ("plain", "html"):
        text = part(message, subtype)
        assert "n•••@example.org" in text
        assert STRANGER not in text
        assert "21.11.2026 в 12:00 (UTC+5)" in text
        assert path_in(text).startswith("/registration/stop/")


def test_who_is_on_record_with_a_number_only_gets_a_text_message(
    person: Person, outbox: Outbox, make: Factory
) -> None:
    customer = make.customer(email_from_billing=None, phone_from_billing="89120000009")
    make.contract("00200-ЭС", customer_id=customer.id)
    make.commit()
    person.save(person.form("00200-ЭС"))
    (text,) = outbox.texts("79120000009")
    assert path_in(text).startswith("/registration/stop/")


def test_it_is_not_me_stops_what_waits(
    person: Person, outbox: Outbox, app: Flask, session: Session
) -> None:
    person.save(person.form())
    link = outbox.link(ON_RECORD)
    owner = PageClient(app)
    question = owner.open(link)
    assert owner.open(link).h1.text == "Это не вы?"
    assert session.scalars(select(Registration.state)).one() == "link_sent"
    session.rollback()
    owner.submit(question, 200)
    assert owner.check_last().h1.text == "Регистрация остановлена"
    assert person.page.open(outbox.link(STRANGER), 410).h1.text == "Регистрация остановлена"
    assert owner.open(link, 410).h1.text == "Регистрация уже остановлена"


def test_it_is_not_me_closes_an_account_that_was_opened_and_its_sessions(
    person: Person, outbox: Outbox, app: Flask, session: Session
) -> None:
    page = person.page.open(confirm(person, outbox))
    home = person.page.submit(page, amount="12345,67").location
    owner = PageClient(app)
    owner.submit(owner.open(outbox.link(ON_RECORD)), 200)
    assert person.page.client.get(home).status_code == 302
    PageClient(app).sign_in(NUMBER, PASSWORD, 422)
    # The owner registers in peace.
    rightful = Person(owner)
    rightful.save(rightful.form())
    owner.submit(owner.open(outbox.link(ON_RECORD)))
    assert session.scalars(select(Account.email).where(Account.disabled_at.is_(None))).all() == [
        ON_RECORD
    ]


def let_in(app: Flask, inviter: PageClient, outbox: Outbox, email: str) -> PageClient:
    """Somebody whom the stranger, or a friend of theirs, has made a director."""
    soup = inviter.open("/contracts/1/people/new")
    inviter.submit(soup, 303, person_name="Друг", email=email, role="director")
    friend = PageClient(app)
    password = "пароль друга 26"
    typed = {"password": password, "password_again": password, "consent": "y"}
    friend.submit(friend.open(outbox.link(email)), 303, **typed)
    friend.sign_in(email, password)
    return friend


def test_it_is_not_me_ends_the_access_of_all_whom_the_stranger_has_let_in(
    person: Person, outbox: Outbox, app: Flask, session: Session
) -> None:
    person.page.submit(person.page.open(confirm(person, outbox)), amount="12345,67")
    stop = outbox.link(ON_RECORD)
    friend = let_in(app, person.page, outbox, "friend@example.org")
    other = let_in(app, friend, outbox, "other@example.org")
    soup = other.open("/contracts/1/people/new")
    other.submit(soup, 303, person_name="Третий", email="third@example.org", role="viewer")
    waiting = outbox.link("third@example.org")
    # The stranger goes, and the friend becomes the owner.
    person.page.submit(person.page.open("/contracts/1/people/1/end"), 303)
    friend.open("/contracts/1/people")
    owner = PageClient(app)
    owner.submit(owner.open(stop), 200)
    for page in (person.page, friend, other):
        assert page.client.get("/contracts/1/").status_code == 302
    assert PageClient(app).open(waiting, 410).h1.text == "Приглашение отозвано"
    live = select(Membership.id).where(Membership.revoked_at.is_(None))
    assert session.scalars(live).all() == []
    # The contract is free: the owner registers in peace.
    rightful = Person(owner)
    rightful.save(rightful.form())


def test_it_is_not_me_closes_an_account_for_a_week(
    person: Person, outbox: Outbox, advance_clock: Callable[..., datetime]
) -> None:
    page = person.page.open(confirm(person, outbox))
    person.page.submit(page, amount="12345,67")
    advance_clock(days=6, hours=23)
    person.page.open(outbox.link(ON_RECORD))
    advance_clock(days=7)
    assert person.page.open(outbox.link(ON_RECORD), 410).h1.text == "Срок ссылки истек"


def test_what_still_waits_is_stopped_as_long_as_it_waits(
    person: Person,
    outbox: Outbox,
    app: Flask,
    session: Session,
    advance_clock: Callable[..., datetime],
) -> None:
    confirm(person, outbox)
    advance_clock(days=8)
    owner = PageClient(app)
    owner.submit(owner.open(outbox.link(ON_RECORD)), 200)
    number = session.scalars(select(Registration.id)).one()
    assert run(app, "registration-approve", str(number)).exit_code == 1


def test_going_on_in_the_form_does_not_save_a_stranger_from_being_stopped(
    person: Person, outbox: Outbox, app: Flask
) -> None:
    url = person.enter().location
    person.save(person.page.open(url))
    person.press(person.page.open(url), "Отправить смс", channel="sms")
    owner = PageClient(app)
    owner.submit(owner.open(outbox.link(ON_RECORD)), 200)
    person.page.open(url, 410)


def test_one_address_cannot_have_the_owner_told_without_end(
    person: Person, outbox: Outbox, make_app: Callable[..., Flask], tmp_path: Path
) -> None:
    with mail_server() as server:
        server.reply = "550 no such user"
        settings = MailSettings(
            tmp_path / "outbox", server="127.0.0.1", port=server.port, use_tls=False, timeout=2
        )
        page = PageClient(make_app(mail=settings))
        stranger = Person(page)
        soup = stranger.form()
        statuses = [
            stranger.page.client.post(
                page.last.request.path,
                data=stranger.details()
                | {"csrf_token": soup.select_one("[name=csrf_token]")["value"]}
                | {"email": f"a{number}@example.org"}
                | ({"password": "", "password_again": ""} if number else {}),
            ).status_code
            for number in range(22)
        ]
    assert statuses == [503] * 20 + [429] * 2


def test_who_reads_the_mailbox_can_stop_what_waits_for_a_clerk(
    person: Person, outbox: Outbox
) -> None:
    page = person.page.open(confirm(person, outbox))
    stop = page.find("a", string="Остановите регистрацию")
    person.page.submit(person.page.open(stop["href"]), 200)


def test_a_clerk_refuses_and_the_reason_is_told(
    person: Person, outbox: Outbox, app: Flask, session: Session
) -> None:
    form_page = confirm(person, outbox)
    number = session.scalars(select(Registration.id)).one()
    session.rollback()
    refused = run(app, "registration-refuse", str(number), "--reason", "Договор расторгнут <b>")
    assert refused.exit_code == 0
    message = outbox.emails(STRANGER)[-1]
    assert message["Subject"] == f"Регистрация по договору № {NUMBER} не подтверждена"
    assert "Договор расторгнут <b>" in part(message, "plain")
    assert "Договор расторгнут &lt;b&gt;" in part(message, "html")
    PageClient(app).sign_in(NUMBER, PASSWORD, 422)
    person.page.open(form_page, 410)
    assert run(app, "registration-refuse", "999", "--reason", "x").exit_code == 1
