"""Who is left to decide for a contract, and what the access of others is worth then."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.actions.accounts.notifications import notify_enquirer
from app.actions.accounts.sessions import close_account
from app.domain.access import Role
from app.models import Account, Contract, Enquiry, Membership, Message
from tests.conftest import NOW
from tests.factories import PASSWORD, Factory
from tests.outbox import Outbox
from tests.pages import PageClient
from tests.sections.people.steps import (
    EMAIL,
    NEW,
    NUMBER,
    accept,
    home,
    invite,
    membership_of,
    person,
)


def test_the_last_owner_cannot_leave_and_a_director_takes_the_place(
    app: Flask, owner: PageClient, contract: Contract, outbox: Outbox, session: Session
) -> None:
    mine = membership_of(session, "director@example.org")
    url = f"/contracts/{contract.id}/people/{mine.id}/end"
    owner.submit(owner.open(url), 422, url)
    assert "решать за договор будет некому" in owner.check_last().main.text
    director = person(app, owner, outbox, contract, role="director")
    owner.submit(owner.open(url), 303, url)
    assert owner.client.get(home(contract)).status_code == 302
    assert membership_of(session).role == Role.OWNER
    director.get("people.index", contract_id=contract.id)
    PageClient(app).sign_in(NUMBER, NEW)
    PageClient(app).sign_in(NUMBER, PASSWORD, 422)


def test_of_two_who_end_each_other_one_is_left(
    app: Flask, owner: PageClient, contract: Contract, outbox: Outbox, session: Session
) -> None:
    director = person(app, owner, outbox, contract, role="director")
    mine = membership_of(session, "director@example.org")
    theirs = membership_of(session)
    ends = f"/contracts/{contract.id}/people/%d/end"
    first, second = owner.open(ends % theirs.id), director.open(ends % mine.id)
    owner.submit(first, 303, ends % theirs.id)
    assert director.client.post(ends % mine.id).status_code in (302, 400)
    director.submit(second, 302, ends % mine.id)
    session.expire_all()
    left = session.scalars(select(Membership).where(Membership.revoked_at.is_(None))).all()
    assert [membership.role for membership in left] == [Role.OWNER]


def test_a_blocked_director_is_passed_over_and_one_without_a_last_day_comes_first(
    app: Flask, owner: PageClient, contract: Contract, outbox: Outbox, session: Session
) -> None:
    for email, until in (("a@example.org", ""), ("b@example.org", "2027-01-31"), (EMAIL, "")):
        invite(owner, contract, email=email, role="director", access_until=until)
        accept(app, outbox, email=email)
    blocked = membership_of(session, "a@example.org")
    session.get_one(Account, blocked.account_id).disabled_at = NOW
    session.commit()
    mine = membership_of(session, "director@example.org")
    url = f"/contracts/{contract.id}/people/{mine.id}/end"
    owner.submit(owner.open(url), 303, url)
    assert membership_of(session).role == Role.OWNER
    assert membership_of(session, "b@example.org").role == Role.DIRECTOR


def test_a_blocked_director_alone_is_nobody_to_decide(
    app: Flask, owner: PageClient, contract: Contract, outbox: Outbox, session: Session
) -> None:
    person(app, owner, outbox, contract, role="director")
    session.get_one(Account, membership_of(session).account_id).disabled_at = NOW
    session.commit()
    mine = membership_of(session, "director@example.org")
    url = f"/contracts/{contract.id}/people/{mine.id}/end"
    owner.submit(owner.open(url), 422, url)


def test_a_director_with_a_last_day_does_not_become_owner_by_ending_the_owner(
    app: Flask, owner: PageClient, contract: Contract, outbox: Outbox, session: Session
) -> None:
    until = "2026-12-31"
    director = person(app, owner, outbox, contract, role="director", access_until=until)
    mine = membership_of(session, "director@example.org")
    url = f"/contracts/{contract.id}/people/{mine.id}/end"
    director.submit(director.open(url), 422, url)
    assert "без последнего дня" in director.check_last().main.text
    assert membership_of(session, "director@example.org").revoked_at is None


def test_a_closed_account_frees_its_address(
    app: Flask, owner: PageClient, contract: Contract, outbox: Outbox, session: Session
) -> None:
    person(app, owner, outbox, contract)
    account = session.get_one(Account, membership_of(session).account_id)
    close_account(session, account, NOW)
    session.commit()
    assert account.login_email is None
    invite(owner, contract)
    accept(app, outbox)


@pytest.fixture
def enquiry(
    app: Flask,
    owner: PageClient,
    contract: Contract,
    make: Factory,
    outbox: Outbox,
    session: Session,
) -> Enquiry:
    """An enquiry of an invited accountant, who gave an address of their own."""
    person(app, owner, outbox, contract)
    author = session.get_one(Account, membership_of(session).account_id)
    enquiry = make.enquiry(contract, author, email="home@example.org")
    make.commit()
    return enquiry


def answer(session: Session, enquiry: Enquiry) -> None:
    notify_enquirer(session, enquiry, "enquiry_reopened", "1", NOW, due=enquiry.answer_due_on)
    session.commit()


def recipients(session: Session) -> list[str]:
    rows = select(Message.recipient).where(Message.kind == "enquiry_reopened")
    return list(session.scalars(rows))


def test_an_answer_goes_to_the_author_while_they_have_access(
    session: Session, enquiry: Enquiry
) -> None:
    answer(session, enquiry)
    assert recipients(session) == ["home@example.org"]


@pytest.mark.parametrize(
    "loss",
    [{"revoked_at": NOW}, {"paused_at": NOW}, {"access_until": date(2026, 11, 20)}],
    ids=["ended", "suspended", "over"],
)
def test_an_answer_goes_to_the_owner_where_its_author_has_lost_access(
    session: Session, enquiry: Enquiry, loss: dict[str, object]
) -> None:
    lost = update(Membership).where(Membership.account_id == enquiry.account_id)
    session.execute(lost.values(**loss))
    answer(session, enquiry)
    assert recipients(session) == ["director@example.org"]


def test_an_answer_goes_to_nobody_where_another_customer_has_the_contract(
    session: Session, enquiry: Enquiry, contract: Contract
) -> None:
    lost = update(Membership).where(Membership.account_id == enquiry.account_id)
    session.execute(lost.values(revoked_at=NOW))
    session.execute(update(Contract).values(transferred_at=NOW))
    session.expire_all()
    answer(session, enquiry)
    assert recipients(session) == []
