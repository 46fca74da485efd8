"""Normalise contract numbers: as people type them → as they are printed, «00000-ЭС»."""

from __future__ import annotations

import re
import unicodedata

from app.domain.characters import APOSTROPHES, DASHES, strip_invisible
from app.domain.errors import ContractNumberError

SUFFIX = "ЭС"
MAX_TYPED = 200
_TO_HYPHEN = dict.fromkeys(map(ord, DASHES), "-")
# Letters that are mistaken for Э and С, by eye or with the keyboard in the wrong layout.
_LOOKALIKES = str.maketrans({"E": "Э", "C": "С", "Е": "Э", "S": "С"})
_PRINTED = re.compile(r"([0-9]{1,10})(?:-?([А-Я]{2}))?")
_OTHER = re.compile(r"[0-9A-ZА-ЯЁ./_-]{1,64}")
_SIGNS = str.maketrans(dict.fromkeys("№#«»", " "))
# «Договор энергоснабжения № …», «дог. …», «N …»: labels before a number. One that goes on with a
# hyphen or a slash belongs to the number of another supplier.
_BEFORE = re.compile(
    r"(?:(?:(?:ДОГОВОР|(?:ГОС)?КОНТРАКТ|ГОСУДАРСТВЕНН|МУНИЦИПАЛЬН|ЭНЕРГОСНАБЖЕНИ|ЭЛЕКТРОСНАБЖЕНИ)"
    r"[А-ЯЁ]*|ДОГ|НОМЕР|НОМ|\(?КУПЛИ-ПРОДАЖИ\)?)(?=[\s.:0-9])"
    r"|ОТ\s*[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{2,4}\s*(?:Г\.?|ГОДА)?(?=\s+[0-9])"
    r"|N[Oº°]?(?=[\s.:])|[\s.:])+"
)
_DATE_AFTER = re.compile(r"\s*,?\s*(?<![0-9A-ZА-ЯЁ_])ОТ\s*[0-9].*", re.DOTALL)
# What «ЭС» is on a keyboard in the Latin layout: the key of «Э» is the apostrophe, with Shift the
# quotation mark; a phone may have made them round.
_WRONG_LAYOUT = re.compile(rf"([0-9]{{1,10}})\s*-?\s*[{APOSTROPHES}\"“”„″][CС]")


def normalise_contract_number(text: str) -> str:
    """Normalise any common writing of a contract number to the printed one; leading zeros stay.

    Spaces, dashes of every kind, lower case, full-width digits, Latin «C» and «E», a missing
    suffix («01234» → «01234-ЭС»), a missing dash, «договор № …», «… от 01.02.2020» and the wrong
    keyboard layout («01234-'c») are understood. A number of another form is returned in capitals,
    for suppliers that print theirs differently.

    Raises:
        ContractNumberError: nothing that could be a number.
    """
    if match := _WRONG_LAYOUT.fullmatch(_strip_labels(text[:MAX_TYPED].translate(_SIGNS))):
        return f"{match[1]}-{SUFFIX}"
    text = unicodedata.normalize("NFKC", text[:MAX_TYPED].translate(_SIGNS))
    text = re.sub(r"\s+", "", _strip_labels(text))
    # Written with spaces between their letters, labels are recognised only now.
    text = re.sub(r"-+", "-", _strip_labels(text))
    if match := _PRINTED.fullmatch(text.rstrip(".,;:").translate(_LOOKALIKES)):
        digits, suffix = match.groups()
        if suffix in (None, SUFFIX):
            return f"{digits}-{SUFFIX}"
    if _OTHER.fullmatch(text) and any(character.isdigit() for character in text):
        return text
    raise ContractNumberError


def number_key(number: str) -> str:
    """Lookup key of a contract number for sign-in; what is no number is upper-cased."""
    try:
        return normalise_contract_number(number)
    except ContractNumberError:
        return " ".join(number.upper().split())


def _strip_labels(text: str) -> str:
    """Upper-case, without the labels before a number and the date behind it."""
    text = strip_invisible(text).translate(_TO_HYPHEN).upper().strip()
    while True:
        found = _DATE_AFTER.search(text)
        if found and any(character.isdigit() for character in text[: found.start()]):
            text = text[: found.start()]
        before = _BEFORE.match(text)
        if before is None or not any(character.isdigit() for character in text[before.end() :]):
            return text
        text = text[before.end() :]
