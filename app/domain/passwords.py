"""What a password must be: 8–20 characters of any kind (user manual §3), none of the usual ones.

Length and a list of common passwords, no rules of composition (NIST SP 800-63B, 3.1.1.2).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from app.domain.errors import PasswordError

MIN_LENGTH = 8
MAX_LENGTH = 20
# Frequency lists of zxcvbn (MIT) and Django (BSD-3-Clause), 8 to 20 characters.
_LIST = Path(__file__).with_name("common_passwords.txt")
_RUSSIAN_KEYS = "йцукенгшщзхъфывапролджэячсмитьбюё"
_LATIN_KEYS = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`"
_LAYOUT = str.maketrans(_RUSSIAN_KEYS, _LATIN_KEYS)
_IN_QUOTES = re.compile('[«"“„]([^«»"“”„]+)[»"”“]')


def check_password(password: str, about: Iterable[str | None] = ()) -> None:
    """Refuse a password that may not be set; nothing is trimmed, every character counts.

    Args:
        about: what anybody knows of its owner: contract number, ИНН, names of the company.

    Raises:
        PasswordError: ``short``, ``long``, ``common`` or ``personal``.
    """
    if len(password) < MIN_LENGTH:
        raise PasswordError("short")
    if len(password) > MAX_LENGTH:
        raise PasswordError("long")
    if _is_common(password.casefold()):
        raise PasswordError("common")
    if _core(password) in _cores(about):
        raise PasswordError("personal")


def _is_common(password: str) -> bool:
    # The same keys in the other layout are as well known: «йцукен123» is «qwerty123».
    words = _common_passwords()
    return password in words or password.translate(_LAYOUT) in words


def _cores(about: Iterable[str | None]) -> set[str]:
    """Every fact, and what stands in quotes in it, as ``_core`` shows them."""
    facts = [fact for fact in about if fact]
    quoted = [name for fact in facts for name in _IN_QUOTES.findall(fact)]
    return {core for fact in (*facts, *quoted) if (core := _core(fact))}


def _core(text: str) -> str:
    """Letters and digits only: «00123-ЭС» and «00123 эс» are one password to whoever guesses."""
    return "".join(character for character in text.casefold() if character.isalnum())


@cache
def _common_passwords() -> frozenset[str]:
    return frozenset(_LIST.read_text(encoding="ascii").split())
