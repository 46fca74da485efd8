"""Limit access, or an invitation, to some supply points of a contract."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.domain.access import LIMITABLE, Role
from app.domain.errors import PeopleError
from app.models import InvitationPoint, Membership, MembershipPoint, SupplyPoint
from app.queries.contracts import VisibleContract
from app.queries.people_points import find_point_ids, list_points

Points = frozenset[int]


def check_points(
    session: Session, contract: VisibleContract, role: Role, points: Points | None
) -> None:
    """Refuse a limit that a role cannot have, or that names points of another contract.

    Args:
        points: None: the whole contract.

    Raises:
        PeopleError: ``limited`` or ``points``.
    """
    if points is None:
        return
    if role not in LIMITABLE:
        raise PeopleError("limited")
    if not points or not points <= {point.id for point in list_points(session, contract)}:
        raise PeopleError("points")


def set_points(session: Session, membership: Membership, points: Points | None) -> bool:
    """Limit a membership to points, or open the whole contract; whether that changes anything."""
    before = find_point_ids(session, membership)
    if before == points:
        return False
    membership.is_limited = points is not None
    session.flush()
    session.execute(delete(MembershipPoint).where(MembershipPoint.membership_id == membership.id))
    _add(session, membership, points or ())
    return True


def offer_points(session: Session, invitation_id: int, points: Iterable[int]) -> None:
    """Store the points that a limited invitation offers."""
    session.add_all(
        InvitationPoint(invitation_id=invitation_id, supply_point_id=point_id)
        for point_id in sorted(points)
    )
    session.flush()


def copy_points(session: Session, invitation_id: int, membership: Membership) -> None:
    """Give a membership the points of its contract that its invitation offered."""
    offered = session.scalars(
        select(InvitationPoint.supply_point_id)
        .join(SupplyPoint, SupplyPoint.id == InvitationPoint.supply_point_id)
        .where(
            InvitationPoint.invitation_id == invitation_id,
            SupplyPoint.contract_id == membership.contract_id,
        )
    )
    _add(session, membership, offered.all())


def _add(session: Session, membership: Membership, points: Iterable[int]) -> None:
    session.add_all(
        MembershipPoint(membership_id=membership.id, supply_point_id=point_id)
        for point_id in sorted(points)
    )
    session.flush()
