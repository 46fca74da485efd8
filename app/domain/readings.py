"""Meter readings: statuses, parsing of what was typed, consumption between readings."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from app.domain.errors import ReadingError
from app.domain.period import Month

WATT_HOUR = Decimal("0.001")
MAX_TYPED = 40
TYPICAL_MONTHS = 12
FEWEST_MONTHS = 3
COMPUTED = "calc"
"""Source of a reading that billing has only computed: nobody has read the meter."""


class ReadingStatus(StrEnum):
    """Status of a submitted reading (статус ввода)."""

    SENT = "sent"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    REPLACED = "replaced"


LIVE = (ReadingStatus.SENT, ReadingStatus.ACCEPTED)
"""Statuses of readings that count; a register has at most one of them in a month."""


class ReadingSource(StrEnum):
    """Who typed a reading into the portal."""

    PORTAL = "portal"
    STAFF = "staff"
    """A clerk, while the customer read it out by telephone."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Dial of a register: whole digits, decimals, and the transformer ratio of its meter."""

    digits: int
    decimals: int
    multiplier: Decimal

    @property
    def full_turn(self) -> Decimal:
        """Dial units after which the register passes through zero."""
        return Decimal(10) ** self.digits

    @property
    def half_turn_kwh(self) -> Decimal:
        """Consumption of half a turn, kWh: less means a roll-over, more a mistake."""
        return self.full_turn / 2 * self.multiplier


def parse_reading(whole: str, fraction: str, scale: Scale) -> Decimal:
    """Parse a reading from its two boxes; the fraction is positional: «5» of two decimals is ,50.

    A whole number pasted into the first box is split.

    Args:
        whole: text of the first box; spaces are ignored.
        fraction: text of the second box.
        scale: dial of the register.

    Returns:
        The exact value with the register's decimals, dial units (not yet multiplied).

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
    fraction = _fit_fraction(fraction, scale.decimals)
    return Decimal(f"{whole}.{fraction}" if scale.decimals else whole)


def _fit_fraction(fraction: str, decimals: int) -> str:
    """Pad a fraction to the register's decimals, or cut zeros that it has too many."""
    if fraction[decimals:].strip("0"):
        raise ReadingError("fraction_long" if decimals else "no_fraction")
    return fraction[:decimals].ljust(decimals, "0")


def compute_consumption(
    previous: Decimal, value: Decimal, scale: Scale, *, rolled_over: bool = False
) -> Decimal:
    """Compute the consumption between two readings: (new − previous) × multiplier.

    Args:
        previous: the earlier reading, dial units.
        value: the later reading, dial units.
        scale: dial of the register.
        rolled_over: the dial passed through zero in between, so a full turn is added.

    Returns:
        kWh, rounded half up to a watt-hour; below zero where the reading went back.
    """
    difference = value - previous + (scale.full_turn if rolled_over else 0)
    return (difference * scale.multiplier).quantize(WATT_HOUR, ROUND_HALF_UP)


def compute_typical_month(months: Iterable[Decimal]) -> Decimal | None:
    """Average the consumption of the last twelve months.

    Args:
        months: consumption by month, oldest first, kWh.

    Returns:
        kWh; None where fewer than three months are known.
    """
    last = list(months)[-TYPICAL_MONTHS:]
    return sum(last, Decimal(0)) / len(last) if len(last) >= FEWEST_MONTHS else None


@dataclass(frozen=True, slots=True)
class KnownReading:
    """A reading of a register, imported from billing or submitted in the portal.

    Attributes:
        kind: ``regular``, ``control``, ``initial`` (meter installed) or ``final`` (removed).
        source: who read the meter, as billing or ``ReadingSource`` says.
        receipt_id: receipt of the submission, 0 for what was never submitted here.
        rolled_over: what was confirmed at submission; None: nobody was asked.
        is_acknowledged: billing has accepted what was submitted.
        has_receipt: whether the present customer may open the receipt.
    """

    period: Month
    taken_on: date
    value: Decimal
    kind: str
    source: str | None
    status: str | None = None
    receipt_id: int = 0
    rolled_over: bool | None = None
    is_late: bool = False
    is_acknowledged: bool = False
    has_receipt: bool = False


@dataclass(frozen=True, slots=True)
class SubmittedValue:
    """A live reading that was submitted in the portal.

    Attributes:
        reading: with the value as billing has corrected it, if it has.
        typed_value: the value as it was submitted.
    """

    reading: KnownReading
    typed_value: Decimal


def merge_readings(
    imported: Iterable[KnownReading], submitted: Iterable[SubmittedValue]
) -> list[KnownReading]:
    """Merge the readings of one register from billing and from the portal, one for each month.

    Billing's reading of a month comes before the submitted one, which comes before a reading that
    billing has only computed.

    Args:
        imported: from billing, oldest first.
        submitted: live ones, at most one for each month.

    Returns:
        In no order; a reading of billing's has the receipt of the submission it answers.
    """
    merged: list[KnownReading] = []
    billed_at: dict[Month, int] = {}
    computed: dict[Month, KnownReading] = {}
    for reading in imported:
        if reading.kind == "regular" and reading.source == COMPUTED:
            computed[reading.period] = reading
            continue
        if reading.kind == "regular":
            billed_at[reading.period] = len(merged)
        merged.append(reading)
    for value in submitted:
        period = value.reading.period
        if period in billed_at:
            position = billed_at[period]
            merged[position] = _acknowledge(merged[position], value)
        else:
            computed.pop(period, None)
            merged.append(value.reading)
    return [*merged, *computed.values()]


def _acknowledge(billed: KnownReading, submitted: SubmittedValue) -> KnownReading:
    """Billing's reading with the receipt of the submission; a roll-over only of the same value."""
    sent = submitted.reading
    # Spelt out: ``replace`` takes four times as long, for a dozen readings of each register.
    return KnownReading(
        billed.period,
        billed.taken_on,
        billed.value,
        billed.kind,
        billed.source,
        ReadingStatus.ACCEPTED,
        sent.receipt_id,
        rolled_over=sent.rolled_over if billed.value == submitted.typed_value else None,
        is_late=billed.is_late,
        is_acknowledged=True,
        has_receipt=sent.has_receipt,
    )


@dataclass(frozen=True, slots=True)
class ReadingConsumption:
    """A reading with the consumption since the one before it.

    Attributes:
        consumption_kwh: None for the first reading of a meter, or a value below the one before.
        months: billing months since the reading before; above 1 there is a gap.
    """

    reading: KnownReading
    consumption_kwh: Decimal | None
    rolled_over: bool
    months: int


def build_consumption(readings: Iterable[KnownReading], scale: Scale) -> list[ReadingConsumption]:
    """Order the readings of one register and compute the consumption between them.

    A value below the one before is a roll-over if somebody confirmed it at submission, or, where
    nobody was asked, if it comes to less than half a turn of the dial.

    Args:
        readings: of one register, in any order; an ``initial`` one begins a new row.
        scale: dial of the register.

    Returns:
        One item for each reading, oldest first.
    """
    rows: list[ReadingConsumption] = []
    before: KnownReading | None = None
    for reading in sorted(readings, key=time_order):
        if before is None or reading.kind == "initial":
            rows.append(ReadingConsumption(reading, None, False, 1))
        else:
            consumption_kwh, rolled_over = _consumption_between(before, reading, scale)
            months = months_between(before, reading)
            rows.append(ReadingConsumption(reading, consumption_kwh, rolled_over, months))
        before = reading
    return rows


def time_order(reading: KnownReading) -> tuple[date, Month, bool]:
    """Sort key of the readings of a register: by day, an ``initial`` one first."""
    return (reading.taken_on, reading.period, reading.kind != "initial")


def find_current(readings: Iterable[KnownReading], period: Month) -> KnownReading | None:
    """Find the reading that a month is billed by: its last ``regular`` or ``final`` one."""
    found = [
        reading
        for reading in readings
        if reading.period == period and reading.kind in ("regular", "final")
    ]
    return sorted(found, key=time_order)[-1] if found else None


def _consumption_between(
    before: KnownReading, reading: KnownReading, scale: Scale
) -> tuple[Decimal | None, bool]:
    """Consumption in kWh, None where it cannot be told, and whether the dial passed zero."""
    if reading.value >= before.value:
        return compute_consumption(before.value, reading.value, scale), False
    if reading.rolled_over is False:
        return None, False
    consumption_kwh = compute_consumption(before.value, reading.value, scale, rolled_over=True)
    if reading.rolled_over or consumption_kwh <= scale.half_turn_kwh:
        return consumption_kwh, True
    return None, False


def months_between(before: KnownReading, after: KnownReading) -> int:
    """Count the billing months from one reading to another; two in one month: 0."""
    return (after.period.year - before.period.year) * 12 + (
        after.period.number - before.period.number
    )


def sum_by_month(rows: Iterable[ReadingConsumption]) -> dict[Month, Decimal]:
    """Sum consumption by billing month, kWh; what spans a gap belongs to no single month."""
    months: dict[Month, Decimal] = {}
    for row in rows:
        if row.consumption_kwh is not None and row.months <= 1:
            period = row.reading.period
            months[period] = months.get(period, Decimal(0)) + row.consumption_kwh
    return months


def compute_typical_month_before(
    months: Iterable[tuple[Month, Decimal]], period: Month
) -> Decimal | None:
    """Average the consumption of the last twelve known months before a month, kWh.

    Args:
        months: (month, kWh) in any order.
        period: itself not counted.

    Returns:
        None where fewer than three months before it are known.
    """
    return compute_typical_month(kwh for month, kwh in sorted(months) if month < period)
