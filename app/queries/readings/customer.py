"""Receipts of submitted readings, and the registers that they name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import BindParameter, bindparam, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from app.domain.errors import NotFoundError
from app.domain.period import Month
from app.domain.readings import LIVE, Scale
from app.models import (
    Contract,
    CustomMeterName,
    CustomPointName,
    Meter,
    ReadingReceipt,
    Register,
    SubmittedReading,
    SupplyPoint,
)
from app.queries.contracts import VisibleContract
from app.queries.custom_names import (
    is_name_of_meter,
    is_name_of_point,
    is_present_name_of_meter,
    is_present_name_of_point,
    named_since,
)
from app.queries.scope import (
    is_point_in_scope,
    is_reading_in_scope,
    is_receipt_in_scope,
    scope_values,
)


@dataclass(frozen=True, slots=True)
class RegisterName:
    """A register with its meter and place, as receipts, acts and emails name it."""

    meter_id: int
    serial_number: str
    model: str | None
    place: str
    zone: str
    scale: Scale
    custom_point: str | None = None
    custom_name: str | None = None


@dataclass(frozen=True, slots=True)
class ReceiptReading:
    """A reading of a receipt as it was submitted, and what has become of it."""

    id: int
    register_id: int
    register: RegisterName
    period: Month
    taken_on: date
    value: Decimal
    previous_value: Decimal | None
    previous_on: date | None
    consumption_kwh: Decimal | None
    rolled_over: bool
    is_late: bool
    doubts: tuple[str, ...]
    status: str
    reason: str | None
    exported_at: datetime | None
    acknowledged_at: datetime | None


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt with its readings; ``staff_id``: the clerk who took them down by telephone."""

    id: int
    submitted_at: datetime
    staff_id: int | None
    readings: tuple[ReceiptReading, ...]


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """A receipt in short.

    Attributes:
        count: of its readings.
        statuses: of its readings, each once.
    """

    id: int
    submitted_at: datetime
    staff_id: int | None
    count: int
    statuses: tuple[str, ...]


_REGISTER_NAME = (
    Meter.id,
    Meter.serial_number,
    Meter.model,
    SupplyPoint.name,
    SupplyPoint.address,
    Register.zone,
    Register.digits,
    Register.decimals,
    Meter.multiplier,
    CustomPointName.name,
    CustomMeterName.name,
)
_RECEIPT = (
    ReadingReceipt.id,
    ReadingReceipt.submitted_at,
    ReadingReceipt.staff_id,
)
# Of the present customer, not of a former one.
_IS_SEEN = (
    ReadingReceipt.contract_id == bindparam("contract_id"),
    ReadingReceipt.submitted_at >= bindparam("since", type_=ReadingReceipt.submitted_at.type),
)
_ONE_RECEIPT = (
    select(
        *_RECEIPT,
        *_REGISTER_NAME,
        SubmittedReading.id,
        SubmittedReading.register_id,
        SubmittedReading.period,
        SubmittedReading.taken_on,
        SubmittedReading.value,
        SubmittedReading.previous_value,
        SubmittedReading.previous_on,
        SubmittedReading.consumption_kwh,
        SubmittedReading.rolled_over,
        SubmittedReading.is_late,
        SubmittedReading.doubts,
        SubmittedReading.status,
        SubmittedReading.reason,
        SubmittedReading.exported_at,
        SubmittedReading.acknowledged_at,
    )
    .select_from(ReadingReceipt)
    .join(SubmittedReading, SubmittedReading.receipt_id == ReadingReceipt.id)
    .join(Register, Register.id == SubmittedReading.register_id)
    .join(Meter, Meter.id == Register.meter_id)
    .join(SupplyPoint, SupplyPoint.id == Meter.supply_point_id)
    .outerjoin(CustomPointName, is_name_of_point())
    .outerjoin(CustomMeterName, is_name_of_meter())
    .where(ReadingReceipt.id == bindparam("receipt_id"), *_IS_SEEN, is_point_in_scope())
    .order_by(SubmittedReading.id)
)
_NEWEST = (
    select(*_RECEIPT)
    .where(*_IS_SEEN, is_receipt_in_scope())
    .order_by(ReadingReceipt.submitted_at.desc(), ReadingReceipt.id.desc())
    .limit(bindparam("limit"))
    .subquery()
)
_RECEIPT_LINES = (
    select(_NEWEST, SubmittedReading.status, func.count())
    .join(SubmittedReading, SubmittedReading.receipt_id == _NEWEST.c.id)
    .where(is_reading_in_scope())
    .group_by(*_NEWEST.c, SubmittedReading.status)
    .order_by(_NEWEST.c.submitted_at.desc(), _NEWEST.c.id.desc(), func.min(SubmittedReading.id))
)
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_NAMES = (
    select(Register.id, *_REGISTER_NAME)
    .join(Meter, Meter.id == Register.meter_id)
    .join(SupplyPoint, SupplyPoint.id == Meter.supply_point_id)
    .join(Contract, Contract.id == SupplyPoint.contract_id)
    .outerjoin(CustomPointName, is_present_name_of_point())
    .outerjoin(CustomMeterName, is_present_name_of_meter())
    .where(Register.id.in_(_IDS))
)


def get_receipt(session: Session, contract: VisibleContract, receipt_id: int) -> Receipt:
    """A receipt of a contract, with its readings; one SELECT.

    Raises:
        NotFoundError: absent, of another contract, or of a former customer of this one.
    """
    values = _values(contract) | named_since(contract) | {"receipt_id": receipt_id}
    rows = session.connection().execute(_ONE_RECEIPT, values).all()
    if not rows:
        raise NotFoundError
    return Receipt(*rows[0][:3], tuple(_reading(*row[3:]) for row in rows))


def _reading(*row: Any) -> ReceiptReading:
    count = len(_REGISTER_NAME)
    reading_id, register_id, *columns = row[count:]
    period, taken_on, value, previous_value, previous_on, consumption_kwh, *others = columns
    rolled_over, is_late, doubts, *decision = others
    return ReceiptReading(
        reading_id,
        register_id,
        _register_name(*row[:count]),
        period,
        taken_on,
        value,
        previous_value,
        previous_on,
        consumption_kwh,
        rolled_over,
        is_late,
        tuple(doubts),
        *decision,
    )


def find_receipt(session: Session, key: str) -> ReadingReceipt | None:
    """The receipt of a form that was sent before, by its idempotency key."""
    return session.scalars(
        select(ReadingReceipt)
        .where(ReadingReceipt.idempotency_key == key)
        .options(selectinload(ReadingReceipt.readings))
    ).first()


def find_live(session: Session, register_id: int, period: Month) -> SubmittedReading | None:
    """The live submitted reading of a register in a month, with its receipt."""
    return session.scalars(
        select(SubmittedReading)
        .where(
            SubmittedReading.register_id == register_id,
            SubmittedReading.period == period,
            SubmittedReading.status.in_(LIVE),
        )
        .options(joinedload(SubmittedReading.receipt))
        .execution_options(populate_existing=True)
    ).first()


def list_receipts(session: Session, contract: VisibleContract, limit: int) -> list[ReceiptLine]:
    """The newest receipts of a contract; one SELECT counts their readings by status."""
    rows = session.connection().execute(_RECEIPT_LINES, _values(contract) | {"limit": limit})
    lines = []
    for (receipt_id, submitted_at, staff_id), group in groupby(rows.all(), key=itemgetter(0, 1, 2)):
        counts = {status: count for *_, status, count in group}
        lines.append(
            ReceiptLine(receipt_id, submitted_at, staff_id, sum(counts.values()), tuple(counts))
        )
    return lines


def _values(contract: VisibleContract) -> dict[str, Any]:
    values = {"contract_id": contract.id, "since": contract.shown_since}
    return values | scope_values(contract)


def name_registers(session: Session, ids: Iterable[int]) -> Mapping[int, RegisterName]:
    """Names of registers by their ids."""
    rows = session.connection().execute(_NAMES, {"ids": list(ids)})
    return {register_id: _register_name(*row) for register_id, *row in rows}


def _register_name(
    meter_id: int,
    serial_number: str,
    model: str | None,
    point: str | None,
    address: str,
    zone: str,
    digits: int,
    decimals: int,
    multiplier: Decimal,
    custom_point: str | None,
    custom_name: str | None,
) -> RegisterName:
    place = ", ".join(filter(None, (point, address)))
    scale = Scale(digits, decimals, multiplier)
    return RegisterName(
        meter_id, serial_number, model, place, zone, scale, custom_point, custom_name
    )


def find_regimes(session: Session, register_ids: Iterable[int]) -> dict[int, str]:
    """Reading regimes of registers, by their ids."""
    rows = session.execute(
        select(Register.id, SupplyPoint.reading_regime)
        .join(Meter, Meter.id == Register.meter_id)
        .join(SupplyPoint, SupplyPoint.id == Meter.supply_point_id)
        .where(Register.id.in_(list(register_ids)))
    )
    return {row.id: row.reading_regime for row in rows}
