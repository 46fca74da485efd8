"""Recognise names of files and columns in another case or with look-alike Cyrillic letters.

Names of the format are Latin and lower-case. «сustomer_id» with a Russian «с» looks right on every
screen, and a column that is not recognised would silently empty what billing had sent before.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable

_LATIN = dict(zip("авекмнорстухіјѕ", "abekmhopctyxijs", strict=True))
_TRANSLATION = str.maketrans(_LATIN)
_CAPITALS = {letter.upper() for letter in _LATIN}
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")


def fold_name(name: str) -> str:
    """A name as somebody would read it aloud: lower-case, Latin, without what cannot be seen."""
    plain = unicodedata.normalize("NFKC", _INVISIBLE.sub("", name)).strip()
    return plain.casefold().translate(_TRANSLATION)


def match_names(names: Iterable[str], known: Collection[str]) -> dict[str, str]:
    """Names that are written otherwise, with the known name each of them stands for.

    Two writings of one name are both left out, as is a writing beside the name itself: nobody can
    tell which of them was meant.
    """
    names = list(names)
    found: dict[str, str] = {}
    for name in names:
        folded = fold_name(name)
        if name in known or folded not in known or folded in names:
            continue
        if sum(fold_name(other) == folded for other in names) == 1:
            found[name] = folded
    return found


def find_foreign_letter(text: str) -> str | None:
    """The first Russian letter of a text that looks like a Latin one; None where there is none."""
    return next((c for c in text if c in _LATIN or c in _CAPITALS), None)


def explain_writing(name: str) -> str:
    """What is unusual about the writing of a name."""
    if letter := find_foreign_letter(name):
        return f"буква «{letter}» русская, а нужна латинская"
    if name != name.lower():
        return "нужны строчные буквы"
    return "в имени есть невидимые знаки"


def find_mixed_letters(key: str) -> str | None:
    """A word about Latin letters among Russian ones in a key, such as «00001-ЭC»."""
    latin = [character for character in key if "a" <= character.lower() <= "z"]
    russian = [character for character in key if "а" <= character.lower() <= "я"]
    if not latin or not russian:
        return None
    return f"в ключе русские и латинские буквы вместе: «{latin[0]}» латинская"
