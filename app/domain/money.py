"""Exact roubles: parsing, Russian plural forms, and the amount in words.

Money is ``Decimal`` roubles with two places everywhere in Python, and integer kopecks in the table.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

from app.domain.characters import DASHES, strip_invisible
from app.domain.errors import AmountError

ZERO = Decimal("0.00")
_TO_HYPHEN = dict.fromkeys(map(ord, DASHES), "-")
KOPECK = Decimal("0.01")
_ROUBLES = ("рубль", "рубля", "рублей")
_WHOLE = r"(?P<whole>[0-9]{1,12}|[0-9]{1,3}(?: [0-9]{3}){1,3})"
_ROUBLE_UNIT = r"(?:руб(?:л[а-я]{1,2}|\.)?|р\.?|₽)"
_KOPECK_UNIT = r"(?:коп(?:еек|ейк[а-я])?\.?|к\.?)"
# One mark before one or two digits is the decimal one: «12345,6». A hyphen or an equals sign, as in
# hand-written bills, wants both digits.
_SUM = re.compile(
    rf"{_WHOLE}(?:[.,](?P<part>[0-9]{{1,2}})|[-=](?P<exact>[0-9]{{2}}))? ?{_ROUBLE_UNIT}?",
    re.IGNORECASE,
)
# Thousands by one mark and kopecks by the other: «12.345,67», «12,345.67».
_TWO_MARKS = re.compile(
    rf"(?P<whole>[0-9]{{1,3}}(?:\.[0-9]{{3}}){{1,3}}),(?P<part>[0-9]{{2}}) ?{_ROUBLE_UNIT}?"
    rf"|(?P<whole2>[0-9]{{1,3}}(?:,[0-9]{{3}}){{1,3}})\.(?P<part2>[0-9]{{2}}) ?{_ROUBLE_UNIT}?",
    re.IGNORECASE,
)
# Kopecks with their unit are a number, not a fraction: «5 руб. 7 коп.» is 5,07.
_ROUBLES_AND_KOPECKS = re.compile(
    rf"{_WHOLE} ?{_ROUBLE_UNIT},? ?(?P<kopecks>[0-9]{{1,2}}) ?{_KOPECK_UNIT}", re.IGNORECASE
)
_KOPECKS = ("копейка", "копейки", "копеек")


def from_kopecks(kopecks: int) -> Decimal:
    """Convert kopecks to roubles with two places, exactly."""
    return Decimal(kopecks) * KOPECK


def parse_roubles(text: str) -> Decimal:
    """Parse an amount as people type it into roubles with two places.

    «12 345,67», «12345.6 ₽», «12345-67», «12 345 руб. 67 коп.». What may mean two sums, as
    «12.345», is refused.

    Raises:
        AmountError: anything else, a sign included.
    """
    text = unicodedata.normalize("NFKC", strip_invisible(text[:60]))
    bare = " ".join(text.translate(_TO_HYPHEN).split())
    bare = re.sub(r" ?([.,=-]) ?(?=[0-9])", r"\1", bare)
    # A telephone makes a full stop of two spaces.
    bare = re.sub(r"(?<=[0-9₽]) ?[.,;]$", "", bare)
    if match := _ROUBLES_AND_KOPECKS.fullmatch(bare):
        whole, part = match["whole"], match["kopecks"].zfill(2)
    elif match := _SUM.fullmatch(bare):
        whole, part = match["whole"], (match["part"] or match["exact"] or "").ljust(2, "0")
    elif match := _TWO_MARKS.fullmatch(bare):
        whole = match["whole"] or match["whole2"]
        part = match["part"] or match["part2"]
    else:
        raise AmountError
    return Decimal(f"{re.sub('[^0-9]', '', whole)}.{part}")


def plural(number: int, forms: tuple[str, str, str]) -> str:
    """Choose the Russian plural form for a number.

    Args:
        forms: for 1, 2 and 5: («рубль», «рубля», «рублей»).
    """
    number = abs(number) % 100
    if 11 <= number <= 14:
        return forms[2]
    return forms[0] if number % 10 == 1 else forms[1] if 2 <= number % 10 <= 4 else forms[2]


def amount_in_words(amount: Decimal) -> str:
    """Write an amount in Russian words: «Одна тысяча двести тридцать четыре рубля 56 копеек».

    A negative amount begins with «Минус».

    Args:
        amount: roubles, two places.
    """
    kopecks = int(abs(amount).scaleb(2))
    roubles, rest = divmod(kopecks, 100)
    from num2words import num2words  # noqa: PLC0415 - heavy, and few pages need it

    number = num2words(roubles, lang="ru")
    text = f"{number} {plural(roubles, _ROUBLES)} {rest:02d} {plural(rest, _KOPECKS)}"
    text = f"минус {text}" if amount < 0 else text
    return text[0].upper() + text[1:]
