"""Derive a key for each purpose from SECRET_KEY, and make keyed hashes with them.

Contract numbers, telephones and email addresses can be guessed: their bare SHA-256 is found again
by trying them all. A keyed hash tells nothing to whoever holds only a copy of the database.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import Engine
from sqlalchemy.orm import Session

_OPTION = "kabinet_keyring"


class KeyPurpose(StrEnum):
    """What a derived key is for; a hash made for one purpose means nothing for another."""

    ATTEMPT_SUBJECT = "attempt-subject"
    DEVICE = "device"
    REGISTERING_BROWSER = "registering-browser"
    NOTIFICATION = "notice"


@dataclass(frozen=True, slots=True)
class Keyring:
    """Keyed hashes of one installation."""

    secret_key: str = field(repr=False)

    def hash(self, purpose: KeyPurpose, text: str) -> str:
        """HMAC-SHA256 of a text under the key of a purpose, in hexadecimal."""
        label = f"kabinet.key.{purpose}".encode()
        key = hmac.digest(self.secret_key.encode(), label, hashlib.sha256)
        return hmac.digest(key, text.encode(), hashlib.sha256).hex()


def attach_keyring(engine: Engine, secret_key: str) -> None:
    """Bind the keys of the installation to its database, whose hashes are made with them."""
    engine.update_execution_options(**{_OPTION: Keyring(secret_key)})


def keyring_of(session: Session) -> Keyring:
    """The keys that belong to the database of a session."""
    keyring: Keyring = session.get_bind().engine.get_execution_options()[_OPTION]
    return keyring
