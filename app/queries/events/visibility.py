"""Decide which events of a contract somebody learns of; nothing else does."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Date, and_, exists, func, or_

from app.domain.access import Permission, Role, may
from app.domain.events import kinds_of
from app.models import Contract, ContractEvent, Membership
from app.queries.memberships import is_current

ROLES = tuple(role for role in Role if role is not Role.READ_ONLY_STAFF)


def is_told() -> ColumnElement[bool]:
    """SQL: a membership's role learns of an event, which is not older than the access.

    Events are of the whole contract: nobody learns of them whose access is limited to some points.
    A business date is compared with the UTC day of the access, which for zones of Russia is the
    same day or the one before: nothing of the first day is missed.
    """
    of_role = (
        and_(Membership.role == role, ContractEvent.kind.in_(kinds_of(role))) for role in ROLES
    )
    return and_(
        or_(*of_role),
        Membership.is_limited.is_(False),
        ContractEvent.happened_on >= func.date(Membership.created_at, type_=Date()),
    )


def is_of_present_customer() -> ColumnElement[bool]:
    """SQL: an event was found under the contract's present customer, not a former one."""
    return or_(
        Contract.transferred_at.is_(None), ContractEvent.created_at >= Contract.transferred_at
    )


def has_reader(
    permission: Permission, contract_id: Any, happened_on: Any, today: Any
) -> ColumnElement[bool]:
    """SQL: somebody has access to a contract, may see such facts, and had so on their day.

    Args:
        contract_id, happened_on: columns, or values.
        today: whoever's access has expired does not count.
    """
    return exists().where(
        Membership.contract_id == contract_id,
        Membership.role.in_([role for role in ROLES if may(role, permission)]),
        Membership.is_limited.is_(False),
        func.date(Membership.created_at, type_=Date()) <= happened_on,
        is_current(today),
    )
