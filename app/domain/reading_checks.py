"""Plausibility checks of a reading: what has to be confirmed before it is submitted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

from app.domain.readings import Scale, compute_consumption


class Doubt(StrEnum):
    """Why a reading has to be confirmed before it counts."""

    ROLL_OVER = "roll_over"
    """Less than the previous one, and passing through zero would explain it."""
    LESS = "less"
    """Less than the previous one, and passing through zero would not."""
    ZERO = "zero"
    """Equal to the previous one: no consumption."""
    UNUSUAL = "unusual"
    """Several times the typical month."""
    POWER = "power"
    """More than the maximum power can draw."""


class Remark(StrEnum):
    """What is unusual about a reading without having to be confirmed; staff judge by it."""

    LOW = "low"
    """A fraction of the typical month."""
    ESTIMATED = "estimated"
    """Counted from a reading that billing has only computed."""


_DOUBTS = frozenset(Doubt)


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a reading of a register is compared with.

    Attributes:
        previous: the reading that consumption is counted from, dial units.
        typical_month_kwh: None where too little is known.
        max_energy_kwh: what maximum power × hours can draw since the previous reading.
        unusual_times: how many typical months are unusual; that part of one month is, too.
        is_estimated: ``previous`` was only computed, nobody has read it.
        minimum: the last reading known at all, a control reading within the month included.
    """

    previous: Decimal | None
    typical_month_kwh: Decimal | None = None
    max_energy_kwh: Decimal | None = None
    unusual_times: int = 3
    minimum: Decimal | None = None
    is_estimated: bool = False


@dataclass(frozen=True, slots=True)
class CheckedReading:
    """A reading with its consumption, the doubts about it, and remarks for the staff.

    Attributes:
        consumption_kwh: None for a first reading, and where it went back.
    """

    value: Decimal
    consumption_kwh: Decimal | None
    rolled_over: bool = False
    doubts: tuple[Doubt, ...] = ()
    remarks: tuple[Remark, ...] = ()

    @property
    def unusual(self) -> list[str]:
        """Codes of everything unusual, doubts first, as they are stored."""
        return [*map(str, self.doubts), *map(str, self.remarks)]


def has_doubts(unusual: Iterable[str]) -> bool:
    """Whether any of these codes had to be confirmed."""
    return any(code in _DOUBTS for code in unusual)


def check_reading(value: Decimal, scale: Scale, expected: Expectation) -> CheckedReading:
    """Compare a reading with what is known about its register.

    Args:
        value: dial units, as ``parse_reading`` returns it.
        scale: dial of the register.
        expected: what is known about it.

    Returns:
        The reading, its consumption, every doubt that has to be confirmed, and remarks.
    """
    checked = _check_value(value, scale, expected)
    return replace(checked, remarks=_remark(checked, expected))


def _check_value(value: Decimal, scale: Scale, expected: Expectation) -> CheckedReading:
    if expected.previous is None:
        return CheckedReading(value, None)
    consumption_kwh = compute_consumption(expected.previous, value, scale)
    if consumption_kwh < 0:
        return _check_decrease(value, expected.previous, scale, expected)
    if consumption_kwh == 0:
        return CheckedReading(value, consumption_kwh, False, (Doubt.ZERO,))
    doubts = _check_amount(consumption_kwh, expected)
    if expected.minimum is not None and value < expected.minimum:
        doubts = (Doubt.LESS, *doubts)
    return CheckedReading(value, consumption_kwh, False, doubts)


def _remark(checked: CheckedReading, expected: Expectation) -> tuple[Remark, ...]:
    remarks = []
    consumption_kwh, typical_month_kwh = checked.consumption_kwh, expected.typical_month_kwh
    if consumption_kwh and typical_month_kwh:
        is_low = consumption_kwh * expected.unusual_times < typical_month_kwh
        remarks += [Remark.LOW] if is_low else []
    if expected.previous is not None and expected.is_estimated:
        remarks.append(Remark.ESTIMATED)
    return tuple(remarks)


def check_meter_power(
    readings: Sequence[CheckedReading], max_energy_kwh: Decimal | None
) -> tuple[CheckedReading, ...]:
    """Check the consumption of all zones of one meter against its maximum power.

    Args:
        readings: one for each zone, checked one by one.
        max_energy_kwh: what maximum power × hours can draw; None: unknown.

    Returns:
        The same readings; the first has ``Doubt.POWER`` where only their sum is too much.
    """
    total = sum((reading.consumption_kwh or Decimal(0) for reading in readings), Decimal(0))
    is_known = any(Doubt.POWER in reading.doubts for reading in readings)
    if max_energy_kwh is None or total <= max_energy_kwh or is_known or not readings:
        return tuple(readings)
    first = replace(readings[0], doubts=(*readings[0].doubts, Doubt.POWER))
    return (first, *readings[1:])


def compute_max_energy(
    max_power_kw: Decimal | None, since: date | None, until: date
) -> Decimal | None:
    """Compute what maximum power can draw between the ends of two days: power × hours.

    Args:
        max_power_kw: maximum power of the supply point, kW.
        since: day of the previous reading.
        until: day of the new reading; the same day counts as one.

    Returns:
        kWh; None where the power or the previous reading is unknown.
    """
    if not max_power_kw or since is None:
        return None
    return max_power_kw * 24 * max(1, (until - since).days)


def _check_decrease(
    value: Decimal, previous: Decimal, scale: Scale, expected: Expectation
) -> CheckedReading:
    """A roll-over where that is plausible, else a mistake."""
    consumption_kwh = compute_consumption(previous, value, scale, rolled_over=True)
    if _is_plausible_roll_over(consumption_kwh, scale, expected):
        doubts = (Doubt.ROLL_OVER, *_check_amount(consumption_kwh, expected))
        return CheckedReading(value, consumption_kwh, True, doubts)
    return CheckedReading(value, None, False, (Doubt.LESS,))


def _is_plausible_roll_over(consumption_kwh: Decimal, scale: Scale, expected: Expectation) -> bool:
    """Compare with maximum power, else with the typical month, else with half a turn."""
    if expected.max_energy_kwh is not None:
        return consumption_kwh <= expected.max_energy_kwh
    if expected.typical_month_kwh is not None and expected.typical_month_kwh > 0:
        return consumption_kwh <= expected.typical_month_kwh * expected.unusual_times
    return consumption_kwh <= scale.half_turn_kwh


def _check_amount(consumption_kwh: Decimal, expected: Expectation) -> tuple[Doubt, ...]:
    doubts = []
    typical_month_kwh = expected.typical_month_kwh
    if typical_month_kwh and consumption_kwh > typical_month_kwh * expected.unusual_times:
        doubts.append(Doubt.UNUSUAL)
    if expected.max_energy_kwh is not None and consumption_kwh > expected.max_energy_kwh:
        doubts.append(Doubt.POWER)
    return tuple(doubts)
