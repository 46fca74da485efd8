"""Email addresses: normalise to ASCII for storage (IDNA), show in Cyrillic, mask, compare."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable

import idna

from app.domain.characters import compose
from app.domain.errors import ContactError

MAX_EMAIL = 254
_CONFUSABLE_WITH_LATIN = frozenset("авгекмнорстухѕіјԁԛԝьһѵӏүұҽґёїѐѝпўӓӑӕӗӧӱӳӯ")
"""Small Cyrillic letters that are easily mistaken for Latin ones (Unicode confusables)."""
_NO_CYRILLIC = frozenset({"ru"})
"""Top-level domains whose registry accepts no names in Cyrillic."""


def normalise_email(text: str) -> str:
    """Normalise an email address for storage: trimmed, the domain in lower case and ASCII (IDNA).

    Names in other than Latin letters before the «@» (SMTPUTF8) are refused: few mail servers accept
    them, and an email that never arrives is worse than a question.

    Raises:
        ContactError: ``email``, ``email_character``, ``email_name`` or ``email_many``.
    """
    address = compose(text).strip()
    # Browsers send what was typed into a field for addresses in its ASCII form.
    _check_alphabets(_to_unicode(address, _decode_label))
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415 - heavy

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
    """Show an address as people write it: «buh@почта.рф», not «buh@xn--80a1acny.xn--p1ai».

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
    """Mask an address: «buh@example.org» → «b•••@example.org», to recognise but not to use."""
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
    """Decode a label only if it is Cyrillic throughout."""
    shown = _decode_label(label)
    return shown if all(_alphabet(character) in ("CYRILLIC", "") for character in shown) else label


def _decode_plain(label: str) -> str:
    """Decode a label only if it cannot pass for another."""
    shown = _decode_cyrillic(label)
    return label if _is_confusable(shown) else shown


def _check_alphabets(address: str) -> None:
    """Refuse a character of another alphabet, which would lead emails elsewhere or nowhere."""
    if address.count("@") > 1:
        raise ContactError("email_many")
    name, at, domain = address.partition("@")
    if not at or address.isascii():
        return
    if character := _find_foreign_character(name, "LATIN"):
        raise _character_error(address, name.index(character), character)
    if not name.isascii():
        raise ContactError("email_name")
    start = len(name) + 1
    labels = domain.split(".")
    home = _main_alphabet(labels[-1]) or _main_alphabet(domain) or "LATIN"
    if len(labels) > 1 and home == "CYRILLIC" and _main_alphabet(labels[-2]) == "LATIN":
        # «mail.ру», «mail.рф»: where the ending is Cyrillic, so is the name before it.
        home = _main_alphabet(".".join(labels[-2:])) or "LATIN"
        odd = next(character for character in domain if _alphabet(character) not in (home, ""))
        raise _character_error(address, start + domain.index(odd), odd)
    for label in labels:
        odd = _find_foreign_character(label, home)
        is_latin = home == "LATIN" and not label.isascii()
        if not odd and is_latin and (labels[-1].lower() in _NO_CYRILLIC or _is_confusable(label)):
            odd = next(character for character in label if not character.isascii())
        if odd:
            raise _character_error(address, start + label.index(odd), odd)
        start += len(label) + 1


def _character_error(address: str, index: int, character: str) -> ContactError:
    return ContactError("email_character", character=character, place=index + 1, address=address)


def _find_foreign_character(text: str, home: str) -> str:
    """Find the first character, in a text of two alphabets, that is not of the expected one."""
    alphabets = {_alphabet(character) for character in text} - {""}
    if len(alphabets) < 2:
        return ""
    return next((character for character in text if _alphabet(character) not in (home, "")), "")


def _main_alphabet(text: str) -> str:
    """The alphabet that most letters are of; empty where two have as many, or there are none."""
    counts = Counter(filter(None, map(_alphabet, text))).most_common(2)
    is_even = len(counts) == 2 and counts[0][1] == counts[1][1]
    return "" if is_even or not counts else counts[0][0]


def _is_confusable(label: str) -> bool:
    characters = {character for character in label.lower() if _alphabet(character)}
    return bool(characters) and characters <= _CONFUSABLE_WITH_LATIN


def _alphabet(character: str) -> str:
    """«LATIN», «CYRILLIC» …; empty for what is no letter."""
    return unicodedata.name(character, "?").split()[0] if character.isalpha() else ""
