"""Meters of a contract: what their state decides in one SELECT, and the readings that are shown.

A contract may have hundreds of meters. Their state (is a reading missing, is one accepted) takes
the readings of one month; those of a year are read only for the meters that a page shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Select, and_, bindparam, select
from sqlalchemy.orm import Session

from app.domain.errors import NotFoundError
from app.domain.meters import (
    MeterReadings,
    MeterState,
    RegisterReadings,
    RegisterState,
    build_register_readings,
)
from app.domain.period import EARLIEST, Month
from app.domain.reading_windows import Regime, Window, WindowRules, windows_on
from app.domain.readings import Scale, find_current, merge_readings
from app.models import (
    CustomMeterName,
    CustomPointName,
    Meter,
    Reading,
    ReadingReceipt,
    Register,
    SubmittedReading,
    SupplyPoint,
)
from app.queries.contracts import VisibleContract
from app.queries.custom_names import is_name_of_meter, is_name_of_point, named_since
from app.queries.readings.known_readings import (
    BILLED_COLUMNS,
    SUBMITTED_COLUMNS,
    FoundReadings,
    build_billed,
    build_submitted,
    find_readings,
    is_billed_reading,
    is_live,
)
from app.queries.scope import is_point_in_scope, scope_values

DIRECTION = "A+"
MONTHS_BACK = 14
"""Enough for the typical month, and for the same month a year ago."""
EARLIEST_MONTH = Month.of(EARLIEST)

_METER = (
    Meter.id,
    Meter.serial_number,
    Meter.model,
    SupplyPoint.name,
    SupplyPoint.address,
    Meter.multiplier,
    Meter.installed_on,
    Meter.removed_on,
    Meter.next_verification_on,
    SupplyPoint.is_automatic,
    SupplyPoint.reading_regime,
    SupplyPoint.max_power_kw,
    SupplyPoint.valid_to,
    SupplyPoint.id,
    CustomPointName.name,
    CustomMeterName.name,
)
_REGISTER = (Register.id, Register.zone, Register.digits, Register.decimals)
_FIRST = bindparam("first", type_=Reading.period.type)
_LAST = bindparam("last", type_=Reading.period.type)
_STATES: Select[*tuple[Any, ...]] = (
    select(
        *_METER, *_REGISTER, Reading.id, *BILLED_COLUMNS, SubmittedReading.id, *SUBMITTED_COLUMNS
    )
    .select_from(SupplyPoint)
    .join(Meter, Meter.supply_point_id == SupplyPoint.id)
    .outerjoin(CustomPointName, is_name_of_point())
    .outerjoin(CustomMeterName, is_name_of_meter())
    .outerjoin(
        Register,
        and_(
            Register.meter_id == Meter.id,
            Register.direction == DIRECTION,
            Register.withdrawn_at.is_(None),
        ),
    )
    .outerjoin(
        Reading,
        and_(
            Reading.register_id == Register.id,
            Reading.period.between(_FIRST, _LAST),
            is_billed_reading(),
        ),
    )
    .outerjoin(
        SubmittedReading,
        and_(
            SubmittedReading.register_id == Register.id,
            SubmittedReading.period.between(_FIRST, _LAST),
            is_live(),
        ),
    )
    .outerjoin(ReadingReceipt, ReadingReceipt.id == SubmittedReading.receipt_id)
    .where(
        SupplyPoint.contract_id == bindparam("contract_id"),
        SupplyPoint.withdrawn_at.is_(None),
        Meter.withdrawn_at.is_(None),
        is_point_in_scope(),
    )
    .order_by(
        Meter.removed_on.is_not(None),
        CustomPointName.position.is_(None),
        CustomPointName.position,
        SupplyPoint.id,
        Meter.id,
        Register.zone,
        Reading.taken_on,
        Reading.id,
    )
)
_STATE = _STATES.where(Meter.id == bindparam("meter_id"))
_OF_POINT = _STATES.where(SupplyPoint.id == bindparam("point_id"))
_OF_METER, _OF_REGISTER = itemgetter(0), itemgetter(len(_METER))


def list_meter_states(
    session: Session, contract: VisibleContract, today: date, rules: WindowRules
) -> list[MeterState]:
    """All meters of a contract: those that measure first, by supply point; one SELECT."""
    return _select_states(session, contract, today, rules, _STATES)


def list_point_states(
    session: Session, contract: VisibleContract, point_id: int, today: date, rules: WindowRules
) -> list[MeterState]:
    """The meters of one supply point of a contract; none where it is of another contract."""
    return _select_states(session, contract, today, rules, _OF_POINT, point_id=point_id)


def get_meter_state(
    session: Session, contract: VisibleContract, meter_id: int, today: date, rules: WindowRules
) -> MeterState:
    """One meter of a contract.

    Raises:
        NotFoundError: absent, withdrawn, or of another contract.
    """
    found = _select_states(session, contract, today, rules, _STATE, meter_id=meter_id)
    if not found:
        raise NotFoundError
    return found[0]


def read_meters(
    session: Session, contract: VisibleContract, meters: Iterable[MeterState], today: date
) -> list[MeterReadings]:
    """The same meters with the readings of the last months; one more SELECT.

    Registers that have none in them are read from the beginning.
    """
    meters = list(meters)
    ids = [register.id for meter in meters for register in meter.registers]
    since = Month.of(today).plus(-MONTHS_BACK)
    found = find_readings(session, contract, ids, since)
    if silent := [register_id for register_id in ids if not found.known[register_id]]:
        found.known.update(find_readings(session, contract, silent, EARLIEST_MONTH).known)
    return [
        MeterReadings.of(
            meter, [_read(register, meter.window, found) for register in meter.registers]
        )
        for meter in meters
    ]


def list_meters(
    session: Session, contract: VisibleContract, today: date, rules: WindowRules
) -> list[MeterReadings]:
    """All meters of a contract with their readings."""
    states = list_meter_states(session, contract, today, rules)
    return read_meters(session, contract, states, today)


def _read(register: RegisterState, window: Window, found: FoundReadings) -> RegisterReadings:
    return build_register_readings(
        register.id,
        register.zone,
        register.scale,
        found.known[register.id],
        window.period,
        found.rejected.get((register.id, window.period)),
    )


def _select_states(
    session: Session,
    contract: VisibleContract,
    today: date,
    rules: WindowRules,
    statement: Select[*tuple[Any, ...]],
    **ids: int,
) -> list[MeterState]:
    windows = windows_on(today, rules)
    periods = [window.period for window in windows.values()]
    values = {"contract_id": contract.id, "first": min(periods), "last": max(periods)}
    rows = session.connection().execute(
        statement, values | named_since(contract) | scope_values(contract) | ids
    )
    return [
        _state(list(group), contract, windows) for _, group in groupby(rows.all(), key=_OF_METER)
    ]


def _state(
    rows: Sequence[Sequence[Any]], contract: VisibleContract, windows: Mapping[str, Window]
) -> MeterState:
    """A meter from its rows, one for each register, or for each reading of it in these months."""
    *columns, regime, max_power_kw, valid_to, point_id, custom_point, custom_name = rows[0][
        : len(_METER)
    ]
    meter_id, serial_number, model, name, address, multiplier, *others = columns
    installed_on, removed_on, next_verification_on, is_automatic = others
    window = windows.get(regime, windows[Regime.MONTH_END])
    return MeterState(
        id=meter_id,
        serial_number=serial_number,
        model=model,
        supply_point=name or address,
        address=address,
        multiplier=multiplier,
        installed_on=installed_on,
        removed_on=removed_on,
        next_verification_on=next_verification_on,
        is_automatic=is_automatic,
        regime=regime,
        max_power_kw=max_power_kw,
        window=window,
        registers=tuple(
            _register(list(group), multiplier, window.period, contract)
            for register_id, group in groupby(rows, key=_OF_REGISTER)
            if register_id is not None
        ),
        supplied_until=min(filter(None, (valid_to, contract.valid_to)), default=None),
        point_id=point_id,
        custom_point=custom_point,
        custom_name=custom_name,
    )


def _register(
    rows: Sequence[Sequence[Any]], multiplier: Decimal, period: Month, contract: VisibleContract
) -> RegisterState:
    """A register from its rows: each reading of billing's beside each submitted one."""
    billed_at = len(_METER) + len(_REGISTER)
    submitted_at = billed_at + 1 + len(BILLED_COLUMNS)
    billed = {
        row[billed_at]: build_billed(row[billed_at + 1 : submitted_at])
        for row in rows
        if row[billed_at] is not None
    }
    submitted = {
        row[submitted_at]: build_submitted(row[submitted_at + 1 :], contract.transferred_at)
        for row in rows
        if row[submitted_at] is not None
    }
    register_id, zone, digits, decimals = rows[0][len(_METER) : billed_at]
    known = merge_readings(billed.values(), submitted.values())
    scale = Scale(digits, decimals, multiplier)
    return RegisterState(register_id, zone, scale, find_current(known, period))
