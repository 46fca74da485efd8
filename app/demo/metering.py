"""Supply points, meters and registers of a contract."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from app.demo.cast import PointRole, Story
from app.demo.chance import stream
from app.demo.directory import KWH
from app.demo.names import street_address
from app.demo.parties import Deal
from app.demo.rows import MeterRow, RegisterRow, SupplyPointRow
from app.demo.timeline import Timeline

REPLACED_AGO = 10  # months before the last complete one
REPLACED_DAY = 14
OVERDUE_DAYS = 75
VERIFICATION_YEARS = 10
HOURS_PER_MONTH = 730
# (most kWh a month, current and voltage transformers, decimals of the register)
_TRANSFORMERS = (
    (8_500, 1, 1, 2),
    (20_000, 20, 1, 2),
    (34_000, 40, 1, 1),
    (60_000, 80, 1, 1),
    (130_000, 20, 60, 3),
    (220_000, 40, 60, 3),
)
_LARGEST_TRANSFORMERS = (60, 100, 3)


@dataclass(frozen=True, slots=True)
class Meter:
    """A meter and what it is expected to count.

    Attributes:
        monthly_kwh: usual consumption of a month over all zones.
    """

    row: MeterRow
    registers: tuple[RegisterRow, ...]
    monthly_kwh: Decimal


@dataclass(frozen=True, slots=True)
class Point:
    """A supply point with its meters in order of installation; ``number`` counts from 1."""

    number: int
    role: PointRole
    row: SupplyPointRow
    meters: tuple[Meter, ...]


def install_points(deal: Deal, timeline: Timeline, seed: int) -> list[Point]:
    """All supply points of a contract."""
    return [
        _point(deal, number, role, timeline, stream(seed, "point", deal.no, number))
        for number, role in enumerate(deal.role.points, 1)
    ]


def _point(deal: Deal, number: int, role: PointRole, timeline: Timeline, chance: Random) -> Point:
    place = f", пом. {number}" if role.regime == "mkd" else f", стр. {number}"
    row = SupplyPointRow(
        point_id=f"P-{deal.key}-{number}",
        contract_no=deal.no,
        name=role.name,
        address=street_address(int(deal.key) + number // 3) + place,
        max_power_kw=_max_power(role.monthly_kwh),
        voltage_level=role.voltage,
        loss_percent=Decimal(role.loss_percent) if role.loss_percent else None,
        askue=role.askue,
        reading_regime=role.regime,
        valid_from=deal.contract.valid_from,
        valid_to=deal.contract.valid_to,
    )
    meters: list[Meter] = []
    for index in range(1, role.meters + 1):
        meter = _meter(f"M-{deal.key}-{number}{index}", row, role, timeline, chance)
        stories = deal.role.stories if number == 1 else frozenset()
        if Story.OVERDUE_VERIFICATION in stories and index == 1:
            meter = _with_overdue_verification(meter, timeline.today)
        if Story.METER_REPLACED in stories and index == role.meters:
            meters += _replaced(meter, timeline, chance)
        else:
            meters.append(meter)
    return Point(number, role, row, tuple(meters))


def _max_power(monthly_kwh: int) -> Decimal:
    """Maximum power allowed, kW: a third of it is used on average, rounded up to 5 kW."""
    steps = -(-monthly_kwh * 3 // (HOURS_PER_MONTH * 5))
    return Decimal(steps * 5)


def _meter(
    meter_id: str, point: SupplyPointRow, role: PointRole, timeline: Timeline, chance: Random
) -> Meter:
    monthly_kwh = Decimal(role.monthly_kwh) / role.meters
    ct, vt, decimals = next(
        (kit for limit, *kit in _TRANSFORMERS if monthly_kwh <= limit), _LARGEST_TRANSFORMERS
    )
    if ct == 1 and role.regime == "mkd":
        decimals = chance.choice((0, 1))
    next_on = date(
        timeline.today.year + chance.randint(1, 6), chance.randint(1, 12), chance.randint(1, 28)
    )
    verified_on = next_on.replace(year=next_on.year - VERIFICATION_YEARS)
    # Older than the history, so that the first month begins with an ordinary reading.
    installed_on = min(
        verified_on + timedelta(days=chance.randint(20, 90)),
        timeline.first.first_day - timedelta(days=90),
    )
    row = MeterRow(
        meter_id=meter_id,
        point_id=point.point_id,
        serial_no=_serial_no(chance),
        model=_model(role, ct),
        installed_on=installed_on,
        removed_on=None,
        transformer_ratio=ct * vt,
        ct=ct,
        vt=vt,
        verified_on=verified_on,
        next_verification_on=next_on,
    )
    digits = _digits(monthly_kwh / (ct * vt), len(timeline.months))
    return Meter(row, _registers(meter_id, role.zones, digits, decimals), monthly_kwh)


def _registers(
    meter_id: str, zones: tuple[str, ...], digits: int, decimals: int
) -> tuple[RegisterRow, ...]:
    return tuple(RegisterRow(meter_id, zone, "A+", KWH, digits, decimals) for zone in zones)


def _digits(monthly_units: Decimal, months: int) -> int:
    """Integer digits, 4 to 7, that hold the whole history with room to spare."""
    needed = len(str(int(monthly_units * (months + 12) * 2)))
    return min(max(needed, 4), 7)


def _serial_no(chance: Random) -> str:
    return f"{chance.randint(10**7, 5 * 10**7):08d}"


def _model(role: PointRole, ct: int) -> str:
    if role.askue:
        return "СЭТ-4ТМ.03М"
    if len(role.zones) > 1:
        return "Меркурий 234 ART-03" if ct > 1 else "Меркурий 234 ART-01"
    return "Меркурий 230 AM-03" if ct > 1 else "Меркурий 201.5"


def _with_overdue_verification(meter: Meter, today: date) -> Meter:
    """The same meter whose verification ran out some weeks ago."""
    due = (today - timedelta(days=OVERDUE_DAYS)).replace(day=1)
    verified_on = due.replace(year=due.year - VERIFICATION_YEARS)
    row = replace(
        meter.row,
        verified_on=verified_on,
        next_verification_on=due,
        installed_on=min(meter.row.installed_on, verified_on + timedelta(days=30)),
    )
    return Meter(row, meter.registers, meter.monthly_kwh)


def _replaced(meter: Meter, timeline: Timeline, chance: Random) -> tuple[Meter, Meter]:
    """The meter that was taken down in mid-history and the one that hangs there now."""
    month = timeline.ago(REPLACED_AGO)
    day = month.day(REPLACED_DAY)
    due = month.shift(-1).last_day
    old_row = replace(
        meter.row,
        meter_id=f"{meter.row.meter_id}-1",
        removed_on=day,
        verified_on=date(due.year - VERIFICATION_YEARS, due.month, 1),
        next_verification_on=due,
    )
    verified_on = month.shift(-2).day(REPLACED_DAY)
    new_row = replace(
        meter.row,
        serial_no=_serial_no(chance),
        installed_on=day,
        verified_on=verified_on,
        next_verification_on=date(
            verified_on.year + VERIFICATION_YEARS, verified_on.month, REPLACED_DAY - 1
        ),
    )
    old_registers = tuple(
        replace(register, meter_id=old_row.meter_id) for register in meter.registers
    )
    return (
        Meter(old_row, old_registers, meter.monthly_kwh),
        Meter(new_row, meter.registers, meter.monthly_kwh),
    )
