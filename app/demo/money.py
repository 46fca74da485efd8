"""Exact arithmetic of a bill: everything is Decimal, roubles are rounded half up per line."""

from __future__ import annotations

from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import NamedTuple

from app.demo.timeline import Month

ZERO = Decimal("0.00")
KOPECK = Decimal("0.01")
VAT_22_FROM = Month(2026, 1)


class Sums(NamedTuple):
    """Net, VAT and gross of a line or a document, roubles."""

    amount: Decimal
    vat_amount: Decimal
    total: Decimal


def round_half_up(value: Decimal, decimals: int) -> Decimal:
    """``value`` with exactly so many decimals; a half goes away from zero, as accountants do."""
    return value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def round_down(value: Decimal, decimals: int) -> Decimal:
    """``value`` with exactly so many decimals, never larger than it was."""
    return value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_FLOOR)


def round_money(value: Decimal) -> Decimal:
    """``value`` in roubles to the kopeck."""
    return round_half_up(value, 2)


def vat_percent(delivered: Month) -> int:
    """VAT rate of energy delivered in a month, whatever the date of the document."""
    return 22 if delivered >= VAT_22_FROM else 20


def price_line(qty: Decimal, price: Decimal, vat_rate: int | None) -> Sums:
    """Roubles of one line; ``vat_rate`` in per cent, None for what bears no VAT."""
    amount = round_money(qty * price)
    vat_amount = round_money(amount * vat_rate / 100) if vat_rate else ZERO
    return Sums(amount, vat_amount, amount + vat_amount)


def vat_included(total: Decimal, vat_rate: int) -> Decimal:
    """The VAT inside a gross sum, roubles."""
    return round_money(total * vat_rate / (100 + vat_rate))
