"""Reads of submitted readings for clerks: what waits, how plausible it is, what billing owes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, cast, func, or_, select
from sqlalchemy.orm import Session

from app.domain.contract_number import number_key
from app.domain.period import Month
from app.domain.readings import LIVE, ReadingStatus, Scale, by_month, chain, usual_month
from app.models import (
    Contract,
    Customer,
    Meter,
    ReadingReceipt,
    Register,
    StaffMember,
    SubmittedReading,
    SupplyPoint,
)
from app.queries.readings.customer import list_known
from app.queries.readings.meters import MONTHS_BACK

MOST = 20_000
"""Rows that are counted and written to a file; more have to be narrowed."""
CHUNK = 500


class Warned(StrEnum):
    """What is unusual about a reading."""

    DOUBT = "doubt"
    LATE = "late"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class ReadingFilter:
    """Which submitted readings are wanted; None: whatever it is.

    Attributes:
        text: the beginning of a contract number, or part of a meter's serial number.
    """

    department_id: int | None = None
    period: Month | None = None
    status: ReadingStatus | None = None
    warned: Warned | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class DeskReading:
    """A submitted reading with what a clerk judges it by."""

    reading: SubmittedReading
    receipt: ReadingReceipt
    contract_number: str
    customer: str
    serial_number: str
    model: str | None
    place: str
    zone: str
    scale: Scale
    decided_by: str | None
    usual: Decimal | None
    """Consumption of a usual month before it, kWh."""

    @property
    def percent(self) -> Decimal | None:
        """Consumption in per cent of the usual month."""
        used = self.reading.consumption
        if used is None or not self.usual:
            return None
        return (used * 100 / self.usual).quantize(Decimal(1), ROUND_HALF_UP)

    @property
    def may_decide(self) -> bool:
        """Whether it can still be accepted or refused here."""
        return self.reading.status in LIVE and self.reading.acknowledged_at is None


def count_desk_readings(session: Session, wanted: ReadingFilter) -> int:
    """How many there are; one more than MOST stands for all above."""
    found = _ids(wanted).limit(MOST + 1).subquery()
    return session.scalar(select(func.count()).select_from(found)) or 0


def list_desk_readings(
    session: Session, wanted: ReadingFilter, offset: int = 0, limit: int = 50
) -> list[DeskReading]:
    """A page of them, the newest first."""
    ids = session.scalars(
        _ids(wanted).order_by(SubmittedReading.id.desc()).offset(offset).limit(limit)
    ).all()
    return _rows(session, ids, _usual(session, ids))


def list_desk_readings_by_id(session: Session, ids: Sequence[int]) -> list[DeskReading]:
    """Readings with these ids, the newest first."""
    return _rows(session, ids, _usual(session, ids))


def each_desk_reading(session: Session, wanted: ReadingFilter) -> Iterator[DeskReading]:
    """All of them, for a file, without their usual months, which would take longer than all the
    rest; one more than MOST shows that there are others."""
    ids = session.scalars(_ids(wanted).order_by(SubmittedReading.id.desc()).limit(MOST + 1)).all()
    for start in range(0, len(ids), CHUNK):
        yield from _rows(session, ids[start : start + CHUNK], {})


def list_to_decide(
    session: Session, ids: Sequence[int]
) -> Sequence[tuple[SubmittedReading, Contract]]:
    """Readings by their ids with their contracts, as they are in the table now."""
    rows = session.execute(
        select(SubmittedReading, Contract)
        .join(ReadingReceipt, ReadingReceipt.id == SubmittedReading.receipt_id)
        .join(Contract, Contract.id == ReadingReceipt.contract_id)
        .where(SubmittedReading.id.in_(ids))
        .order_by(SubmittedReading.id)
        .execution_options(populate_existing=True)
    )
    return [(reading, contract) for reading, contract in rows]


@dataclass(frozen=True, slots=True)
class HandedOver:
    """A reading that billing has got and not answered."""

    reading: SubmittedReading
    contract_id: int
    contract_number: str
    serial_number: str
    zone: str
    decimals: int


def count_unacknowledged(session: Session) -> int:
    """How many readings billing has got and not answered."""
    return session.scalar(select(func.count(SubmittedReading.id)).where(*_UNANSWERED)) or 0


def list_unacknowledged(
    session: Session, offset: int = 0, limit: int | None = None
) -> list[HandedOver]:
    """What was handed over to billing and not acknowledged, the longest wait first."""
    rows = session.execute(
        select(
            SubmittedReading,
            Contract.id,
            Contract.number,
            Meter.serial_number,
            Register.zone,
            Register.decimals,
        )
        .join(ReadingReceipt, ReadingReceipt.id == SubmittedReading.receipt_id)
        .join(Contract, Contract.id == ReadingReceipt.contract_id)
        .join(Register, Register.id == SubmittedReading.register_id)
        .join(Meter, Meter.id == Register.meter_id)
        .where(*_UNANSWERED)
        .order_by(SubmittedReading.exported_at, SubmittedReading.id)
        .offset(offset)
        .limit(limit)
    )
    return [HandedOver(*row) for row in rows]


_UNANSWERED = (
    SubmittedReading.acknowledged_at.is_(None),
    SubmittedReading.exported_at.is_not(None),
    SubmittedReading.status.in_(LIVE),
)
# The column holds JSON, which the two databases compare in no common way; its text they do.
_HAS_DOUBTS = cast(SubmittedReading.doubts, String) != "[]"
_WARNED = {
    Warned.DOUBT: _HAS_DOUBTS,
    Warned.LATE: SubmittedReading.is_late,
    Warned.NONE: and_(SubmittedReading.is_late.is_(False), ~_HAS_DOUBTS),
}


def _ids(wanted: ReadingFilter) -> Select[Any]:
    statement = select(SubmittedReading.id)
    if wanted.department_id is not None:
        statement = (
            statement.join(ReadingReceipt, ReadingReceipt.id == SubmittedReading.receipt_id)
            .join(Contract, Contract.id == ReadingReceipt.contract_id)
            .where(Contract.department_id == wanted.department_id)
        )
    # The index begins with the status: a month alone is found by naming them all.
    statuses = [wanted.status] if wanted.status else list(ReadingStatus) if wanted.period else []
    if statuses:
        statement = statement.where(SubmittedReading.status.in_(statuses))
    if wanted.period is not None:
        statement = statement.where(SubmittedReading.period == wanted.period)
    if wanted.warned is not None:
        statement = statement.where(_WARNED[wanted.warned])
    if wanted.text:
        statement = statement.where(_holds(wanted.text))
    return statement


def _holds(text: str) -> ColumnElement[bool]:
    """Of a contract whose number begins so, or of a meter whose serial number has it."""
    meters = (
        select(Register.id)
        .join(Meter, Meter.id == Register.meter_id)
        .where(Meter.serial_number.icontains(text, autoescape=True))
    )
    beginnings = {"".join(text.split()).upper(), number_key(text)}
    receipts = (
        select(ReadingReceipt.id)
        .join(Contract, Contract.id == ReadingReceipt.contract_id)
        .where(or_(*(Contract.number_key.startswith(each, autoescape=True) for each in beginnings)))
    )
    return or_(SubmittedReading.register_id.in_(meters), SubmittedReading.receipt_id.in_(receipts))


def _rows(
    session: Session, ids: Sequence[int], usual: dict[int, Decimal | None]
) -> list[DeskReading]:
    found = session.execute(
        select(
            SubmittedReading,
            ReadingReceipt,
            Contract.number,
            Customer.short_name,
            Customer.full_name,
            Meter.serial_number,
            Meter.model,
            Meter.multiplier,
            SupplyPoint.name,
            SupplyPoint.address,
            Register.zone,
            Register.digits,
            Register.decimals,
            StaffMember.name,
        )
        .join(ReadingReceipt, ReadingReceipt.id == SubmittedReading.receipt_id)
        .join(Contract, Contract.id == ReadingReceipt.contract_id)
        .join(Customer, Customer.id == Contract.customer_id)
        .join(Register, Register.id == SubmittedReading.register_id)
        .join(Meter, Meter.id == Register.meter_id)
        .join(SupplyPoint, SupplyPoint.id == Meter.supply_point_id)
        .outerjoin(StaffMember, StaffMember.id == SubmittedReading.decided_by_id)
        .where(SubmittedReading.id.in_(ids))
        .order_by(SubmittedReading.id.desc())
    ).all()
    return [
        DeskReading(
            reading=row[0],
            receipt=row[1],
            contract_number=row.number,
            customer=row.short_name or row.full_name,
            serial_number=row.serial_number,
            model=row.model,
            place=", ".join(filter(None, (row[8], row.address))),
            zone=row.zone,
            scale=Scale(row.digits, row.decimals, row.multiplier),
            decided_by=row[13],
            usual=usual.get(row[0].id),
        )
        for row in found
    ]


def _usual(session: Session, ids: Sequence[int]) -> dict[int, Decimal | None]:
    """The usual month before each reading; one look at the readings of all their registers."""
    found = session.execute(
        select(
            SubmittedReading.id,
            SubmittedReading.period,
            Register.id.label("register_id"),
            Register.digits,
            Register.decimals,
            Meter.multiplier,
        )
        .join(Register, Register.id == SubmittedReading.register_id)
        .join(Meter, Meter.id == Register.meter_id)
        .where(SubmittedReading.id.in_(ids))
    ).all()
    if not found:
        return {}
    scales = {row.register_id: Scale(row.digits, row.decimals, row.multiplier) for row in found}
    known = list_known(session, scales, min(row.period for row in found).plus(-MONTHS_BACK))
    months = {
        register_id: sorted(by_month(chain(known[register_id], scale)).items())
        for register_id, scale in scales.items()
    }
    return {
        row.id: usual_month(used for month, used in months[row.register_id] if month < row.period)
        for row in found
    }
