"""Password policy: 8–20 characters of any kind (user manual §3), no common or personal ones.

Length and blocklists, no rules of composition (NIST SP 800-63B, 3.1.1.2). What guessers try first
is a common word or what everybody knows of the owner, with a year behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from app.domain.errors import PasswordError
from app.domain.password_guessing import (
    TO_LATIN_KEYS,
    are_digits_guessable,
    consists_of,
    interpretations_of,
    normalise_spelling,
)

MIN_LENGTH = 8
MAX_LENGTH = 20
MIN_TOKEN = 3
# Frequency lists of zxcvbn (MIT) and Django (BSD-3-Clause), 8 to 20 characters.
_LIST = Path(__file__).with_name("common_passwords.txt")
# Words of many passwords that no English list has, and of this trade.
_MORE_COMMON = """
    пароль парол пассворд логин админ администратор директор бухгалтер бухгалтерия главбух кабинет
    договор энергия энергосбыт электро свет счетчик привет солнце любовь россия москва спартак зенит
    зима весна лето осень январь февраль март апрель май июнь июль август сентябрь октябрь ноябрь
    декабрь понедельник вторник среда четверг пятница суббота воскресенье секрет доступ вход
    password passwd login admin user guest root welcome secret access kabinet qwerty qwertyuiop
    asdfgh asdfghjkl zxcvbn zxcvbnm master default changeme letmein
"""
_LEGAL_FORMS = """
    ооо оао зао пао нао ао ип чп тд нпо нпп гк гуп муп фгуп мкд тсж тсн снт днт гск ук жск пк
    индивидуальный предприниматель общество ограниченной ответственностью акционерное публичное
    закрытое открытое товарищество собственников с о и на для имени
"""
_IN_QUOTES = re.compile('[«"“„]([^«»"“”„]+)[»"”“]')


def check_password(password: str, public_facts: Iterable[str | None] = ()) -> None:
    """Refuse a password that may not be set; nothing is trimmed, every character counts.

    Args:
        public_facts: what anybody knows of its owner: contract number, ИНН, names of the company or
            person, email, phone.

    Raises:
        PasswordError: ``short``, ``long``, ``common`` or ``personal``.
    """
    facts = [fact for fact in public_facts if fact]
    if len(password) < MIN_LENGTH:
        raise PasswordError("short")
    if len(password) > MAX_LENGTH:
        raise PasswordError("long")
    if _is_common(password.casefold()):
        raise PasswordError("common")
    if _plain(password) in _plain_facts(facts) or _is_personal(password, facts):
        raise PasswordError("personal")
    if _is_common_token_with_digits(password):
        raise PasswordError("common")


def _is_common(password: str) -> bool:
    # The same keys in the other layout are as well known: «йцукен123» is «qwerty123».
    common = _common_passwords()
    return password in common or password.translate(TO_LATIN_KEYS) in common


def _is_personal(password: str, facts: Iterable[str]) -> bool:
    """Whether it is nothing but words of the facts in any order, initials and guessable digits."""
    tokens, fillers, known = set(), set(), set()
    for fact in facts:
        parts = [part for part in re.split(r"[\W\d_]+", fact) if part]
        spelt = [normalise_spelling(part) for part in parts]
        tokens |= {token for token in spelt if len(token) >= MIN_TOKEN}
        fillers |= {token[:1] for token in spelt} | {token for token in spelt if token}
        known |= {"".join(re.findall(r"\d", fact)), *re.findall(r"\d+", fact)}
    fillers = (fillers | _legal_forms()) - {""}
    tokens -= _legal_forms()
    if not tokens:
        return False
    fillers |= _common_tokens() & {"parol", "pasvord", "pasword", "admin", "kabinet", "login"}
    return any(
        are_digits_guessable(digits, known)
        and consists_of(normalise_spelling(text), frozenset(tokens), frozenset(fillers))
        for text, digits in interpretations_of(password)
    )


def _is_common_token_with_digits(password: str) -> bool:
    """Whether it is one common word, perhaps repeated, with guessable digits around it."""
    for text, digits in interpretations_of(password):
        if not are_digits_guessable(digits):
            continue
        for candidate in {normalise_spelling(text), re.sub("[^a-z]", "", text)}:
            half = candidate[: len(candidate) // 2]
            token = half if len(set(half)) > 2 and half * 2 == candidate else candidate
            if len(token) >= MIN_TOKEN and token in _common_tokens():
                return True
    return False


def _plain_facts(facts: Iterable[str]) -> set[str]:
    """Every fact, and what it has in quotes, as ``_plain`` writes them."""
    facts = list(facts)
    quoted = [name for fact in facts for name in _IN_QUOTES.findall(fact)]
    plains = {plain for fact in (*facts, *quoted) if (plain := _plain(fact))}
    # A phone number, with the 8 that is written within Russia.
    return plains | {f"8{plain[1:]}" for plain in plains if re.fullmatch("7[0-9]{10}", plain)}


def _plain(text: str) -> str:
    """Reduce to letters and digits: «00123-ЭС» and «00123 эс» are one password to a guesser."""
    return "".join(character for character in text.casefold() if character.isalnum())


@cache
def _common_passwords() -> frozenset[str]:
    return frozenset(_LIST.read_text(encoding="ascii").split())


@cache
def _common_tokens() -> frozenset[str]:
    """Words of the common passwords without their digits, and more, as typed and as spelt."""
    listed = {re.sub("[^a-z]", "", password) for password in _common_passwords()}
    return frozenset(
        token
        for raw in (*listed, *_MORE_COMMON.split())
        for token in (raw, normalise_spelling(raw))
        if len(token) >= MIN_TOKEN
    )


@cache
def _legal_forms() -> frozenset[str]:
    return frozenset(normalise_spelling(token) for token in _LEGAL_FORMS.split())
