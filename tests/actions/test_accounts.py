"""Accounts and sign-in below the pages: what is stored, what is done, what the limits count."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.actions.accounts.known_devices import SignInLimits
from app.actions.accounts.sessions import OpenedSession, SignIn, create_account, sign_in
from app.actions.rate_limits import hash_subject
from app.domain.access import Browser
from app.domain.errors import (
    AccountExistsError,
    NotFoundError,
    PasswordError,
    SignInRefusedError,
    TooManyAttemptsError,
)
from app.domain.rate_limits import Outcome, RateLimit
from app.extensions import db
from app.models import Account, AccountSession, AuditEvent, RateLimitHit
from tests.factories import PASSWORD, Factory

NOW = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)
MINUTES, HOUR = timedelta(minutes=15), timedelta(hours=1)
STRANGERS = (
    RateLimit(10, MINUTES, per_subject=True, per_address=True, outcome=Outcome.FAILED),
    RateLimit(25, MINUTES, per_address=True, outcome=Outcome.FAILED),
    RateLimit(100, HOUR, per_subject=True),
)
LIMITS = SignInLimits(STRANGERS, STRANGERS)
NUMBER = "00123-ЭС"
RIGHT = SignIn(NUMBER, PASSWORD, Browser("192.0.2.1", "браузер"))
WRONG = replace(RIGHT, password="не тот пароль")


@pytest.fixture
def owner(make: Factory) -> Account:
    account = make.account(make.contract(NUMBER))
    make.commit()
    return account


def enter(session: Session, command: SignIn = RIGHT) -> OpenedSession:
    """Sign in and commit, like the route does."""
    opened = sign_in(session, command, LIMITS, NOW)
    session.commit()
    return opened


def outcome(session: Session, command: SignIn, limits: SignInLimits = LIMITS) -> str:
    """``in``, ``wrong`` or ``limit``: what an attempt comes to, committed like a route does."""
    try:
        sign_in(session, command, limits, NOW)
    except SignInRefusedError:
        return "wrong"
    except TooManyAttemptsError:
        return "limit"
    session.commit()
    return "in"


@pytest.mark.usefixtures("production_hashing")
def test_new_account_owns_the_contract_and_leaves_a_trace(session: Session, make: Factory) -> None:
    contract = make.contract(NUMBER)
    account = create_account(session, "00123 эс", "a@example.org", PASSWORD, NOW)
    assert account.password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    trace = session.scalars(select(AuditEvent)).one()
    assert (trace.action, trace.subject_key) == ("account.created", contract.number)
    assert PASSWORD not in str(trace.changes)


def test_account_needs_a_contract_a_password_and_no_other_owner(
    session: Session, make: Factory, owner: Account
) -> None:
    make.contract("00200-ЭС", withdrawn_at=NOW)
    for number, password, error in (
        ("00999-ЭС", PASSWORD, NotFoundError),
        ("00200-ЭС", PASSWORD, NotFoundError),
        (NUMBER, PASSWORD, AccountExistsError),
        (NUMBER, "коротко", PasswordError),
    ):
        with pytest.raises(error):
            create_account(session, number, "b@example.org", password, NOW)
    assert session.scalar(select(func.count(Account.id))) == 1


def test_only_the_hash_of_the_token_is_stored(session: Session, owner: Account) -> None:
    loud = replace(RIGHT, browser=Browser("x" * 99, "я" * 5000))
    opened = sign_in(session, loud, LIMITS, NOW)
    row = session.scalars(select(AccountSession)).one()
    assert len(opened.token) >= 43
    assert row.token_hash != opened.token
    assert (len(row.token_hash), len(row.user_agent), len(row.address)) == (64, 200, 45)


def test_two_sign_ins_never_share_a_token(session: Session, owner: Account) -> None:
    assert enter(session).token != enter(session).token


def test_signing_in_again_ends_the_session_of_this_browser_only(
    session: Session, owner: Account
) -> None:
    first, _, third = (enter(session).session_id, enter(session), enter(session).session_id)
    enter(session, replace(RIGHT, browser=Browser("192.0.2.1", "браузер", first)))
    ended = {row.id for row in session.scalars(select(AccountSession)) if row.ended_at}
    assert ended == {first}
    assert third != first


@pytest.mark.usefixtures("production_hashing")
def test_one_hash_is_verified_whether_the_contract_exists_or_not(
    session: Session, owner: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified: list[str] = []
    verify = PasswordHasher.verify

    def counted(hasher: PasswordHasher, encoded: str, password: str) -> bool:
        verified.append(encoded.rsplit("$", 2)[0])
        return verify(hasher, encoded, password)

    monkeypatch.setattr(PasswordHasher, "verify", counted)
    for login in (NUMBER, "00999-ЭС", "вовсе не номер", ""):
        assert outcome(session, replace(WRONG, login=login)) == "wrong"
    assert verified == ["$argon2id$v=19$m=19456,t=2,p=1"] * 4


def test_refusal_names_the_account_for_the_log_only(session: Session, owner: Account) -> None:
    for login, expected in ((NUMBER, owner.id), ("00999-ЭС", None)):
        with pytest.raises(SignInRefusedError) as refused:
            sign_in(session, replace(WRONG, login=login), LIMITS, NOW)
        assert refused.value.args == (expected,)


def test_disabled_account_is_refused_like_a_wrong_password(
    session: Session, owner: Account
) -> None:
    owner.disabled_at = NOW
    session.commit()
    assert outcome(session, RIGHT) == "wrong"


def test_attempts_are_kept_without_names_and_whatever_comes_of_them(
    session: Session, owner: Account
) -> None:
    assert [outcome(session, WRONG), outcome(session, RIGHT)] == ["wrong", "in"]
    session.rollback()
    rows = session.scalars(select(RateLimitHit).order_by(RateLimitHit.id)).all()
    assert [row.succeeded for row in rows] == [False, True]
    assert all(NUMBER not in row.subject_hash and len(row.subject_hash) == 64 for row in rows)


def test_who_has_only_the_table_does_not_find_a_login_by_trying_them_all(
    session: Session, owner: Account, make_app: Callable[..., Flask]
) -> None:
    outcome(session, WRONG)
    session.rollback()
    (row,) = session.scalars(select(RateLimitHit))
    for number in range(1000):
        guess = f"{number:05d}-ЭС".encode()
        assert row.subject_hash != hashlib.sha256(guess).hexdigest()
    assert row.subject_hash == hash_subject(session, NUMBER)
    with make_app(secret_key="another secret key of 32 characters").app_context():
        assert row.subject_hash != hash_subject(db.session(), NUMBER)


def test_attempt_beyond_a_limit_is_not_counted(session: Session, owner: Account) -> None:
    outcomes = [outcome(session, WRONG) for _ in range(15)]
    assert outcomes == ["wrong"] * 10 + ["limit"] * 5
    assert session.scalar(select(func.count(RateLimitHit.id))) == 10


def test_wait_ends_when_the_oldest_failure_leaves_the_window(
    session: Session, owner: Account
) -> None:
    for minute in range(10):
        with pytest.raises(SignInRefusedError):
            sign_in(session, WRONG, LIMITS, NOW + timedelta(minutes=minute))
    with pytest.raises(TooManyAttemptsError) as limited:
        sign_in(session, RIGHT, LIMITS, NOW + timedelta(minutes=10))
    assert limited.value.retry_after == 5 * 60
    unlocked_at = NOW + timedelta(minutes=10, seconds=limited.value.retry_after)
    assert sign_in(session, RIGHT, LIMITS, unlocked_at).account_id == owner.id


def test_texts_that_are_no_number_do_not_share_a_limit(session: Session) -> None:
    for _ in range(10):
        outcome(session, replace(WRONG, login="first@example.org"))
    assert outcome(session, replace(WRONG, login="FIRST@example.org ")) == "limit"
    assert outcome(session, replace(WRONG, login="second@example.org")) == "wrong"


@pytest.mark.parametrize(
    ("addresses", "expected"),
    [
        ([f"2001:db8:0:7::{n:x}" for n in range(1, 13)], "limit"),  # one site, 2⁶⁴ addresses
        ([f"2001:db8:0:{n:x}::1" for n in range(1, 13)], "wrong"),
        ([f"::ffff:192.0.2.{n}" for n in range(1, 13)], "wrong"),  # IPv4 behind an IPv6 socket
        (["fe80::1%eth0"] * 12, "limit"),
        (["", "unknown" * 20] * 12, "limit"),
    ],
)
def test_one_site_of_ipv6_counts_as_one_address(
    session: Session, owner: Account, addresses: list[str], expected: str
) -> None:
    outcomes = [
        outcome(session, replace(WRONG, browser=Browser(address, ""))) for address in addresses
    ]
    assert outcomes[-1] == expected


def test_cap_of_a_login_holds_when_attempts_arrive_together(
    app: Flask, owner: Account, make_app: Callable[..., Flask]
) -> None:
    """Several workers at the last free places: never more checks than the cap."""
    limits = SignInLimits((*STRANGERS[:2], RateLimit(8, HOUR, per_subject=True)), STRANGERS)
    with app.app_context():
        engine = db.engine

    def attempt(number: int) -> str:
        with Session(engine) as session:
            command = replace(WRONG, browser=Browser(f"192.0.2.{number}", ""))
            return outcome(session, command, limits)

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(attempt, range(40)))
    assert set(outcomes) == {"wrong", "limit"}
    assert outcomes.count("wrong") <= 8


def test_staff_are_held_to_the_same_rules_of_addresses_and_passwords(
    app: Flask, make: Factory
) -> None:
    make.contract(NUMBER)
    make.commit()
    run = app.test_cli_runner().invoke
    for email, password, text in (
        ("почта", PASSWORD, "не адрес"),
        ("a@example.org", "00123-эс", "знают другие"),
        ("a@example.org", "12345678", "известен"),
    ):
        command = ["account-create", NUMBER, "--email", email, "--password-stdin"]
        refused = run(args=command, input=password)
        assert refused.exit_code == 1
        assert text in refused.output
