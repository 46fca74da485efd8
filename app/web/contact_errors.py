"""Error texts for email addresses and phone numbers that are refused."""

from __future__ import annotations

import unicodedata

from app.domain.errors import ContactError

MAX_QUOTED = 60
_MESSAGES = {
    "email_name": "имя перед @ нужно латинскими буквами: на русское имя письма не доходят",
    "email_many": "нужен один адрес",
    "phone_short": "в номере не хватает цифр. Нужно 10 цифр после +7 или 8",
    "phone_long": "в номере лишние цифры. Нужно 10 цифр после +7 или 8",
    "phone_many": "нужен один номер",
    "phone_extension": "на номер с добавочным смс не придет. Укажите номер без добавочного",
}


def contact_error_text(error: ContactError, otherwise: str) -> str:
    """Russian text that says what is wrong with a contact, to follow «Поле «…»: ».

    Args:
        otherwise: text of the field for what is no contact at all.
    """
    if error.code == "email_character":
        return _foreign_character_text(error)
    return _MESSAGES.get(error.code, otherwise)


def _foreign_character_text(error: ContactError) -> str:
    """Name the character, its place, and the alphabet it should be of."""
    is_cyrillic = unicodedata.name(error.character, "").startswith("CYRILLIC")
    is_latin = unicodedata.name(error.character, "").startswith("LATIN")
    kind = "русская" if is_cyrillic else "латинская" if is_latin else "чужая"
    wanted = "русская" if is_latin else "латинская"
    where = f" в «{error.address}»" if len(error.address) <= MAX_QUOTED else ""
    return f"{error.place}-й знак{where} — {kind} буква «{error.character}», нужна {wanted}"
