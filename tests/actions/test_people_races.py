"""People of a contract on both databases: two at once, and a contract that changes hands."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.actions.accounts.sessions import close_account, set_login_email
from app.actions.people.acceptance import accept_as_known, accept_as_new
from app.actions.people.access import close_contract, end_access, pause_access
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


def invited(portal: Flask, contract_id: int, owner_id: int, email: str) -> tuple[int, str]:
    """An invitation by the owner; its key and nonce."""
    with portal.app_context():
        session = db.session()
        contract = seen_by(session, owner_id, contract_id)
        new = replace(details(contract), email=email)
        invitation = invite(session, new, BROWSER, (), TODAY, NOW)
        session.commit()
        return invitation.id, invitation.nonce


def test_who_is_let_in_while_the_contract_is_closed_does_not_stay(portal: Flask) -> None:
    contract_id, owner_id, director_id = scene(portal)
    key, nonce = invited(portal, contract_id, owner_id, "buh@example.org")

    def accept() -> str:
        with portal.app_context():
            session = db.session()
            try:
                found = get_invitation(session, key)
                accept_as_new(session, found, nonce, PASSWORD, BROWSER, TODAY, NOW)
                session.commit()
            except LinkError as error:
                session.rollback()
                return error.code
            return "accepted"

    def close() -> None:
        with portal.app_context():
            close_contract(db.session(), contract_id, owner_id, NOW)
            close_account(db.session(), db.session.get_one(Account, owner_id), NOW)
            db.session.commit()

    with ThreadPoolExecutor(2) as pool:
        outcome, closed = pool.submit(accept), pool.submit(close)
        closed.result()
        assert outcome.result() in ("accepted", "withdrawn", "closed")
    with portal.app_context():
        (left,) = live(db.session(), contract_id)
        assert (left.account_id, left.role) == (director_id, Role.OWNER)


def test_two_invitations_accepted_at_once_by_one_account_are_one_access(portal: Flask) -> None:
    contract_id, owner_id, _ = scene(portal)
    first = invited(portal, contract_id, owner_id, "buh@example.org")
    with portal.app_context():
        session = db.session()
        found = get_invitation(session, first[0])
        account = accept_as_new(session, found, first[1], PASSWORD, BROWSER, TODAY, NOW)
        (mine,) = (row for row in live(session, contract_id) if row.account_id == account.id)
        account_id, mine.revoked_at = account.id, NOW
        session.commit()
    # Of the owner and of the director, who had both filled in the form before the other sent it.
    waiting = [invited(portal, contract_id, owner_id, "buh@example.org") for _ in range(2)]
    with portal.app_context():
        db.session.execute(update(Invitation).values(withdrawn_at=None))
        db.session.commit()

    def accept(invitation: tuple[int, str]) -> None:
        with portal.app_context():
            session = db.session()
            found = get_invitation(session, invitation[0])
            account = session.get_one(Account, account_id)
            accept_as_known(session, found, invitation[1], account, TODAY, NOW)
            session.commit()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(accept, waiting))
    with portal.app_context():
        accounts = [row.account_id for row in live(db.session(), contract_id)]
        assert accounts.count(account_id) == 1


def test_two_who_begin_to_sign_in_with_one_address_do_not_both(portal: Flask) -> None:
    _, owner_id, director_id = scene(portal)

    def set_login(account_id: int) -> None:
        with portal.app_context():
            account = db.session.get_one(Account, account_id)
            account.position = "руководитель"
            db.session.flush()
            set_login_email(db.session(), account, "Buh@example.org")
            db.session.commit()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(set_login, (owner_id, director_id)))
    with portal.app_context():
        rows = db.session.execute(select(Account.login_email, Account.position)).all()
        assert sorted(map(str, (row.login_email for row in rows))) == ["None", "buh@example.org"]
        assert {row.position for row in rows} == {"руководитель"}


def test_an_account_that_closes_while_its_director_is_ended_leaves_an_owner_or_nobody(
    portal: Flask,
) -> None:
    contract_id, owner_id, director_id = scene(portal)
    with portal.app_context():
        ids = {row.account_id: row.id for row in live(db.session(), contract_id)}

    def end() -> str:
        with portal.app_context():
            session = db.session()
            try:
                contract = seen_by(session, owner_id, contract_id)
                end_access(session, contract, ids[director_id], TODAY, NOW)
                session.commit()
            except DomainError as error:
                session.rollback()
                return type(error).__name__
            return "ended"

    def close() -> None:
        with portal.app_context():
            close_account(db.session(), db.session.get_one(Account, owner_id), NOW)
            db.session.commit()

    with ThreadPoolExecutor(2) as pool:
        outcome, closed = pool.submit(end), pool.submit(close)
        closed.result()
    with portal.app_context():
        roles = [row.role for row in live(db.session(), contract_id)]
    assert roles == ([] if outcome.result() == "ended" else [Role.OWNER])


def test_an_older_version_grants_nothing_to_dated_and_suspended_people(portal: Flask) -> None:
    contract_id, _, _ = scene(portal)
    with portal.app_context():
        session = db.session()
        make = Factory(session)
        contract = session.get_one(Contract, contract_id)
        other = make.contract("00125-ЭС", customer_id=contract.customer_id)
        keeper = make.account(other, email="keeper@example.org")
        limits = ({"access_until": TODAY}, {"paused_at": NOW}, {"is_limited": True}, {})
        for values in limits:
            row = make.membership(keeper, contract, Role.VIEWER)
            for name, value in values.items():
                setattr(row, name, value)
        make.commit()
        db.session.remove()
        downgrade(revision="0030-1")
        upgrade()
        rows = db.session.execute(
            select(Membership.role, Membership.revoked_at.is_(None))
            .where(Membership.contract_id == contract_id)
            .order_by(Membership.id)
        )
        assert [tuple(row) for row in rows] == [
            (Role.OWNER, True),
            (Role.DIRECTOR, False),
            (Role.VIEWER, False),
            (Role.VIEWER, False),
            (Role.VIEWER, False),
            (Role.VIEWER, True),
        ]
