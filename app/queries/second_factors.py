"""Read second factors of customers, and who must have one."""

from __future__ import annotations

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.domain.access import Role
from app.models import AccountRecoveryCode, Membership, SecondFactor, SecondFactorRole


def find_second_factor(session: Session, account_id: int) -> SecondFactor | None:
    """Find the authenticator of an account, set up or still being set up."""
    return session.get(SecondFactor, account_id)


def has_second_factor(session: Session, account_id: int) -> bool:
    """Whether a code is asked for when an account signs in."""
    found = find_second_factor(session, account_id)
    return found is not None and found.confirmed_at is not None


def needs_second_factor(session: Session, account_id: int) -> bool:
    """Whether an account has a role whose people must have a second factor."""
    return bool(session.scalar(select(_needs(account_id))))


def has_what_is_required(
    account_id: InstrumentedAttribute[int],
) -> ColumnElement[bool]:
    """Condition: an account has a second factor, or none of its roles must have one."""
    has_one = exists().where(
        SecondFactor.account_id == account_id, SecondFactor.confirmed_at.is_not(None)
    )
    return or_(~_needs(account_id), has_one)


def list_required_roles(session: Session, contract_id: int) -> set[Role]:
    """List the roles whose people must have a second factor at a contract."""
    found = session.scalars(
        select(SecondFactorRole.role).where(SecondFactorRole.contract_id == contract_id)
    )
    return {Role(role) for role in found}


def count_recovery_codes(session: Session, account_id: int) -> int:
    """Count the recovery codes that have not been used."""
    return (
        session.scalar(
            select(func.count())
            .select_from(AccountRecoveryCode)
            .where(
                AccountRecoveryCode.account_id == account_id, AccountRecoveryCode.used_at.is_(None)
            )
        )
        or 0
    )


def _needs(account_id: InstrumentedAttribute[int] | int) -> ColumnElement[bool]:
    # A suspended person counts, too: who is let in again needs no further check.
    return exists().where(
        SecondFactorRole.contract_id == Membership.contract_id,
        SecondFactorRole.role == Membership.role,
        Membership.account_id == account_id,
        Membership.revoked_at.is_(None),
    )
