"""Meter readings: how they are typed, what they come to, and what looks wrong about them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from app.domain.errors import ReadingError
from app.domain.period import Month

WATT_HOUR = Decimal("0.001")
MAX_TYPED = 40
USUAL_MONTHS = 12
FEWEST_MONTHS = 3


class ReadingStatus(StrEnum):
    """What has become of a reading that was submitted."""

    SENT = "sent"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    REPLACED = "replaced"


LIVE = (ReadingStatus.SENT, ReadingStatus.ACCEPTED)


class ReadingSource(StrEnum):
    """By which way a reading was submitted here."""

    PORTAL = "portal"
    STAFF = "staff"
    """A clerk took it down by telephone."""


class Doubt(StrEnum):
    """What has to be confirmed before a reading counts."""

    ROLL_OVER = "roll_over"
    """Less than the previous one, and passing through zero would explain it."""
    LESS = "less"
    """Less than the previous one, and passing through zero would not."""
    ZERO = "zero"
    UNUSUAL = "unusual"
    """Several times the usual month."""
    POWER = "power"
    """More than the maximum power can draw."""


@dataclass(frozen=True, slots=True)
class Scale:
    """A register: whole digits, decimals, and the transformer ratio of its meter."""

    digits: int
    decimals: int
    multiplier: Decimal


def parse_reading(whole: str, fraction: str, scale: Scale) -> Decimal:
    """A reading from its two boxes; the fraction is positional: «5» of two decimals is ,50.

    A whole number pasted into the first box is split. Exact, with the register's decimals.

    Raises:
        ReadingError: ``empty`` ``format`` ``twice`` ``whole_long`` ``fraction_format``
            ``fraction_long`` ``no_fraction``.
    """
    whole, fraction = (re.sub(r"\s", "", text)[:MAX_TYPED] for text in (whole, fraction))
    if "," in whole or "." in whole:
        if fraction:
            raise ReadingError("twice")
        whole, fraction = re.split("[.,]", whole, maxsplit=1)
    if not whole:
        raise ReadingError("empty")
    if not re.fullmatch("[0-9]+", whole):
        raise ReadingError("format")
    if fraction and not re.fullmatch("[0-9]+", fraction):
        raise ReadingError("fraction_format")
    whole = whole.lstrip("0") or "0"
    if len(whole) > scale.digits:
        raise ReadingError("whole_long")
    if len(fraction) > scale.decimals:
        if fraction.strip("0") and not scale.decimals:
            raise ReadingError("no_fraction")
        if fraction[scale.decimals :].strip("0"):
            raise ReadingError("fraction_long")
        fraction = fraction[: scale.decimals]
    return Decimal(f"{whole}.{fraction.ljust(scale.decimals, '0')}" if scale.decimals else whole)


def consumption(
    previous: Decimal, value: Decimal, scale: Scale, *, rolled_over: bool = False
) -> Decimal:
    """(new − previous) × multiplier in kWh; past zero, what was left to the top is added."""
    difference = value - previous + (Decimal(10) ** scale.digits if rolled_over else 0)
    return (difference * scale.multiplier).quantize(WATT_HOUR, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is known before a reading is typed; kWh.

    Attributes:
        previous: the reading that consumption is counted from.
        usual: of a month; None where too little is known.
        most: what maximum power × hours can draw since the previous reading.
        times: how many usual months are suspicious.
    """

    previous: Decimal | None
    usual: Decimal | None = None
    most: Decimal | None = None
    times: int = 3
    floor: Decimal | None = None
    """The last reading known at all, a control reading within the month included."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A reading and what has to be asked about it; ``consumption`` in kWh, None for a first one."""

    value: Decimal
    consumption: Decimal | None
    rolled_over: bool = False
    doubts: tuple[Doubt, ...] = ()


def check_reading(value: Decimal, scale: Scale, expected: Expectation) -> Checked:
    """Compare a reading with what is known."""
    if expected.previous is None:
        return Checked(value, None)
    used = consumption(expected.previous, value, scale)
    if used < 0:
        around = consumption(expected.previous, value, scale, rolled_over=True)
        if _is_plausible(around, scale, expected):
            doubts = (Doubt.ROLL_OVER, *_too_much(around, expected))
            return Checked(value, around, True, doubts)
        return Checked(value, None, False, (Doubt.LESS,))
    if used == 0:
        return Checked(value, used, False, (Doubt.ZERO,))
    too_much = _too_much(used, expected)
    if expected.floor is not None and value < expected.floor:
        too_much = (Doubt.LESS, *too_much)
    return Checked(value, used, False, too_much)


def check_together(checked: Sequence[Checked], most: Decimal | None) -> tuple[Checked, ...]:
    """The zones of one meter share its maximum power."""
    total = sum((each.consumption or Decimal(0) for each in checked), Decimal(0))
    known = any(Doubt.POWER in each.doubts for each in checked)
    if most is None or total <= most or known or not checked:
        return tuple(checked)
    first = replace(checked[0], doubts=(*checked[0].doubts, Doubt.POWER))
    return (first, *checked[1:])


def most_by_power(max_power_kw: Decimal | None, since: date | None, until: date) -> Decimal | None:
    """Maximum power × hours between the ends of two days, kWh; None where either is unknown."""
    if not max_power_kw or since is None:
        return None
    return max_power_kw * 24 * max(1, (until - since).days)


def usual_month(months: Iterable[Decimal]) -> Decimal | None:
    """The mean of the last twelve months' consumption; None where fewer than three are known.

    Args:
        months: consumption by month, oldest first, kWh.
    """
    last = list(months)[-USUAL_MONTHS:]
    return sum(last, Decimal(0)) / len(last) if len(last) >= FEWEST_MONTHS else None


@dataclass(frozen=True, slots=True)
class KnownReading:
    """A reading of a register, from billing or from the cabinet."""

    period: Month
    on: date
    value: Decimal
    kind: str
    source: str | None
    status: str | None = None
    receipt_id: int = 0
    """Set for what was submitted here and billing has not sent back yet."""
    rolled_over: bool | None = None
    """What was confirmed at submission; None: nobody was asked."""
    is_late: bool = False
    is_acknowledged: bool = False
    has_receipt: bool = False
    """Whether whoever reads this may open the receipt."""


@dataclass(frozen=True, slots=True)
class Used:
    """A reading in a row of them, and what was used since the one before; kWh."""

    reading: KnownReading
    consumption: Decimal | None
    """None: the first of its meter, or a value below the one before."""
    rolled_over: bool
    months: int
    """Billing months since the reading before; more than 1: there is a gap."""


def chain(readings: Iterable[KnownReading], scale: Scale) -> list[Used]:
    """Readings of one register in their order, each with its consumption.

    A value below the one before passed through zero if that is less than half the scale.
    """
    found: list[Used] = []
    before: KnownReading | None = None
    for reading in sorted(
        readings, key=lambda each: (each.on, each.period, each.kind != "initial")
    ):
        if before is None or reading.kind == "initial":
            found.append(Used(reading, None, False, 1))
        else:
            is_less = reading.value < before.value
            rolled_over = is_less and reading.rolled_over is not False
            used: Decimal | None = consumption(
                before.value, reading.value, scale, rolled_over=rolled_over
            )
            half = Decimal(10) ** scale.digits / 2 * scale.multiplier
            # A person's word stands; without one, half the scale tells.
            if is_less and not reading.rolled_over and (not rolled_over or (used or 0) > half):
                used, rolled_over = None, False
            found.append(Used(reading, used, rolled_over, months_between(before, reading)))
        before = reading
    return found


def months_between(before: KnownReading, after: KnownReading) -> int:
    """Billing months from one reading to another; two in one month: 0."""
    return (after.period.year - before.period.year) * 12 + (
        after.period.number - before.period.number
    )


def by_month(used: Iterable[Used]) -> dict[Month, Decimal]:
    """Consumption by billing month; what spans a gap belongs to no single month."""
    months: dict[Month, Decimal] = {}
    for each in used:
        if each.consumption is not None and each.months <= 1:
            period = each.reading.period
            months[period] = months.get(period, Decimal(0)) + each.consumption
    return months


def _is_plausible(around: Decimal, scale: Scale, expected: Expectation) -> bool:
    """Whether passing through zero explains a reading: power tells, else habit, else half the
    scale."""
    if expected.most is not None:
        return around <= expected.most
    if expected.usual is not None and expected.usual > 0:
        return around <= expected.usual * expected.times
    return around <= Decimal(10) ** scale.digits / 2 * scale.multiplier


def _too_much(used: Decimal, expected: Expectation) -> tuple[Doubt, ...]:
    found = []
    if expected.usual and used > expected.usual * expected.times:
        found.append(Doubt.UNUSUAL)
    if expected.most is not None and used > expected.most:
        found.append(Doubt.POWER)
    return tuple(found)
