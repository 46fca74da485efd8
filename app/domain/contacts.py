"""Parse the contact fields of the billing data, which people fill in as they like.

Both fields may hold several addresses and numbers, in any order, with names, labels and remarks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.domain.characters import compose
from app.domain.email_addresses import mask_email, normalise_email, same_email, show_email
from app.domain.errors import ContactError
from app.domain.phone_numbers import (
    export_phone,
    find_phones,
    mask_phone,
    may_get_sms,
    normalise_phone,
    show_phone,
    split_extension,
)

__all__ = [
    "BillingContacts",
    "export_phone",
    "has_only_plain_contacts",
    "mask_email",
    "mask_phone",
    "may_get_sms",
    "normalise_email",
    "normalise_phone",
    "read_billing_contacts",
    "same_email",
    "show_email",
    "show_phone",
    "split_extension",
]

MAX_FIELD = 2000
MAX_GLUED = 40
MIN_UNREAD = 5
"""Digits that may have been meant as a number."""
_NO_CONTACT = re.compile(
    r"(?:(?:нет|не\s?т|без)(?:\s+(?:данных|сведений|информации|почты|(?:эл(?:ектронно[йг]о?)?\.?\s*)"
    r"(?:почты|адреса)|адреса|телефона|номера|e-?mail|в\s+наличии))?|отсутств[а-я]*|не\s+указан[а-я]*"
    r"|не\s?известе?н[а-я]*|не\s+име[а-я]+|не\s+предоставл[а-я]+|б/н|н/?д|n/?a|[-–—0.\s]*)\.?",
    re.IGNORECASE,
)
_GLUED = re.compile(r"(?<![^\s;:<(])(?!e?-?mail,)[a-z][a-z0-9._-]{1,30},\Z", re.IGNORECASE)
"""Before an address: «ivanov,petrov@mail.ru» may be one whose dot became a comma, and «petrov» a
stranger."""
_LIST_MARK = re.compile(r"(?<![^\s,;])[1-6]\.(?=[^\s,;@]+@)")
_AROUND_AT = re.compile(r"\s*@\s*")
_ADDRESS = re.compile(r"[^\s,;:/|<>()\[\]{}\"«»“”„]*@[^\s,;:/|<>()\[\]{}\"«»“”„]*")
_PLAIN_EMAIL = re.compile(
    r"(?:[a-z0-9]{1,30}(?:[._-][a-z0-9]{1,30})?@[a-z0-9]{1,30}(?:[.-][a-z0-9]{1,30}){0,2}"
    r"\.(?:ru|com|org|net|su|info))?"
)
_PLAIN_PHONE = re.compile(
    r"(?:(?:\+7|8)[ -]?\(?[349][0-9]{2}\)?[ -]?[0-9]{3}[ -]?[0-9]{2}[ -]?[0-9]{2})?"
)
_EDGES = ".-–—'’!?*"


@dataclass(frozen=True, slots=True)
class BillingContacts:
    """Contacts of a customer in the billing data: addresses, numbers with extensions, the rest.

    ``unread_email`` and ``unread_phone`` are the parts of each field that make no contact.
    """

    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    unread_email: tuple[str, ...] = ()
    unread_phone: tuple[str, ...] = ()

    @property
    def shown(self) -> list[str]:
        """Everything as people write it, with the unreadable parts unchanged."""
        return [
            *map(show_email, self.emails),
            *map(show_phone, self.phones),
            *self.unread_email,
            *self.unread_phone,
        ]

    @property
    def is_empty(self) -> bool:
        """Whether there is no contact that anybody could be notified at."""
        return not self.emails and not self.phones


def read_billing_contacts(email_field: str | None, phone_field: str | None) -> BillingContacts:
    """Parse the two fields of the billing data; an address in the phone field counts as well."""
    emails, phones = [], []
    unread: list[tuple[str, ...]] = []
    for field in (email_field, phone_field):
        found, numbers, rest = _read_field(field)
        emails += found
        phones += numbers
        unread.append(rest)
    unique_emails = {address.casefold(): address for address in reversed(emails)}
    return BillingContacts(
        tuple(reversed(unique_emails.values())), tuple(dict.fromkeys(phones)), *unread
    )


def has_only_plain_contacts(email_field: str | None, phone_field: str | None) -> bool:
    """Whether both fields hold one contact in its plainest writing, or nothing.

    A fast check for lists of many thousands; what is not plain has to be parsed.
    """
    return bool(
        _PLAIN_EMAIL.fullmatch(email_field or "") and _PLAIN_PHONE.fullmatch(phone_field or "")
    )


def _read_field(text: str | None) -> tuple[list[str], list[str], tuple[str, ...]]:
    """Addresses, numbers and unreadable parts of one field."""
    text = compose((text or "")[:MAX_FIELD]).strip()
    if _NO_CONTACT.fullmatch(text):
        return [], [], ()
    emails: list[str] = []
    unread: list[str] = []
    if not re.search(r"\S@\S", text):
        text = _AROUND_AT.sub("@", text)
    if len(marks := _LIST_MARK.findall(text)) > 1 and marks[0] == "1.":
        text = _LIST_MARK.sub("", text)
    for match in _ADDRESS.finditer(text):
        written = match[0]
        if glued := _GLUED.search(text, max(0, match.start() - MAX_GLUED), match.start()):
            unread.append(glued[0] + written)
            continue
        try:
            emails.append(normalise_email(written.strip(_EDGES)))
        except ContactError:
            unread.append(written)
    found = find_phones(_ADDRESS.sub("; ", text))
    # A room, an hour: too few digits for anybody's number.
    unread += [part for part in found.unread if sum(map(str.isdigit, part)) >= MIN_UNREAD]
    if not emails and not found.phones and not unread:
        unread.append(text)
    return emails, list(found.phones), tuple(unread)
