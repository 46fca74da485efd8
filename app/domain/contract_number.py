"""The contract number as people type it, and as it is printed: «00000-ЭС»."""

from __future__ import annotations

import re
import unicodedata

from app.domain.errors import ContractNumberError

SUFFIX = "ЭС"
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−﹣－"), "-")
# Capital and small letters that a keyboard in the wrong layout, or an eye, takes for Э and С.
_LOOKALIKES = str.maketrans({"E": "Э", "C": "С", "Е": "Э", "S": "С"})
# Spaces of every kind, and what copying from a document leaves between characters.
_INVISIBLE = re.compile("[\\s\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")
_PRINTED = re.compile(r"([0-9]{1,10})(?:-?([А-Я]{2}))?")
_OTHER = re.compile(r"[0-9A-ZА-ЯЁ./_-]{1,64}")


def normalise_contract_number(text: str) -> str:
    """Bring any usual writing to the printed one; leading zeros stay.

    Spaces, dashes of every kind, lower case, full-width digits, Latin «C» and «E», a missing
    suffix («01234» → «01234-ЭС») and a missing dash are understood. A number of another form
    is returned in capitals, for suppliers that print theirs differently.

    Raises:
        ContractNumberError: nothing that could be a number.
    """
    text = unicodedata.normalize("NFKC", text[:200].replace("№", "")).translate(_DASHES)
    text = _INVISIBLE.sub("", text).upper()
    text = re.sub(r"-+", "-", text)
    if match := _PRINTED.fullmatch(text.translate(_LOOKALIKES)):
        digits, letters = match.groups()
        if letters in (None, SUFFIX):
            return f"{digits}-{SUFFIX}"
    if _OTHER.fullmatch(text) and any(character.isdigit() for character in text):
        return text
    raise ContractNumberError


def number_key(number: str) -> str:
    """What sign-in looks for, for a number as the billing system prints it."""
    try:
        return normalise_contract_number(number)
    except ContractNumberError:
        return " ".join(number.upper().split())
