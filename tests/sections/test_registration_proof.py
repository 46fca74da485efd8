"""The right to a contract: contacts on record, documents, clerks."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.actions.registration.confirmation import check_link, confirm_contact
from app.domain.errors import RegistrationClosedError
from app.lib.signed_links import Purpose
from app.models import Account, Contract, Message, Registration
from app.queries.registrations import get_registration
from app.web.policies import registration_rules
from tests.conftest import NOW
from tests.factories import Factory
from tests.outbox import Outbox, part, path_in
from tests.pages import PageClient
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


def test_a_contact_on_record_is_asked_for_nothing_more(person: Person, outbox: Outbox) -> None:
    person.fields = {}
    person.save(person.form())
    confirmed = person.page.submit(person.page.open(outbox.link(ON_RECORD)))
    assert confirmed.location.startswith("/contracts/")


def test_the_address_on_record_with_a_strangers_telephone_is_not_enough(
    person: Person, outbox: Outbox
) -> None:
    person.fields = {"email": ON_RECORD, "phone": "+7 912 999-99-99", "channel": "sms"}
    sent = person.press(person.form(), "Отправить смс")
    confirmed = person.press(sent, "ОК", code=outbox.code("9999999"))
    assert person.save(confirmed).location.endswith("/proof")
    # And whoever owns that address is told.
    assert "Это не я" in part(outbox.emails(ON_RECORD)[0], "plain")


def test_until_the_right_is_proved_nobody_signs_in(
    person: Person, outbox: Outbox, app: Flask
) -> None:
    page = person.page.open(confirm(person, outbox))
    assert page.h1.text == "Подтвердите право на договор"
    assert "12 345,67" not in page.select_one("main").text.replace("Например, 12 345,67", "")
    other = PageClient(app)
    refused = other.sign_in(NUMBER, PASSWORD, 422)
    unknown = other.sign_in("00999", PASSWORD, 422)
    assert alike(refused.text, NUMBER) == alike(unknown.text, "00999")


def alike(html: str, login: str) -> str:
    """A sign-in page without what was typed and its token."""
    return re.sub(r'name="csrf_token"[^>]*', "", html).replace(login, "")


@pytest.mark.parametrize("typed", ["12345,67", "12 345.67 ₽", "3 703,70"])
def test_the_exact_total_of_a_recent_document_opens_the_account(
    person: Person, outbox: Outbox, session: Session, typed: str
) -> None:
    page = person.page.open(confirm(person, outbox))
    home = person.page.open(person.page.submit(page, amount=typed).location)
    assert home.h1.text == "Главная"
    registration = session.scalars(select(Registration)).one()
    assert (registration.state, registration.proof) == ("active", "document")


def test_three_wrong_totals_leave_only_the_clerk(
    person: Person, outbox: Outbox, contract: Contract
) -> None:
    page = person.page.open(confirm(person, outbox))
    # Too old, late interest, a kopeck off.
    for typed, left in (("777,00", "2"), ("55,55", "1"), ("12345,68", None)):
        person.page.submit(page, 422, amount=typed)
        answer = person.page.check_last()
        if left:
            assert f"Осталось попыток: {left}" in answer.select_one(".error").text
    assert not answer.select("#amount")
    person.page.submit(page, 422, amount="12345,67")
    assert "сотрудник" in person.page.check_last().text


def test_what_is_no_sum_costs_no_try(person: Person, outbox: Outbox) -> None:
    page = person.page.open(confirm(person, outbox))
    for typed in ("", "много", "-1", "1e3", "\x00"):
        person.page.submit(page, 422, amount=typed)
        assert "Осталось попыток: 3" in person.page.check_last().text
    person.page.submit(page, amount="12345,67")


def test_registrations_begun_one_after_the_other_have_no_more_tries(
    person: Person, outbox: Outbox, advance_clock: Callable[..., datetime]
) -> None:
    for round_ in range(3):
        advance_clock(hours=round_)
        page = person.page.open(confirm(person, outbox))
        for number in range(3):
            person.page.submit(page, 422, amount=f"{number + 1},00")
    advance_clock(hours=4)
    assert not person.page.open(confirm(person, outbox)).select("#amount")
    advance_clock(hours=30)
    person.page.submit(person.page.open(confirm(person, outbox)), amount="12345,67")


@pytest.mark.parametrize(
    "typed", [{"email": ON_RECORD}, {"channel": "sms"}, {"phone": "89120000001"}]
)
def test_a_link_confirms_what_was_saved_with_it_and_nothing_typed_later(
    person: Person, outbox: Outbox, session: Session, typed: dict[str, str]
) -> None:
    url = person.enter().location
    person.save(person.page.open(url))
    person.press(person.page.open(url), "Отправить смс", **typed)
    person.press(person.page.check_last(), "ОК", 422, code="000000", **typed)
    person.page.open(outbox.link(STRANGER), 410)
    assert session.scalars(select(Account.id)).all() == []


def test_who_waits_for_proof_finds_the_way_back_to_it(person: Person, outbox: Outbox) -> None:
    proof = confirm(person, outbox)
    for way in (
        outbox.link(STRANGER),
        proof.replace("/proof", ""),
        proof.replace("proof", "letter"),
    ):
        answer = person.page.client.get(way)
        assert (answer.status_code, answer.location) == (303, proof)


def test_without_proof_in_the_settings_the_manual_is_followed_exactly(
    make_app: Callable[..., Flask], contract: Contract, outbox: Outbox
) -> None:
    page = PageClient(make_app(registration_proof="none"))
    assert confirm(Person(page, {"email": STRANGER}), outbox).startswith("/contracts/")


def test_a_press_on_the_old_link_while_another_address_is_saved_opens_nothing(
    person: Person, outbox: Outbox, session: Session, app: Flask
) -> None:
    person.save(person.form())
    with app.app_context():
        key, nonce = app.extensions["transports"].links.read(
            Purpose.CONFIRM, outbox.link(STRANGER).rpartition("/")[2]
        )
    seen = get_registration(session, key)
    check_link(seen, nonce, NOW)
    # Meanwhile another process saves the address on record.
    with Session(session.get_bind()) as other:
        other.execute(
            update(Registration).values(email=ON_RECORD, nonce="another", state="link_sent")
        )
        other.commit()
    with app.app_context():
        rules = registration_rules()
    with pytest.raises(RegistrationClosedError):
        confirm_contact(session, seen, rules, NOW)


def test_a_clerk_sees_both_contacts_and_opens_the_account(
    person: Person, outbox: Outbox, app: Flask, session: Session
) -> None:
    confirm(person, outbox)
    number = session.scalars(select(Registration.id)).one()
    session.rollback()
    listed = run(app, "registrations").output
    for shown in (NUMBER, STRANGER, ON_RECORD, "+7 912 999-99-99", "Ждут решения: 1"):
        assert shown in listed
    assert run(app, "registration-approve", str(number)).exit_code == 0
    message = outbox.emails(STRANGER)[-1]
    assert message["Subject"] == f"Личный кабинет по договору № {NUMBER} открыт"
    assert path_in(part(message, "html")) == "/sign-in"
    PageClient(app).sign_in(NUMBER, PASSWORD)
    again = run(app, "registration-approve", str(number))
    assert again.exit_code == 1
    assert "не ждет решения" in again.output


def test_no_link_stands_in_the_table_of_messages(
    person: Person, outbox: Outbox, session: Session
) -> None:
    confirm(person, outbox)
    tokens = [path_in(part(message, "plain")).rpartition("/")[2] for message in outbox.emails()]
    for message in session.scalars(select(Message)):
        stored = " ".join(str(value) for value in vars(message).values())
        assert not any(token in stored for token in tokens)


def unproved(app: Flask, outbox: Outbox, address: str) -> tuple[Person, BeautifulSoup]:
    """Somebody with a mailbox of their own, and the page that asks for the proof."""
    person = Person(PageClient(app, address), {"email": f"s{address}@example.org"})
    person.save(person.form())
    link_page = person.page.open(outbox.link(person.fields["email"]))
    return person, person.page.open(person.page.submit(link_page).location)


def stranger_guesses(app: Flask, outbox: Outbox, totals: int, address: str) -> None:
    """Wrong totals from one address, three in each registration."""
    for first in range(0, totals, 3):
        stranger, page = unproved(app, outbox, address)
        for number in range(first, first + 3):
            stranger.page.submit(page, amount=f"{number + 1},00", status=422)


def test_nine_wrong_totals_of_a_stranger_leave_the_owner_their_proof(
    app: Flask, person: Person, outbox: Outbox
) -> None:
    stranger_guesses(app, outbox, 9, "198.51.100.1")
    person.page = PageClient(app, "203.0.113.7")
    page = person.page.open(confirm(person, outbox))
    assert "Осталось попыток: 3" in page.text
    assert person.page.submit(page, amount="12345,67").location.startswith("/contracts/")


def test_one_address_has_nine_totals_a_day_for_a_contract_whatever_its_registrations(
    app: Flask, person: Person, outbox: Outbox
) -> None:
    person.page = PageClient(app, "198.51.100.1")
    stranger_guesses(app, outbox, 9, "198.51.100.1")
    assert not person.page.open(confirm(person, outbox)).select("#amount")


def test_when_many_totals_were_wrong_a_right_one_is_noted_for_the_clerk_and_told_to_nobody(
    make_app: Callable[..., Flask], contract: Contract, outbox: Outbox, session: Session
) -> None:
    """Guessing goes nowhere: right and wrong totals get one answer."""
    app = make_app(proof_tries=1)
    for number in range(10):
        stranger, page = unproved(app, outbox, f"198.51.100.{number}")
        stranger.page.submit(page, 422, amount="777,00")
    answers = []
    for number, typed in enumerate(("777,01", "12345,67")):
        owner, page = unproved(app, outbox, f"203.0.113.{number}")
        owner.page.submit(page, 200, amount=typed)
        answer = owner.page.last.text.replace(owner.fields["email"], "")
        answers.append(re.sub(r'(name="csrf_token"|/stop/)[^>]*', "", answer))
        assert "Сумму передали сотруднику" in owner.page.check_last().text
    assert answers[0] == answers[1]
    assert session.scalars(select(Account.id)).all() == []
    proofs = session.scalars(select(Registration.proof).order_by(Registration.id)).all()
    assert proofs == [None] * 11 + ["document"]
