"""Documents of charges: what they hold, and how a sum came about.

The portal shows what billing sent; it never computes VAT or late interest as an authority. Where
readings, multiplier and price do not lead to the sum that billing sent, it says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from app.domain.money import KOPECK, ZERO
from app.domain.period import Month
from app.domain.turnover import EntryKind

_KWH = {"квтч": Decimal(1), "kwh": Decimal(1), "мвтч": Decimal(1000), "тысквтч": Decimal(1000)}


def in_kwh(quantity: Decimal, unit: str | None) -> Decimal:
    """A quantity of energy in kWh; zero for what is measured in something else."""
    bare = re.sub(r"[^a-zа-яё]", "", (unit or "").casefold())
    return quantity * _KWH.get(bare, Decimal(0))


@dataclass(frozen=True, slots=True)
class RateSum:
    """The part of a document, or of a month, with one VAT rate; roubles. ``rate`` in per cent,
    None where there is no VAT."""

    rate: Decimal | None
    net: Decimal
    vat: Decimal
    gross: Decimal


@dataclass(frozen=True, slots=True)
class Document:
    """A charge as lists show it; roubles and kWh."""

    id: int
    external_id: str
    kind: EntryKind
    number: str
    on: date
    period: Month
    net: Decimal
    vat: Decimal
    gross: Decimal
    kwh: Decimal
    rates: tuple[RateSum, ...]
    corrects: str | None
    """``external_id`` of the document corrected."""

    @property
    def parts(self) -> tuple[RateSum, ...]:
        """Sums by VAT rate; the whole document where billing sent no lines, or other sums."""
        if sum((part.gross for part in self.rates), ZERO) == self.gross:
            return self.rates
        return (RateSum(None, self.net, self.vat, self.gross),)


@dataclass(frozen=True, slots=True)
class MonthOfCharges:
    """The documents of one billing month, late interest apart."""

    period: Month
    documents: tuple[Document, ...]
    covered: Decimal
    """What payments have covered, for information; roubles."""

    @property
    def kwh(self) -> Decimal:
        return sum((document.kwh for document in self.documents), Decimal(0))

    @property
    def net(self) -> Decimal:
        return sum((document.net for document in self.documents), ZERO)

    @property
    def vat(self) -> Decimal:
        return sum((document.vat for document in self.documents), ZERO)

    @property
    def gross(self) -> Decimal:
        return sum((document.gross for document in self.documents), ZERO)

    @property
    def rates(self) -> tuple[RateSum, ...]:
        """Sums by VAT rate, the higher rate first."""
        return sum_by_rate(rate for document in self.documents for rate in document.rates)

    @property
    def unpaid(self) -> Decimal:
        return max(ZERO, self.gross - self.covered)


def sum_by_rate(parts: Iterable[RateSum]) -> tuple[RateSum, ...]:
    """Add up what has the same VAT rate; the higher rate first, what has none last."""
    sums: dict[Decimal | None, RateSum] = {}
    for part in parts:
        known = sums.get(part.rate, RateSum(part.rate, ZERO, ZERO, ZERO))
        sums[part.rate] = RateSum(
            part.rate, known.net + part.net, known.vat + part.vat, known.gross + part.gross
        )
    return tuple(sorted(sums.values(), key=lambda part: -(part.rate or Decimal(-1))))


def build_months(
    documents: Sequence[Document], covered: Mapping[int, Decimal]
) -> tuple[MonthOfCharges, ...]:
    """Documents by billing month, the newest month first.

    Args:
        documents: without late interest.
        covered: by document id, roubles.
    """
    months: dict[Month, list[Document]] = {}
    for document in documents:
        months.setdefault(document.period, []).append(document)
    return tuple(
        MonthOfCharges(
            period,
            tuple(sorted(group, key=lambda document: (document.on, document.id))),
            sum((covered.get(document.id, ZERO) for document in group), ZERO),
        )
        for period, group in sorted(months.items(), reverse=True)
    )


@dataclass(frozen=True, slots=True)
class Formula:
    """(end − start) × multiplier × price, and whether it leads to what billing charged."""

    start: Decimal
    end: Decimal
    multiplier: Decimal
    rolled_over: bool
    consumption: Decimal
    """kWh."""
    quantity: Decimal
    """What billing charged, kWh."""
    price: Decimal
    net: Decimal
    decimals: int = 0
    """Of the register; the readings are shown with as many."""

    @property
    def explains_quantity(self) -> bool:
        return self.consumption == self.quantity

    @property
    def explains_net(self) -> bool:
        return times_price(self.quantity, self.price) == self.net

    @property
    def difference_kwh(self) -> Decimal:
        return self.quantity - self.consumption


def times_price(quantity: Decimal, price: Decimal) -> Decimal:
    """Roubles without VAT, rounded half up to the kopeck."""
    return (quantity * price).quantize(KOPECK, ROUND_HALF_UP)


def build_formula(
    start: Decimal,
    end: Decimal,
    digits: int,
    multiplier: Decimal,
    quantity: Decimal,
    price: Decimal,
    net: Decimal,
    decimals: int = 0,
) -> Formula:
    """How the sum of a line came about.

    Args:
        start, end: readings of the register at the ends of the period.
        digits: whole digits of the register; an end below the start went through zero.
        quantity: kWh that billing charged.
        price: roubles per kWh.
        net: roubles without VAT that billing charged.
        decimals: of the register, for show.
    """
    rolled_over = end < start
    difference = end - start + (Decimal(10) ** digits if rolled_over else 0)
    consumption = (difference * multiplier).quantize(Decimal("0.001"), ROUND_HALF_UP)
    return Formula(start, end, multiplier, rolled_over, consumption, quantity, price, net, decimals)
