"""Accounts and their sessions: create, sign in, sign out."""

from __future__ import annotations

import hashlib
import math
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, IPv6Network, ip_address

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from app.domain.access import Role
from app.domain.contract_number import number_key
from app.domain.errors import (
    AccountExistsError,
    NotFoundError,
    SignInRefusedError,
    TooManyAttemptsError,
)
from app.domain.passwords import check_password
from app.integrations.database import insert_apart
from app.integrations.password_hashing import hash_password, is_password
from app.models import Account, AccountSession, AuditEvent, Contract, Membership, SignInAttempt
from app.queries.accounts import count_attempts, find_owner, hash_token

QUARTER_HOUR = timedelta(minutes=15)
HOUR = timedelta(hours=1)
MAX_AGENT = 200
MAX_ADDRESS = 45
IPV6_SITE = 64


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
    replaces: int | None = None
    """The session this browser still has; it ends when the new one begins."""


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
        SignInRefusedError: wrong, unknown or disabled, in equal time. Its argument is the id of the
            account that was tried, or None: for the log, never for the answer.
    """
    login = number_key(command.login)
    attempt = _Attempt(hashlib.sha256(login.encode()).hexdigest(), _network(command.address))
    attempt_id = _admit(session, attempt, limits, now)
    owner = find_owner(session, login)
    account, contract_id = owner if owner else (None, 0)
    is_right = is_password(command.password, account.password_hash if account else None)
    if account is None or not is_right or account.disabled_at is not None:
        raise SignInRefusedError(account.id if account else None)
    session.execute(
        update(SignInAttempt).where(SignInAttempt.id == attempt_id).values(succeeded=True)
    )
    if command.replaces is not None:
        sign_out(session, command.replaces, now)
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
        address=command.address[:MAX_ADDRESS],
        user_agent=command.user_agent[:MAX_AGENT],
    )
    session.add(row)
    session.flush()
    return OpenedSession(token, row.id, account.id, contract_id)


@dataclass(frozen=True, slots=True)
class _Attempt:
    """What the limits know of an attempt."""

    login_hash: str
    address: str


def _network(address: str) -> str:
    """What counts as one address: whoever has one of IPv6 has 2⁶⁴ of them."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address[:MAX_ADDRESS]
    if not isinstance(ip, IPv6Address):
        return str(ip)
    return str(ip.ipv4_mapped or IPv6Network((int(ip), IPV6_SITE), strict=False))


def _admit(session: Session, attempt: _Attempt, limits: SignInLimits, now: datetime) -> int:
    """Record an attempt within the limits, for all to see, before any password is checked.

    It is counted again once it stands: of several that arrive together at the last free place,
    none sees fewer than came before it, so that a limit holds whatever the number of workers.
    """
    _check_limits(session, attempt, limits, now, own=0)
    row = insert(SignInAttempt).values(
        login_hash=attempt.login_hash, address=attempt.address, attempted_at=now, succeeded=False
    )
    attempt_id = insert_apart(session, row.returning(SignInAttempt.id))
    _check_limits(session, attempt, limits, now, own=1)
    return attempt_id


def _check_limits(
    session: Session, attempt: _Attempt, limits: SignInLimits, now: datetime, *, own: int
) -> None:
    """Refuse beyond a limit.

    Failures of one login from one address are few, so that somebody else's guesses do not lock the
    owner out; the cap per login holds against many addresses.

    Args:
        own: 1 when the attempt itself stands in the table already.
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
        if count - own >= limit:
            wait = (oldest or now) + window - now
            raise TooManyAttemptsError(max(1, math.ceil(wait.total_seconds())))
