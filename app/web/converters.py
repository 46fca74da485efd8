"""URL converters: what a part of an address is read as."""

from __future__ import annotations

from flask import Flask
from werkzeug.routing import BaseConverter

from app.lib.database import MAX_ID

MAX_DIGITS = 19


class IdConverter(BaseConverter):
    """``<id:contract_id>``: the id of a row, bounded to what a table can hold.

    A larger number is read as ``MAX_ID``: every page answers as for a row that is absent.
    """

    regex = "[0-9]+"

    def to_python(self, value: str) -> int:
        return MAX_ID if len(value) > MAX_DIGITS else min(int(value), MAX_ID)


def init_app(app: Flask) -> None:
    """Register ``id`` for the rules of every blueprint."""
    app.url_map.converters["id"] = IdConverter
