"""Recognise names of files and columns in another case or with look-alike Cyrillic characters.

Names of the format are Latin and lower-case. «сustomer_id» with a Russian «с» cannot be told from
the right name by eye, and a column that is not recognised would silently empty what was loaded.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable

_LATIN = dict(zip("авекмнорстухіјѕ", "abekmhopctyxijs", strict=True))
_TRANSLATION = str.maketrans(_LATIN)
_CAPITALS = {character.upper() for character in _LATIN}
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")


def fold_name(name: str) -> str:
    """Normalise a name: lower-case, look-alikes as Latin, without invisible characters."""
    plain = unicodedata.normalize("NFKC", _INVISIBLE.sub("", name)).strip()
    return plain.casefold().translate(_TRANSLATION)


def match_names(names: Iterable[str], known: Collection[str]) -> dict[str, str]:
    """Map names in another spelling to the known names that they mean.

    Two spellings of one name are both left out, as is a spelling beside the name itself: nobody
    can tell which of them was meant.

    Args:
        names: as the batch writes them.
        known: names of the format.
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


def find_cyrillic_lookalike(text: str) -> str | None:
    """The first Cyrillic character of a text that looks like a Latin one; None: there is none."""
    return next((c for c in text if c in _LATIN or c in _CAPITALS), None)


def explain_spelling(name: str) -> str:
    """Say in Russian what is unusual about a name that ``match_names`` recognised."""
    if character := find_cyrillic_lookalike(name):
        return f"буква «{character}» русская, а нужна латинская"
    if name != name.lower():
        return "нужны строчные буквы"
    return "в имени есть невидимые знаки"


def explain_mixed_alphabets(key: str) -> str | None:
    """Say in Russian that a key mixes Latin and Cyrillic, as «00001-ЭC»; None: it does not."""
    latin = [character for character in key if "a" <= character.lower() <= "z"]
    russian = [character for character in key if "а" <= character.lower() <= "я"]
    if not latin or not russian:
        return None
    return f"в ключе русские и латинские буквы вместе: «{latin[0]}» латинская"
