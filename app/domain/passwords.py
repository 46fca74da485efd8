"""What a password must be: 8–20 characters of any kind (user manual §3), none of the usual ones.

Length and lists of guessable words, no rules of composition (NIST SP 800-63B, 3.1.1.2). What
guessers try first is a common word or what everybody knows of the owner, with a year behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from app.domain.errors import PasswordError
from app.domain.guessable_words import (
    TO_LATIN_KEYS,
    are_digits_guessable,
    is_made_of,
    readings_of,
    spell,
)

MIN_LENGTH = 8
MAX_LENGTH = 20
MIN_WORD = 3
# Frequency lists of zxcvbn (MIT) and Django (BSD-3-Clause), 8 to 20 characters.
_LIST = Path(__file__).with_name("common_passwords.txt")
# What stands in many passwords and in no English list, and words of this trade.
_MORE_WORDS = """
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


def check_password(password: str, about: Iterable[str | None] = ()) -> None:
    """Refuse a password that may not be set; nothing is trimmed, every character counts.

    Args:
        about: what anybody knows of its owner: contract number, ИНН, names of the company or
            person, email, telephone.

    Raises:
        PasswordError: ``short``, ``long``, ``common`` or ``personal``.
    """
    facts = [fact for fact in about if fact]
    if len(password) < MIN_LENGTH:
        raise PasswordError("short")
    if len(password) > MAX_LENGTH:
        raise PasswordError("long")
    if _is_common(password.casefold()):
        raise PasswordError("common")
    if _core(password) in _cores(facts) or _is_personal(password, facts):
        raise PasswordError("personal")
    if _is_common_word_with_digits(password):
        raise PasswordError("common")


def _is_common(password: str) -> bool:
    # The same keys in the other layout are as well known: «йцукен123» is «qwerty123».
    words = _common_passwords()
    return password in words or password.translate(TO_LATIN_KEYS) in words


def _is_personal(password: str, facts: Iterable[str]) -> bool:
    """Nothing but words of the facts in any order, with initials, and guessable digits."""
    words, fillers, known = set(), set(), set()
    for fact in facts:
        parts = [part for part in re.split(r"[\W\d_]+", fact) if part]
        spelt = [spell(part) for part in parts]
        words |= {word for word in spelt if len(word) >= MIN_WORD}
        fillers |= {word[:1] for word in spelt} | {word for word in spelt if word}
        known |= {"".join(re.findall(r"\d", fact)), *re.findall(r"\d+", fact)}
    fillers = (fillers | _legal_forms()) - {""}
    words -= _legal_forms()
    if not words:
        return False
    fillers |= _common_words() & {"parol", "pasvord", "pasword", "admin", "kabinet", "login"}
    return any(
        are_digits_guessable(digits, known)
        and is_made_of(spell(text), frozenset(words), frozenset(fillers))
        for text, digits in readings_of(password)
    )


def _is_common_word_with_digits(password: str) -> bool:
    """One common word, perhaps repeated, with guessable digits before or behind it."""
    for text, digits in readings_of(password):
        if not are_digits_guessable(digits):
            continue
        for letters in {spell(text), re.sub("[^a-z]", "", text)}:
            half = letters[: len(letters) // 2]
            word = half if len(set(half)) > 2 and half * 2 == letters else letters
            if len(word) >= MIN_WORD and word in _common_words():
                return True
    return False


def _cores(facts: Iterable[str]) -> set[str]:
    """Every fact, and what stands in quotes in it, as ``_core`` shows them."""
    facts = list(facts)
    quoted = [name for fact in facts for name in _IN_QUOTES.findall(fact)]
    cores = {core for fact in (*facts, *quoted) if (core := _core(fact))}
    # A telephone, as it is written at home.
    return cores | {f"8{core[1:]}" for core in cores if re.fullmatch("7[0-9]{10}", core)}


def _core(text: str) -> str:
    """Letters and digits only: «00123-ЭС» and «00123 эс» are one password to whoever guesses."""
    return "".join(character for character in text.casefold() if character.isalnum())


@cache
def _common_passwords() -> frozenset[str]:
    return frozenset(_LIST.read_text(encoding="ascii").split())


@cache
def _common_words() -> frozenset[str]:
    """Words of the common passwords without their digits, and more, as typed and as spelt."""
    listed = {re.sub("[^a-z]", "", password) for password in _common_passwords()}
    return frozenset(
        word
        for raw in (*listed, *_MORE_WORDS.split())
        for word in (raw, spell(raw))
        if len(word) >= MIN_WORD
    )


@cache
def _legal_forms() -> frozenset[str]:
    return frozenset(spell(word) for word in _LEGAL_FORMS.split())
