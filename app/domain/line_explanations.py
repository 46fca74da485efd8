"""How the quantity and the sum of a document's line came about, as far as readings tell.

An equation is given only where it is true with the very figures that are shown. Lines that share
readings (a tariff that changed within the month, two services of one meter) are explained together;
where readings do not lead to the quantity, that is said with the difference.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from app.domain.charges import in_kwh
from app.domain.period import Month

_WATT_HOUR = Decimal("0.001")


@dataclass(frozen=True, slots=True)
class Readings:
    """Readings of a register at the ends of a billing month, as they are shown."""

    start: Decimal
    end: Decimal
    digits: int
    decimals: int
    multiplier: Decimal
    since: Month | None = None
    """Month of the first one where that is not the month before."""

    @property
    def rollover_units(self) -> Decimal:
        """What a register adds that rolled over through zero; else zero."""
        return Decimal(10) ** self.digits if self.end < self.start else Decimal(0)

    @property
    def has_decreased(self) -> bool:
        """Whether the end is below the start and no rollover explains it.

        Through zero it would have run half of its register.
        """
        return (self.end - self.start + self.rollover_units) * 2 > self.rollover_units > 0

    @property
    def product(self) -> Decimal:
        """(end − start) × multiplier with the figures that are shown; kWh."""
        difference = self._shown(self.end) - self._shown(self.start) + self.rollover_units
        return difference * self.multiplier

    @property
    def consumption(self) -> Decimal:
        """The of_register to a watt-hour, as documents have it."""
        return self.product.quantize(_WATT_HOUR, ROUND_HALF_UP)

    def _shown(self, value: Decimal) -> Decimal:
        return value.quantize(Decimal(1).scaleb(-self.decimals), ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class BilledLine:
    """A line as far as its explanation goes."""

    number: int
    register: Hashable
    """Meter and zone; lines with the same share their readings."""
    service: str
    quantity: Decimal
    unit: str | None
    method: str | None
    readings: Readings | None

    @property
    def kwh(self) -> Decimal:
        return in_kwh(self.quantity, self.unit)

    @property
    def is_energy(self) -> bool:
        return bool(in_kwh(Decimal(1), self.unit))

    @property
    def is_computed(self) -> bool:
        return self.method in {"calc", "recalc"}


class ExplanationKind(StrEnum):
    """How meter readings explain the quantity of a line."""

    EQUATION = "equation"
    """They lead to its quantity."""
    SHARED = "shared"
    """They lead to the sum of the quantities of some lines."""
    APART = "apart"
    """Other lines use them up: this one comes on top, as losses do."""
    BY_METHOD = "by_method"
    """Billing says that it went by something else."""
    UNEXPLAINED = "unexplained"
    """They lead to another quantity."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is known of a line; quantities in kWh."""

    kind: ExplanationKind
    readings: Readings
    lines: tuple[int, ...]
    """Numbers of the lines that share the readings."""
    quantities: tuple[Decimal, ...]
    """kWh of each of them."""
    is_first: bool
    """The first of the lines that share the readings; the page explains it there."""

    @property
    def quantity(self) -> Decimal:
        return sum(self.quantities, Decimal(0))

    @property
    def difference(self) -> Decimal:
        """What was charged above what readings lead to; kWh."""
        return self.quantity - self.readings.consumption


def explain_lines(lines: Sequence[BilledLine]) -> dict[int, Explanation]:
    """Explain the lines of a document that have readings, by line number.

    Readings tell nothing of what is measured in something else than energy, as capacity is.

    Args:
        lines: all of the document, in their order.
    """
    explanations: dict[int, Explanation] = {}
    lines = [line for line in lines if line.is_energy]
    for line in lines:
        if line.readings is not None:
            of_register = [other for other in lines if other.register == line.register]
            explanations[line.number] = _explain(line, line.readings, of_register)
    return explanations


def _explain(
    line: BilledLine, readings: Readings, of_register: Sequence[BilledLine]
) -> Explanation:
    consumption = readings.consumption
    if line.kwh == consumption:
        return _build(ExplanationKind.EQUATION, line, readings, [line])
    groups = _groups(line, of_register)
    shared = _first_group(groups, lambda group: line in group and _sum(group) == consumption)
    if shared is not None:
        return _build(ExplanationKind.SHARED, line, readings, shared)
    if line.kwh <= 0:
        return _build(ExplanationKind.BY_METHOD, line, readings, [line])
    if _is_explained_by_others(line, consumption, of_register):
        return _build(ExplanationKind.APART, line, readings, [line])
    if line.is_computed or line.method == "estimated":
        return _build(ExplanationKind.BY_METHOD, line, readings, [line])
    return _build(ExplanationKind.UNEXPLAINED, line, readings, groups[1])


def _is_explained_by_others(
    line: BilledLine, consumption: Decimal, of_register: Sequence[BilledLine]
) -> bool:
    """Whether another line, or a group without this one, comes to the consumption."""
    if any(other.kwh == consumption for other in of_register):
        return True
    return any(
        _sum(group) == consumption
        for other in of_register
        for group in _groups(other, of_register)
        if line not in group
    )


def _groups(line: BilledLine, of_register: Sequence[BilledLine]) -> list[list[BilledLine]]:
    """Lines whose quantities may be parts of one difference of readings: first those of the same
    service, then of all services; of both all lines, then without what billing has computed."""
    energy = [other for other in of_register if other.kwh]
    of_service = [other for other in energy if other.service == line.service]
    return [
        part
        for group in (of_service, energy)
        for part in (group, [other for other in group if not other.is_computed])
    ]


def _first_group(
    groups: Iterable[list[BilledLine]], holds: Callable[[list[BilledLine]], bool]
) -> list[BilledLine] | None:
    return next((group for group in groups if len(group) > 1 and holds(group)), None)


def _sum(lines: Iterable[BilledLine]) -> Decimal:
    return sum((line.kwh for line in lines), Decimal(0))


def _build(
    kind: ExplanationKind, line: BilledLine, readings: Readings, lines: Sequence[BilledLine]
) -> Explanation:
    return Explanation(
        kind,
        readings,
        tuple(member.number for member in lines),
        tuple(member.kwh for member in lines),
        line.number == lines[0].number,
    )
