"""What price, volume and mix each changed in the sum of a month's energy.

Everything is symmetric in the two months: swapped, each effect is the same with the other sign.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from app.domain.bill_groups import Group

_NONE = Decimal(0)
NIGHT = "T2"
"""The zone whose share people know; billing calls the night so."""


@dataclass(frozen=True, slots=True)
class Change:
    """A group's change; roubles, not rounded.

    Attributes:
        before: sum with VAT at the mean of both rates.
        after: the same in the other month.
        vat: what the rate itself has changed.
    """

    group: Group
    before: Decimal
    after: Decimal
    vat: Decimal

    @property
    def total(self) -> Decimal:
        """Without what the rate has changed."""
        return self.after - self.before


def change_of(group: Group) -> Change:
    """Take the effect of the VAT rate out of a group's change.

    Where a month has no single rate, or is absent, the rate has changed nothing.
    """
    before, after = group.before, group.after
    rates = before.rate, after.rate
    if rates[0] is None or rates[1] is None:
        return Change(group, before.amount + before.vat, after.amount + after.vat, _NONE)
    factor = 1 + (rates[0] + rates[1]) / 2
    vat = (rates[1] - rates[0]) * (before.amount + after.amount) / 2
    return Change(group, before.amount * factor, after.amount * factor, vat)


class Effects(NamedTuple):
    """What changed a group; roubles with VAT, together its ``total``.

    Attributes:
        other: sums that are not quantity by price.
    """

    price: Decimal
    volume: Decimal
    other: Decimal


def effects_of(change: Change) -> Effects:
    """Split the change of a quantity by its price, each factor at the mean of the other."""
    before, after = change.group.before, change.group.after
    if before.is_mixed or after.is_mixed:
        return Effects(_NONE, _NONE, change.total)
    # A sum for no quantity has no price.
    other = (_NONE if after.quantity else change.after) - (
        _NONE if before.quantity else change.before
    )
    price = _NONE
    if before.quantity and after.quantity:
        old, new = change.before / before.quantity, change.after / after.quantity
        price = (new - old) * (before.quantity + after.quantity) / 2
    return Effects(price, change.total - other - price, other)


Shift = tuple[str, Decimal, Decimal]
"""What it is a share of, and its shares in both months, per cent."""


@dataclass(frozen=True, slots=True)
class EnergyChange:
    """What changed the energy of a month; roubles with VAT.

    Attributes:
        kwh: used in both months.
        mean_prices: without VAT, both at the mean quantities of both months, so that they differ
            by the effect of prices alone; None where no group has a price in both.
        zone_shift: the zone whose share is shown.
        point_shift: the supply point whose share changed most.
    """

    price: Decimal
    volume: Decimal
    zones: Decimal
    point_mix: Decimal
    other: Decimal
    vat: Decimal
    kwh: tuple[Decimal, Decimal]
    mean_prices: tuple[Decimal, Decimal] | None
    zone_shift: Shift | None
    point_shift: Shift | None


def split_energy(changes: Sequence[Change]) -> EnergyChange:
    """Split the change of the energy of supply points that are the same in both months.

    The volume of everything counts at one mean price; what the groups' own prices add to it is the
    mix: of zones and services inside supply points, and of points.
    """
    price = volumes = other = _NONE
    for change in changes:
        effects = effects_of(change)
        price += effects.price
        volumes += effects.volume
        other += effects.other
    of_points = _by_point(changes)
    pooled = by_point = volumes
    # Where energy is given back, a mean price is no price at all.
    if not any(change.group.before.has_minus or change.group.after.has_minus for change in changes):
        pooled = _pooled(changes)
        by_point = sum((_pooled(of_point) for of_point in of_points.values()), _NONE)
    uses = _uses(changes)
    return EnergyChange(
        price=price,
        volume=pooled,
        zones=volumes - by_point,
        point_mix=by_point - pooled,
        other=other,
        vat=sum((change.vat for change in changes), _NONE),
        kwh=_sum_pairs(uses.values()),
        mean_prices=_mean_prices(changes, uses),
        zone_shift=_zone_shift(uses),
        point_shift=_point_shift(changes, uses),
    )


def _by_point(changes: Sequence[Change]) -> dict[int, list[Change]]:
    found: dict[int, list[Change]] = {}
    for change in changes:
        found.setdefault(change.group.key.point, []).append(change)
    return found


def _pooled(changes: Sequence[Change]) -> Decimal:
    """The change of the whole volume at the mean of both months' mean prices."""
    volume, prices = _NONE, []
    for sign, place in ((-1, 0), (1, 1)):
        quantity = amount = _NONE
        for change in changes:
            month = change.group.after if place else change.group.before
            if month.quantity:
                quantity += month.quantity
                amount += change.after if place else change.before
        volume += sign * quantity
        if quantity:
            prices.append(amount / quantity)
    return volume * sum(prices, _NONE) / len(prices) if prices else _NONE


_Pair = tuple[Decimal, Decimal]


def _uses(changes: Iterable[Change]) -> dict[tuple[int, str], _Pair]:
    """kWh of both months by supply point and zone.

    Several services may be charged for the same kWh, energy and its transmission: equal
    quantities at one place count once.
    """
    quantities: dict[tuple[int, str], tuple[set[Decimal], set[Decimal]]] = {}
    for change in changes:
        group = change.group
        place = quantities.setdefault((group.key.point, group.key.zone), (set(), set()))
        place[0].add(group.before.quantity)
        place[1].add(group.after.quantity)
    return {
        place: (sum(before, _NONE), sum(after, _NONE))
        for place, (before, after) in quantities.items()
    }


def _sum_pairs(pairs: Iterable[_Pair]) -> _Pair:
    pairs = list(pairs)
    return sum((pair[0] for pair in pairs), _NONE), sum((pair[1] for pair in pairs), _NONE)


def _mean_prices(changes: Iterable[Change], uses: Mapping[tuple[int, str], _Pair]) -> _Pair | None:
    before = after = _NONE
    places = set()
    for change in changes:
        group = change.group
        if group.before.price is None or group.after.price is None:
            continue
        weight = (group.before.quantity + group.after.quantity) / 2
        before += group.before.price * weight
        after += group.after.price * weight
        places.add((group.key.point, group.key.zone))
    kwh = sum((sum(uses[place], _NONE) for place in places), _NONE) / 2
    return (before / kwh, after / kwh) if kwh > 0 else None


def _zone_shift(uses: Mapping[tuple[int, str], _Pair]) -> Shift | None:
    zones: dict[str, list[_Pair]] = {}
    for (_, zone), use in uses.items():
        zones.setdefault(zone, []).append(use)
    shifts = _shifts({zone: _sum_pairs(pairs) for zone, pairs in zones.items()})
    night = [shift for shift in shifts if shift[0] == NIGHT and shift[1] != shift[2]]
    return next(iter(night or shifts), None)


def _point_shift(changes: Iterable[Change], uses: Mapping[tuple[int, str], _Pair]) -> Shift | None:
    names = {change.group.key.point: change.group.point or "" for change in changes}
    points: dict[str, list[_Pair]] = {}
    for (point, _), use in uses.items():
        points.setdefault(names[point], []).append(use)
    shifts = _shifts({name: _sum_pairs(pairs) for name, pairs in points.items()})
    return next((shift for shift in shifts if shift[0]), None)


def _shifts(volumes: Mapping[str, _Pair]) -> list[Shift]:
    """Shares in the whole volume, those that changed most first; none where all is one thing."""
    before, after = _sum_pairs(volumes.values())
    if len(volumes) < 2 or before <= 0 or after <= 0:
        return []
    shifts = [
        (name, pair[0] / before * 100, pair[1] / after * 100) for name, pair in volumes.items()
    ]
    return sorted(shifts, key=lambda shift: (-abs(shift[2] - shift[1]), shift[0]))
