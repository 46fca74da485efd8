"""E-mail addresses: as people write them, as they are stored (ASCII), as they are shown."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable

import idna
from email_validator import EmailNotValidError, validate_email

from app.domain.characters import compose
from app.domain.errors import ContactError

MAX_EMAIL = 254
_LOOK_LATIN = frozenset("авгекмнорстухѕіјԁԛԝьһѵӏүұҽґёїѐѝпўӓӑӕӗӧӱӳӯ")
"""Small Cyrillic letters that an eye, or a keyboard left in the wrong layout, takes for Latin."""
_NO_CYRILLIC = frozenset({"ru"})
"""Top-level domains whose registry takes no names in Cyrillic."""


def normalise_email(text: str) -> str:
    """An address as it is stored: trimmed, the domain in lower case and in its ASCII form (IDNA).

    Names in other letters than Latin before the «@» (SMTPUTF8) are refused: few mail servers take
    them, and a letter that never arrives is worse than a question.

    Raises:
        ContactError: ``email``, ``email_letter``, ``email_name`` or ``email_many``.
    """
    address = compose(text).strip()
    # Browsers send what was typed into a field for addresses in its ASCII form.
    _check_letters(_to_unicode(address, _decode_label))
    try:
        found = validate_email(
            address,
            check_deliverability=False,
            allow_smtputf8=False,
            allow_domain_literal=False,
        )
    except EmailNotValidError:
        raise ContactError("email") from None
    address = found.ascii_email or found.normalized
    # No top-level domain is of one letter; a second one was lost.
    if len(address) > MAX_EMAIL or address[-2] == ".":
        raise ContactError("email")
    return address


def show_email(address: str | None) -> str:
    """An address as people write it: «buh@почта.рф», not «buh@xn--80a1acny.xn--p1ai».

    Only domains that are Cyrillic throughout are decoded: one that mixes alphabets would pass for
    another. Under «.рф» no name is Latin, so that «тест.рф» passes for nothing else.
    """
    if not address:
        return ""
    is_at_home = not _decode_plain(address.rpartition(".")[2]).isascii()
    return _to_unicode(address, _decode_cyrillic if is_at_home else _decode_plain)


def same_email(one: str, other: str) -> bool:
    """Whether two addresses reach one mailbox; no provider in use tells cases apart."""
    return one.casefold() == other.casefold()


def mask_email(address: str) -> str:
    """«buh@example.org» → «b•••@example.org»: enough to recognise, too little to use."""
    name, _, host = show_email(address).partition("@")
    return f"{name[:1]}•••@{host}"


def _to_unicode(address: str, decode: Callable[[str], str]) -> str:
    name, at, domain = address.rpartition("@")
    return f"{name}{at}{'.'.join(map(decode, domain.split('.')))}"


def _decode_label(label: str) -> str:
    if not label.lower().startswith("xn--"):
        return label
    try:
        return str(idna.decode(label))
    except (idna.IDNAError, UnicodeError):
        return label


def _decode_cyrillic(label: str) -> str:
    """Only a label of Cyrillic letters."""
    shown = _decode_label(label)
    return shown if all(_alphabet(letter) in ("CYRILLIC", "") for letter in shown) else label


def _decode_plain(label: str) -> str:
    """Only a label that cannot pass for another."""
    shown = _decode_cyrillic(label)
    return label if _is_look_alike(shown) else shown


def _check_letters(address: str) -> None:
    """Name a letter of another alphabet, which would lead the letters elsewhere or nowhere."""
    if address.count("@") > 1:
        raise ContactError("email_many")
    name, at, domain = address.partition("@")
    if not at or address.isascii():
        return
    if letter := _odd_letter(name, "LATIN"):
        raise _letter_error(address, name.index(letter), letter)
    if not name.isascii():
        raise ContactError("email_name")
    start = len(name) + 1
    labels = domain.split(".")
    home = _main_alphabet(labels[-1]) or _main_alphabet(domain) or "LATIN"
    if len(labels) > 1 and home == "CYRILLIC" and _main_alphabet(labels[-2]) == "LATIN":
        # «mail.ру», «mail.рф»: where the ending is Cyrillic, so is the name before it.
        home = _main_alphabet(".".join(labels[-2:])) or "LATIN"
        odd = next(letter for letter in domain if _alphabet(letter) not in (home, ""))
        raise _letter_error(address, start + domain.index(odd), odd)
    for label in labels:
        odd = _odd_letter(label, home)
        is_latin = home == "LATIN" and not label.isascii()
        if not odd and is_latin and (labels[-1].lower() in _NO_CYRILLIC or _is_look_alike(label)):
            odd = next(letter for letter in label if not letter.isascii())
        if odd:
            raise _letter_error(address, start + label.index(odd), odd)
        start += len(label) + 1


def _letter_error(address: str, index: int, letter: str) -> ContactError:
    return ContactError("email_letter", letter=letter, place=index + 1, address=address)


def _odd_letter(text: str, home: str) -> str:
    """In a text of two alphabets the first letter that is not of the expected one."""
    alphabets = {_alphabet(letter) for letter in text} - {""}
    if len(alphabets) < 2:
        return ""
    return next((letter for letter in text if _alphabet(letter) not in (home, "")), "")


def _main_alphabet(text: str) -> str:
    """The alphabet that most letters are of; empty where two have as many, or there are none."""
    counts = Counter(filter(None, map(_alphabet, text))).most_common(2)
    is_even = len(counts) == 2 and counts[0][1] == counts[1][1]
    return "" if is_even or not counts else counts[0][0]


def _is_look_alike(label: str) -> bool:
    letters = {letter for letter in label.lower() if _alphabet(letter)}
    return bool(letters) and letters <= _LOOK_LATIN


def _alphabet(letter: str) -> str:
    """«LATIN», «CYRILLIC» …; empty for what is no letter."""
    return unicodedata.name(letter, "?").split()[0] if letter.isalpha() else ""
