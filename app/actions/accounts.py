"""Accounts and their sessions: create, sign in, sign out."""

from __future__ import annotations

import hashlib
import math
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.domain.access import Role
from app.domain.contract_number import normalise_contract_number, number_key
from app.domain.errors import (
    AccountExistsError,
    ContractNumberError,
    NotFoundError,
    SignInRefusedError,
    TooManyAttemptsError,
)
from app.domain.passwords import check_password
from app.integrations.password_hashing import hash_password, is_password
from app.models import Account, AccountSession, AuditEvent, Contract, Membership, SignInAttempt
from app.queries.accounts import count_attempts, find_owner, hash_token

QUARTER_HOUR = timedelta(minutes=15)
HOUR = timedelta(hours=1)
MAX_AGENT = 200


@dataclass(frozen=True, slots=True)
class SignInLimits:
    """How often a password may be tried; see ``config.Config``."""

    pair_failures: int
    """For one login from one address, in 15 minutes."""
    address_failures: int
    """From one address, whatever the login, in 15 minutes."""
    login_checks: int
    """For one login, whatever the address, in an hour."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """What a person typed, and from where."""

    login: str
    password: str
    address: str
    user_agent: str


@dataclass(frozen=True, slots=True)
class OpenedSession:
    """A fresh session; ``token`` goes into the cookie and is known nowhere else."""

    token: str
    session_id: int
    account_id: int
    contract_id: int


def create_account(
    session: Session, number: str, email: str, password: str, now: datetime
) -> Account:
    """An active account that owns a contract, made by staff.

    Raises:
        NotFoundError: no such contract.
        AccountExistsError: the contract already has an owner.
        PasswordError: the password may not be set.
    """
    check_password(password)
    contract = session.scalars(
        select(Contract).where(
            Contract.number_key == number_key(number), Contract.withdrawn_at.is_(None)
        )
    ).first()
    if contract is None:
        raise NotFoundError
    if find_owner(session, contract.number_key) is not None:
        raise AccountExistsError
    account = Account(email=email, password_hash=hash_password(password), created_at=now)
    session.add(account)
    session.flush()
    session.add(
        Membership(account_id=account.id, contract_id=contract.id, role=Role.OWNER, created_at=now)
    )
    session.add(
        AuditEvent(
            happened_at=now,
            action="account.created",
            account_id=account.id,
            subject="contracts",
            subject_key=contract.number,
            changes={},
        )
    )
    session.flush()
    return account


def sign_in(
    session: Session, command: SignIn, limits: SignInLimits, now: datetime
) -> OpenedSession:
    """Check a password and open a session. The attempt is recorded whatever comes of it.

    Raises:
        TooManyAttemptsError: a limit is reached; no password was checked.
        SignInRefusedError: wrong, unknown or disabled, in equal time.
    """
    login = _login_key(command.login)
    attempt = SignInAttempt(
        login_hash=hashlib.sha256(login.encode()).hexdigest(),
        address=command.address,
        attempted_at=now,
        succeeded=False,
    )
    _check_limits(session, attempt, limits, now)
    owner = find_owner(session, login)
    account, contract_id = owner if owner else (None, 0)
    is_right = is_password(command.password, account.password_hash if account else None)
    attempt.succeeded = is_right and account is not None and account.disabled_at is None
    session.add(attempt)
    session.flush()
    if account is None or not attempt.succeeded:
        raise SignInRefusedError
    return _open_session(session, account, contract_id, command, now)


def sign_out(session: Session, session_id: int, now: datetime) -> None:
    """End a session: its cookie is worthless from now on, wherever it was copied to."""
    session.execute(
        update(AccountSession)
        .where(AccountSession.id == session_id, AccountSession.ended_at.is_(None))
        .values(ended_at=now)
    )


def _open_session(
    session: Session, account: Account, contract_id: int, command: SignIn, now: datetime
) -> OpenedSession:
    token = secrets.token_urlsafe(32)
    row = AccountSession(
        account_id=account.id,
        token_hash=hash_token(token),
        created_at=now,
        last_seen_at=now,
        address=command.address,
        user_agent=command.user_agent[:MAX_AGENT],
    )
    session.add(row)
    session.flush()
    return OpenedSession(token, row.id, account.id, contract_id)


def _login_key(login: str) -> str:
    try:
        return normalise_contract_number(login)
    except ContractNumberError:
        return ""


def _check_limits(
    session: Session, attempt: SignInAttempt, limits: SignInLimits, now: datetime
) -> None:
    """Refuse before any password is checked.

    Failures of one login from one address are few, so that somebody else's guesses do not lock the
    owner out; the cap per login holds against many addresses.
    """
    login, address = attempt.login_hash, attempt.address
    checks = (
        (limits.pair_failures, QUARTER_HOUR, {"login_hash": login, "address": address}, True),
        (limits.address_failures, QUARTER_HOUR, {"address": address}, True),
        (limits.login_checks, HOUR, {"login_hash": login}, False),
    )
    for limit, window, about, failed_only in checks:
        count, oldest = count_attempts(
            session, since=now - window, failed_only=failed_only, **about
        )
        if count >= limit:
            wait = (oldest or now) + window - now
            raise TooManyAttemptsError(max(1, math.ceil(wait.total_seconds())))
