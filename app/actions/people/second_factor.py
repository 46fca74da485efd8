"""Require a second factor of the people in some roles of a contract."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.actions.audit_log import record
from app.actions.people.succession import lock_people
from app.domain.access import INVITED, Permission, Role, may
from app.domain.errors import AccessDeniedError, SecondFactorError
from app.models import Membership, SecondFactorRole
from app.queries.contracts import VisibleContract
from app.queries.memberships import is_current
from app.queries.second_factors import has_second_factor, list_required_roles

ROLES = (Role.OWNER, *INVITED)


def require_second_factor(
    session: Session, contract: VisibleContract, roles: Iterable[Role], today: date, now: datetime
) -> None:
    """Set the roles whose people must have a second factor; who has none is out at once.

    They set one up at their next sign-in.

    Raises:
        AccessDeniedError: whoever asks may not manage people any more.
        SecondFactorError: ``yours``: whoever requires it of their own role has none.
    """
    lock_people(session, contract.id)
    account_id = contract.viewer.account_id
    role = session.scalar(
        select(Membership.role).where(
            Membership.contract_id == contract.id,
            Membership.account_id == account_id,
            is_current(today),
        )
    )
    if role is None or not may(Role(role), Permission.MANAGE_PEOPLE):
        raise AccessDeniedError
    chosen = set(roles) & set(ROLES)
    before = list_required_roles(session, contract.id)
    if Role(role) in chosen and not has_second_factor(session, account_id):
        raise SecondFactorError("yours")
    if chosen == before:
        return
    session.execute(delete(SecondFactorRole).where(SecondFactorRole.contract_id == contract.id))
    session.add_all(SecondFactorRole(contract_id=contract.id, role=role) for role in chosen)
    session.flush()
    record(
        session,
        "access.second_factor",
        account_id,
        "contracts",
        contract.number,
        now,
        contract_id=contract.id,
        roles=sorted(chosen),
    )
