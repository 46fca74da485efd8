"""What is known of a supply point: its meters, their verification, its power by month."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from itertools import pairwise

from app.domain.period import Month
from app.domain.readings import ReadingConsumption

POWER_MONTHS = 12
SOON = timedelta(days=90)
"""A verification that is due within this is announced."""
WATT = Decimal("0.001")


class VerificationState(StrEnum):
    """How near the next verification (поверка) of a meter is."""

    UNKNOWN = "unknown"
    VALID = "valid"
    SOON = "soon"
    EXPIRED = "expired"


def verification_state(due_on: date | None, today: date, *, is_removed: bool) -> VerificationState:
    """How near the next verification of a meter is; a removed one has none."""
    if due_on is None or is_removed:
        return VerificationState.UNKNOWN
    if due_on < today:
        return VerificationState.EXPIRED
    return VerificationState.SOON if due_on <= today + SOON else VerificationState.VALID


@dataclass(frozen=True, slots=True)
class PassportMeter:
    """A meter of a supply point, with what billing knows of it.

    Attributes:
        current_ratio: of current transformers; ``voltage_ratio``: of voltage transformers.
        custom_name: what the customer calls it.
    """

    id: int
    serial_number: str
    model: str | None
    installed_on: date | None
    removed_on: date | None
    multiplier: Decimal
    current_ratio: Decimal | None
    voltage_ratio: Decimal | None
    verified_on: date | None
    next_verification_on: date | None
    custom_name: str | None

    def verification(self, today: date) -> VerificationState:
        """How near the next verification is; a removed meter has none."""
        is_removed = self.is_removed(today)
        return verification_state(self.next_verification_on, today, is_removed=is_removed)

    def is_removed(self, today: date) -> bool:
        """Whether it measures no more."""
        return self.removed_on is not None and self.removed_on <= today


@dataclass(frozen=True, slots=True)
class Passport:
    """A supply point as billing has it, with the customer's own name and its meters."""

    id: int
    name: str | None
    address: str
    max_power_kw: Decimal | None
    voltage_level: str | None
    loss_percent: Decimal | None
    is_automatic: bool
    reading_regime: str
    valid_from: date | None
    valid_to: date | None
    custom_name: str | None
    position: int | None
    meters: tuple[PassportMeter, ...]

    @property
    def official_name(self) -> str:
        """The name that billing has, or the address."""
        return self.name or self.address


@dataclass(frozen=True, slots=True)
class MonthPower:
    """Mean power of a supply point between the readings of a month.

    Attributes:
        consumption_kwh: of all registers together.
        mean_kw: consumption by hours between the readings; the peak lies above it.
        share: of the maximum power, per cent; None where that is unknown.
    """

    period: Month
    consumption_kwh: Decimal
    mean_kw: Decimal
    share: int | None

    @property
    def is_over(self) -> bool:
        """More than the maximum power, even on average."""
        return self.share is not None and self.share > 100


def compute_power(
    registers: Iterable[Sequence[ReadingConsumption]],
    max_power_kw: Decimal | None,
    last: Month,
    months: int = POWER_MONTHS,
) -> list[MonthPower]:
    """Compute the mean power of a supply point by month, the newest first.

    The hours are those from the first to the last reading that the month's energy lies between, of
    all registers together, so that a meter and the one that came for it share a month. What spans
    a gap belongs to no month.

    Args:
        registers: readings of each register of the point with consumption, oldest first.
        max_power_kw: maximum power of the supply point.
        last: the newest month.
        months: at most so many.
    """
    energy: dict[Month, Decimal] = {}
    days: dict[Month, tuple[date, date]] = {}
    for rows in registers:
        for before, row in pairwise(rows):
            period = row.reading.period
            if row.consumption_kwh is None or row.months > 1:
                continue
            energy[period] = energy.get(period, Decimal(0)) + row.consumption_kwh
            start, end = before.reading.taken_on, row.reading.taken_on
            first, final = days.get(period, (start, end))
            days[period] = (min(first, start), max(final, end))
    return [
        _month_power(period, energy[period], *days[period], max_power_kw)
        for period in sorted(energy, reverse=True)
        if last.plus(1 - months) <= period <= last
    ]


def _month_power(
    period: Month, kwh: Decimal, start: date, end: date, max_power_kw: Decimal | None
) -> MonthPower:
    kw = kwh / (max(1, (end - start).days) * 24)
    return MonthPower(period, kwh, _rounded(kw), _per_cent(kw, max_power_kw))


def _rounded(kw: Decimal) -> Decimal:
    return kw.quantize(WATT, ROUND_HALF_UP)


def _per_cent(kw: Decimal, max_power_kw: Decimal | None) -> int | None:
    if not max_power_kw:
        return None
    return int((kw * 100 / max_power_kw).to_integral_value(ROUND_HALF_UP))
