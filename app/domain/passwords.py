"""What a password must be: 8–20 characters of any kind (user manual §3)."""

from __future__ import annotations

from app.domain.errors import PasswordError

MIN_LENGTH = 8
MAX_LENGTH = 20


def check_password(password: str) -> None:
    """Refuse a password of the wrong length; nothing is trimmed, every character counts.

    Raises:
        PasswordError: ``short`` or ``long``.
    """
    if len(password) < MIN_LENGTH:
        raise PasswordError("short")
    if len(password) > MAX_LENGTH:
        raise PasswordError("long")
