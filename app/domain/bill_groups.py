"""Lines of a month's documents, grouped so that two months can be laid side by side.

A group is a service at a supply point in a zone, whichever meter measured it: a meter that was
replaced changes nothing of the group.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from app.domain.charges import in_kw, in_kwh
from app.domain.money import KOPECK, ZERO
from app.domain.period import Month
from app.domain.turnover import EntryKind

_HALF_KOPECK = KOPECK / 2
_NONE = Decimal(0)
RECALCULATED = "recalc"
CORRECTION_SERVICE = "CORR"
LOSS_SERVICE = "LOSS"


class ItemKind(StrEnum):
    """What a line charges for, as far as a comparison treats it apart."""

    ENERGY = "energy"
    LOSSES = "losses"
    CAPACITY = "capacity"
    OTHER = "other"


class BilledItem(NamedTuple):
    """A line of a document; ``net``, ``vat`` and ``gross`` in roubles, ``rate`` in per cent.

    Attributes:
        service: billing's code of the service.
        point: id of the supply point.
        price: roubles without VAT for a ``unit``.
    """

    service: str
    service_name: str
    point: int | None
    point_name: str | None
    zone: str | None
    quantity: Decimal
    unit: str | None
    price: Decimal
    net: Decimal
    rate: Decimal | None
    vat: Decimal
    gross: Decimal
    method: str | None

    @property
    def kind(self) -> ItemKind:
        return _kind_of(self.service, self.service_name, self.unit)

    @property
    def is_correction(self) -> bool:
        """A recalculation of an earlier month that came inside a document of this one."""
        return self.method == RECALCULATED or self.service == CORRECTION_SERVICE

    @property
    def amount(self) -> Decimal:
        """``quantity × price`` where that leads to ``net``, else ``net``; roubles, not rounded."""
        product = self.quantity * self.price
        return product if abs(product - self.net) <= _HALF_KOPECK else self.net

    @property
    def fault(self) -> Decimal:
        """What the line's sum with VAT has above its own sum and rate, beyond one kopeck."""
        difference = self.gross - self.net - self.vat_of(self.net)
        return difference if abs(difference) > KOPECK else ZERO

    def vat_of(self, amount: Decimal) -> Decimal:
        """VAT of an amount at the line's rate; the VAT sent where billing named no rate."""
        return self.vat if self.rate is None else amount * self.rate / 100


@lru_cache(maxsize=256)
def _kind_of(service: str, name: str, unit: str | None) -> ItemKind:
    if in_kwh(Decimal(1), unit):
        is_loss = service == LOSS_SERVICE or name.casefold().startswith("потери")
        return ItemKind.LOSSES if is_loss else ItemKind.ENERGY
    return ItemKind.CAPACITY if in_kw(Decimal(1), unit) else ItemKind.OTHER


class BilledDocument(NamedTuple):
    """A document of a billing month with its lines; ``gross`` in roubles.

    Attributes:
        corrected_number: number of the document that it corrects, where the portal has that one.
        is_interest: late interest, or a correction of it.
    """

    id: int
    kind: EntryKind
    number: str
    on: date
    period: Month
    gross: Decimal
    corrected_number: str | None
    is_interest: bool
    items: tuple[BilledItem, ...]

    @property
    def is_correction(self) -> bool:
        return self.kind is EntryKind.CORRECTION

    @property
    def is_regular(self) -> bool:
        return not (self.is_interest or self.is_correction)


class GroupKey(NamedTuple):
    """What makes lines of two months the same thing; sorts whatever is missing."""

    kind: ItemKind
    point: int
    service: str
    zone: str
    unit: str
    """Of what is neither energy nor capacity: those are converted to kWh and kW."""


@dataclass(slots=True)
class GroupMonth:
    """A group in one month: ``quantity`` in kWh, kW or its own unit; roubles.

    Attributes:
        amount: without VAT; before rounding where quantity and price lead to it.
        vat: of ``amount`` at the lines' rates.
        gross: as billing sent it.
    """

    quantity: Decimal = _NONE
    amount: Decimal = _NONE
    vat: Decimal = _NONE
    gross: Decimal = ZERO
    count: int = 0
    rates: set[Decimal | None] = field(default_factory=set)
    prices: set[Decimal] = field(default_factory=set)
    methods: set[str] = field(default_factory=set)
    has_plus: bool = False
    has_minus: bool = False

    def add(self, item: BilledItem, unit: Decimal) -> None:
        """Count a line in; ``unit`` is what one of the line's units comes to."""
        quantity, amount = item.quantity * unit, item.amount
        self.quantity += quantity
        self.amount += amount
        self.vat += item.vat_of(amount)
        self.gross += item.gross
        self.count += 1
        self.rates.add(item.rate)
        self.prices.add(item.price / unit)
        self.has_plus = self.has_plus or quantity > 0
        self.has_minus = self.has_minus or quantity < 0
        if item.method:
            self.methods.add(item.method)

    @property
    def rate(self) -> Decimal | None:
        """The only VAT rate, as a fraction; None: several, or one that billing has not named."""
        if len(self.rates) != 1 or (None in self.rates and self.vat):
            return None
        (rate,) = self.rates
        return _NONE if rate is None else rate / 100

    @property
    def price(self) -> Decimal | None:
        """Mean price without VAT, roubles; None where it has no quantity."""
        return self.amount / self.quantity if self.quantity and not self.is_mixed else None

    @property
    def is_mixed(self) -> bool:
        """Whether lines charge and give back at once, so that a mean price tells nothing."""
        return self.has_plus and self.has_minus


NOTHING = GroupMonth()
"""A group in a month that does not have it; never added to."""


@dataclass(frozen=True, slots=True)
class Group:
    """A group in both months, with names to show."""

    key: GroupKey
    service: str
    point: str | None
    unit: str | None
    before: GroupMonth
    after: GroupMonth

    @property
    def difference(self) -> Decimal:
        """Roubles with VAT, as billed."""
        return self.after.gross - self.before.gross

    @property
    def zone(self) -> str | None:
        return self.key.zone or None


@dataclass(frozen=True, slots=True)
class BilledMonth:
    """The documents of a month sorted by what a comparison makes of them; roubles with VAT.

    Attributes:
        months: its groups.
        names: service, point and unit of each group.
        corrections: with the lines of recalculations inside other documents.
        has_unitemized: there are documents without lines.
        fault: what sums of billing do not come to, beyond rounding.
    """

    total: Decimal
    months: Mapping[GroupKey, GroupMonth]
    names: Mapping[GroupKey, tuple[str, str | None, str | None]]
    corrections: Decimal
    interest: Decimal
    regular: Decimal
    has_unitemized: bool
    fault: Decimal

    @property
    def points(self) -> set[int]:
        return {key.point for key in self.months if key.point}


def read_month(documents: Sequence[BilledDocument]) -> BilledMonth:
    """Sort the documents of one month, in any order."""
    interest = _gross(document for document in documents if document.is_interest)
    corrections = _gross(
        document for document in documents if document.is_correction and not document.is_interest
    )
    regular = [document for document in documents if document.is_regular]
    months: dict[GroupKey, GroupMonth] = {}
    names: dict[GroupKey, tuple[str, str | None, str | None]] = {}
    fault, regular_sum = ZERO, ZERO
    for document in regular:
        rest = document.gross
        for item in document.items:
            rest -= item.gross
            if item.is_correction:
                corrections += item.gross
                continue
            fault += item.fault
            regular_sum += item.gross
            _add(item, months, names)
        # VAT of the whole document may differ from that of its lines by a kopeck a line.
        if document.items and abs(rest) > KOPECK * len(document.items):
            fault += rest
        regular_sum += rest
    return BilledMonth(
        _gross(documents),
        months,
        names,
        corrections,
        interest,
        regular_sum,
        any(not document.items for document in regular),
        fault,
    )


def _gross(documents: Iterable[BilledDocument]) -> Decimal:
    return sum((document.gross for document in documents), ZERO)


def _add(
    item: BilledItem,
    months: dict[GroupKey, GroupMonth],
    names: dict[GroupKey, tuple[str, str | None, str | None]],
) -> None:
    kind = item.kind
    if kind is ItemKind.OTHER:
        unit, factor, key_unit = item.unit, Decimal(1), item.unit or ""
    elif kind is ItemKind.CAPACITY:
        unit, factor, key_unit = "кВт", in_kw(Decimal(1), item.unit), ""
    else:
        unit, factor, key_unit = "кВт·ч", in_kwh(Decimal(1), item.unit), ""
    key = GroupKey(kind, item.point or 0, item.service, item.zone or "", key_unit)
    month = months.get(key)
    if month is None:
        month = months[key] = GroupMonth()
        names[key] = item.service_name, item.point_name, unit
    month.add(item, factor)


def pair_groups(before: BilledMonth, after: BilledMonth) -> tuple[Group, ...]:
    """The groups of two months side by side, by key."""
    keys = sorted(before.months.keys() | after.months.keys())
    names = {**before.names, **after.names}
    return tuple(
        Group(
            key,
            *names[key],
            before.months.get(key, NOTHING),
            after.months.get(key, NOTHING),
        )
        for key in keys
    )
