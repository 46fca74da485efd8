"""Recognise words and dates in passwords, in any script, transliteration or keyboard layout.

A word and its common transliterations have one spelling here («Ромашка», «romashka», «РОМАШКА»),
and what was typed in the other keyboard layout («hjvfirf») is read as both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date

_RUSSIAN_KEYS = "йцукенгшщзхъфывапролджэячсмитьбюё"
_LATIN_KEYS = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`"
TO_LATIN_KEYS = str.maketrans(_RUSSIAN_KEYS, _LATIN_KEYS)
_TO_RUSSIAN_KEYS = str.maketrans(_LATIN_KEYS, _RUSSIAN_KEYS)
_TRANSLITERATION = {
    "а": "a",
    "б": "b",
    "в": "v",
    "г": "g",
    "д": "d",
    "е": "e",
    "ё": "e",
    "ж": "zh",
    "з": "z",
    "и": "i",
    "й": "i",
    "к": "k",
    "л": "l",
    "м": "m",
    "н": "n",
    "о": "o",
    "п": "p",
    "р": "r",
    "с": "s",
    "т": "t",
    "у": "u",
    "ф": "f",
    "х": "h",
    "ц": "c",
    "ч": "ch",
    "ш": "sh",
    "щ": "sh",
    "ъ": "",
    "ы": "i",
    "ь": "",
    "э": "e",
    "ю": "u",
    "я": "a",
}
_SPELLINGS = (
    ("shch|sch|shh", "sh"),
    ("kh", "h"),
    ("ts|tz", "c"),
    ("ph", "f"),
    ("[yij]([aeou])", r"\1"),
    ("(?<![csz])j", "i"),
    ("y", "i"),
    ("w", "v"),
    (r"(.)\1(?!\1)(?<!\1\1\1)", r"\1"),
)
"""Ways to transliterate, each with the one that stands for them all; the order matters."""
_LEETSPEAK = str.maketrans("013457@$", "oleastas")
_SEQUENCES = ("01234567890123456789", "98765432109876543210")
SHORT_DIGITS = 4


def normalise_spelling(text: str) -> str:
    """Reduce a text to Latin letters in the one spelling that stands for all transliterations."""
    text = "".join(_TRANSLITERATION.get(character, character) for character in text.casefold())
    text = re.sub("[^a-z]", "", text)
    for pattern, standard in _SPELLINGS:
        text = re.sub(pattern, standard, text)
    return text


def interpretations_of(password: str) -> Iterator[tuple[str, str]]:
    """Yield (text, digits) for each way to read a password.

    As typed, in either keyboard layout, and with digits for letters («p4ssw0rd»), where only those
    at the end are left as digits.
    """
    typed = password.casefold()
    digits = re.sub("[^0-9]", "", typed)
    for text in (typed, typed.translate(TO_LATIN_KEYS), typed.translate(_TO_RUSSIAN_KEYS)):
        yield text, digits
    head = re.sub(r"[\d\W_]+$", "", typed)
    yield head.translate(_LEETSPEAK), re.sub("[^0-9]", "", typed[len(head) :])


def consists_of(text: str, tokens: frozenset[str], fillers: frozenset[str]) -> bool:
    """Whether a text is nothing but tokens and fillers in a row, at least one of them a token."""
    # For each length of the beginning: 0 it cannot be read, 1 as fillers only, 2 with a token.
    reached = [1] + [0] * len(text)
    longest = max((len(token) for token in tokens | fillers), default=0)
    for end in range(1, len(text) + 1):
        for start in range(max(0, end - longest), end):
            if not reached[start]:
                continue
            part = text[start:end]
            if part in tokens:
                reached[end] = 2
            elif part in fillers:
                reached[end] = max(reached[end], reached[start])
    return reached[-1] == 2


def are_digits_guessable(digits: str, known: Iterable[str] = ()) -> bool:
    """Whether digits add little: few, in a row, one repeated, a year, a date, known ones."""
    if len(digits) <= SHORT_DIGITS or len(set(digits)) == 1:
        return True
    if any(digits in sequence for sequence in _SEQUENCES):
        return True
    return _is_date(digits) or digits in set(known)


def _is_date(digits: str) -> bool:
    if len(digits) not in (6, 8):
        return False
    year_first = digits[:-4], digits[-4:-2], digits[-2:]
    day_first = digits[4:], digits[2:4], digits[:2]
    return any(_is_day(*parts) for parts in (day_first, year_first))


def _is_day(year: str, month: str, day: str) -> bool:
    whole_year = int(year) if len(year) == 4 else 2000 + int(year)
    if not 1900 <= whole_year <= 2100:
        return False
    try:
        date(whole_year, int(month), int(day))
    except ValueError:
        return False
    return True
