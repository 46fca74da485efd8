"""Read the supply points that access to a contract, or an invitation, is limited to."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.custom_names import with_custom_name
from app.models import CustomPointName, InvitationPoint, Membership, MembershipPoint, SupplyPoint
from app.queries.contracts import VisibleContract
from app.queries.custom_names import is_name_of_point, named_since


class Point(NamedTuple):
    """A supply point to choose."""

    id: int
    name: str


def list_points(session: Session, contract: VisibleContract) -> list[Point]:
    """List the supply points of a contract, as whoever manages its people knows them."""
    rows = session.execute(
        select(SupplyPoint.id, SupplyPoint.name, SupplyPoint.address, CustomPointName.name)
        .outerjoin(CustomPointName, is_name_of_point())
        .where(SupplyPoint.contract_id == contract.id, SupplyPoint.withdrawn_at.is_(None))
        .order_by(SupplyPoint.id),
        named_since(contract),
    )
    return [
        Point(point_id, with_custom_name(custom_name, name or address))
        for point_id, name, address, custom_name in rows
    ]


def find_point_ids(session: Session, membership: Membership) -> frozenset[int] | None:
    """The supply points that a membership opens; None: the whole contract."""
    if not membership.is_limited:
        return None
    found = select(MembershipPoint.supply_point_id).where(
        MembershipPoint.membership_id == membership.id
    )
    return frozenset(session.scalars(found))


def list_offered_points(session: Session, invitation_id: int) -> list[str]:
    """List the names of the supply points that an invitation offers, as billing has them."""
    return list(
        session.scalars(
            select(func.coalesce(SupplyPoint.name, SupplyPoint.address))
            .join(InvitationPoint, InvitationPoint.supply_point_id == SupplyPoint.id)
            .where(InvitationPoint.invitation_id == invitation_id)
            .order_by(SupplyPoint.id)
        )
    )
