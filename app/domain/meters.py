"""Meters of a contract in a reading window: what was read, what is missing, what is accepted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
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
    find_current,
    sum_by_month,
    time_order,
)

READ_BY_HAND = ("", "billed", "closed")
"""Values of ``closed_reason`` of meters that are read by hand, closed for this month at most."""


@dataclass(frozen=True, slots=True)
class RejectedReading:
    """A reading that a clerk has rejected, and why."""

    receipt_id: int
    reason: str | None


@dataclass(frozen=True, slots=True)
class RegisterState:
    """A register and its reading in the month of the window, which decide what is missing.

    Attributes:
        current: this month's reading.
    """

    id: int
    zone: str
    scale: Scale
    current: KnownReading | None

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
class RegisterReadings(RegisterState):
    """A register with its readings before and in the month of the window.

    Attributes:
        period: month of the window.
        previous: the reading that this month's consumption is counted from.
        consumption_kwh: from ``previous`` to ``current``.
        minimum: the last value known before this month's reading, a control reading included.
        rejected: this month's last rejected reading, while nothing else counts.
        known: readings that count, oldest first.
    """

    period: Month
    previous: KnownReading | None
    consumption_kwh: Decimal | None
    minimum: Decimal | None
    rejected: RejectedReading | None
    known: tuple[KnownReading, ...]

    @property
    def typical_month_kwh(self) -> Decimal | None:
        """Average of the last twelve months; None where too little is known."""
        return compute_typical_month_before(self._months().items(), self.period)

    @property
    def last_month_kwh(self) -> Decimal | None:
        """Consumption of the month before."""
        return self._months().get(self.period.plus(-1))

    @property
    def year_ago_kwh(self) -> Decimal | None:
        """Consumption of the same month a year ago."""
        return self._months().get(self.period.plus(-12))

    def _months(self) -> dict[Month, Decimal]:
        # Computed when asked: a list of hundreds of registers shows none of it.
        return sum_by_month(build_consumption(self.known, self.scale))


@dataclass(frozen=True, slots=True)
class MeterState:
    """A meter, where it is, and what decides whether its readings are awaited and accepted.

    Attributes:
        supply_point: name of the supply point, or its address.
        custom_point: what the customer calls the supply point; ``custom_name``: the meter.
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
    registers: tuple[RegisterState, ...]
    supplied_until: date | None = None
    point_id: int = 0
    custom_point: str | None = None
    custom_name: str | None = None

    @property
    def place(self) -> str:
        """The customer's name of the supply point, else the official one."""
        return self.custom_point or self.supply_point

    def closed_reason(self, today: date) -> str:
        """Tell why no reading can be submitted; empty: it can.

        Returns:
            ``automatic`` ``removed`` ``ended`` ``unknown`` ``not_installed`` ``billed``
            ``closed``, or nothing.
        """
        return self._not_measured_reason(today) or self._not_needed_reason(today)

    def _not_measured_reason(self, today: date) -> str:
        if self.is_automatic:
            return "automatic"
        if self.is_removed(today):
            return "removed"
        if self.supplied_until is not None and self.supplied_until < self.window.period.first:
            return "ended"
        if not self.registers:
            return "unknown"
        if self.installed_on is not None and self.installed_on > self.window.period.last:
            return "not_installed"
        return ""

    def _not_needed_reason(self, today: date) -> str:
        if all(register.is_billed for register in self.registers):
            return "billed"
        if not self.is_late(today):
            return ""
        is_done = all(register.is_billed or register.is_in_time for register in self.registers)
        return "closed" if is_done else ""

    def is_removed(self, today: date) -> bool:
        """Whether it measures no more."""
        return self.removed_on is not None and self.removed_on <= today

    def is_due(self, today: date) -> bool:
        """Whether its readings belong to the open window, submitted or not."""
        return self.window.is_open(today) and self.closed_reason(today) in ("", "billed")

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


@dataclass(frozen=True, slots=True)
class MeterReadings(MeterState):
    """A meter and its registers with their readings."""

    registers: tuple[RegisterReadings, ...]

    @classmethod
    def of(cls, state: MeterState, registers: Iterable[RegisterReadings]) -> MeterReadings:
        """The same meter with the readings of its registers."""
        values = {name: getattr(state, name) for name in _METER_FIELDS}
        return cls(**values | {"registers": tuple(registers)})

    def expect(self, register: RegisterReadings, today: date, unusual_times: int) -> Expectation:
        """Collect what a reading submitted today is compared with."""
        return Expectation(
            previous=register.previous.value if register.previous else None,
            typical_month_kwh=register.typical_month_kwh,
            max_energy_kwh=self.max_energy_kwh(today),
            unusual_times=unusual_times,
            minimum=register.minimum,
            is_estimated=register.previous is not None and register.previous.source == COMPUTED,
        )

    def max_energy_kwh(self, today: date) -> Decimal | None:
        """Compute what maximum power can have drawn since the previous readings, kWh."""
        read_on = [register.previous.taken_on for register in self.registers if register.previous]
        since = min(read_on, default=None)
        return compute_max_energy(self.max_power_kw, since, self.window.taken_on(today))


_METER_FIELDS = tuple(field.name for field in fields(MeterState))


def build_register_readings(
    register_id: int,
    zone: str,
    scale: Scale,
    known: Iterable[KnownReading],
    period: Month,
    rejected: RejectedReading | None,
) -> RegisterReadings:
    """Find the previous and the current reading of a register, and what it has consumed since.

    Args:
        register_id: id of the register.
        zone: ``T0`` … ``T3``.
        scale: dial of the register.
        known: readings that count, in any order.
        period: month of the reading window.
        rejected: the last rejected reading of this month.
    """
    ordered = tuple(sorted(known, key=time_order))
    current = find_current(ordered, period)
    inside = [reading for reading in ordered if reading.period == period]
    before = (
        reading
        for reading in reversed(ordered)
        if reading.period < period or (reading.period == period and reading.kind == "initial")
    )
    checks = [reading.value for reading in inside if reading.kind in ("control", "initial")]
    return RegisterReadings(
        id=register_id,
        zone=zone,
        scale=scale,
        current=current,
        period=period,
        previous=next(before, None),
        consumption_kwh=_consumption_of(ordered, current, scale) if current else None,
        minimum=max(checks, default=None),
        rejected=rejected if current is None else None,
        known=ordered,
    )


def _consumption_of(
    ordered: Sequence[KnownReading], current: KnownReading, scale: Scale
) -> Decimal | None:
    """Consumption of the current reading's month, or since the last one before a gap, kWh.

    Only the end of the row is computed: from the reading before the month on.
    """
    first = next(n for n, reading in enumerate(ordered) if reading.period == current.period)
    rows = build_consumption(ordered[max(0, first - 1) :], scale)
    since_gap = next(row.consumption_kwh for row in rows if row.reading is current)
    return sum_by_month(rows).get(current.period, since_gap)


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
    meters: Iterable[MeterState], today: date, rules: WindowRules
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
