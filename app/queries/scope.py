"""Limit what is read of a contract to the supply points that an access names.

Every query of supply points, meters, readings and enquiries on behalf of a customer has one of
these conditions. Money is of the whole contract: a limited access does not grant it at all.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import BigInteger, BindParameter, ColumnElement, Select, exists, or_, select

from app.models import (
    Enquiry,
    Membership,
    MembershipPoint,
    Meter,
    ReadingReceipt,
    Register,
    SubmittedReading,
    SupplyPoint,
)
from app.queries.contracts import VisibleContract

WHOLE = 0
"""Instead of the id of a limited membership: every supply point."""


def scope_values(contract: VisibleContract) -> dict[str, Any]:
    """Values of the conditions below for a contract."""
    return {"scope_id": contract.scope_id or WHOLE}


def is_point_in_scope() -> ColumnElement[bool]:
    """SQL: a supply point that the viewer may see."""
    return or_(_scope_id() == WHOLE, SupplyPoint.id.in_(_points(_scope_id())))


def is_point_in_scope_of(contracts: Iterable[VisibleContract]) -> ColumnElement[bool]:
    """SQL: a supply point of several contracts that the viewer may see."""
    limited = {contract.id: contract.scope_id for contract in contracts if contract.scope_id}
    chosen = select(MembershipPoint.supply_point_id).where(
        MembershipPoint.membership_id.in_(limited.values())
    )
    return or_(SupplyPoint.contract_id.not_in(limited), SupplyPoint.id.in_(chosen))


def is_reading_in_scope() -> ColumnElement[bool]:
    """SQL: a submitted reading of a supply point that the viewer may see."""
    of_point = exists().where(
        Register.id == SubmittedReading.register_id,
        Meter.id == Register.meter_id,
        Meter.supply_point_id.in_(_points(_scope_id())),
    )
    return or_(_scope_id() == WHOLE, of_point)


def is_receipt_in_scope() -> ColumnElement[bool]:
    """SQL: a receipt with a reading of a supply point that the viewer may see."""
    of_point = exists().where(
        SubmittedReading.receipt_id == ReadingReceipt.id,
        Register.id == SubmittedReading.register_id,
        Meter.id == Register.meter_id,
        Meter.supply_point_id.in_(_points(_scope_id())),
    )
    return or_(_scope_id() == WHOLE, of_point)


def is_enquiry_in_scope() -> ColumnElement[bool]:
    """SQL: an enquiry about a supply point that the viewer may see, or of their own."""
    return or_(_scope_id() == WHOLE, is_enquiry_of(_scope_id()))


def is_enquiry_of(scope_id: int | BindParameter[int]) -> ColumnElement[bool]:
    """SQL: an enquiry about a supply point of a limited membership, or by its person."""
    author = select(Membership.account_id).where(Membership.id == scope_id).scalar_subquery()
    return or_(Enquiry.supply_point_id.in_(_points(scope_id)), Enquiry.account_id == author)


def _scope_id() -> BindParameter[int]:
    parameter: BindParameter[int] = BindParameter("scope_id", type_=BigInteger())
    return parameter


def _points(scope_id: int | BindParameter[int]) -> Select[int]:
    return select(MembershipPoint.supply_point_id).where(MembershipPoint.membership_id == scope_id)
