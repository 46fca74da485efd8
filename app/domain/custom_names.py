"""Own names that customers give to their supply points and meters, beside the official ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.domain.errors import CustomNameError

MAX_NAME = 60
MAX_POSITION = 9999


@dataclass(frozen=True, slots=True)
class PointName:
    """What a customer calls a supply point, and its place in their order; both may be missing."""

    name: str | None = None
    position: int | None = None

    @property
    def is_empty(self) -> bool:
        """Nothing of it is the customer's own."""
        return self.name is None and self.position is None


@dataclass(frozen=True, slots=True)
class CustomNames:
    """Own names of a contract, by the ids of supply points and meters."""

    points: Mapping[int, PointName] = field(default_factory=dict)
    meters: Mapping[int, str | None] = field(default_factory=dict)


def parse_name(text: str) -> str | None:
    """A name as it was typed, with single spaces; None where nothing was.

    Raises:
        CustomNameError: ``long``.
    """
    name = " ".join(text.split())
    if len(name) > MAX_NAME:
        raise CustomNameError("long")
    return name or None


def parse_position(text: str) -> int | None:
    """A place in the customer's order; None where nothing was typed.

    Raises:
        CustomNameError: ``position``: no whole number from 1 on.
    """
    text = text.strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text[:9]) <= MAX_POSITION:
        raise CustomNameError("position")
    return int(text)


def with_custom_name(custom: str | None, official: str) -> str:
    """«Насосная (ул. Лесная, д. 2)»: documents and exports name both."""
    return f"{custom} ({official})" if custom else official


def numbered_with_custom_name(number: str, custom: str | None) -> str:
    """«12345678 «Ввод 1»»: the number of a meter, and what the customer calls it."""
    return f"{number} «{custom}»" if custom else number
