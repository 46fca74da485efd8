"""How sums, counts and days are written for people, on pages and in messages alike."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import lru_cache

from app.domain.money import plural

NBSP = "\u00a0"
MINUS = "\u2212"


def money(amount: Decimal) -> str:
    """«1 234 567,89» with no-break spaces; the unit is in the table's head or beside.

    A page formats hundreds of sums, so it is made by one format and not figure by figure.
    """
    if not amount:
        return "0,00"  # whatever its sign
    return f"{amount:,.2f}".replace(",", NBSP).replace(".", ",").replace("-", MINUS)


def roubles(amount: Decimal) -> str:
    """«1 234 567,89 ₽»."""
    return f"{money(amount)}{NBSP}₽"


def counted(number: int, one: str, few: str, many: str) -> str:
    """«1 месяц», «3 месяца», «12 месяцев»."""
    return f"{number}{NBSP}{plural(number, (one, few, many))}"


@lru_cache(maxsize=4096)
def day(value: date | None) -> str:
    """«22.11.2026»."""
    return f"{value.day:02d}.{value.month:02d}.{value.year:04d}" if value else ""
