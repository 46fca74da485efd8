"""Meters of a contract in a reading window: what was read, what is missing, what is accepted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from app.domain.period import Month
from app.domain.reading_checks import (
    CheckedReading,
    Expectation,
    check_meter_power,
    check_reading,
    compute_max_energy,
)
from app.domain.reading_windows import Window, WindowRules, next_window
from app.domain.readings import (
    COMPUTED,
    KnownReading,
    Scale,
    build_consumption,
    compute_typical_month_before,
    sum_by_month,
)

READ_BY_HAND = ("", "billed", "closed")
"""Values of ``closed_reason`` of meters that are read by hand, closed for this month at most."""


@dataclass(frozen=True, slots=True)
class RejectedReading:
    """A reading that a clerk has rejected, and why."""

    receipt_id: int
    reason: str | None


@dataclass(frozen=True, slots=True)
class RegisterReadings:
    """A register with its readings before and in the month of the window.

    Attributes:
        previous: the reading that this month's consumption is counted from.
        current: this month's reading.
        consumption_kwh: from ``previous`` to ``current``.
        typical_month_kwh: average of the last twelve months; None where too little is known.
        minimum: the last value known before this month's reading, a control reading included.
        rejected: this month's last rejected reading, while nothing else counts.
    """

    id: int
    zone: str
    scale: Scale
    previous: KnownReading | None
    current: KnownReading | None
    consumption_kwh: Decimal | None
    typical_month_kwh: Decimal | None
    last_month_kwh: Decimal | None
    year_ago_kwh: Decimal | None
    minimum: Decimal | None = None
    rejected: RejectedReading | None = None

    @property
    def is_missing(self) -> bool:
        """Nothing was read in this month, or only computed."""
        return self.current is None or self.current.source == COMPUTED

    @property
    def is_billed(self) -> bool:
        """Billing has this month's reading: it cannot be changed here."""
        current = self.current
        if current is None or current.source == COMPUTED:
            return False
        return not current.receipt_id or current.is_acknowledged

    @property
    def is_in_time(self) -> bool:
        """A reading of this month came while the window was open."""
        return self.current is not None and not self.is_missing and not self.current.is_late


@dataclass(frozen=True, slots=True)
class MeterReadings:
    """A meter, where it is, and its registers with their readings.

    Attributes:
        supply_point: name of the supply point, or its address.
        is_automatic: billing collects the readings itself.
        window: open now, else the last that has closed.
        supplied_until: the last day of the supply point, or of the whole contract.
    """

    id: int
    serial_number: str
    model: str | None
    supply_point: str
    address: str
    multiplier: Decimal
    installed_on: date | None
    removed_on: date | None
    next_verification_on: date | None
    is_automatic: bool
    regime: str
    max_power_kw: Decimal | None
    window: Window
    registers: tuple[RegisterReadings, ...]
    supplied_until: date | None = None

    def closed_reason(self, today: date) -> str:
        """Tell why no reading can be submitted; empty: it can.

        Returns:
            ``automatic`` ``removed`` ``ended`` ``unknown`` ``not_installed`` ``billed``
            ``closed``, or nothing.
        """
        return self._not_measured_reason(today) or self._not_needed_reason(today)

    def _not_measured_reason(self, today: date) -> str:
        month = self.window.period
        reasons = {
            "automatic": self.is_automatic,
            "removed": self.removed_on is not None and self.removed_on <= today,
            "ended": self.supplied_until is not None and self.supplied_until < month.first,
            "unknown": not self.registers,
            "not_installed": self.installed_on is not None and self.installed_on > month.last,
        }
        return next((reason for reason, holds in reasons.items() if holds), "")

    def _not_needed_reason(self, today: date) -> str:
        if all(register.is_billed for register in self.registers):
            return "billed"
        is_done = all(register.is_billed or register.is_in_time for register in self.registers)
        return "closed" if is_done and self.is_late(today) else ""

    def is_missing(self, today: date) -> bool:
        """Whether somebody still has to submit a reading in the open window."""
        return (
            self.window.is_open(today)
            and not self.closed_reason(today)
            and any(register.is_missing for register in self.registers)
        )

    def is_late(self, today: date) -> bool:
        """Whether a reading submitted today comes after the window."""
        return not self.window.is_open(today)

    def expect(self, register: RegisterReadings, today: date, unusual_times: int) -> Expectation:
        """Collect what a reading submitted today is compared with."""
        return Expectation(
            previous=register.previous.value if register.previous else None,
            typical_month_kwh=register.typical_month_kwh,
            max_energy_kwh=self.max_energy_kwh(today),
            unusual_times=unusual_times,
            minimum=register.minimum,
        )

    def max_energy_kwh(self, today: date) -> Decimal | None:
        """Compute what maximum power can have drawn since the previous readings, kWh."""
        read_on = [register.previous.taken_on for register in self.registers if register.previous]
        since = min(read_on, default=None)
        return compute_max_energy(self.max_power_kw, since, self.window.taken_on(today))


def build_register_readings(
    register_id: int,
    zone: str,
    scale: Scale,
    known: Iterable[KnownReading],
    period: Month,
    rejected: RejectedReading | None,
) -> RegisterReadings:
    """Find the previous and the current reading of a register, and its consumption by month.

    Args:
        register_id: id of the register.
        zone: ``T0`` … ``T3``.
        scale: dial of the register.
        known: readings that count, in any order.
        period: month of the reading window.
        rejected: the last rejected reading of this month.
    """
    rows = build_consumption(known, scale)
    months = sum_by_month(rows)
    inside = [row for row in rows if row.reading.period == period]
    current = next(
        (row for row in reversed(inside) if row.reading.kind in ("regular", "final")), None
    )
    before = [
        row.reading
        for row in rows
        if row.reading.period < period
        or (row.reading.period == period and row.reading.kind == "initial")
    ]
    checks = [row.reading.value for row in inside if row.reading.kind in ("control", "initial")]
    return RegisterReadings(
        id=register_id,
        zone=zone,
        scale=scale,
        previous=before[-1] if before else None,
        current=current.reading if current else None,
        consumption_kwh=months.get(period, current.consumption_kwh) if current else None,
        typical_month_kwh=compute_typical_month_before(months.items(), period),
        last_month_kwh=months.get(period.plus(-1)),
        year_ago_kwh=months.get(period.plus(-12)),
        minimum=max(checks, default=None),
        rejected=rejected if current is None else None,
    )


@dataclass(frozen=True, slots=True)
class ReadingEntry:
    """A checked reading of one register, ready to be submitted."""

    meter: MeterReadings
    register: RegisterReadings
    checked: CheckedReading


def check_meter(
    meter: MeterReadings,
    values: Sequence[tuple[RegisterReadings, Decimal]],
    today: date,
    unusual_times: int,
) -> list[ReadingEntry]:
    """Check the readings of one meter: zone by zone, then together against maximum power.

    Args:
        meter: open for readings.
        values: (register, reading in dial units) of the zones that were typed.
        today: in the supplier's zone.
        unusual_times: how many typical months are unusual.

    Returns:
        One entry for each value, in the same order.
    """
    readings = [
        check_reading(value, register.scale, meter.expect(register, today, unusual_times))
        for register, value in values
    ]
    checked = check_meter_power(readings, meter.max_energy_kwh(today))
    return [
        ReadingEntry(meter, register, reading)
        for (register, _), reading in zip(values, checked, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class RegimeWindow:
    """Reading window of a contract's meters of one regime.

    Attributes:
        window: open now, else the one that opens next.
        missing: meters whose readings have still to be submitted in it.
    """

    regime: str
    window: Window
    missing: int


def build_regime_windows(
    meters: Iterable[MeterReadings], today: date, rules: WindowRules
) -> list[RegimeWindow]:
    """Build one window for each regime of the meters that are read by hand, first closing first.

    Args:
        meters: of one contract.
        today: in the supplier's zone.
        rules: days of the windows.
    """
    current: dict[str, Window] = {}
    missing: Counter[str] = Counter()
    for meter in meters:
        if meter.closed_reason(today) in READ_BY_HAND:
            current[meter.regime] = meter.window
            missing[meter.regime] += meter.is_missing(today)
    windows = [
        RegimeWindow(
            regime,
            window if window.is_open(today) else next_window(regime, window, rules),
            missing[regime],
        )
        for regime, window in current.items()
    ]
    return sorted(windows, key=lambda found: found.window.closes)
