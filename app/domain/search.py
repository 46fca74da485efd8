"""Normalise text for the search of contracts: queries and stored text alike."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from app.domain.characters import APOSTROPHES, DASHES, plain_spaces, strip_invisible
from app.domain.contract_number import number_key

MAX_TOKENS = 8
MAX_TYPED = 200
_NO_APOSTROPHES = dict.fromkeys(map(ord, APOSTROPHES))
_SIGNS = (
    dict.fromkeys(map(ord, '«»"„“”‟'), " ")
    | dict.fromkeys(map(ord, DASHES), "-")
    | _NO_APOSTROPHES
    | {ord("ё"): "е"}
)
_PLAIN = re.compile('[0-9A-Za-zА-Яа-яЁё .,:;()/@_+№«»"-]*')
"""Texts without any rare character, which is nearly all of them: folded in a third of the time."""


@dataclass(frozen=True, slots=True)
class Token:
    """One token of a query, folded: a text has it if it has any of its writings."""

    text: str
    writings: tuple[str, ...]
    is_email: bool
    """Whether it may be an email address, which accounts have as well."""


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """What contracts are searched by: all tokens, or the telephone, or the whole number.

    No writing has a space in it.
    """

    tokens: tuple[Token, ...]
    phone: str | None
    number_key: str

    @property
    def needles(self) -> set[str]:
        """Every string that is looked for in search texts."""
        writings = {writing for token in self.tokens for writing in token.writings}
        return writings if self.phone is None else writings | {self.phone}

    @property
    def folded_number(self) -> str:
        """The whole number as search texts have it."""
        return fold(self.number_key)


def parse_query(typed: str) -> SearchQuery:
    """Parse what is typed into the search of contracts."""
    tokens = tuple(map(_parse_token, query_tokens(typed)))
    return SearchQuery(tokens, phone_digits(typed), number_key(typed))


def _parse_token(token: str) -> Token:
    if is_email_like(token):
        return Token(token, (token,), is_email=True)
    is_other_writing = is_number_like(token) and not token.isdigit()
    printed = fold(number_key(token)) if is_other_writing else token
    return Token(token, tuple(dict.fromkeys((token, printed))), is_email=False)


def fold(text: str) -> str:
    """Fold text for comparison: «ООО "Рассвёт‑О’Кей"» is «ооо рассвет-окей».

    Small letters, «е» for «ё», no quotes, apostrophes or invisible characters, one kind of dash,
    single spaces.
    """
    if _PLAIN.fullmatch(text):
        text = text.lower().replace("«", " ").replace("»", " ").replace('"', " ")
        return " ".join(text.replace("ё", "е").replace("№", "no").split())
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
