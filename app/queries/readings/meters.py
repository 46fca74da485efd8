"""Meters of a contract with their readings: SELECTs that fill ``domain.meters``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.errors import NotFoundError
from app.domain.meters import (
    MeterReadings,
    RegisterReadings,
    RejectedReading,
    build_register_readings,
)
from app.domain.period import Month
from app.domain.reading_windows import Window, WindowRules, window_on
from app.domain.readings import KnownReading, ReadingStatus, Scale
from app.models import (
    Contract,
    Meter,
    ReadingReceipt,
    Register,
    SubmittedReading,
    SupplyPoint,
)
from app.queries.contracts import VisibleContract
from app.queries.readings.customer import is_of_present_customer, list_known

DIRECTION = "A+"
MONTHS_BACK = 14
"""Enough for the typical month, and for the same month a year ago."""
EARLIEST = Month(2000, 1)


class _MeterRow(NamedTuple):
    """A meter, its supply point, and the last day of the contract."""

    meter: Meter
    point: SupplyPoint
    contract_until: date | None


def list_meters(
    session: Session, contract: VisibleContract, today: date, rules: WindowRules
) -> list[MeterReadings]:
    """All meters of a contract with their readings: those that measure first, by supply point."""
    return _build(session, contract, today, rules, _select_meters(session, contract, None))


def get_meter(
    session: Session, contract: VisibleContract, meter_id: int, today: date, rules: WindowRules
) -> MeterReadings:
    """One meter of a contract with its readings.

    Raises:
        NotFoundError: absent, withdrawn, or of another contract.
    """
    rows = _select_meters(session, contract, meter_id)
    found = _build(session, contract, today, rules, rows)
    if not found:
        raise NotFoundError
    return found[0]


def _select_meters(
    session: Session, contract: VisibleContract, meter_id: int | None
) -> list[_MeterRow]:
    statement = (
        select(Meter, SupplyPoint, Contract.valid_to)
        .join(SupplyPoint, SupplyPoint.id == Meter.supply_point_id)
        .join(Contract, Contract.id == SupplyPoint.contract_id)
        .where(
            SupplyPoint.contract_id == contract.id,
            SupplyPoint.withdrawn_at.is_(None),
            Meter.withdrawn_at.is_(None),
        )
        .order_by(Meter.removed_on.is_not(None), SupplyPoint.id, Meter.id)
    )
    if meter_id is not None:
        statement = statement.where(Meter.id == meter_id)
    return [_MeterRow(*row) for row in session.execute(statement)]


def _select_registers(session: Session, rows: Iterable[_MeterRow]) -> dict[int, list[Register]]:
    """Registers of active energy by meter, in the order of their zones."""
    registers: dict[int, list[Register]] = {}
    for register in session.scalars(
        select(Register)
        .where(
            Register.meter_id.in_([row.meter.id for row in rows]),
            Register.direction == DIRECTION,
            Register.withdrawn_at.is_(None),
        )
        .order_by(Register.zone)
    ):
        registers.setdefault(register.meter_id, []).append(register)
    return registers


def _list_recent(
    session: Session, ids: Sequence[int], contract: VisibleContract, today: date
) -> dict[int, list[KnownReading]]:
    """Readings of the last months; all readings of registers that have none in them."""
    since = Month.of(today).plus(-MONTHS_BACK)
    known = list_known(session, ids, since, contract.transferred_at)
    if silent := [register_id for register_id in ids if not known[register_id]]:
        known |= list_known(session, silent, EARLIEST, contract.transferred_at)
    return known


def _list_rejected(
    session: Session, ids: Iterable[int], contract: VisibleContract
) -> dict[tuple[int, Month], RejectedReading]:
    """The last rejected reading of each register and month, sent by the present customer."""
    rows = session.scalars(
        select(SubmittedReading)
        .where(
            SubmittedReading.register_id.in_(list(ids)),
            SubmittedReading.status == ReadingStatus.REJECTED,
            is_of_present_customer(contract),
        )
        .join(ReadingReceipt, ReadingReceipt.id == SubmittedReading.receipt_id)
        .order_by(SubmittedReading.id)
    )
    return {
        (row.register_id, row.period): RejectedReading(row.receipt_id, row.reason) for row in rows
    }


def _build(
    session: Session,
    contract: VisibleContract,
    today: date,
    rules: WindowRules,
    rows: Sequence[_MeterRow],
) -> list[MeterReadings]:
    """Fill the meters with three more SELECTs, however many there are."""
    registers = _select_registers(session, rows)
    ids = [register.id for group in registers.values() for register in group]
    known = _list_recent(session, ids, contract, today)
    rejected = _list_rejected(session, ids, contract)

    def read(register: Register, multiplier: Decimal, period: Month) -> RegisterReadings:
        return build_register_readings(
            register.id,
            register.zone,
            Scale(register.digits, register.decimals, multiplier),
            known[register.id],
            period,
            rejected.get((register.id, period)),
        )

    found = []
    for row in rows:
        window = window_on(row.point.reading_regime, today, rules)
        meter_registers = registers.get(row.meter.id, ())
        readings = [
            read(register, row.meter.multiplier, window.period) for register in meter_registers
        ]
        found.append(_build_meter(row, window, readings))
    return found


def _build_meter(
    row: _MeterRow, window: Window, registers: Sequence[RegisterReadings]
) -> MeterReadings:
    meter, point = row.meter, row.point
    return MeterReadings(
        id=meter.id,
        serial_number=meter.serial_number,
        model=meter.model,
        supply_point=point.name or point.address,
        address=point.address,
        multiplier=meter.multiplier,
        installed_on=meter.installed_on,
        removed_on=meter.removed_on,
        next_verification_on=meter.next_verification_on,
        is_automatic=point.is_automatic,
        regime=point.reading_regime,
        max_power_kw=point.max_power_kw,
        window=window,
        registers=tuple(registers),
        supplied_until=min(filter(None, (point.valid_to, row.contract_until)), default=None),
    )
