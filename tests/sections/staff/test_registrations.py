"""A clerk opens the cabinet or refuses it, with both contacts before their eyes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.actions.accounts.sessions import create_account
from app.lib.passwords import hash_password
from app.models import Account, AuditEvent, Contract, Registration
from tests.conftest import NOW
from tests.factories import PASSWORD, Factory
from tests.pages import PageClient


@pytest.fixture
def waiting(make: Factory, session: Session, contract: Contract) -> Registration:
    """A registration of a contract that is free, by an address that billing does not know."""
    free = make.contract("00321-ЭС")
    row = Registration(
        contract_id=free.id,
        customer_id=free.customer_id,
        customer_inn="7415000018",
        state="unproved",
        created_at=NOW,
        saved_at=NOW,
        confirmed_at=NOW - timedelta(hours=5),
        channel="mail",
        email="novy@example.org",
        phone="+79127770002",
        nonce="n",
        password_hash=hash_password(PASSWORD),
        address="192.0.2.7",
        user_agent="",
    )
    session.add(row)
    make.commit()
    return row


def test_both_contacts_stand_side_by_side(clerk, waiting, session) -> None:
    soup = clerk.get("staff.registrations")
    assert "novy@example.org" in soup.text
    assert "5 ч" in soup.text
    soup = clerk.get("staff.registration", registration_id=waiting.id)
    cells = [[cell.text for cell in row.select("td")] for row in soup.select("tbody tr")]
    assert "novy@example.org" in cells[0][0]
    assert cells[0][1] == "dogovor@example.org"
    assert "912 777-00-02" in cells[1][0].replace("\u2011", "-")
    (access,) = session.scalars(
        select(AuditEvent).filter_by(action="staff.looked", subject="contracts")
    )
    assert access.subject_key == "00321-ЭС"


def test_an_approval_opens_the_account_and_notifies_the_person(
    clerk, app, waiting, session: Session, outbox
) -> None:
    page = clerk.get("staff.registration", registration_id=waiting.id)
    clerk.submit(page, action=clerk.url("staff.registration_approve", registration_id=waiting.id))
    PageClient(app).sign_in("00321")
    assert [message["To"] for message in outbox.emails()] == ["novy@example.org"]
    session.expire_all()
    assert session.get_one(Registration, waiting.id).decided_by == "Сотрудник operator"
    assert "Все заявки решены" in clerk.get("staff.registrations").text


def test_a_refusal_needs_a_reason_which_the_person_reads(
    clerk, app, waiting, session: Session, outbox
) -> None:
    page = clerk.get("staff.registration", registration_id=waiting.id)
    clerk.submit(page, 422, reason=" ", action=page.select("form")[-1]["action"])
    assert "Причина отказа" in clerk.check_last().select_one("#error-summary").text
    clerk.submit(page, reason="Позвоните в отделение")
    (message,) = outbox.emails()
    assert "Позвоните в отделение" in message.get_body().get_content()
    PageClient(app).sign_in("00321", status=422)
    (event,) = session.scalars(select(AuditEvent).filter_by(action="registration.refused"))
    assert event.staff_id


def test_what_is_decided_already_is_said_and_changes_nothing(
    clerk, waiting, make: Factory, session: Session
) -> None:
    page = clerk.get("staff.registration", registration_id=waiting.id)
    create_account(session, "00321-ЭС", "vladelec@example.org", PASSWORD, NOW)
    make.commit()
    way = clerk.url("staff.registration_approve", registration_id=waiting.id)
    clerk.submit(page, 409, action=way)
    assert "появился владелец" in clerk.check_last().text
    emails = session.scalars(select(Account.email)).all()
    assert "novy@example.org" not in emails


def test_a_registration_that_is_not_there_is_404(clerk) -> None:
    for key in (10**9, 2**70):
        clerk.get("staff.registration", 404, registration_id=key)
