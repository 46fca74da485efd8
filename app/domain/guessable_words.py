"""Words that stand in passwords, however they are spelt: cases, scripts, keyboard layouts.

A word and its transliteration, whichever of the usual ones, have one spelling here («Ромашка»,
«romashka», «РОМАШКА»), and what was typed in the other keyboard layout («hjvfirf») is read as both.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date

_RUSSIAN_KEYS = "йцукенгшщзхъфывапролджэячсмитьбюё"
_LATIN_KEYS = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`"
TO_LATIN_KEYS = str.maketrans(_RUSSIAN_KEYS, _LATIN_KEYS)
_TO_RUSSIAN_KEYS = str.maketrans(_LATIN_KEYS, _RUSSIAN_KEYS)
_LETTERS = {
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
_LOOK_ALIKE_DIGITS = str.maketrans("013457@$", "oleastas")
_SEQUENCES = ("01234567890123456789", "98765432109876543210")
SHORT_DIGITS = 4


def spell(text: str) -> str:
    """Letters of a text in the one spelling of all transliterations."""
    letters = "".join(_LETTERS.get(letter, letter) for letter in text.casefold())
    letters = re.sub("[^a-z]", "", letters)
    for pattern, standard in _SPELLINGS:
        letters = re.sub(pattern, standard, letters)
    return letters


def readings_of(password: str) -> Iterator[tuple[str, str]]:
    """(text, digits) that somebody may have meant: as typed, in the other layout, and with digits
    for letters, of which only those at the end are left as digits."""
    typed = password.casefold()
    digits = re.sub("[^0-9]", "", typed)
    for text in (typed, typed.translate(TO_LATIN_KEYS), typed.translate(_TO_RUSSIAN_KEYS)):
        yield text, digits
    head = re.sub(r"[\d\W_]+$", "", typed)
    yield head.translate(_LOOK_ALIKE_DIGITS), re.sub("[^0-9]", "", typed[len(head) :])


def is_made_of(letters: str, words: frozenset[str], fillers: frozenset[str]) -> bool:
    """Whether letters are nothing but words in a row, at least one of them no mere filler."""
    # For each length of the beginning: 0 it cannot be read, 1 as fillers only, 2 with a word.
    reached = [1] + [0] * len(letters)
    longest = max((len(word) for word in words | fillers), default=0)
    for end in range(1, len(letters) + 1):
        for start in range(max(0, end - longest), end):
            if not reached[start]:
                continue
            part = letters[start:end]
            if part in words:
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
