"""Contracts that two attach at once, and requests that two decide, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.actions.people.access_requests import grant_request, refuse_request
from app.actions.registration.attachment import attach_offered, begin_attachment
from app.domain.access import Browser, Permission, Role, Viewer, access_window
from app.domain.errors import DomainError
from app.extensions import db
from app.models import AccessRequest, Account, Contract, Customer, Invitation, Membership
from app.queries.access_requests import get_open_request
from app.queries.contracts import get_visible
from app.web.policies import invitation_limits, registration_rules
from tests.conftest import NOW
from tests.factories import Factory

pytest_plugins = ["tests.postgres"]
BROWSER = Browser("192.0.2.1", "браузер")
WINDOW = access_window(NOW.date(), 6)


@pytest.fixture(params=["app", "postgres_app"], ids=["SQLite", "PostgreSQL"])
def portal(request: pytest.FixtureRequest) -> Flask:
    return request.getfixturevalue(request.param)


def at_once(portal: Flask, *steps: Callable[[Session], object]) -> list[str]:
    """Run each in a thread and a transaction of its own; what came of it."""

    def run(step: Callable[[Session], object]) -> str:
        with portal.app_context(), portal.test_request_context():
            session = db.session()
            try:
                result = step(session)
                session.commit()
            except DomainError as error:
                session.rollback()
                return type(error).__name__
            return str(result)

    with ThreadPoolExecutor(len(steps)) as pool:
        return [future.result() for future in [pool.submit(run, step) for step in steps]]


def owners(portal: Flask, number: str) -> list[int]:
    with portal.app_context():
        return list(
            db.session.scalars(
                select(Membership.account_id)
                .join(Contract, Contract.id == Membership.contract_id)
                .where(
                    Contract.number == number,
                    Membership.role == Role.OWNER,
                    Membership.revoked_at.is_(None),
                )
            )
        )


def two_of_one_firm(portal: Flask) -> tuple[list[int], list[int], str]:
    """Two accounts that own a contract each of one ИНН, and three that nobody owns."""
    with portal.app_context():
        make = Factory(db.session())
        make.supplier()
        first = make.contract("00101-ЭС")
        second = make.contract("00102-ЭС", customer_id=first.customer_id)
        accounts = [
            make.account(first, email="a@example.org"),
            make.account(second, email="b@example.org"),
        ]
        free = [
            make.contract(f"0020{number}-ЭС", customer_id=first.customer_id) for number in range(3)
        ]
        inn = db.session.get_one(Customer, first.customer_id).inn
        make.commit()
        return [row.id for row in accounts], [row.id for row in free], inn


def test_two_who_attach_all_contracts_at_once_share_none(portal: Flask) -> None:
    accounts, free, _ = two_of_one_firm(portal)

    def attach(account_id: int) -> Callable[[Session], object]:
        return lambda session: attach_offered(
            session, session.get_one(Account, account_id), free, WINDOW, NOW
        )

    outcomes = at_once(portal, *[attach(account_id) for account_id in accounts])
    assert sorted(outcomes) == ["0", "3"], outcomes
    for number in range(3):
        assert len(owners(portal, f"0020{number}-ЭС")) == 1


def test_two_who_attach_one_contract_by_number_at_once_leave_one_owner(portal: Flask) -> None:
    accounts, _, inn = two_of_one_firm(portal)

    def attach(account_id: int) -> Callable[[Session], object]:
        def step(session: Session) -> object:
            account = session.get_one(Account, account_id)
            begun = begin_attachment(
                session, account, "00200-ЭС", inn, BROWSER, registration_rules(), NOW
            )
            return begun and begun.state

        return step

    outcomes = at_once(portal, *[attach(account_id) for account_id in accounts])
    assert outcomes.count("active") == 1, outcomes
    assert len(owners(portal, "00200-ЭС")) == 1


def test_a_request_decided_twice_at_once_is_decided_once(portal: Flask) -> None:
    with portal.app_context():
        make = Factory(db.session())
        make.supplier()
        contract = make.contract("00101-ЭС")
        owner_id = make.account(contract, email="a@example.org").id
        director = make.account(
            make.contract("00102-ЭС", customer_id=contract.customer_id), email="b@example.org"
        )
        make.membership(director, contract, Role.DIRECTOR)
        asked = AccessRequest(
            contract_id=contract.id,
            email="c@example.org",
            person_name="Ирина",
            created_at=NOW,
            address="192.0.2.9",
        )
        db.session.add(asked)
        make.commit()
        contract_id, director_id, request_id = contract.id, director.id, asked.id

    def decide(account_id: int, *, grants: bool) -> Callable[[Session], object]:
        def step(session: Session) -> object:
            seen = get_visible(
                session, Viewer(account_id), contract_id, Permission.MANAGE_PEOPLE, WINDOW
            )
            row = get_open_request(session, seen, request_id)
            if grants:
                limits = invitation_limits()
                grant_request(session, seen, row, Role.VIEWER, None, BROWSER, limits, NOW)
            else:
                refuse_request(session, seen, row, NOW)
            return "granted" if grants else "refused"

        return step

    outcomes = at_once(portal, decide(owner_id, grants=True), decide(director_id, grants=False))
    decided = [outcome for outcome in outcomes if outcome in ("granted", "refused")]
    assert len(decided) == 1, outcomes
    with portal.app_context():
        row = db.session.scalars(select(AccessRequest)).one()
        assert row.is_granted == (decided == ["granted"])
        invited = db.session.scalars(select(Invitation)).all()
        assert len(invited) == (decided == ["granted"])
