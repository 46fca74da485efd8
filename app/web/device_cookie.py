"""The known-device cookie: remembers that this browser has signed in before; see ADR 3."""

from __future__ import annotations

from typing import cast

from flask import after_this_request, current_app, request
from flask.wrappers import Response

from app.actions.accounts.known_devices import DEVICE_LIFE, read_tokens
from app.security import cookie_name
from config import Config

NAME = "device"


def presented_tokens() -> tuple[str, ...]:
    """Tokens that this browser has sent; whether they are genuine is checked for a person."""
    return read_tokens(request.cookies.get(cookie_name(_config(), NAME), ""))


def set_device_cookie(value: str) -> None:
    """Set the cookie with the answer to this request, which is a full sign-in."""

    @after_this_request
    def set_cookie(response: Response) -> Response:
        config = _config()
        response.set_cookie(
            cookie_name(config, NAME),
            value,
            max_age=DEVICE_LIFE,
            path="/",
            secure=config.https,
            httponly=True,
            samesite="Strict",
        )
        return response


def _config() -> Config:
    return cast(Config, current_app.extensions["config"])
