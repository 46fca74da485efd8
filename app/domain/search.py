"""Normalise text for the search of contracts: queries and stored text alike."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from app.domain.characters import APOSTROPHES, DASHES, plain_spaces, strip_invisible

MAX_TOKENS = 8
MAX_TYPED = 200
_NO_APOSTROPHES = dict.fromkeys(map(ord, APOSTROPHES))
_SIGNS = (
    dict.fromkeys(map(ord, '«»"„“”‟'), " ")
    | dict.fromkeys(map(ord, DASHES), "-")
    | _NO_APOSTROPHES
    | {ord("ё"): "е"}
)


def fold(text: str) -> str:
    """Fold text for comparison: «ООО "Рассвёт‑О’Кей"» is «ооо рассвет-окей».

    Small letters, «е» for «ё», no quotes, apostrophes or invisible characters, one kind of dash,
    single spaces.
    """
    # Some apostrophes would fall apart into a space and a stroke.
    text = strip_invisible(text).translate(_NO_APOSTROPHES)
    text = plain_spaces(unicodedata.normalize("NFKC", text)).casefold()
    text = unicodedata.normalize("NFKC", text).translate(_SIGNS)
    return " ".join(text.split())


def index_text(parts: Iterable[str | None]) -> str:
    """Build the search text of a contract: its parts folded, each once."""
    return "\n".join(dict.fromkeys(fold(part) for part in parts if part))


def query_tokens(text: str) -> list[str]:
    """Split a query into tokens, each of which has to occur; empty if there is nothing to find."""
    text = strip_invisible(text)
    clean = "".join(character if character.isprintable() else " " for character in text)
    return [
        token for token in fold(clean[:MAX_TYPED]).split()[:MAX_TOKENS] if token.strip("%_.,;-")
    ]


def is_number_like(token: str) -> bool:
    """Whether a token may be a contract number in one of its writings."""
    return re.fullmatch(r"[0-9]{1,10}-?[a-zа-я]{0,2}", token) is not None


def phone_digits(typed: str) -> str | None:
    """Extract the digits of a phone number or of its end, without the country code.

    None: what is typed is something else. Ten digits may be an ИНН as well.
    """
    if not re.fullmatch(r"[0-9+()\s.-]{6,30}", typed.strip()):
        return None
    digits = re.sub("[^0-9]", "", typed)
    if len(digits) == 11 and digits[0] in "78":
        digits = digits[1:]
    return digits if 6 <= len(digits) <= 15 else None


def is_email_like(token: str) -> bool:
    """Whether a token may be an email address or its domain."""
    return "@" in token or re.fullmatch(r"[\w.-]+\.[a-zа-я]{2,}", token) is not None
