"""Own names of supply points and meters: how other queries join them, and all of a contract."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.domain.custom_names import CustomNames, PointName
from app.models import Contract, CustomMeterName, CustomPointName, Meter, SupplyPoint
from app.queries.contracts import VisibleContract
from app.queries.scope import is_point_in_scope, scope_values

_NAMED_SINCE = bindparam("named_since", type_=CustomPointName.named_at.type)


def named_since(contract: VisibleContract) -> dict[str, Any]:
    """Parameter of a statement that joins own names: those of a former customer are left out."""
    return {"named_since": contract.shown_since}


def is_name_of_point() -> ColumnElement[bool]:
    """SQL: an own name of a supply point, given by the present customer of its contract."""
    return and_(
        CustomPointName.supply_point_id == SupplyPoint.id,
        CustomPointName.contract_id == SupplyPoint.contract_id,
        CustomPointName.named_at >= _NAMED_SINCE,
    )


def is_name_of_meter() -> ColumnElement[bool]:
    """SQL: an own name of a meter, given by the present customer of its contract."""
    return and_(
        CustomMeterName.meter_id == Meter.id,
        CustomMeterName.contract_id == SupplyPoint.contract_id,
        CustomMeterName.named_at >= _NAMED_SINCE,
    )


def is_present_name_of_point() -> ColumnElement[bool]:
    """``is_name_of_point`` in a statement of many contracts, which joins ``Contract``."""
    return and_(
        CustomPointName.supply_point_id == SupplyPoint.id,
        CustomPointName.contract_id == SupplyPoint.contract_id,
        _is_of_present(CustomPointName.named_at),
    )


def is_present_name_of_meter() -> ColumnElement[bool]:
    """``is_name_of_meter`` in a statement of many contracts, which joins ``Contract``."""
    return and_(
        CustomMeterName.meter_id == Meter.id,
        CustomMeterName.contract_id == SupplyPoint.contract_id,
        _is_of_present(CustomMeterName.named_at),
    )


def _is_of_present(named_at: InstrumentedAttribute[datetime]) -> ColumnElement[bool]:
    return or_(Contract.transferred_at.is_(None), named_at >= Contract.transferred_at)


def get_custom_names(session: Session, contract: VisibleContract) -> CustomNames:
    """All own names of a contract's supply points and meters."""
    since = contract.shown_since
    points = session.execute(
        select(
            CustomPointName.supply_point_id, CustomPointName.name, CustomPointName.position
        ).where(CustomPointName.contract_id == contract.id, CustomPointName.named_at >= since)
    )
    meters = session.execute(
        select(CustomMeterName.meter_id, CustomMeterName.name).where(
            CustomMeterName.contract_id == contract.id, CustomMeterName.named_at >= since
        )
    )
    return CustomNames(
        {point_id: PointName(name, position) for point_id, name, position in points},
        {row.meter_id: row.name for row in meters},
    )


def find_point_of_meter(session: Session, contract: VisibleContract, meter_id: int) -> int | None:
    """The supply point of a meter of a contract."""
    return session.scalar(
        select(SupplyPoint.id)
        .join(Meter, Meter.supply_point_id == SupplyPoint.id)
        .where(
            Meter.id == meter_id,
            SupplyPoint.contract_id == contract.id,
            SupplyPoint.withdrawn_at.is_(None),
            Meter.withdrawn_at.is_(None),
            is_point_in_scope(),
        ),
        scope_values(contract),
    )
