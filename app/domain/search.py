"""How clerks find a contract: what is typed and what is on record are folded alike."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from app.domain.characters import APOSTROPHES, DASHES, plain_spaces, strip_invisible

MAX_WORDS = 8
MAX_TYPED = 200
_NO_APOSTROPHES = dict.fromkeys(map(ord, APOSTROPHES))
_SIGNS = (
    dict.fromkeys(map(ord, '«»"„“”‟'), " ")
    | dict.fromkeys(map(ord, DASHES), "-")
    | _NO_APOSTROPHES
    | {ord("ё"): "е"}
)


def fold(text: str) -> str:
    """Small letters, «е» for «ё», no quotes, apostrophes or invisible characters, one kind of
    dash, single spaces: «ООО "Рассвёт‑О’Кей"» is «ооо рассвет-окей»."""
    # Some apostrophes would fall apart into a space and a stroke.
    text = strip_invisible(text).translate(_NO_APOSTROPHES)
    text = plain_spaces(unicodedata.normalize("NFKC", text)).casefold()
    text = unicodedata.normalize("NFKC", text).translate(_SIGNS)
    return " ".join(text.split())


def index_text(parts: Iterable[str | None]) -> str:
    """What a contract is found by: its parts folded, each once."""
    return "\n".join(dict.fromkeys(fold(part) for part in parts if part))


def query_words(text: str) -> list[str]:
    """The words of a query; each has to occur. Empty: nothing to look for."""
    text = strip_invisible(text)
    clean = "".join(character if character.isprintable() else " " for character in text)
    return [word for word in fold(clean[:MAX_TYPED]).split()[:MAX_WORDS] if word.strip("%_.,;-")]


def is_number_like(word: str) -> bool:
    """Whether a word may be a contract number in one of its writings."""
    return re.fullmatch(r"[0-9]{1,10}-?[a-zа-я]{0,2}", word) is not None
