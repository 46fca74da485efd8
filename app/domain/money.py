"""Roubles: exact, and in words.

Money is ``Decimal`` roubles with two places everywhere in Python, and integer kopecks in the table.
"""

from __future__ import annotations

import re
from decimal import Decimal

from num2words import num2words

from app.domain.errors import AmountError

ZERO = Decimal("0.00")
KOPECK = Decimal("0.01")
_ROUBLES = ("рубль", "рубля", "рублей")
_TYPED = re.compile(r"([0-9]{1,12})(?:[.,]([0-9]{1,2}))?")
_KOPECKS = ("копейка", "копейки", "копеек")


def from_kopecks(kopecks: int) -> Decimal:
    """Kopecks to roubles with two places, exactly."""
    return Decimal(kopecks).scaleb(-2)


def parse_roubles(text: str) -> Decimal:
    """A sum as people type it: «12 345,67», «12345.6 ₽», «12345 руб.» → roubles, two places.

    Raises:
        AmountError: anything else, a sign included.
    """
    bare = re.sub(r"[\s\u2009\u202f]+", "", text[:60]).rstrip("₽")
    bare = re.sub(r"(?i)руб(лей|ля|ль)?\.?$|р\.?$", "", bare)
    match = _TYPED.fullmatch(bare)
    if match is None:
        raise AmountError
    return Decimal(f"{match[1]}.{(match[2] or '').ljust(2, '0')}")


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
