"""Read accounts and their sessions."""

from __future__ import annotations

import hashlib
from datetime import date, datetime, timedelta

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from app.domain.access import AccessWindow, Role
from app.models import Account, AccountSession, Contract, Customer, Membership
from app.queries.memberships import is_current, is_live, is_readable

DRAFT_OWNER_KNOWN = timedelta(days=1)
"""How long after its end a session still identifies the owner of a form that was sent."""


def hash_token(token: str) -> str:
    """SHA-256 of a random token, which is all that the table holds of it."""
    return hashlib.sha256(token.encode()).hexdigest()


def find_expired_session(session: Session, token: str, now: datetime) -> int | None:
    """Find the account of a session that expired within a day and that nobody has ended."""
    return session.scalar(
        select(AccountSession.account_id)
        .join(Account, Account.id == AccountSession.account_id)
        .where(
            AccountSession.token_hash == hash_token(token),
            AccountSession.ended_at.is_(None),
            AccountSession.last_seen_at > now - DRAFT_OWNER_KNOWN,
            Account.disabled_at.is_(None),
        )
    )


def find_owner(
    session: Session, number_key: str, oldest_end: date = date.min
) -> Row[Account, int] | None:
    """Find the account that signs in with a contract number, and the id of that contract.

    Args:
        oldest_end: contracts that ended before open nothing any more; by default all count.
    """
    return session.execute(
        select(Account, Contract.id)
        .join(Membership, Membership.account_id == Account.id)
        .join(Contract, Contract.id == Membership.contract_id)
        .where(
            Contract.number_key == number_key,
            is_readable(oldest_end),
            Membership.role == Role.OWNER,
            is_live(),
        )
        .order_by(Contract.id)
        .limit(1)
    ).one_or_none()


def find_signer(session: Session, login: str, window: AccessWindow) -> Row[Account, int] | None:
    """Find the account that signs in with a login, and the id of the first contract it opens.

    Args:
        login: as ``domain.logins.login_key`` makes it.
    """
    is_email = "@" in login
    is_meant = (
        Account.login_email == login
        if is_email
        else (Contract.number_key == login) & (Membership.role == Role.OWNER)
    )
    return session.execute(
        select(Account, Contract.id)
        .join(Membership, Membership.account_id == Account.id)
        .join(Contract, Contract.id == Membership.contract_id)
        .where(is_meant, is_readable(window.oldest_end), is_current(window.today))
        .order_by(Contract.number if is_email else Contract.id)
        .limit(1)
    ).one_or_none()


def find_account_ids(session: Session, typed: str) -> list[int]:
    """Ids of the accounts that have an email address, or the one that has an id, as typed."""
    is_meant = func.lower(Account.email) == typed.strip().lower()
    if typed.strip().isdecimal():
        is_meant = Account.id == int(typed)
    return list(session.scalars(select(Account.id).where(is_meant).order_by(Account.id)))


def list_logins(session: Session, account_id: int) -> list[str]:
    """List what an account may sign in with, as ``domain.logins.login_key`` makes it."""
    numbers = session.scalars(
        select(Contract.number_key)
        .join(Membership, Membership.contract_id == Contract.id)
        .where(Membership.account_id == account_id, Membership.role == Role.OWNER, is_live())
    )
    email = session.scalar(select(Account.login_email).where(Account.id == account_id))
    return [*numbers, *([email] if email else [])]


def list_public_facts(session: Session, account_id: int) -> list[str | None]:
    """List what anybody knows of the owner of an account, so that no password is made of it:
    contract numbers, ИНН, names, email, phone."""
    rows = session.execute(
        select(
            Contract.number,
            Customer.inn,
            Customer.full_name,
            Customer.short_name,
            Account.email,
            Account.phone,
            Account.person_name,
        )
        .join(Membership, Membership.contract_id == Contract.id)
        .join(Customer, Customer.id == Contract.customer_id)
        .join(Account, Account.id == Membership.account_id)
        .where(Membership.account_id == account_id, is_live())
    )
    return [fact for row in rows for fact in row]
