"""Name supply points and meters, and put the points into the customer's order."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.actions.audit_log import record
from app.domain.access import Viewer
from app.domain.custom_names import CustomNames, PointName
from app.lib.database import insert_many_or_ignore
from app.models import CustomMeterName, CustomPointName
from app.queries.contracts import VisibleContract
from app.queries.custom_names import get_custom_names


def set_custom_names(
    session: Session, contract: VisibleContract, viewer: Viewer, names: CustomNames, now: datetime
) -> int:
    """Store names of supply points and meters of a contract; those not mentioned stay.

    Args:
        names: checked, of supply points and meters that the contract has.

    Returns:
        How many have changed.
    """
    known = get_custom_names(session, contract)
    points = {
        point_id: name
        for point_id, name in names.points.items()
        if name != known.points.get(point_id, PointName())
    }
    meters = {
        meter_id: name
        for meter_id, name in names.meters.items()
        if name != known.meters.get(meter_id)
    }
    if not points and not meters:
        return 0
    _replace_points(session, contract.id, points, now)
    _replace_meters(session, contract.id, meters, now)
    record(
        session,
        "names.changed",
        viewer.account_id,
        "contracts",
        contract.number,
        now,
        contract_id=contract.id,
        points={str(point_id): name.name or "" for point_id, name in points.items()},
        meters={str(meter_id): name or "" for meter_id, name in meters.items()},
    )
    return len(points) + len(meters)


def _replace_points(
    session: Session, contract_id: int, points: dict[int, PointName], now: datetime
) -> None:
    """Delete, then insert: a former customer's row may be in the way."""
    session.execute(
        delete(CustomPointName).where(
            CustomPointName.contract_id == contract_id, CustomPointName.supply_point_id.in_(points)
        )
    )
    rows: list[dict[str, Any]] = [
        {
            "supply_point_id": point_id,
            "contract_id": contract_id,
            "name": name.name,
            "position": name.position,
            "named_at": now,
        }
        for point_id, name in points.items()
        if not name.is_empty
    ]
    insert_many_or_ignore(session, CustomPointName, rows)


def _replace_meters(
    session: Session, contract_id: int, meters: dict[int, str | None], now: datetime
) -> None:
    session.execute(
        delete(CustomMeterName).where(
            CustomMeterName.contract_id == contract_id, CustomMeterName.meter_id.in_(meters)
        )
    )
    rows: list[dict[str, Any]] = [
        {"meter_id": meter_id, "contract_id": contract_id, "name": name, "named_at": now}
        for meter_id, name in meters.items()
        if name is not None
    ]
    insert_many_or_ignore(session, CustomMeterName, rows)
