"""Check and make time-based one-time codes (TOTP), as authenticator apps make them (RFC 6238)."""

from __future__ import annotations

from datetime import datetime

import pyotp

WINDOW = 1
"""Steps of 30 seconds that a telephone's clock may be off, either way."""


def find_step(secret: str, typed: str, now: datetime, after: int) -> int | None:
    """The step whose code was typed, if it is later than ``after``; else None.

    Args:
        after: the step of the last code used: none is accepted twice, nor one before it.
    """
    code = "".join(typed.split())
    totp = pyotp.TOTP(secret)
    current = totp.timecode(now)
    if len(code) != totp.digits or not (code.isascii() and code.isdigit()):
        return None
    for step in range(current - WINDOW, current + WINDOW + 1):
        if step > after and pyotp.utils.strings_equal(code, totp.generate_otp(step)):
            return step
    return None


def code_at(secret: str, now: datetime) -> str:
    """The code that an authenticator shows at a moment."""
    return pyotp.TOTP(secret).at(now)


def setup_uri(secret: str, login: str, issuer: str) -> str:
    """``otpauth://…`` for the QR code that an authenticator reads."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=issuer)
