"""Files given to a browser."""

from __future__ import annotations

from urllib.parse import quote

from flask import make_response
from flask.wrappers import Response

TYPES = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


def send_bytes(content: bytes, name: str, extension: str) -> Response:
    """A download under a Russian name, with a plain fallback for old browsers."""
    response = make_response(content)
    response.headers["Content-Type"] = TYPES[extension]
    filename = f"{name}.{extension}"
    response.headers["Content-Disposition"] = (
        f'attachment; filename="statement.{extension}"; '
        f"filename*=UTF-8''{quote(filename, safe='')}"
    )
    return response
