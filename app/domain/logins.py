"""What people sign in with: a contract number, or an email address where they were invited."""

from __future__ import annotations

from app.domain.contacts import normalise_email
from app.domain.contract_number import number_key
from app.domain.errors import ContactError

MAX_LOGIN = 254


def login_key(typed: str) -> str:
    """Lookup key of a login: of an address in lower case, of a contract number as printed."""
    if "@" not in typed:
        return number_key(typed)
    try:
        return email_key(normalise_email(typed))
    except ContactError:
        return typed.strip().lower()[:MAX_LOGIN]


def email_key(email: str) -> str:
    """Lookup key of an email address; its case does not tell people apart."""
    return email.lower()
