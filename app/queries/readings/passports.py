"""What billing has sent about a supply point and its meters; one SELECT."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, and_, bindparam, select
from sqlalchemy.orm import Session

from app.domain.errors import NotFoundError
from app.domain.point_passport import Passport, PassportMeter
from app.models import CustomMeterName, CustomPointName, Meter, SupplyPoint
from app.queries.contracts import VisibleContract
from app.queries.custom_names import is_name_of_meter, is_name_of_point, named_since
from app.queries.scope import is_point_in_scope, scope_values

_POINT = (
    SupplyPoint.id,
    SupplyPoint.name,
    SupplyPoint.address,
    SupplyPoint.max_power_kw,
    SupplyPoint.voltage_level,
    SupplyPoint.loss_percent,
    SupplyPoint.is_automatic,
    SupplyPoint.reading_regime,
    SupplyPoint.valid_from,
    SupplyPoint.valid_to,
    CustomPointName.name,
    CustomPointName.position,
)
_METER = (
    Meter.id,
    Meter.serial_number,
    Meter.model,
    Meter.installed_on,
    Meter.removed_on,
    Meter.multiplier,
    Meter.current_ratio,
    Meter.voltage_ratio,
    Meter.verified_on,
    Meter.next_verification_on,
    CustomMeterName.name,
)
_PASSPORT: Select[*tuple[Any, ...]] = (
    select(*_POINT, *_METER)
    .select_from(SupplyPoint)
    .outerjoin(Meter, and_(Meter.supply_point_id == SupplyPoint.id, Meter.withdrawn_at.is_(None)))
    .outerjoin(CustomPointName, is_name_of_point())
    .outerjoin(CustomMeterName, is_name_of_meter())
    .where(
        SupplyPoint.id == bindparam("point_id"),
        SupplyPoint.contract_id == bindparam("contract_id"),
        SupplyPoint.withdrawn_at.is_(None),
        is_point_in_scope(),
    )
    .order_by(Meter.removed_on.is_not(None), Meter.removed_on.desc(), Meter.id)
)


def get_passport(session: Session, contract: VisibleContract, point_id: int) -> Passport:
    """A supply point of a contract with its meters: those that measure first, then the removed.

    Raises:
        NotFoundError: absent, withdrawn, or of another contract.
    """
    values = {"point_id": point_id, "contract_id": contract.id}
    values |= named_since(contract) | scope_values(contract)
    rows = session.connection().execute(_PASSPORT, values).all()
    if not rows:
        raise NotFoundError
    count = len(_POINT)
    meters = tuple(PassportMeter(*row[count:]) for row in rows if row[count] is not None)
    columns: tuple[Any, ...] = (*rows[0][:count], meters)
    return Passport(*columns)
