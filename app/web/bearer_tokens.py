"""Tokens of programs in the ``Authorization`` header."""

from __future__ import annotations

import hmac

from flask import request


def has_bearer(token: str) -> bool:
    """Whether the request carries a token that is set; compared in constant time."""
    asked = request.authorization
    given = asked.token if asked and asked.type == "bearer" else None
    return bool(token) and hmac.compare_digest((given or "").encode(), token.encode())
