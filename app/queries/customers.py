"""Queries for the card of a contract that staff open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.domain.errors import NotFoundError
from app.models import (
    Account,
    AccountSession,
    Contract,
    Membership,
    Message,
    Registration,
)
from app.queries.profile import list_sessions
from app.queries.second_factors import has_second_factor

LAST = 5


@dataclass(frozen=True, slots=True)
class AccountCard:
    """An account at a contract and where it is signed in."""

    account: Account
    role: str
    is_revoked: bool
    is_suspended: bool
    has_second_factor: bool
    sessions: Sequence[AccountSession]


def get_contract_for_staff(session: Session, contract_id: int) -> Contract:
    """A contract with its customer and department, whether or not billing still sends it.

    Raises:
        NotFoundError: no such contract.
    """
    found = session.get(
        Contract,
        contract_id,
        options=[joinedload(Contract.customer), joinedload(Contract.department)],
        populate_existing=True,
    )
    if found is None:
        raise NotFoundError
    return found


def list_other_contracts(session: Session, contract: Contract) -> Sequence[Contract]:
    """The customer's other contracts."""
    return session.scalars(
        select(Contract)
        .where(Contract.customer_id == contract.customer_id, Contract.id != contract.id)
        .order_by(Contract.number)
        .limit(50)
    ).all()


def list_accounts(
    session: Session, contract: Contract, now: datetime, idle: timedelta, longest: timedelta
) -> list[AccountCard]:
    """Accounts with access to a contract, and those that had it, the newest first."""
    rows = session.execute(
        select(Membership, Account)
        .join(Account, Account.id == Membership.account_id)
        .where(Membership.contract_id == contract.id)
        .order_by(Membership.revoked_at.is_not(None), Membership.id.desc())
    ).all()
    return [
        AccountCard(
            account,
            membership.role,
            membership.revoked_at is not None,
            membership.suspended_by_id is not None,
            has_second_factor(session, account.id),
            list_sessions(session, account.id, now, idle, longest),
        )
        for membership, account in rows
    ]


def get_account_of(session: Session, contract: Contract, account_id: int) -> Account:
    """An account that has or had access to a contract.

    Raises:
        NotFoundError: absent, or of other contracts only.
    """
    found = session.scalars(
        select(Account)
        .join(Membership, Membership.account_id == Account.id)
        .where(Account.id == account_id, Membership.contract_id == contract.id)
    ).first()
    if found is None:
        raise NotFoundError
    return found


def has_contract(session: Session, account_id: int) -> bool:
    """Whether an account still has access to any contract."""
    return (
        session.scalar(
            select(Membership.id)
            .where(Membership.account_id == account_id, Membership.revoked_at.is_(None))
            .limit(1)
        )
        is not None
    )


def list_last_registrations(session: Session, contract: Contract) -> Sequence[Registration]:
    """The last registrations of a contract that got as far as a contact."""
    return session.scalars(
        select(Registration)
        .where(Registration.contract_id == contract.id, Registration.saved_at.is_not(None))
        .order_by(Registration.id.desc())
        .limit(LAST)
    ).all()


def list_last_messages(session: Session, contract: Contract) -> Sequence[Message]:
    """The last emails and text messages about a contract."""
    return session.scalars(
        select(Message)
        .where(Message.contract_id == contract.id)
        .order_by(Message.id.desc())
        .limit(LAST)
    ).all()
