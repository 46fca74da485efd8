"""Nobody's mailbox is flooded through the portal, and nobody's own mail is shut off."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Contract, Message
from tests.factories import PASSWORD as CURRENT_PASSWORD
from tests.factories import Factory
from tests.outbox import Outbox, part
from tests.pages import PageClient
from tests.sections.registering import ON_RECORD, STRANGER, Person

VICTIM = "victim@example.org"
BOOKKEEPER = "buh@example.org"


@pytest.fixture
def contracts(make: Factory) -> list[Contract]:
    """Nine companies that have not registered yet, on record with one mailbox."""
    make.supplier()
    made = [make.contract(f"0040{number}-ЭС") for number in range(9)]
    make.commit()
    return made


@pytest.fixture
def accounts(make: Factory) -> list[str]:
    """Nine contracts whose owners all use their bookkeeper's mailbox."""
    numbers = [f"0050{number}-ЭС" for number in range(9)]
    for number in numbers:
        make.account(make.contract(number), email=BOOKKEEPER)
    make.commit()
    return numbers


def register(app: Flask, number: str, address: str = "198.51.100.1", **fields: str) -> Person:
    person = Person(PageClient(app, address), {"email": VICTIM, "phone": "89129999999"} | fields)
    person.saved = person.save(person.form(number))  # type: ignore[attr-defined]
    return person


def forgot(app: Flask, number: str, address: str = "198.51.100.1") -> PageClient:
    page = PageClient(app, address)
    page.submit(page.get("recovery.index"), login=number)
    return page


def test_twenty_registrations_with_one_address_are_five_emails_and_twenty_equal_pages(
    app: Flask, contracts: list[Contract], outbox: Outbox
) -> None:
    pages = set()
    for contract in contracts:
        person = register(app, contract.number)
        soup = person.page.open(person.page.last.location)
        pages.add(soup.select_one("main").text.replace(contract.number, ""))
    assert len(outbox.emails(VICTIM)) == 5
    assert len(pages) == 1
    assert "Осталось подтвердить" in pages.pop()


def test_spellings_of_one_mailbox_count_together(
    app: Flask, contracts: list[Contract], outbox: Outbox
) -> None:
    for tag, contract in enumerate(contracts):
        register(app, contract.number, email=f"Victim+{tag}@example.org")
    assert len(outbox.emails("@example.org")) - len(outbox.emails(ON_RECORD)) == 5


def test_many_addresses_cause_eight_emails_an_hour_and_the_next_hour_more(
    app: Flask, contracts: list[Contract], outbox: Outbox, advance_clock: Callable[..., datetime]
) -> None:
    for number, contract in enumerate(contracts):
        register(app, contract.number, f"198.51.100.{number}")
    assert len(outbox.emails(VICTIM)) == 8
    advance_clock(minutes=61)
    register(app, contracts[0].number, "198.51.100.77")
    assert len(outbox.emails(VICTIM)) == 9


def test_what_one_stranger_causes_leaves_room_for_the_owner(
    app: Flask, contracts: list[Contract], outbox: Outbox
) -> None:
    for contract in contracts[:8]:
        register(app, contract.number)
    person = register(app, contracts[8].number, "203.0.113.7")
    confirm = person.page.open(outbox.link(VICTIM))
    assert contracts[8].number in confirm.text


def test_a_flood_of_registrations_leaves_the_link_for_a_new_password_alone(
    app: Flask, contracts: list[Contract], accounts: list[str], outbox: Outbox
) -> None:
    for contract in contracts:
        register(app, contract.number, email=BOOKKEEPER)
    before = len(outbox.emails(BOOKKEEPER))
    forgot(app, accounts[0], "203.0.113.7")
    assert len(outbox.emails(BOOKKEEPER)) == before + 1


def test_recoveries_of_many_contracts_of_one_mailbox_are_limited_and_the_last_link_lives(
    app: Flask, accounts: list[str], outbox: Outbox
) -> None:
    texts = set()
    for number in accounts:
        page = forgot(app, number)
        texts.add(page.open(page.last.location).select_one("main").text)
    assert len(texts) == 1
    assert len(outbox.emails(BOOKKEEPER)) == 5
    # Asked for again, and held back: the link that has arrived goes on working.
    forgot(app, accounts[4])
    assert len(outbox.emails(BOOKKEEPER)) == 5
    assert PageClient(app).open(outbox.link(BOOKKEEPER)).select("[name=password]")


def test_who_asks_in_a_browser_used_before_always_gets_the_link(
    app: Flask, accounts: list[str], outbox: Outbox
) -> None:
    owner = PageClient(app, "203.0.113.7")
    owner.sign_in(accounts[8])
    owner.client.delete_cookie("kabinet")
    for attacker in range(2):
        for number in accounts[:8]:
            forgot(app, number, f"198.51.100.{attacker}")
    assert len(outbox.emails(BOOKKEEPER)) == 8
    owner.submit(owner.get("recovery.index"), login=accounts[8])
    assert len(outbox.emails(BOOKKEEPER)) == 9


def test_a_notice_of_ones_own_change_always_goes(
    app: Flask, accounts: list[str], contracts: list[Contract], outbox: Outbox
) -> None:
    for contract in contracts:
        register(app, contract.number, email=BOOKKEEPER)
        forgot(app, accounts[0])
    page = PageClient(app, "203.0.113.7")
    home = page.sign_in(accounts[0]).location
    new = "совсем другой 1"
    form = page.open(
        f"{home}profile/password" if home.endswith("/") else f"{home}/profile/password"
    )
    page.submit(form, current=CURRENT_PASSWORD, password=new, password_again=new)
    assert outbox.emails(BOOKKEEPER)[-1]["Subject"] == "Пароль Личного кабинета изменен"


def test_a_registration_that_opens_an_account_is_told_even_if_its_notice_was_suppressed(
    make_app: Callable[..., Flask], contracts: list[Contract], outbox: Outbox, session: Session
) -> None:
    app = make_app(registration_proof="none")
    for contract in contracts[:6]:
        register(app, contract.number)
    assert len(outbox.emails(ON_RECORD)) == 4
    person = register(app, contracts[8].number, "198.51.100.1", email=STRANGER)
    assert len(outbox.emails(ON_RECORD)) == 4
    person.page.submit(person.page.open(outbox.link(STRANGER)))
    (message,) = outbox.emails(ON_RECORD)[4:]
    assert contracts[8].number in part(message, "plain")
    assert "/registration/stop/" in part(message, "plain")


def test_what_was_held_back_is_a_row_that_a_clerk_may_send(
    app: Flask, contracts: list[Contract], outbox: Outbox, session: Session
) -> None:
    for contract in contracts:
        register(app, contract.number)
    held = session.scalars(select(Message).where(Message.status == "suppressed")).all()
    kinds = {message.kind for message in held}
    assert kinds == {"registration_link", "registration_notice"}
    message = next(message for message in held if message.kind == "registration_notice")
    sent = len(outbox.emails(ON_RECORD))
    session.rollback()
    result = app.test_cli_runner().invoke(args=["message-retry", str(message.id)])
    assert result.exit_code == 0, result.output
    assert len(outbox.emails(ON_RECORD)) == sent + 1
