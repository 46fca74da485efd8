"""Search, the customer's card, accounts and sessions, the cabinet through a clerk's eyes."""

from __future__ import annotations

import sqlite3
import time

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import (
    Account,
    AccountSession,
    AuditEvent,
    Contract,
)
from app.web.data_access import write_waiting
from tests.conftest import NOW
from tests.factories import Factory
from tests.pages import PARTIAL, PageClient


def test_the_card_shows_what_a_clerk_is_asked_for_and_the_audit_log_notes_it(
    clerk, found, session: Session
) -> None:
    soup = clerk.get("staff.customer", contract_id=found.id)
    for phrase in ("Ромашка", "7415000018", "88001234", "buh@example.org", "dogovor@example.org"):
        assert phrase in soup.text
    clerk.get("staff.customer", contract_id=found.id)
    (event,) = session.scalars(select(AuditEvent).filter_by(action="staff.looked"))
    assert (event.subject_key, event.changes) == ("00123-ЭС", {"page": "staff.customer"})
    assert event.staff_id
    assert event.address == "127.0.0.1"


@pytest.mark.parametrize("contract_id", [10**9, 2**70])
def test_a_card_that_is_not_there_is_404(clerk, contract_id) -> None:
    clerk.get("staff.customer", 404, contract_id=contract_id)


def test_a_block_ends_sessions_at_once_and_is_taken_back(
    clerk, customer, found, session: Session
) -> None:
    customer.get("home.index", contract_id=found.id)
    account = session.scalars(select(Account)).one()
    way = {"contract_id": found.id, "account_id": account.id}
    card = clerk.get("staff.customer", contract_id=found.id)
    clerk.submit(card, action=clerk.url("staff.customer_block", **way))
    assert customer.client.get(customer.url("home.index", contract_id=found.id)).status_code == 302
    customer.sign_in("00123", status=422)
    card = clerk.get("staff.customer", contract_id=found.id)
    assert "Закрыта" in card.text
    clerk.submit(card, action=clerk.url("staff.customer_unblock", **way))
    customer.sign_in("00123")
    actions = session.scalars(select(AuditEvent.action).where(AuditEvent.account_id == account.id))
    assert {"account.blocked", "account.unblocked"} <= set(actions)


def test_one_session_or_all_of_them_are_ended(clerk, customer, app, found, session) -> None:
    second = PageClient(app)
    second.sign_in("00123")
    third = PageClient(app)
    third.sign_in("00123")
    account = session.scalars(select(Account)).one()
    rows = session.scalars(select(AccountSession).order_by(AccountSession.id)).all()
    way = {"contract_id": found.id, "account_id": account.id}
    card = clerk.get("staff.customer", contract_id=found.id)
    assert len(card.select("section.card tbody tr")) == 3
    clerk.submit(card, action=clerk.url("staff.customer_end_session", **way, session_id=rows[0].id))
    home = customer.url("home.index", contract_id=found.id)
    assert [browser.client.get(home).status_code for browser in (customer, second)] == [302, 200]
    clerk.submit(card, action=clerk.url("staff.customer_end_sessions", **way))
    assert [browser.client.get(home).status_code for browser in (second, third)] == [302, 302]


def test_a_clerk_has_a_recovery_email_sent_and_the_password_works_on(
    clerk, app, found, session: Session, outbox
) -> None:
    account = session.scalars(select(Account)).one()
    card = clerk.get("staff.customer", contract_id=found.id)
    clerk.submit(
        card,
        action=clerk.url("staff.customer_recovery", contract_id=found.id, account_id=account.id),
    )
    assert "отправляется" in clerk.get("staff.customer", contract_id=found.id, done="recovery").text
    (email,) = outbox.emails()
    assert email["To"] == "buh@example.org"
    PageClient(app).sign_in("00123")


def test_without_a_confirmed_address_no_recovery_is_started(clerk, found, session, make) -> None:
    account = session.scalars(select(Account)).one()
    account.email_confirmed_at = None
    make.commit()
    card = clerk.get("staff.customer", contract_id=found.id)
    clerk.submit(
        card,
        409,
        action=clerk.url("staff.customer_recovery", contract_id=found.id, account_id=account.id),
    )
    assert "подтвержденного адреса" in clerk.check_last().text


def test_an_account_of_another_contract_is_not_reached_through_this_one(
    clerk, found, session: Session, make
) -> None:
    other = make.account(make.contract("00888-ЭС"))
    make.commit()
    card = clerk.get("staff.customer", contract_id=found.id)
    clerk.submit(
        card,
        404,
        action=clerk.url("staff.customer_block", contract_id=found.id, account_id=other.id),
    )
    session.refresh(other)
    assert other.disabled_at is None


def test_the_pages_say_that_a_clerk_views_and_the_audit_log_names_both(
    clerk, contract: Contract, session: Session
) -> None:
    soup = clerk.get("home.index", contract_id=contract.id)
    assert "глазами потребителя" in soup.select_one("#looking").text
    assert not soup.find(string="Оформить обращение")
    assert not soup.find(string="Передать показания")
    account = session.scalars(select(Account)).one()
    events = session.scalars(select(AuditEvent).filter_by(action="staff.looked")).all()
    assert [(event.account_id, event.changes["page"]) for event in events] == [
        (account.id, "home.index")
    ]
    assert events[0].staff_id
    clerk.client.get(clerk.url("home.index", contract_id=contract.id), headers=PARTIAL)
    session.expire_all()
    assert len(session.scalars(select(AuditEvent).filter_by(action="staff.looked")).all()) == 1


def test_a_contract_that_nobody_has_registered_can_be_looked_at(clerk, make: Factory) -> None:
    contract = make.contract("00555-ЭС")
    make.commit()
    assert "никто не зарегистрирован" in clerk.get("profile.index", contract_id=contract.id).text
    clerk.get("home.index", contract_id=contract.id)


def test_the_card_is_noted_again_after_a_quarter_of_an_hour(
    clerk, contract: Contract, session: Session, advance_clock
) -> None:
    clerk.get("staff.customer", contract_id=contract.id)
    advance_clock(minutes=14)
    clerk.get("staff.customer", contract_id=contract.id)
    advance_clock(minutes=16)
    clerk.client.get(clerk.url("staff.extend_session"))
    advance_clock(minutes=20)
    clerk.get("staff.customer", contract_id=contract.id)
    moments = session.scalars(select(AuditEvent.happened_at).filter_by(action="staff.looked")).all()
    assert len(moments) == 2
    assert moments[0] == NOW


def test_data_access_waits_while_something_long_is_written_and_pages_open_at_once(
    clerk, contract: Contract, session: Session, tmp_path, app
) -> None:
    with sqlite3.connect(tmp_path / "kabinet.sqlite3") as other:
        other.execute("BEGIN IMMEDIATE")
        begun = time.monotonic()
        clerk.get("staff.customer", contract_id=contract.id)
        clerk.get("home.index", contract_id=contract.id)
        assert time.monotonic() - begun < 2
        other.rollback()
    viewed = select(AuditEvent.changes).filter_by(action="staff.looked").order_by(AuditEvent.id)
    assert session.scalars(viewed).all() == []
    with app.app_context():
        assert write_waiting() == 2
        assert write_waiting() == 0
    pages = [changes["page"] for changes in session.scalars(viewed)]
    assert pages == ["staff.customer", "home.index"]


def test_a_data_access_that_waited_follows_with_the_next_one(
    clerk, contract: Contract, session: Session, tmp_path
) -> None:
    with sqlite3.connect(tmp_path / "kabinet.sqlite3") as other:
        other.execute("BEGIN IMMEDIATE")
        clerk.get("staff.customer", contract_id=contract.id)
        other.rollback()
    clerk.get("home.index", contract_id=contract.id)
    viewed = select(AuditEvent.id).filter_by(action="staff.looked")
    assert len(session.scalars(viewed).all()) == 2


def test_lists_and_exports_of_personal_data_are_data_access_too(
    clerk, found, session: Session
) -> None:
    clerk.open(clerk.url("staff.customers", q="ромашка"))
    clerk.open(clerk.url("staff.customers", q="ромашк"))
    for extension in ("csv", "xlsx"):
        url = clerk.url("staff.enquiries_file", extension=extension, state="all")
        assert clerk.client.get(url).status_code == 200
    lines = session.execute(
        select(AuditEvent.subject, AuditEvent.changes).filter_by(action="staff.looked")
    ).all()
    assert [(subject, changes["page"]) for subject, changes in lines] == [
        ("lists", "staff.customers"),
        ("lists", "staff.enquiries_file"),
    ]
    assert "state=all" in lines[1].changes["query"]


def test_two_enquiries_of_one_contract_are_two_data_accesses(
    clerk, make, contract, session
) -> None:
    account = session.scalars(select(Account)).one()
    ids = [make.enquiry(contract, account).id for _ in range(2)]
    make.commit()
    for key in ids:
        clerk.get("staff.enquiry", enquiry_id=key)
        clerk.get("staff.enquiry", enquiry_id=key)
    lines = session.scalars(select(AuditEvent.changes).filter_by(action="staff.looked")).all()
    assert [line["of"] for line in lines] == ids


def test_emails_with_a_link_are_not_sent_without_end(clerk, found, session: Session) -> None:
    account = session.scalars(select(Account)).one()
    way = clerk.url("staff.customer_recovery", contract_id=found.id, account_id=account.id)
    card = clerk.get("staff.customer", contract_id=found.id)
    for status in (303, 303, 303, 429):
        clerk.submit(card, status, action=way)
    assert "отправлено достаточно" in clerk.check_last().text
