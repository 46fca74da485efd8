"""«Сотрудники и доступ»: roles, last days, suspended and blocked people."""

from __future__ import annotations

from datetime import date

from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.jobs.access import end_expired_access
from app.models import Account, Contract, Invitation, Membership
from tests.conftest import NOW
from tests.factories import Factory
from tests.outbox import Outbox
from tests.pages import PageClient
from tests.sections.people.steps import (
    EMAIL,
    NEW,
    NUMBER,
    OTHER,
    accept,
    home,
    invite,
    membership_of,
    person,
)


def test_the_term_closes_the_next_page_and_then_the_sign_in(
    app: Flask,
    owner: PageClient,
    contract: Contract,
    outbox: Outbox,
    session: Session,
) -> None:
    last = date(2026, 11, 30)
    accountant = person(app, owner, outbox, contract, access_until=last.isoformat())
    accountant.open(home(contract))
    session.execute(
        update(Membership)
        .where(Membership.access_until == last)
        .values(access_until=date(2026, 11, 20))
    )
    session.commit()
    assert accountant.client.get(home(contract)).status_code == 302
    PageClient(app).sign_in(EMAIL, NEW, 422)
    with app.app_context():
        end_expired_access()
    assert membership_of(session).revoked_at is not None


def test_a_suspended_person_is_out_at_once_and_in_again_when_resumed(
    app: Flask, owner: PageClient, contract: Contract, outbox: Outbox, session: Session
) -> None:
    accountant = person(app, owner, outbox, contract)
    membership = membership_of(session)
    soup = owner.get("people.person", contract_id=contract.id, membership_id=membership.id)
    owner.submit(soup, 303, f"/contracts/{contract.id}/people/{membership.id}/pause")
    assert accountant.client.get(home(contract)).status_code == 302
    PageClient(app).sign_in(EMAIL, NEW, 422)
    assert "Приостановлен" in owner.get("people.index", contract_id=contract.id).main.text
    owner.submit(soup, 303, f"/contracts/{contract.id}/people/{membership.id}/resume")
    PageClient(app).sign_in(EMAIL, NEW)


def test_a_role_changed_applies_to_the_next_request(
    app: Flask, owner: PageClient, contract: Contract, outbox: Outbox, session: Session
) -> None:
    accountant = person(app, owner, outbox, contract)
    membership = membership_of(session)
    soup = owner.get("people.person", contract_id=contract.id, membership_id=membership.id)
    owner.submit(soup, 303, role="engineer", note="до отпуска")
    assert accountant.client.get(f"/contracts/{contract.id}/settlements").status_code == 403
    assert outbox.emails(EMAIL)[-1]["Subject"] == f"Ваш доступ изменен: договор № {NUMBER}"


def test_another_firm_sees_and_changes_nobody(
    app: Flask,
    owner: PageClient,
    contract: Contract,
    make: Factory,
    outbox: Outbox,
    session: Session,
) -> None:
    person(app, owner, outbox, contract)
    membership = membership_of(session)
    second = make.contract(OTHER, customer_id=make.customer().id)
    make.account(second, email="second@example.org")
    make.commit()
    other = PageClient(app)
    other.sign_in(OTHER)
    other.open(f"/contracts/{second.id}/people/{membership.id}", 404)
    soup = other.get("people.index", contract_id=second.id)
    token = other.get("people.invite", contract_id=second.id)
    other.submit(token, 404, f"/contracts/{second.id}/people/{membership.id}/pause")
    assert "Ирина" not in soup.text
    other.submit(
        token,
        422,
        f"/contracts/{second.id}/people/new",
        contracts=str(contract.id),
        person_name="А",
        email="a@example.org",
    )
    assert session.scalar(select(func.count(Invitation.id))) == 1


def test_nobody_gives_access_that_lasts_longer_than_their_own(
    app: Flask, owner: PageClient, contract: Contract, outbox: Outbox, session: Session
) -> None:
    director = person(app, owner, outbox, contract, role="director", access_until="2026-12-31")
    for until in ("", "2027-01-01"):
        invite(director, contract, 422, email="second@example.org", access_until=until)
        assert "дольше него доступ не дают" in director.check_last().main.text
    invite(director, contract, email="second@example.org", access_until="2026-12-31")
    accept(app, outbox, email="second@example.org")
    second = membership_of(session, "second@example.org")
    soup = director.get("people.person", contract_id=contract.id, membership_id=second.id)
    director.submit(soup, 422, access_until="")
    assert director.check_last().select_one("#access_until-error")
    soup = owner.get("people.person", contract_id=contract.id, membership_id=second.id)
    owner.submit(soup, 303, access_until="")
    assert membership_of(session, "second@example.org").access_until is None


def test_nobody_changes_their_own_role_and_last_day_or_suspends_themselves(
    app: Flask, owner: PageClient, contract: Contract, outbox: Outbox, session: Session
) -> None:
    director = person(app, owner, outbox, contract, role="director", access_until="2026-12-31")
    mine = membership_of(session)
    url = f"/contracts/{contract.id}/people/{mine.id}"
    soup = director.open(url)
    assert not soup.select("input[name=role], input[name=access_until]")
    token = soup.select_one("[name=csrf_token]")["value"]
    forged = {"csrf_token": token, "role": "viewer", "access_until": "", "note": "это я"}
    assert director.client.post(url, data=forged).status_code == 303
    mine = membership_of(session)
    assert (mine.role, mine.access_until, mine.note) == ("director", date(2026, 12, 31), "это я")
    director.submit(soup, 422, f"{url}/pause")
    assert membership_of(session).paused_at is None


def test_a_person_whom_the_supplier_has_blocked_is_in_the_list_and_can_be_ended(
    app: Flask, owner: PageClient, contract: Contract, outbox: Outbox, session: Session
) -> None:
    person(app, owner, outbox, contract)
    membership = membership_of(session)
    session.get_one(Account, membership.account_id).disabled_at = NOW
    session.commit()
    listed = owner.get("people.index", contract_id=contract.id).main.text
    assert "Заблокирован поставщиком" in listed
    url = f"/contracts/{contract.id}/people/{membership.id}/end"
    owner.submit(owner.open(url), 303, url)
    assert membership_of(session).revoked_at is not None


def test_the_list_tells_the_day_of_the_last_visit_and_not_the_hour(
    app: Flask, owner: PageClient, contract: Contract, outbox: Outbox
) -> None:
    person(app, owner, outbox, contract)
    soup = owner.get("people.index", contract_id=contract.id)
    days = [cell.text.strip() for cell in soup.select("td[data-label='Был в кабинете']")]
    assert days == ["21.11.2026", "21.11.2026"]
