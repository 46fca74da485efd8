"""Charge documents: sums by month and by VAT rate, and whether they are paid.

The portal shows what billing sent; it never computes VAT or late interest as an authority.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from functools import lru_cache

from app.domain.money import KOPECK, ZERO
from app.domain.period import Month
from app.domain.receivables import DocumentBalance
from app.domain.turnover import EntryKind

_KWH = {"квтч": Decimal(1), "kwh": Decimal(1), "мвтч": Decimal(1000), "тысквтч": Decimal(1000)}
_KW = {"квт": Decimal(1), "kw": Decimal(1), "мвт": Decimal(1000)}

_HOURS = re.compile("час(?:а|ов)?$")
_PER_MONTH = re.compile("в?мес(?:яц)?$")
"""Capacity is paid for by the month, and some units say so: «МВт·мес», «кВт в месяц»."""


def in_kwh(quantity: Decimal, unit: str | None) -> Decimal:
    """Convert a quantity of energy to kWh; zero for what is measured in something else.

    Args:
        unit: as billing writes it: «кВт·ч», «МВт*ч», «тыс. кВт-час».
    """
    return quantity * _KWH.get(_normalized(unit), Decimal(0))


def in_kw(quantity: Decimal, unit: str | None) -> Decimal:
    """Convert a quantity of capacity to kW; zero for what is measured in something else.

    Args:
        unit: as billing writes it: «кВт», «МВт·мес», «кВт в месяц».
    """
    return quantity * _KW.get(_PER_MONTH.sub("", _normalized(unit)), Decimal(0))


@lru_cache(maxsize=256)
def _normalized(unit: str | None) -> str:
    """A unit in small letters alone, hours as «ч»."""
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
        """Whether net and VAT make gross; billing may send sums of which this is not true."""
        return self.net + self.vat == self.gross


@dataclass(frozen=True, slots=True)
class Document:
    """A charge as lists show it; roubles, kWh and kW.

    Attributes:
        rates: sums of its lines by VAT rate.
        corrects: ``external_id`` of the document corrected.
        is_interest: late interest, or a correction of it.
        edo_status: ``none`` ``sent`` ``signed`` ``rejected`` by electronic exchange (ЭДО).
    """

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
    is_interest: bool = False
    edo_status: str | None = None

    @property
    def parts(self) -> tuple[RateSum, ...]:
        """Sums by VAT rate that add up to the document's own; the whole document where billing sent
        no lines, or lines with other sums."""
        lines = self.line_totals
        if lines.gross != self.gross:
            return (RateSum(None, self.net, self.vat, self.gross),)
        if (lines.net, lines.vat) == (self.net, self.vat):
            return self.rates
        # Billing has rounded line by line: the rate is known, the sums are those of the document.
        rate = self.rates[0].rate if len(self.rates) == 1 else None
        return (RateSum(rate, self.net, self.vat, self.gross),)

    @property
    def line_totals(self) -> RateSum:
        """Totals of the lines, without a rate."""
        return RateSum(
            None,
            sum((part.net for part in self.rates), ZERO),
            sum((part.vat for part in self.rates), ZERO),
            sum((part.gross for part in self.rates), ZERO),
        )


class PaymentStatus(StrEnum):
    """Whether documents are paid today, for information."""

    OPEN = "open"
    PARTLY = "partly"
    PAID = "paid"
    NOT_DUE = "not_due"
    """Corrected to nothing."""
    CREDIT = "credit"
    """Lowers other documents."""
    OLDER = "older"
    """From before the first balance that billing has sent: counted in that one."""


@dataclass(frozen=True, slots=True)
class PaymentSummary:
    """Amount due of some documents after corrections, and what of it is unpaid; roubles.

    ``amount_due`` is None where the ledger does not count these documents one by one.
    """

    gross: Decimal
    amount_due: Decimal | None
    unpaid: Decimal

    @property
    def status(self) -> PaymentStatus:
        if self.unpaid:
            return PaymentStatus.OPEN if self.unpaid == self.amount_due else PaymentStatus.PARTLY
        if self.amount_due:
            return PaymentStatus.PAID
        if self.gross < 0:
            return PaymentStatus.CREDIT
        return PaymentStatus.OLDER if self.amount_due is None else PaymentStatus.NOT_DUE


def summarize_payment(
    documents: Iterable[Document], balances: Mapping[int, DocumentBalance], today: date
) -> PaymentSummary:
    """Add up what is due and unpaid of some documents.

    Args:
        balances: by document id, as ``OpenItems.documents``; what is dated later than ``today``
            is not among them, and unpaid.
        today: business date.
    """
    gross, amount_due, unpaid, is_known = ZERO, ZERO, ZERO, False
    for document in documents:
        balance = balances.get(document.id)
        if balance is None and document.on > today:
            balance = DocumentBalance(max(ZERO, document.gross), max(ZERO, document.gross))
        gross += document.gross
        if balance is not None:
            is_known = True
            amount_due += balance.amount_due
            unpaid += balance.unpaid
    return PaymentSummary(gross, amount_due if is_known else None, unpaid)


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
        return sum_by_rate(part for document in self.documents for part in document.parts)


def sum_by_rate(parts: Iterable[RateSum]) -> tuple[RateSum, ...]:
    """Add up sums of the same VAT rate, roubles; the higher rate first, what has none last."""
    sums: dict[Decimal | None, RateSum] = {}
    for part in parts:
        total = sums.get(part.rate, RateSum(part.rate, ZERO, ZERO, ZERO))
        sums[part.rate] = RateSum(
            part.rate, total.net + part.net, total.vat + part.vat, total.gross + part.gross
        )
    return tuple(sorted(sums.values(), key=lambda part: -(part.rate or Decimal(-1))))


def build_months(
    documents: Sequence[Document], balances: Mapping[int, DocumentBalance], today: date
) -> tuple[MonthOfCharges, ...]:
    """Group documents by billing month, the newest month first.

    Args:
        documents: without late interest.
        balances: by document id, as ``OpenItems.documents``.
        today: business date.
    """
    months: dict[Month, list[Document]] = {}
    for document in documents:
        months.setdefault(document.period, []).append(document)
    return tuple(
        MonthOfCharges(
            period,
            tuple(sorted(group, key=lambda document: (document.on, document.id))),
            summarize_payment(group, balances, today),
        )
        for period, group in sorted(months.items(), reverse=True)
    )


def multiply_by_price(quantity: Decimal, price: Decimal) -> Decimal:
    """Multiply a quantity by its price: roubles without VAT, rounded half up to the kopeck.

    Args:
        quantity: in the unit that the price is for.
        price: roubles without VAT for a unit.
    """
    return (quantity * price).quantize(KOPECK, ROUND_HALF_UP)
