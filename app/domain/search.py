"""How clerks find a contract: what is typed and what is on record are folded alike."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

MAX_WORDS = 8
MAX_TYPED = 200
_QUOTES = str.maketrans(dict.fromkeys("«»\"'„“”`", " "))


def fold(text: str) -> str:
    """Small letters, «е» for «ё», no quotes, single spaces: «ООО "Рассвёт"» is «ооо рассвет»."""
    text = unicodedata.normalize("NFKC", text).casefold().replace("ё", "е").translate(_QUOTES)
    return " ".join(text.split())


def index_text(parts: Iterable[str | None]) -> str:
    """What a contract is found by: its parts folded, each once."""
    return "\n".join(dict.fromkeys(fold(part) for part in parts if part))


def query_words(text: str) -> list[str]:
    """The words of a query; each has to occur. Empty: nothing to look for."""
    clean = "".join(character if character.isprintable() else " " for character in text)
    return [word for word in fold(clean[:MAX_TYPED]).split()[:MAX_WORDS] if word.strip("%_.,;-")]


def is_number_like(word: str) -> bool:
    """Whether a word may be a contract number in one of its writings."""
    return re.fullmatch(r"[0-9]{1,10}-?[a-zа-я]{0,2}", word) is not None
