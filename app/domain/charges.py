"""Documents of charges: what they hold, by month and by VAT rate, and whether they are paid.

The portal shows what billing sent; it never computes VAT or late interest as an authority.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from app.domain.money import KOPECK, ZERO
from app.domain.period import Month
from app.domain.receivables import DocumentBalance
from app.domain.turnover import EntryKind

_KWH = {"квтч": Decimal(1), "kwh": Decimal(1), "мвтч": Decimal(1000), "тысквтч": Decimal(1000)}
_KW = {"квт": Decimal(1), "kw": Decimal(1), "мвт": Decimal(1000)}

_HOURS = re.compile("час(?:а|ов)?$")
_A_MONTH = re.compile("в?мес(?:яц)?$")
"""Capacity is paid for by the month, and some units say so: «МВт·мес», «кВт в месяц»."""


def in_kwh(quantity: Decimal, unit: str | None) -> Decimal:
    """A quantity of energy in kWh; zero for what is measured in something else."""
    return quantity * _KWH.get(_bare(unit), Decimal(0))


def in_kw(quantity: Decimal, unit: str | None) -> Decimal:
    """A quantity of capacity in kW; zero for what is measured in something else."""
    return quantity * _KW.get(_A_MONTH.sub("", _bare(unit)), Decimal(0))


def _bare(unit: str | None) -> str:
    return _HOURS.sub("ч", re.sub(r"[^a-zа-яё]", "", (unit or "").casefold()))


@dataclass(frozen=True, slots=True)
class RateSum:
    """The part of a document, or of a month, with one VAT rate; roubles. ``rate`` in per cent,
    None where there is no VAT."""

    rate: Decimal | None
    net: Decimal
    vat: Decimal
    gross: Decimal

    @property
    def adds_up(self) -> bool:
        """Billing may send sums of which this is not true."""
        return self.net + self.vat == self.gross


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
    kw: Decimal
    rates: tuple[RateSum, ...]
    corrects: str | None
    """``external_id`` of the document corrected."""
    is_interest: bool = False
    """Late interest, or a correction of it."""

    @property
    def parts(self) -> tuple[RateSum, ...]:
        """Sums by VAT rate that add up to the document's own; the whole document where billing sent
        no lines, or lines with other sums."""
        lines = self.of_lines
        if lines.gross != self.gross:
            return (RateSum(None, self.net, self.vat, self.gross),)
        if (lines.net, lines.vat) == (self.net, self.vat):
            return self.rates
        # Billing has rounded line by line: the rate is known, the sums are those of the document.
        rate = self.rates[0].rate if len(self.rates) == 1 else None
        return (RateSum(rate, self.net, self.vat, self.gross),)

    @property
    def of_lines(self) -> RateSum:
        """What the lines come to, without a rate."""
        return RateSum(
            None,
            sum((part.net for part in self.rates), ZERO),
            sum((part.vat for part in self.rates), ZERO),
            sum((part.gross for part in self.rates), ZERO),
        )


class PaymentStatus(StrEnum):
    """How documents stand today, for information."""

    OPEN = "open"
    PARTLY = "partly"
    PAID = "paid"
    NOT_ASKED = "not_asked"
    """Corrected to nothing."""
    CREDIT = "credit"
    """Lowers other documents."""
    OLDER = "older"
    """From before the first balance that billing has sent: counted in that one."""


@dataclass(frozen=True, slots=True)
class PaymentSummary:
    """What documents ask for after corrections, and what of it is unpaid; roubles."""

    gross: Decimal
    demand: Decimal | None
    """None: the ledger does not count these documents one by one."""
    unpaid: Decimal

    @property
    def status(self) -> PaymentStatus:
        if self.unpaid:
            return PaymentStatus.OPEN if self.unpaid == self.demand else PaymentStatus.PARTLY
        if self.demand:
            return PaymentStatus.PAID
        if self.gross < 0:
            return PaymentStatus.CREDIT
        return PaymentStatus.OLDER if self.demand is None else PaymentStatus.NOT_ASKED


def summarize_payment(
    documents: Iterable[Document], states: Mapping[int, DocumentBalance], today: date
) -> PaymentSummary:
    """How some documents stand together.

    Args:
        states: by document id, as ``Dues.documents``; what is dated later than ``today`` is not
            among them, and unpaid.
    """
    gross, demand, unpaid, known = ZERO, ZERO, ZERO, False
    for document in documents:
        state = states.get(document.id)
        if state is None and document.on > today:
            state = DocumentBalance(max(ZERO, document.gross), max(ZERO, document.gross))
        gross += document.gross
        if state is not None:
            known = True
            demand += state.demand
            unpaid += state.unpaid
    return PaymentSummary(gross, demand if known else None, unpaid)


@dataclass(frozen=True, slots=True)
class MonthOfCharges:
    """The documents of one billing month, late interest apart."""

    period: Month
    documents: tuple[Document, ...]
    payment: PaymentSummary

    @property
    def kwh(self) -> Decimal:
        return sum((document.kwh for document in self.documents), Decimal(0))

    @property
    def kw(self) -> Decimal:
        return sum((document.kw for document in self.documents), Decimal(0))

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
        return sum_by_rate(rate for document in self.documents for rate in document.parts)


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
    documents: Sequence[Document], states: Mapping[int, DocumentBalance], today: date
) -> tuple[MonthOfCharges, ...]:
    """Documents by billing month, the newest month first.

    Args:
        documents: without late interest.
        states: by document id.
    """
    months: dict[Month, list[Document]] = {}
    for document in documents:
        months.setdefault(document.period, []).append(document)
    return tuple(
        MonthOfCharges(
            period,
            tuple(sorted(group, key=lambda document: (document.on, document.id))),
            summarize_payment(group, states, today),
        )
        for period, group in sorted(months.items(), reverse=True)
    )


def times_price(quantity: Decimal, price: Decimal) -> Decimal:
    """Roubles without VAT, rounded half up to the kopeck."""
    return (quantity * price).quantize(KOPECK, ROUND_HALF_UP)
