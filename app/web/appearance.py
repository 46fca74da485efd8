"""«Версия для слабовидящих»: text size, colours and spacing, in a cookie."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app, request
from flask.wrappers import Response

from app.security import YEAR, cookie_name

TEXTS = {"100": "100\u00a0%", "150": "150\u00a0%", "200": "200\u00a0%"}
SCHEMES = {
    "auto": "Обычная",
    "white": "Черным по белому",
    "black": "Белым по черному",
    "blue": "Темно-синим по голубому",
    "beige": "Коричневым по бежевому",
}
SPACINGS = {"normal": "Обычные", "wide": "Широкие"}


@dataclass(frozen=True, slots=True)
class Appearance:
    """The choices of one browser; anything unknown is the default."""

    text: str = "100"
    scheme: str = "auto"
    spacing: str = "normal"

    @classmethod
    def of(cls, text: str | None, scheme: str | None, spacing: str | None) -> Appearance:
        return cls(
            text if text in TEXTS else "100",
            scheme if scheme in SCHEMES else "auto",
            spacing if spacing in SPACINGS else "normal",
        )


def current_appearance() -> Appearance:
    """Read the choice of this browser from its cookie."""
    parts = request.cookies.get(_name(), "").split(".")
    return Appearance.of(*parts) if len(parts) == 3 else Appearance()


def store_appearance(response: Response, appearance: Appearance) -> None:
    """Store the choice in a cookie for a year."""
    config = current_app.extensions["config"]
    value = f"{appearance.text}.{appearance.scheme}.{appearance.spacing}"
    response.set_cookie(
        _name(), value, max_age=YEAR, secure=config.https, httponly=True, samesite="Lax", path="/"
    )


def _name() -> str:
    return cookie_name(current_app.extensions["config"], "appearance")
