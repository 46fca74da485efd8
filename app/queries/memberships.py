"""Decide which accounts have access to which contracts; nothing else does."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from app.domain.access import TERMINATED, Role
from app.models import Account, Contract, ContractTransfer, Membership


def is_live() -> ColumnElement[bool]:
    """Condition: a membership that gives access, neither revoked nor suspended by anybody.

    One whose term is over counts until the next minutes revoke it; see ``is_current``.
    """
    return and_(
        Membership.revoked_at.is_(None),
        Membership.suspended_by_id.is_(None),
        Membership.paused_at.is_(None),
    )


def is_current(today: Any) -> ColumnElement[bool]:
    """Condition: a live membership whose term is not over; what opens pages asks for this.

    Args:
        today: a date in the supplier's zone, or a bound parameter for one.
    """
    return and_(is_live(), or_(Membership.access_until.is_(None), Membership.access_until >= today))


def is_readable(oldest_end: Any) -> ColumnElement[bool]:
    """Condition: a contract that billing still sends and that its people may still read.

    Args:
        oldest_end: a date, or a bound parameter for one; see ``domain.access.AccessWindow``.
    """
    ended_on = func.coalesce(Contract.valid_to, Contract.terminated_on)
    return and_(
        Contract.withdrawn_at.is_(None),
        or_(Contract.status != TERMINATED, ended_on.is_(None), ended_on >= oldest_end),
    )


def has_access(session: Session, account_id: int, contract_id: int) -> bool:
    """Whether an account may open a contract, however long ago that was terminated."""
    return _exists(
        session, Membership.account_id == account_id, Membership.contract_id == contract_id
    )


def may_be_notified(session: Session, account_id: int, contract_id: int, today: date) -> bool:
    """Whether an account that nobody has blocked has access to a contract today."""
    current = exists().where(
        Membership.account_id == account_id,
        Membership.contract_id == contract_id,
        is_current(today),
        Account.id == Membership.account_id,
        Account.disabled_at.is_(None),
    )
    return bool(session.scalar(select(current)))


def has_any_access(session: Session, account_id: int) -> bool:
    """Whether an account may open any contract."""
    return _exists(session, Membership.account_id == account_id)


def is_undecided(session: Session, contract_id: int) -> bool:
    """Whether staff have still to decide who the customer of a contract is."""
    undecided = exists().where(
        ContractTransfer.contract_id == contract_id, ContractTransfer.decided_at.is_(None)
    )
    return bool(session.scalar(select(undecided)))


def is_closed_to_registration(session: Session, contract_id: int) -> bool:
    """Whether nobody may register for a contract: it has an owner, even a suspended one, or its
    customer is undecided."""
    owned = exists().where(
        Membership.contract_id == contract_id,
        Membership.role == Role.OWNER,
        Membership.revoked_at.is_(None),
    )
    return bool(session.scalar(select(owned))) or is_undecided(session, contract_id)


def is_login_closed_to_registration(session: Session, number_key: str) -> bool:
    """Whether nobody may register for a contract number, which several contracts may share."""
    ids = session.scalars(
        select(Contract.id).where(
            Contract.number_key == number_key, Contract.withdrawn_at.is_(None)
        )
    )
    return any(is_closed_to_registration(session, contract_id) for contract_id in ids.all())


def _exists(session: Session, *conditions: ColumnElement[bool]) -> bool:
    return bool(session.scalar(select(exists().where(is_live(), *conditions))))
