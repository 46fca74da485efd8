"""People of a contract on both databases: two at once, and a contract that changes hands."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.actions.people.access import end_access, pause_access
from app.actions.people.acceptance import accept_as_new
from app.actions.people.invitations import NewInvitation, invite
from app.domain.access import Browser, Permission, Role, Viewer, access_window
from app.domain.errors import AccessDeniedError, DomainError, LinkError, PeopleError
from app.extensions import db
from app.models import Account, Contract, Invitation, Membership
from app.queries.contracts import VisibleContract, get_visible
from app.queries.people import get_invitation
from tests.actions.import_steps import run_command
from tests.conftest import NOW
from tests.factories import Factory

pytest_plugins = ["tests.postgres"]
BROWSER = Browser("192.0.2.1", "браузер")
TODAY = date(2026, 11, 21)
PASSWORD = "свой пароль 26"


@pytest.fixture(params=["app", "postgres_app"], ids=["SQLite", "PostgreSQL"])
def portal(request: pytest.FixtureRequest) -> Flask:
    return request.getfixturevalue(request.param)


def scene(portal: Flask) -> tuple[int, int, int]:
    """Contract, owner's account and director's account."""
    with portal.app_context():
        make = Factory(db.session())
        make.supplier()
        contract = make.contract("00123-ЭС")
        owner = make.account(contract, email="owner@example.org")
        director = make.account(
            make.contract("00124-ЭС", customer_id=contract.customer_id), email="dir@example.org"
        )
        make.membership(director, contract, Role.DIRECTOR)
        make.commit()
        return contract.id, owner.id, director.id


def seen_by(session: Session, account_id: int, contract_id: int) -> VisibleContract:
    return get_visible(
        session,
        Viewer(account_id),
        contract_id,
        Permission.MANAGE_PEOPLE,
        access_window(TODAY, 6),
    )


def live(session: Session, contract_id: int) -> list[Membership]:
    session.expire_all()
    return list(
        session.scalars(
            select(Membership).where(
                Membership.contract_id == contract_id, Membership.revoked_at.is_(None)
            )
        )
    )


def test_two_who_end_each_other_at_once_leave_one_owner(portal: Flask) -> None:
    contract_id, owner_id, director_id = scene(portal)
    with portal.app_context():
        ids = {row.account_id: row.id for row in live(db.session(), contract_id)}

    def end(actor: int, other: int) -> str:
        with portal.app_context():
            session = db.session()
            try:
                contract = seen_by(session, actor, contract_id)
                end_access(session, contract, ids[other], TODAY, NOW)
                session.commit()
            except DomainError as error:
                session.rollback()
                return type(error).__name__
            return "ended"

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(end, owner_id, director_id)
        second = pool.submit(end, director_id, owner_id)
        outcomes = [first.result(), second.result()]
    assert outcomes.count("ended") == 1, outcomes
    with portal.app_context():
        assert [row.role for row in live(db.session(), contract_id)] == [Role.OWNER]


def test_an_invitation_accepted_twice_at_once_opens_one_account(portal: Flask) -> None:
    contract_id, owner_id, _ = scene(portal)
    with portal.app_context():
        session = db.session()
        contract = seen_by(session, owner_id, contract_id)
        invitation = invite(session, details(contract), BROWSER, (), TODAY, NOW)
        session.commit()
        key, nonce = invitation.id, invitation.nonce

    def accept(_: int) -> str:
        with portal.app_context():
            session = db.session()
            try:
                found = get_invitation(session, key)
                accept_as_new(session, found, nonce, PASSWORD, BROWSER, TODAY, NOW)
                session.commit()
            except (LinkError, PeopleError) as error:
                session.rollback()
                return error.code
            return "accepted"

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(accept, range(2)))
    assert outcomes.count("accepted") == 1, outcomes
    with portal.app_context():
        emails = db.session.scalars(select(Account.email).order_by(Account.id)).all()
        assert emails.count("buh@example.org") == 1
        assert len(live(db.session(), contract_id)) == 3


def details(contract: VisibleContract) -> NewInvitation:
    return NewInvitation(
        "buh@example.org", "Ирина Белова", Role.ACCOUNTANT, [contract], TODAY + timedelta(9), ""
    )


def test_a_contract_that_changes_hands_is_closed_to_its_people_suspended_ones_too(
    portal: Flask, tmp_path: Path
) -> None:
    contract_id, owner_id, _ = scene(portal)
    with portal.app_context():
        session = db.session()
        contract = seen_by(session, owner_id, contract_id)
        invitation = invite(session, details(contract), BROWSER, (), TODAY, NOW)
        (director,) = (row for row in live(session, contract_id) if row.role == Role.DIRECTOR)
        pause_access(session, contract, director.id, TODAY, NOW)
        session.commit()
        key, nonce = invitation.id, invitation.nonce
    batch = tmp_path / "batch"
    batch.mkdir()
    (batch / "customers.csv").write_text(
        "customer_id;kind;full_name;short_name;inn;kpp;email;phone\n"
        "N;ul;Общество «Нова»;ООО «Нова»;9600000087;960001001;nova@example.org;\n",
        encoding="utf-8",
    )
    (batch / "contracts.csv").write_text(
        "contract_no;customer_id;signed_on;valid_from;valid_to;status;price_category;has_advance\n"
        "00123-ЭС;N;2020-02-01;2020-02-01;;active;1;0\n",
        encoding="utf-8",
    )
    result = run_command(portal, batch)
    assert result.exit_code == 0, result.output
    with portal.app_context():
        session = db.session()
        assert all(row.suspended_by_id for row in live(session, contract_id))
        with pytest.raises(LinkError, match="closed"):
            accept_as_new(
                session,
                session.get_one(Invitation, key),
                nonce,
                PASSWORD,
                BROWSER,
                TODAY,
                NOW,
            )
        session.rollback()
        assert session.get_one(Contract, contract_id).number == "00123-ЭС"


def test_who_may_not_decide_any_more_is_refused_in_mid_form(portal: Flask) -> None:
    contract_id, owner_id, director_id = scene(portal)
    with portal.app_context():
        session = db.session()
        contract = seen_by(session, director_id, contract_id)
        by_account = {row.account_id: row for row in live(session, contract_id)}
        by_account[director_id].access_until = TODAY - timedelta(1)
        session.commit()
        with pytest.raises(AccessDeniedError):
            end_access(session, contract, by_account[owner_id].id, TODAY, NOW)
        session.rollback()
