"""Roubles: exact, and in words.

Money is ``Decimal`` roubles with two places everywhere in Python, and integer kopecks in the table.
"""

from __future__ import annotations

from decimal import Decimal

from num2words import num2words

ZERO = Decimal("0.00")
_ROUBLES = ("рубль", "рубля", "рублей")
_KOPECKS = ("копейка", "копейки", "копеек")


def from_kopecks(kopecks: int) -> Decimal:
    """Kopecks to roubles with two places, exactly."""
    return Decimal(kopecks).scaleb(-2)


def plural(number: int, forms: tuple[str, str, str]) -> str:
    """The Russian form for a number: (1 рубль, 2 рубля, 5 рублей)."""
    number = abs(number) % 100
    if 11 <= number <= 14:
        return forms[2]
    return forms[0] if number % 10 == 1 else forms[1] if 2 <= number % 10 <= 4 else forms[2]


def sum_in_words(amount: Decimal) -> str:
    """«Одна тысяча двести тридцать четыре рубля 56 копеек»; a negative sum begins with «Минус».

    Args:
        amount: roubles, two places.
    """
    kopecks = int(abs(amount).scaleb(2))
    roubles, rest = divmod(kopecks, 100)
    number = num2words(roubles, lang="ru")
    words = f"{number} {plural(roubles, _ROUBLES)} {rest:02d} {plural(rest, _KOPECKS)}"
    words = f"минус {words}" if amount < 0 else words
    return words[0].upper() + words[1:]
