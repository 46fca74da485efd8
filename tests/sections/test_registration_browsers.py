"""Pre-hijack: nobody opens a cabinet with a stranger's password (ADR 6)."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Account, Contract, Registration
from tests.factories import Factory
from tests.outbox import Outbox
from tests.pages import PageClient
from tests.sections.registering import (
    NUMBER,
    ON_RECORD,
    PASSWORD,
    STRANGER,
    Person,
    charged_contract,
)

OWNER_PASSWORD = "пароль хозяина 5"


@pytest.fixture
def contract(make: Factory) -> Contract:
    return charged_contract(make)


@pytest.fixture
def person(page: PageClient, contract: Contract) -> Person:
    return Person(page)


@pytest.fixture
def elsewhere(app: Flask) -> PageClient:
    """The browser in which the mailbox is read."""
    return PageClient(app, "203.0.113.7")


def accounts(session: Session) -> list[Account]:
    session.rollback()
    return list(session.scalars(select(Account)))


def test_in_the_browser_that_registered_the_link_asks_for_nothing(
    person: Person, outbox: Outbox
) -> None:
    person.save(person.form())
    confirm = person.page.open(outbox.link(ON_RECORD))
    assert not confirm.select("[name=password]")
    assert person.page.submit(confirm).location.startswith("/contracts/")


def test_in_another_browser_the_chosen_password_is_asked_for_first(
    person: Person, elsewhere: PageClient, outbox: Outbox, session: Session
) -> None:
    person.save(person.form())
    confirm = elsewhere.open(outbox.link(ON_RECORD))
    assert confirm.select_one("[name=password]")["autocomplete"] == "current-password"
    for typed, text in (("", "введите пароль"), (OWNER_PASSWORD, "пароль не подходит")):
        elsewhere.submit(confirm, 422, password=typed)
        assert text in elsewhere.check_last().select_one("#password-error").text
        assert accounts(session) == []
    assert elsewhere.submit(confirm, password=PASSWORD).location.startswith("/contracts/")
    assert elsewhere.submit(confirm, 410, password=PASSWORD)
    assert len(accounts(session)) == 1


def test_a_press_without_the_field_opens_nothing(
    person: Person, elsewhere: PageClient, outbox: Outbox, session: Session
) -> None:
    person.save(person.form())
    confirm = elsewhere.open(outbox.link(ON_RECORD))
    token = confirm.select_one("[name=csrf_token]")["value"]
    answer = elsewhere.client.post(outbox.link(ON_RECORD), data={"csrf_token": token})
    assert answer.status_code == 422
    assert accounts(session) == []


def test_passwords_behind_a_link_are_not_tried_without_end_and_the_link_lives_on(
    person: Person, elsewhere: PageClient, outbox: Outbox
) -> None:
    person.save(person.form())
    confirm = elsewhere.open(outbox.link(ON_RECORD))
    for _ in range(10):
        elsewhere.submit(confirm, 422, password=OWNER_PASSWORD)
    elsewhere.submit(confirm, 429, password=PASSWORD)
    assert person.page.submit(person.page.open(outbox.link(ON_RECORD)))


def test_who_does_not_know_the_password_finds_the_ways_out(
    person: Person, elsewhere: PageClient, outbox: Outbox
) -> None:
    person.save(person.form())
    page = elsewhere.open(outbox.link(ON_RECORD))
    targets = [link["href"] for link in page.select("main a")]
    assert "/first-entry" in targets
    stop = next(target for target in targets if "/registration/stop/" in target)
    elsewhere.submit(elsewhere.open(stop), 200)
    elsewhere.open(outbox.link(ON_RECORD), 410)


def test_the_owner_who_registers_anew_is_in_with_a_password_of_their_own(
    app: Flask, person: Person, elsewhere: PageClient, outbox: Outbox
) -> None:
    person.save(person.form())
    owner = Person(elsewhere, {"password": OWNER_PASSWORD, "password_again": OWNER_PASSWORD})
    owner.save(owner.form())
    elsewhere.submit(elsewhere.open(outbox.link(ON_RECORD)))
    PageClient(app).sign_in(NUMBER, PASSWORD, 422)
    PageClient(app).sign_in(NUMBER, OWNER_PASSWORD)


def test_a_form_begun_elsewhere_wants_a_password_of_its_own(
    app: Flask, person: Person, elsewhere: PageClient, outbox: Outbox, session: Session
) -> None:
    """A stranger types a password and passes the form on; its number would be confirmed here."""
    url = person.enter().location
    person.press(person.page.open(url), "Отправить смс", channel="sms")
    victim = Person(elsewhere, {"channel": "sms", "password": "", "password_again": ""})
    form = elsewhere.open(url)
    assert "Пароль принят" not in form.text
    confirmed = victim.press(form, "ОК", code=outbox.code("9120000001"))
    victim.save(confirmed, 422)
    assert "придумайте пароль" in elsewhere.check_last().select_one("#password-error").text
    victim.save(elsewhere.check_last(), password=OWNER_PASSWORD, password_again=OWNER_PASSWORD)
    assert len(accounts(session)) == 1
    PageClient(app).sign_in(NUMBER, PASSWORD, 422)
    PageClient(app).sign_in(NUMBER, OWNER_PASSWORD)


def test_a_password_refused_with_the_rest_of_the_form_makes_no_browser_known(
    app: Flask, person: Person, elsewhere: PageClient, outbox: Outbox
) -> None:
    """Typed here but not kept, it must not vouch for the one that a stranger has typed."""
    url = person.enter().location
    person.press(person.page.open(url), "Отправить смс", channel="sms")
    victim = Person(
        elsewhere, {"channel": "sms", "password": OWNER_PASSWORD, "password_again": OWNER_PASSWORD}
    )
    victim.press(elsewhere.open(url), "Отправить смс еще раз", 429)
    assert "Пароль принят" not in elsewhere.check_last().text


def test_the_proof_in_another_browser_asks_for_the_password_too(
    person: Person, elsewhere: PageClient, outbox: Outbox, session: Session
) -> None:
    person.fields = {"email": STRANGER}
    person.save(person.form())
    proof = person.page.submit(person.page.open(outbox.link(STRANGER))).location
    page = elsewhere.open(proof)
    elsewhere.submit(page, 422, amount="12345,67", password=OWNER_PASSWORD)
    assert "Осталось попыток: 3" in elsewhere.check_last().text
    assert accounts(session) == []
    assert elsewhere.submit(page, amount="12345,67", password=PASSWORD).location.startswith(
        "/contracts/"
    )


def test_confirmed_with_the_password_the_proof_does_not_ask_again(
    person: Person, elsewhere: PageClient, outbox: Outbox
) -> None:
    person.fields = {"email": STRANGER}
    person.save(person.form())
    confirm = elsewhere.open(outbox.link(STRANGER))
    proof = elsewhere.open(elsewhere.submit(confirm, password=PASSWORD).location)
    assert not proof.select("[name=password]")


def test_forty_presses_of_save_hash_fifteen_passwords(
    person: Person, monkeypatch: pytest.MonkeyPatch, session: Session
) -> None:
    hashed: list[str] = []
    monkeypatch.setattr(
        "app.actions.registration.details.hash_password",
        lambda password: hashed.append(password) or f"hash {len(hashed)}",
    )
    soup = person.form()
    statuses = []
    for _ in range(40):
        person.page.last = person.page.client.post(
            person.page.last.request.path,
            data=person.details() | {"csrf_token": soup.select_one("[name=csrf_token]")["value"]},
        )
        statuses.append(person.page.last.status_code)
    assert statuses == [303] * 15 + [429] * 25
    assert len(hashed) == 15
    assert session.scalars(select(Registration)).one().state == "link_sent"
