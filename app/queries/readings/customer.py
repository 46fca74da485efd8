"""Readings of registers, from billing and from the portal, and receipts of submissions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from app.domain.errors import NotFoundError
from app.domain.period import Month
from app.domain.readings import LIVE, KnownReading, Scale, SubmittedValue, merge_readings
from app.models import (
    Meter,
    Reading,
    ReadingReceipt,
    Register,
    SubmittedReading,
    SupplyPoint,
)
from app.queries.contracts import VisibleContract


def get_receipt(session: Session, contract: VisibleContract, receipt_id: int) -> ReadingReceipt:
    """A receipt of a contract, with its readings.

    Raises:
        NotFoundError: absent, of another contract, or of a former customer of this one.
    """
    receipt = session.scalars(
        select(ReadingReceipt)
        .where(ReadingReceipt.id == receipt_id, is_of_present_customer(contract))
        .options(selectinload(ReadingReceipt.readings))
    ).first()
    if receipt is None:
        raise NotFoundError
    return receipt


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


def list_receipts(
    session: Session, contract: VisibleContract, limit: int
) -> Sequence[ReadingReceipt]:
    """The newest receipts of a contract, with their readings."""
    return session.scalars(
        select(ReadingReceipt)
        .where(is_of_present_customer(contract))
        .order_by(ReadingReceipt.submitted_at.desc(), ReadingReceipt.id.desc())
        .limit(limit)
        .options(selectinload(ReadingReceipt.readings))
    ).all()


def is_of_present_customer(contract: VisibleContract) -> ColumnElement[bool]:
    """SQL: a receipt of a contract, of its present customer, not of a former one."""
    if contract.transferred_at is None:
        return ReadingReceipt.contract_id == contract.id
    return and_(
        ReadingReceipt.contract_id == contract.id,
        ReadingReceipt.submitted_at >= contract.transferred_at,
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


def name_registers(session: Session, ids: Iterable[int]) -> dict[int, RegisterName]:
    """Names of registers by their ids."""
    rows = session.execute(
        select(Register, Meter, SupplyPoint)
        .join(Meter, Meter.id == Register.meter_id)
        .join(SupplyPoint, SupplyPoint.id == Meter.supply_point_id)
        .where(Register.id.in_(list(ids)))
    )
    return {
        register.id: RegisterName(
            meter.id,
            meter.serial_number,
            meter.model,
            ", ".join(filter(None, (point.name, point.address))),
            register.zone,
            Scale(register.digits, register.decimals, meter.multiplier),
        )
        for register, meter, point in rows
    }


def list_known(
    session: Session,
    register_ids: Iterable[int],
    since: Month,
    transferred_at: datetime | None = None,
) -> dict[int, list[KnownReading]]:
    """Readings that count, by register: one of each month, billing's unless it only computed.

    Args:
        transferred_at: receipts from before belong to a former customer; the readings remain.
    """
    ids = list(register_ids)
    imported = _list_imported(session, ids, since)
    submitted = _list_submitted(session, ids, since, transferred_at)
    return {key: merge_readings(imported.get(key, ()), submitted.get(key, ())) for key in ids}


def _list_imported(
    session: Session, ids: Sequence[int], since: Month
) -> dict[int, list[KnownReading]]:
    """Readings that billing has sent and not withdrawn, by register, oldest first."""
    rows = session.execute(
        select(
            Reading.register_id,
            Reading.period,
            Reading.taken_on,
            Reading.value,
            Reading.kind,
            Reading.source,
            Reading.status,
        )
        .where(
            Reading.register_id.in_(ids),
            Reading.period >= since,
            Reading.withdrawn_at.is_(None),
            or_(Reading.status.is_(None), Reading.status == "accepted"),
        )
        .order_by(Reading.taken_on, Reading.id)
    )
    found: dict[int, list[KnownReading]] = {}
    for register_id, period, taken_on, value, kind, source, status in rows:
        reading = KnownReading(period, taken_on, value, kind, source, status)
        found.setdefault(register_id, []).append(reading)
    return found


def _list_submitted(
    session: Session, ids: Sequence[int], since: Month, transferred_at: datetime | None
) -> dict[int, list[SubmittedValue]]:
    """Live readings that were submitted here, by register."""
    rows = session.execute(
        select(SubmittedReading, ReadingReceipt.submitted_at)
        .join(ReadingReceipt, ReadingReceipt.id == SubmittedReading.receipt_id)
        .where(
            SubmittedReading.register_id.in_(ids),
            SubmittedReading.period >= since,
            SubmittedReading.status.in_(LIVE),
        )
    )
    found: dict[int, list[SubmittedValue]] = {}
    for row, submitted_at in rows:
        reading = KnownReading(
            row.period,
            row.taken_on,
            row.value if row.corrected_value is None else row.corrected_value,
            "regular",
            row.source,
            row.status,
            row.receipt_id,
            row.rolled_over,
            row.is_late,
            row.acknowledged_at is not None,
            transferred_at is None or submitted_at >= transferred_at,
        )
        found.setdefault(row.register_id, []).append(SubmittedValue(reading, row.value))
    return found


def find_regimes(session: Session, register_ids: Iterable[int]) -> dict[int, str]:
    """Reading regimes of registers, by their ids."""
    rows = session.execute(
        select(Register.id, SupplyPoint.reading_regime)
        .join(Meter, Meter.id == Register.meter_id)
        .join(SupplyPoint, SupplyPoint.id == Meter.supply_point_id)
        .where(Register.id.in_(list(register_ids)))
    )
    return {row.id: row.reading_regime for row in rows}
