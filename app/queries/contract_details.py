"""Read what is said of a contract beside its figures: its department, its supply points."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, bindparam, select
from sqlalchemy.orm import Session

from app.models import Contract, CustomMeterName, CustomPointName, Department, Meter, SupplyPoint
from app.queries.contracts import VisibleContract
from app.queries.custom_names import is_present_name_of_meter, is_present_name_of_point
from app.queries.scope import is_point_in_scope, scope_values


class DepartmentLine(NamedTuple):
    """A local office in short."""

    name: str
    phone: str | None
    work_hours: str | None


class MeterLine(NamedTuple):
    """A meter in short; ``removed_on`` set means it no longer measures."""

    serial_number: str
    model: str | None
    removed_on: date | None
    custom_name: str | None


class PointLine(NamedTuple):
    """A supply point in short, with its meters; ``custom_name`` is what the customer calls it."""

    id: int
    name: str | None
    address: str
    is_automatic: bool
    custom_name: str | None
    meters: tuple[MeterLine, ...]


@dataclass(frozen=True, slots=True)
class ContractDetails:
    """The department that serves a contract, and its supply points in the customer's order."""

    department: DepartmentLine | None
    points: tuple[PointLine, ...]


_DEPARTMENT = (Department.name, Department.phone, Department.work_hours)
_POINT = (
    SupplyPoint.id,
    SupplyPoint.name,
    SupplyPoint.address,
    SupplyPoint.is_automatic,
    CustomPointName.name,
)
_METER = (Meter.serial_number, Meter.model, Meter.removed_on, CustomMeterName.name)
# Built once: composing a statement costs more than running it.
_DETAILS: Select[*tuple[Any, ...]] = (
    select(*_POINT, *_METER, *_DEPARTMENT)
    .select_from(Contract)
    .outerjoin(Department, Department.id == Contract.department_id)
    .outerjoin(
        SupplyPoint,
        and_(
            SupplyPoint.contract_id == Contract.id,
            SupplyPoint.withdrawn_at.is_(None),
            is_point_in_scope(),
        ),
    )
    .outerjoin(Meter, and_(Meter.supply_point_id == SupplyPoint.id, Meter.withdrawn_at.is_(None)))
    .outerjoin(CustomPointName, is_present_name_of_point())
    .outerjoin(CustomMeterName, is_present_name_of_meter())
    .where(Contract.id == bindparam("contract_id"))
    .order_by(
        CustomPointName.position.is_(None),
        CustomPointName.position,
        SupplyPoint.id,
        Meter.removed_on.is_not(None),
        Meter.id,
    )
)


def get_contract_details(session: Session, contract: VisibleContract) -> ContractDetails:
    """The department and the supply points of a contract with their meters; one SELECT."""
    rows: Any = (
        session.connection()
        .execute(_DETAILS, {"contract_id": contract.id} | scope_values(contract))
        .all()
    )
    points = []
    first_meter = len(_POINT)
    first_department = first_meter + len(_METER)
    for key, lines in groupby(rows, key=itemgetter(0)):
        if key is not None:
            of_point = list(lines)
            meters = tuple(
                MeterLine(*line[first_meter:first_department])
                for line in of_point
                if line[first_meter] is not None
            )
            point_id, name, address, is_automatic, custom_name = of_point[0][:first_meter]
            points.append(PointLine(point_id, name, address, is_automatic, custom_name, meters))
    department = rows[0][first_department:]
    return ContractDetails(
        None if department[0] is None else DepartmentLine(*department), tuple(points)
    )
