"""Reads of readings: from billing, and submitted here, with their receipts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from app.domain.errors import NotFoundError
from app.domain.period import Month
from app.domain.readings import LIVE, KnownReading, ReadingStatus, Scale
from app.models import (
    Meter,
    Reading,
    ReadingReceipt,
    Register,
    SubmittedReading,
    SupplyPoint,
)
from app.queries.contracts import MAX_ID, VisibleContract

COMPUTED = "calc"


def get_receipt(session: Session, contract: VisibleContract, receipt_id: int) -> ReadingReceipt:
    """A receipt of a contract, with its readings.

    Raises:
        NotFoundError: absent, of another contract, or of a former customer of this one.
    """
    receipt = None
    if receipt_id <= MAX_ID:
        receipt = session.scalars(
            select(ReadingReceipt)
            .where(ReadingReceipt.id == receipt_id, is_of_present_customer(contract))
            .options(selectinload(ReadingReceipt.readings))
        ).first()
    if receipt is None:
        raise NotFoundError
    return receipt


def find_receipt(session: Session, key: str) -> ReadingReceipt | None:
    """The receipt that a form has made already."""
    return session.scalars(
        select(ReadingReceipt)
        .where(ReadingReceipt.idempotency_key == key)
        .options(selectinload(ReadingReceipt.readings))
    ).first()


def find_live(session: Session, register_id: int, period: Month) -> SubmittedReading | None:
    """What counts of a register in a month, as submitted here."""
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


def list_receipts_of(
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
    """A receipt of a contract, of its present customer."""
    if contract.transferred_at is None:
        return ReadingReceipt.contract_id == contract.id
    return and_(
        ReadingReceipt.contract_id == contract.id,
        ReadingReceipt.submitted_at >= contract.transferred_at,
    )


@dataclass(frozen=True, slots=True)
class RegisterName:
    """How a receipt or an act names a register."""

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
        transferred_at: receipts from before belong to a former customer; the readings stay.
    """
    ids = list(register_ids)
    found: dict[int, list[KnownReading]] = {key: [] for key in ids}
    computed: dict[tuple[int, Month], KnownReading] = {}
    billed: dict[tuple[int, Month], int] = {}
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
    for register_id, period, taken_on, value, kind, source, status in rows:
        known = KnownReading(period, taken_on, value, kind, source, status)
        if known.kind == "regular" and known.source == COMPUTED:
            computed[register_id, known.period] = known
            continue
        if known.kind == "regular":
            billed[register_id, known.period] = len(found[register_id])
        found[register_id].append(known)
    submitted = session.execute(
        select(SubmittedReading, ReadingReceipt.submitted_at)
        .join(ReadingReceipt, ReadingReceipt.id == SubmittedReading.receipt_id)
        .where(
            SubmittedReading.register_id.in_(ids),
            SubmittedReading.period >= since,
            SubmittedReading.status.in_(LIVE),
        )
    )
    for row, submitted_at in submitted:
        place = (row.register_id, row.period)
        has_receipt = transferred_at is None or submitted_at >= transferred_at
        if place in billed:
            at = billed[place]
            found[row.register_id][at] = _sent_back(found[row.register_id][at], row, has_receipt)
            continue
        computed.pop(place, None)
        found[row.register_id].append(
            KnownReading(
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
                has_receipt,
            )
        )
    for (register_id, _), known in computed.items():
        found[register_id].append(known)
    return found


def _sent_back(known: KnownReading, row: SubmittedReading, has_receipt: bool) -> KnownReading:
    """Billing's reading of a month for which one was submitted here: its receipt stays with it."""
    is_same = known.value == row.value
    return replace(
        known,
        status=ReadingStatus.ACCEPTED,
        receipt_id=row.receipt_id,
        rolled_over=row.rolled_over if is_same else None,
        is_acknowledged=True,
        has_receipt=has_receipt,
    )


def find_regimes(session: Session, register_ids: Iterable[int]) -> dict[int, str]:
    """How the readings of registers are taken."""
    rows = session.execute(
        select(Register.id, SupplyPoint.reading_regime)
        .join(Meter, Meter.id == Register.meter_id)
        .join(SupplyPoint, SupplyPoint.id == Meter.supply_point_id)
        .where(Register.id.in_(list(register_ids)))
    )
    return {row.id: row.reading_regime for row in rows}
