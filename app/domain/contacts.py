"""E-mail addresses and telephone numbers: as people write them, as they are kept, as they show."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from app.domain.errors import ContactError

HOME_REGION = "RU"
MAX_EMAIL = 254
MAX_PHONE = 16
_BETWEEN_CONTACTS = re.compile(r"[,;\n]+|\s+или\s+")


def normalise_email(text: str) -> str:
    """An address as it is kept: trimmed, the domain in lower case and in its ASCII form.

    Raises:
        ContactError: ``email``.
    """
    try:
        found = validate_email(
            text.strip(),
            check_deliverability=False,
            allow_smtputf8=False,
            allow_domain_literal=False,
        )
    except EmailNotValidError:
        raise ContactError("email") from None
    address = found.ascii_email or found.normalized
    if len(address) > MAX_EMAIL:
        raise ContactError("email")
    return address


def normalise_phone(text: str) -> str:
    """Any usual writing → E.164, for example «8 (912) 345-67-89» → «+79123456789».

    Raises:
        ContactError: ``phone``.
    """
    try:
        number = phonenumbers.parse(text[:60], HOME_REGION)
    except phonenumbers.NumberParseException:
        raise ContactError("phone") from None
    if not phonenumbers.is_possible_number(number):
        raise ContactError("phone")
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if len(written) > MAX_PHONE:
        raise ContactError("phone")
    return written


def show_phone(phone: str) -> str:
    """E.164 → «+7 912 345-67-89»."""
    if match := re.fullmatch(r"\+7(\d{3})(\d{3})(\d{2})(\d{2})", phone):
        return "+7 {} {}-{}-{}".format(*match.groups())
    number = phonenumbers.parse(phone)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def may_get_sms(phone: str, prefixes: Iterable[str]) -> bool:
    """Whether text messages may be sent to a number in E.164; ``prefixes`` is the allow-list."""
    return phone.startswith(tuple(prefixes))


def read_emails(text: str | None) -> frozenset[str]:
    """The addresses in a field of the billing data, which may hold several; rubbish is left out."""
    return frozenset(_readable(normalise_email, text))


def read_phones(text: str | None) -> frozenset[str]:
    """The numbers in a field of the billing data, in E.164."""
    return frozenset(_readable(normalise_phone, text))


def same_email(one: str, other: str) -> bool:
    """Whether two addresses reach one mailbox; no provider in use tells cases apart."""
    return one.casefold() == other.casefold()


def mask_email(address: str) -> str:
    """«buh@example.org» → «b•••@example.org»: enough to recognise, too little to use."""
    name, _, host = address.partition("@")
    return f"{name[:1]}•••@{host}"


def mask_phone(phone: str) -> str:
    """«+79123456789» → «+7 9•• •••-••-89»."""
    return f"{phone[:2]} {phone[2:3]}•• •••-••-{phone[-2:]}"


def _readable(read: Callable[[str], str], text: str | None) -> Iterator[str]:
    for part in _BETWEEN_CONTACTS.split(text or ""):
        try:
            yield read(part)
        except ContactError:
            continue
