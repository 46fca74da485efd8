"""What registers showed month after month, and what that makes in kWh."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from random import Random

from app.demo.cast import Season, Story
from app.demo.chance import around_one, stream
from app.demo.metering import REPLACED_DAY, Meter, Point
from app.demo.money import round_down
from app.demo.parties import Deal
from app.demo.rows import ReadingKind, ReadingRow, RegisterRow
from app.demo.timeline import Month, Timeline

ROLL_OVER_AGO = 9
CONTROL_AGO = 5
REJECTED_AGO = 2
MKD_READING_DAY = 25
ESTIMATED_SHARE = 0.04
# Below the usual, so that the next true reading never lies under the estimated one.
ESTIMATED_FACTOR = Decimal("0.9")
SUSPENDED_MONTHS = 2
SUSPENDED_FACTOR = Decimal("0.03")
_SEASONS = {
    Season.INDUSTRY: (930, 1010, 1040, 1020, 930, 990, 980, 1000, 1020, 1060, 1040, 980),
    Season.HEATING: (1330, 1250, 1140, 980, 820, 730, 700, 730, 850, 1020, 1180, 1270),
    Season.COOLING: (900, 880, 900, 930, 1020, 1160, 1260, 1190, 1010, 930, 900, 920),
}
_ZONE_SHARES = {
    1: {"T0": Decimal(1)},
    2: {"T1": Decimal("0.68"), "T2": Decimal("0.32")},
    3: {"T1": Decimal("0.30"), "T2": Decimal("0.28"), "T3": Decimal("0.42")},
}
_SOURCES = ("portal",) * 7 + ("phone", "act", "inspector")


@dataclass(frozen=True, slots=True)
class Usage:
    """Consumption of one register in one month, as a document has it."""

    point: Point
    meter: Meter
    zone: str
    month: Month
    kwh: Decimal
    estimated: bool


@dataclass(frozen=True, slots=True)
class RegisterHistory:
    readings: list[ReadingRow]
    usages: list[Usage]


def measure(deal: Deal, points: list[Point], timeline: Timeline, seed: int) -> RegisterHistory:
    """Readings of all registers of a contract and the consumption they prove."""
    whole = RegisterHistory([], [])
    for point in points:
        for meter in point.meters:
            for register in meter.registers:
                part = _Recorder(deal, point, meter, register, timeline=timeline, seed=seed).run()
                whole.readings.extend(part.readings)
                whole.usages.extend(part.usages)
    return whole


class _Recorder:
    """Turns one register month by month and records its readings."""

    def __init__(
        self,
        deal: Deal,
        point: Point,
        meter: Meter,
        register: RegisterRow,
        *,
        timeline: Timeline,
        seed: int,
    ) -> None:
        self.deal = deal
        self.point = point
        self.meter = meter
        self.register = register
        self.timeline = timeline
        self.seed = seed
        self.chance = stream(seed, "register", register.meter_id, register.zone)
        self.history = RegisterHistory([], [])

    def run(self) -> RegisterHistory:
        first, *_ = months = list(self._months())
        # Two counts that never turn over: what the register has run, and what of it was billed.
        total = billed = self._start(len(months))
        self._write_opening(first, billed)
        for month in months:
            step = self._step(month)
            total += step
            estimated = month != first and self._is_estimated(month)
            before, billed = billed, total
            if estimated:
                billed = before + round_down(step * ESTIMATED_FACTOR, self.register.decimals)
            self._write_closing(month, billed, estimated)
            self._write_oddities(month, before, billed)
            self.history.usages.append(
                Usage(
                    self.point,
                    self.meter,
                    self.register.zone,
                    month,
                    (billed - before) * self.meter.row.transformer_ratio,
                    estimated,
                )
            )
        return self.history

    def _months(self) -> Iterator[Month]:
        """Billed months in which the meter was in place on at least one day."""
        row = self.meter.row
        for month in self.deal.months:
            if row.installed_on <= month.last_day and (
                row.removed_on is None or month <= Month.of(row.removed_on)
            ):
                yield month

    def _monthly_units(self) -> Decimal:
        share = _ZONE_SHARES[len(self.meter.registers)][self.register.zone]
        return self.meter.monthly_kwh * share / self.meter.row.transformer_ratio

    def _start(self, months: int) -> Decimal:
        """Count of the register before the first month."""
        if self._is_new():
            return round_down(Decimal(self.chance.randint(0, 900)) / 100, self.register.decimals)
        ceiling = Decimal(10**self.register.digits)
        if Story.ROLL_OVER in self.deal.role.stories:
            start = ceiling - self._monthly_units() * (months - ROLL_OVER_AGO)
        else:
            room = max(ceiling - self._monthly_units() * (months + 6), Decimal(0))
            start = room * self.chance.randint(50, 900) / 1000
        return round_down(start, self.register.decimals)

    def _step(self, month: Month) -> Decimal:
        """Units the register turns in a month."""
        season = Decimal(_SEASONS[self.point.role.season][month.number - 1]) / 1000
        step = self._monthly_units() * season * around_one(self.chance, 55)
        step *= self._presence(month)
        if self.deal.role.status == "suspended" and month > self.timeline.ago(SUSPENDED_MONTHS):
            step *= SUSPENDED_FACTOR
        return round_down(step, self.register.decimals)

    def _presence(self, month: Month) -> Decimal:
        """Part of a month in which the meter was in place."""
        row = self.meter.row
        before = Decimal(REPLACED_DAY) / month.last_day.day
        if row.removed_on is not None and month == Month.of(row.removed_on):
            return before
        if self._is_new() and month == Month.of(row.installed_on):
            return 1 - before
        return Decimal(1)

    def _is_new(self) -> bool:
        return self.meter.row.installed_on >= self.timeline.first.first_day

    def _is_estimated(self, month: Month) -> bool:
        """Whether the customer forgot the point this month: all its registers or none."""
        if self.point.role.askue or self.meter.row.removed_on is not None:
            return False
        forgot = stream(self.seed, "forgot", self.point.row.point_id, month)
        return forgot.random() < ESTIMATED_SHARE

    def _write_opening(self, first: Month, value: Decimal) -> None:
        if self._is_new():
            self._write(first, self.meter.row.installed_on, value, "initial", "act")
        else:
            month = first.shift(-1)
            self._write(month, self._taken_on(month), value, "regular", self._source(month))

    def _write_closing(self, month: Month, value: Decimal, estimated: bool) -> None:
        removed_on = self.meter.row.removed_on
        if removed_on is not None and month == Month.of(removed_on):
            self._write(month, removed_on, value, "final", "act")
        else:
            source = "calc" if estimated else self._source(month)
            self._write(month, self._taken_on(month), value, "regular", source)

    def _write_oddities(self, month: Month, before: Decimal, after: Decimal) -> None:
        stories = self.deal.role.stories
        if self.point.number != 1 or self.meter is not self.point.meters[0]:
            return
        if Story.CONTROL_READING in stories and month == self.timeline.ago(CONTROL_AGO):
            middle = round_down((before + after) / 2, self.register.decimals)
            self._write(month, month.day(15), middle, "control", "inspector")
        if Story.REJECTED_READING in stories and month == self.timeline.ago(REJECTED_AGO):
            # The customer mistyped: less than a month ago. The accepted one came after it.
            wrong = round_down(before * Decimal("0.9"), self.register.decimals)
            self._write(month, month.last_day, wrong, "regular", "portal", status="rejected")

    def _taken_on(self, month: Month) -> date:
        mkd = self.point.role.regime == "mkd"
        return month.day(MKD_READING_DAY) if mkd else month.last_day

    def _source(self, month: Month) -> str:
        if self.point.role.askue:
            return "askue"
        chance: Random = stream(self.seed, "source", self.point.row.point_id, month)
        return chance.choice(_SOURCES)

    def _write(
        self,
        month: Month,
        taken_on: date,
        value: Decimal,
        kind: ReadingKind,
        source: str,
        *,
        status: str = "accepted",
    ) -> None:
        """Store a reading; ``value`` is the running count, the register shows what fits it."""
        meter_id, zone = self.register.meter_id, self.register.zone
        suffix = {"regular": ""}.get(kind, f"-{kind}") + ("-r" if status == "rejected" else "")
        self.history.readings.append(
            ReadingRow(
                reading_id=f"R-{meter_id[2:]}-{zone}-{month.year}{month.number:02d}{suffix}",
                meter_id=meter_id,
                zone=zone,
                taken_on=taken_on,
                period=month,
                value=value % 10**self.register.digits,
                kind=kind,
                source=source,
                status=status,
            )
        )
