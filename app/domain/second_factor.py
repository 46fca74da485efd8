"""Second factor of a sign-in: the secret of an authenticator (TOTP), and recovery codes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets

RECOVERY_CODES = 10
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


def new_seed() -> str:
    """Random seed, 128 bits in hex, of which ``totp_secret`` derives a person's second factor."""
    return secrets.token_hex(16)


def totp_secret(secret_key: str, seed: str) -> str:
    """The shared secret of an authenticator, base32.

    It is computed, never stored: whoever has a copy of the database alone makes no codes.

    Source: RFC 6238; RFC 4226 §4 asks for 160 bits.
    """
    mac = hmac.digest(secret_key.encode(), f"kabinet.totp.{seed}".encode(), hashlib.sha256)
    return base64.b32encode(mac[:20]).decode()


def new_recovery_codes() -> list[str]:
    """Ten codes of 50 bits each, «abcde-fghjk»."""
    return [f"{_five()}-{_five()}" for _ in range(RECOVERY_CODES)]


def read_recovery_code(text: str) -> str:
    """A recovery code as it was given, however it is typed; empty where it is none."""
    characters = re.sub(r"[\s-]", "", text.casefold())
    return f"{characters[:5]}-{characters[5:]}" if len(characters) == 10 else ""


def hash_recovery_code(secret_key: str, code: str) -> str:
    """Keyed hash of a recovery code, HMAC-SHA256 in hex, as the table stores it."""
    return hmac.new(secret_key.encode(), f"kabinet.recovery.{code}".encode(), "sha256").hexdigest()


def _five() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(5))
