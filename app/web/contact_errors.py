"""Russian words for addresses and telephone numbers that are refused."""

from __future__ import annotations

import unicodedata

from app.domain.errors import ContactError

MAX_QUOTED = 60
_WORDS = {
    "email_name": "имя перед @ нужно латинскими буквами: на русское имя письма не доходят",
    "email_many": "нужен один адрес",
    "phone_short": "в номере не хватает цифр. Нужно 10 цифр после +7 или 8",
    "phone_long": "в номере лишние цифры. Нужно 10 цифр после +7 или 8",
    "phone_many": "нужен один номер",
    "phone_extension": "на номер с добавочным смс не придет. Укажите номер без добавочного",
}


def contact_words(error: ContactError, otherwise: str) -> str:
    """What is wrong with a contact, for behind «Поле «…»: ».

    Args:
        otherwise: the words of the field for text that is no contact at all.
    """
    if error.code == "email_letter":
        return _letter_words(error)
    return _WORDS.get(error.code, otherwise)


def _letter_words(error: ContactError) -> str:
    """Which letter, where, and of which alphabet it should be."""
    is_cyrillic = unicodedata.name(error.letter, "").startswith("CYRILLIC")
    is_latin = unicodedata.name(error.letter, "").startswith("LATIN")
    kind = "русская" if is_cyrillic else "латинская" if is_latin else "чужая"
    wanted = "русская" if is_latin else "латинская"
    where = f" в «{error.address}»" if len(error.address) <= MAX_QUOTED else ""
    return f"{error.place}-й знак{where} — {kind} буква «{error.letter}», нужна {wanted}"
