"""Facts beside the figures of two compared months: what became of meters, points and prices.

They explain; none of them is computed into a sum.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from app.domain.bill_comparison import BillComparison, Pair, PartKind
from app.domain.bill_groups import BilledDocument, Group, GroupMonth, ItemKind
from app.domain.period import Month

REPLACEMENT_DAYS = 31
"""A meter that is mounted so soon after another was removed replaces it."""
_COMPUTED = frozenset({"estimated", "calc"})


class FactKind(StrEnum):
    """What may explain a difference."""

    METER_REPLACED = "meter_replaced"
    METER_INSTALLED = "meter_installed"
    METER_REMOVED = "meter_removed"
    POINT_BEGAN = "point_began"
    POINT_ENDED = "point_ended"
    ESTIMATED = "estimated"
    """Computed in the month that is explained, metered in the other."""
    METERED = "metered"
    """The other way round."""
    PRICES_WITHIN_MONTH = "prices_within_month"
    DAYS = "days"
    CHANGED = "changed"
    """Billing has changed a property of the contract or of a point."""
    CORRECTION_OF_MONTH = "correction_of_month"
    """A correction that is counted in one of the months."""
    CORRECTION_ELSEWHERE = "correction_elsewhere"
    """A correction of another month, issued in the month that is explained; not counted."""


class MeterDates(NamedTuple):
    """A supply point and one of its meters; without a meter ``serial_number`` is None."""

    point: int
    point_name: str
    point_from: date | None
    point_to: date | None
    meter: int | None
    serial_number: str | None
    installed_on: date | None
    removed_on: date | None


class RecordedChange(NamedTuple):
    """A property that an import has changed; ``on`` is the day of the import."""

    on: date
    point_name: str | None
    property: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact that may explain the difference of two months; what else it has depends on its kind.

    Attributes:
        month: of a fact that is about one month.
        points: names of supply points.
        old: serial number, or value, before.
        new: the same after.
        figures: prices within a month, or kWh a day in both months.
    """

    kind: FactKind
    on: date | None = None
    month: Month | None = None
    points: tuple[str, ...] = ()
    property: str | None = None
    old: str | None = None
    new: str | None = None
    figures: tuple[Decimal, ...] = ()
    document: BilledDocument | None = None


@dataclass(frozen=True, slots=True)
class ComparedMonths:
    """The months of a comparison: ``after`` is explained by ``before``, whichever came first."""

    before: Month
    after: Month

    @property
    def first(self) -> date:
        return min(self.before, self.after).first

    @property
    def last(self) -> date:
        return max(self.before, self.after).last

    def has_begin(self, day: date | None) -> bool:
        """Whether what began on this day may have made the months differ."""
        return day is not None and self.first < day <= self.last

    def has_end(self, day: date | None) -> bool:
        """Whether what ended with this day may have made the months differ."""
        return day is not None and self.first <= day < self.last


def list_facts(
    months: ComparedMonths,
    comparison: BillComparison,
    documents: Iterable[BilledDocument],
    meters: Sequence[MeterDates],
    changes: Iterable[RecordedChange],
) -> tuple[Fact, ...]:
    """Facts of two months: dated ones by date, then what is about a whole month.

    Args:
        documents: of both months, and corrections of others that were issued in them.
    """
    dated = [
        *_meter_facts(months, meters),
        *_point_facts(months, meters),
        *_changes(changes),
        *_corrections(months, documents),
    ]
    dated.sort(key=lambda fact: (fact.on or date.max, fact.kind, fact.points, fact.new or ""))
    return (
        *dated,
        *_method_facts(months, comparison.groups),
        *_price_facts(months, comparison.groups),
        *_days(months, comparison),
    )


def _meter_facts(months: ComparedMonths, meters: Sequence[MeterDates]) -> Iterator[Fact]:
    removed = [meter for meter in meters if meter.meter and months.has_end(meter.removed_on)]
    for meter in meters:
        if not meter.meter or not months.has_begin(meter.installed_on):
            continue
        on, new, points = meter.installed_on, meter.serial_number, (meter.point_name,)
        old = next((other for other in removed if _is_replaced(other, meter)), None)
        if old:
            removed.remove(old)
            number = old.serial_number
            yield Fact(FactKind.METER_REPLACED, on, points=points, old=number, new=new)
        else:
            yield Fact(FactKind.METER_INSTALLED, on, points=points, new=new)
    for meter in removed:
        on, number, points = meter.removed_on, meter.serial_number, (meter.point_name,)
        yield Fact(FactKind.METER_REMOVED, on, points=points, old=number)


def _is_replaced(old: MeterDates, new: MeterDates) -> bool:
    """Whether one meter took the place of another."""
    return (
        old.point == new.point
        and old.meter != new.meter
        and _are_close(old.removed_on, new.installed_on)
    )


def _are_close(removed_on: date | None, installed_on: date | None) -> bool:
    return (
        removed_on is not None
        and installed_on is not None
        and abs((installed_on - removed_on).days) <= REPLACEMENT_DAYS
    )


def _point_facts(months: ComparedMonths, meters: Sequence[MeterDates]) -> Iterator[Fact]:
    points = {meter.point: meter for meter in meters}
    for point in points.values():
        names = (point.point_name,)
        if months.has_begin(point.point_from):
            yield Fact(FactKind.POINT_BEGAN, point.point_from, points=names)
        if months.has_end(point.point_to):
            yield Fact(FactKind.POINT_ENDED, point.point_to, points=names)


def _changes(changes: Iterable[RecordedChange]) -> Iterator[Fact]:
    for change in changes:
        yield Fact(
            FactKind.CHANGED,
            change.on,
            points=(change.point_name,) if change.point_name else (),
            property=change.property,
            old=change.old,
            new=change.new,
        )


def _corrections(months: ComparedMonths, documents: Iterable[BilledDocument]) -> Iterator[Fact]:
    for document in documents:
        if not document.is_correction or document.is_interest:
            continue
        is_counted = document.period in (months.before, months.after)
        kind = FactKind.CORRECTION_OF_MONTH if is_counted else FactKind.CORRECTION_ELSEWHERE
        yield Fact(kind, document.on, document.period, document=document)


def _method_facts(months: ComparedMonths, groups: Sequence[Group]) -> Iterator[Fact]:
    """Supply points whose energy was computed in one of the months alone."""
    estimated, metered = set(), set()
    for group in groups:
        if group.key.kind is not ItemKind.ENERGY or not group.point:
            continue
        before, after = group.before.methods & _COMPUTED, group.after.methods & _COMPUTED
        if after and group.before.count and not before:
            estimated.add(group.point)
        if before and group.after.count and not after:
            metered.add(group.point)
    if estimated:
        yield Fact(FactKind.ESTIMATED, month=months.after, points=tuple(sorted(estimated)))
    if metered:
        yield Fact(FactKind.METERED, month=months.before, points=tuple(sorted(metered)))


def _price_facts(months: ComparedMonths, groups: Sequence[Group]) -> Iterator[Fact]:
    """A tariff that changed in the middle of a month: the largest group that has two prices."""

    def month_of(group: Group, place: int) -> GroupMonth:
        return group.after if place else group.before

    for place, month in enumerate((months.before, months.after)):
        several = [
            group
            for group in groups
            if group.key.kind is ItemKind.ENERGY and len(month_of(group, place).prices) > 1
        ]
        if several:
            largest = max(several, key=lambda group: abs(month_of(group, place).gross))
            yield Fact(
                FactKind.PRICES_WITHIN_MONTH,
                month=month,
                points=(largest.point,) if largest.point else (),
                figures=tuple(sorted(month_of(largest, place).prices)),
            )


def _days(months: ComparedMonths, comparison: BillComparison) -> Iterator[Fact]:
    before, after = months.before.last.day, months.after.last.day
    volume = next((part for part in comparison.parts if part.kind is PartKind.VOLUME), None)
    if before == after or volume is None or volume.quantities is None:
        return
    daily = Pair(volume.quantities.before / before, volume.quantities.after / after)
    yield Fact(FactKind.DAYS, old=str(before), new=str(after), figures=daily)
