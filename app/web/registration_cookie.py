"""Which registrations this browser has typed the password for; see ADR 6.

The mark is a keyed hash over the registration and its password hash, kept in the signed session
cookie: a password that somebody else has set since makes it worthless.
"""

from __future__ import annotations

import hmac

from flask import session

from app.extensions import db
from app.lib.keyring import KeyPurpose, keyring_of
from app.models import Registration

_KEY = "registering"
_MAX_MARKS = 5


def mark_registering_browser(registration: Registration) -> None:
    """Remember that the password of a registration has been typed in this browser."""
    mark = _mark_of(registration)
    others = [other for other in session.get(_KEY, []) if other != mark]
    session[_KEY] = [mark, *others][:_MAX_MARKS]


def is_registering_browser(registration: Registration) -> bool:
    """Whether the present password of a registration was typed in this browser."""
    if registration.password_hash is None:
        return False
    mark = _mark_of(registration)
    return any(hmac.compare_digest(mark, str(other)) for other in session.get(_KEY, []))


def _mark_of(registration: Registration) -> str:
    text = f"{registration.id}\0{registration.password_hash}"
    return keyring_of(db.session()).hash(KeyPurpose.REGISTERING_BROWSER, text)
