"""Why one month was billed higher than another: parts that add up to the difference.

A product changes by each factor at the mean of the other, old and new: whatever month comes
first, a part is the same sum with the opposite sign, and nothing is left between the factors. What
rounding to the kopeck leaves, in the lines of billing and here, is a part of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from enum import StrEnum
from typing import NamedTuple

from app.domain.bill_effects import Change, EnergyChange, change_of, split_energy
from app.domain.bill_groups import (
    BilledDocument,
    BilledMonth,
    Group,
    GroupMonth,
    ItemKind,
    pair_groups,
    read_month,
)
from app.domain.money import KOPECK, ZERO

_DIGITS = 50
"""Of intermediate quotients; far more than any sum of roubles has."""
_NONE = Decimal(0)
MOST_SHARE = 5
"""Shares tell something as long as the parts together are at most so many differences."""
_TENTH = Decimal("0.1")


class PartKind(StrEnum):
    """Why a sum changed, in the order in which equal sums are listed."""

    VOLUME = "volume"
    PRICE = "price"
    ZONES = "zones"
    """The mix of zones and services inside supply points."""
    POINT_MIX = "point_mix"
    """How the volume is spread over supply points of different mean prices."""
    CAPACITY = "capacity"
    LOSSES = "losses"
    ADDED_POINTS = "added_points"
    REMOVED_POINTS = "removed_points"
    VAT = "vat"
    CORRECTIONS = "corrections"
    INTEREST = "interest"
    OTHER = "other"
    UNITEMIZED = "unitemized"
    """Documents without lines: their difference cannot be explained."""
    FAULT = "fault"
    """Sums of billing that do not come to each other."""
    ROUNDING = "rounding"


class Pair(NamedTuple):
    """A figure in two compared months."""

    before: Decimal
    after: Decimal

    @property
    def percent(self) -> Decimal | None:
        """Change in per cent of a positive figure; None where there is nothing to compare with."""
        if self.before <= 0 or self.after < 0:
            return None
        return (self.after - self.before) / self.before * 100


@dataclass(frozen=True, slots=True)
class Part:
    """A cause and what it changed; ``amount`` in roubles with VAT.

    Attributes:
        quantities: kWh, or kW of capacity; of points that both months have.
        prices: mean ones without VAT; of energy at the same mix of zones and points.
        sums: roubles with VAT of both months.
        shares: of ``subject`` in the volume, per cent.
        subject: a zone, or a supply point.
    """

    kind: PartKind
    amount: Decimal
    quantities: Pair | None = None
    prices: Pair | None = None
    sums: Pair | None = None
    shares: Pair | None = None
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class BillComparison:
    """Two months of charges; roubles with VAT.

    Attributes:
        energy: totals without late interest.
        parts: the largest first, rounding last; together exactly the difference.
        groups: services by supply point and zone, the largest difference first.
        ungrouped: what the totals have apart from ``groups``: corrections, late interest, documents
            without lines.
        rates: VAT rates of both months, per cent, the higher first.
        added: names of supply points that only the second month has.
        removed: names of those that only the first one has.
    """

    totals: Pair
    energy: Pair
    parts: tuple[Part, ...]
    groups: tuple[Group, ...]
    ungrouped: Pair
    rates: tuple[tuple[Decimal, ...], tuple[Decimal, ...]]
    added: tuple[str, ...]
    removed: tuple[str, ...]

    @property
    def difference(self) -> Decimal:
        return self.totals.after - self.totals.before

    @property
    def energy_difference(self) -> Decimal:
        """Without late interest."""
        return self.energy.after - self.energy.before

    @property
    def shares(self) -> tuple[Decimal, ...] | None:
        """Shares of the parts in the difference, per cent with one place, together exactly 100;
        None where they are so large that they tell nothing."""
        weights = [part.amount for part in self.parts]
        if not self.difference or sum(map(abs, weights)) > MOST_SHARE * abs(self.difference):
            return None
        exact = [weight / self.difference * 100 for weight in weights]
        shares = [share.quantize(_TENTH, ROUND_HALF_EVEN) for share in exact]
        rest = 100 - sum(shares, _NONE)
        step = _TENTH if rest > 0 else -_TENTH
        by_error = sorted(
            range(len(shares)), key=lambda place: (shares[place] - exact[place]) * step
        )
        for place in by_error[: int(abs(rest) / _TENTH)]:
            shares[place] += step
        # Zero has no sign.
        return tuple(share + 0 for share in shares)


def compare_months(
    before: Sequence[BilledDocument], after: Sequence[BilledDocument]
) -> BillComparison:
    """Take the difference of two months of charges apart.

    Args:
        before: documents of the month that is compared with; none is a month without charges.
        after: documents of the month that is explained.
    """
    with localcontext() as context:
        context.prec = _DIGITS
        context.rounding = ROUND_HALF_EVEN
        return _Comparer(read_month(before), read_month(after)).compare()


class _Comparer:
    """Sorts the changes of all groups into parts."""

    def __init__(self, before: BilledMonth, after: BilledMonth) -> None:
        self.before = before
        self.after = after
        self.groups = pair_groups(before, after)
        are_both_billed = bool(before.months and after.months)
        self.added = after.points - before.points if are_both_billed else set()
        self.removed = before.points - after.points if are_both_billed else set()
        self.sums: dict[PartKind, Decimal] = dict.fromkeys(PartKind, _NONE)
        self.details: dict[PartKind, Part] = {}

    def compare(self) -> BillComparison:
        before, after = self.before, self.after
        self._add_whole_sums()
        if before.has_unitemized or after.has_unitemized:
            self.sums[PartKind.UNITEMIZED] = after.regular - before.regular
        else:
            self.sums[PartKind.FAULT] = after.fault - before.fault
            self._add_groups()
        totals = Pair(before.total, after.total)
        return BillComparison(
            totals,
            Pair(before.total - before.interest, after.total - after.interest),
            self._parts(totals),
            tuple(sorted(self.groups, key=lambda group: (-abs(group.difference), group.key))),
            Pair(
                totals.before - sum((group.before.gross for group in self.groups), ZERO),
                totals.after - sum((group.after.gross for group in self.groups), ZERO),
            ),
            (_rates(before), _rates(after)),
            self._names(self.added),
            self._names(self.removed),
        )

    def _names(self, points: set[int]) -> tuple[str, ...]:
        names = {group.key.point: group.point or "" for group in self.groups}
        return tuple(sorted(names[point] for point in points))

    def _add_whole_sums(self) -> None:
        """What is compared by its sum alone."""
        before, after = self.before, self.after
        corrections = Pair(before.corrections, after.corrections)
        interest = Pair(before.interest, after.interest)
        for kind, sums in (
            (PartKind.CORRECTIONS, corrections),
            (PartKind.INTEREST, interest),
            (PartKind.UNITEMIZED, Pair(before.regular, after.regular)),
        ):
            self.details[kind] = Part(kind, ZERO, sums=sums)
        self.sums[PartKind.CORRECTIONS] = corrections.after - corrections.before
        self.sums[PartKind.INTEREST] = interest.after - interest.before

    def _add_groups(self) -> None:
        energy: list[Change] = []
        of_kind: dict[PartKind, list[Change]] = {}
        for group in self.groups:
            change = change_of(group)
            if group.key.point in self.added:
                kind = PartKind.ADDED_POINTS
            elif group.key.point in self.removed:
                kind = PartKind.REMOVED_POINTS
            elif group.key.kind is ItemKind.ENERGY:
                energy.append(change)
                continue
            else:
                kind = PartKind(group.key.kind.value)
            self.sums[PartKind.VAT] += change.vat
            self.sums[kind] += change.total
            of_kind.setdefault(kind, []).append(change)
        for kind, changes in of_kind.items():
            self.details[kind] = _whole_part(kind, changes)
        if energy:
            self._add_energy(split_energy(energy))

    def _add_energy(self, energy: EnergyChange) -> None:
        for kind, amount in (
            (PartKind.VAT, energy.vat),
            (PartKind.PRICE, energy.price),
            (PartKind.VOLUME, energy.volume),
            (PartKind.ZONES, energy.zones),
            (PartKind.POINT_MIX, energy.point_mix),
            (PartKind.OTHER, energy.other),
        ):
            self.sums[kind] += amount
        volume, price = Pair(*energy.kwh), energy.mean_prices
        self.details[PartKind.VOLUME] = Part(PartKind.VOLUME, ZERO, quantities=volume)
        self.details[PartKind.PRICE] = Part(PartKind.PRICE, ZERO, prices=price and Pair(*price))
        for kind, shift in (
            (PartKind.ZONES, energy.zone_shift),
            (PartKind.POINT_MIX, energy.point_shift),
        ):
            if shift:
                name, *shares = shift
                self.details[kind] = Part(kind, ZERO, shares=Pair(*shares), subject=name)

    def _parts(self, totals: Pair) -> tuple[Part, ...]:
        parts = [
            replace(self.details.get(kind) or Part(kind, ZERO), amount=amount)
            for kind in PartKind
            if (amount := self.sums[kind].quantize(KOPECK))
        ]
        parts.sort(key=lambda part: -abs(part.amount))
        rest = totals.after - totals.before - sum((part.amount for part in parts), ZERO)
        return (*parts, Part(PartKind.ROUNDING, rest)) if rest else tuple(parts)


def _rates(month: BilledMonth) -> tuple[Decimal, ...]:
    rates = {rate for group in month.months.values() for rate in group.rates}
    return tuple(sorted((rate for rate in rates if rate is not None), reverse=True))


def _whole_part(kind: PartKind, changes: Sequence[Change]) -> Part:
    """A part that is not taken apart further: quantities, mean prices and sums of both months."""
    before, after = (
        [change.group.before for change in changes],
        [change.group.after for change in changes],
    )
    sums = Pair(_gross(before), _gross(after))
    if kind not in (PartKind.CAPACITY, PartKind.LOSSES):
        return Part(kind, ZERO, sums=sums)
    quantities = Pair(_quantity(before), _quantity(after))
    prices = None
    if quantities.before and quantities.after:
        prices = Pair(_amount(before) / quantities.before, _amount(after) / quantities.after)
    return Part(kind, ZERO, quantities=quantities, prices=prices, sums=sums)


def _gross(months: Iterable[GroupMonth]) -> Decimal:
    return sum((month.gross for month in months), ZERO)


def _quantity(months: Iterable[GroupMonth]) -> Decimal:
    return sum((month.quantity for month in months), _NONE)


def _amount(months: Iterable[GroupMonth]) -> Decimal:
    return sum((month.amount for month in months), _NONE)
