"""Answer with a file to be downloaded."""

from __future__ import annotations

from urllib.parse import quote

from flask import Flask, make_response
from flask.wrappers import Response

from app.domain.period import Period
from app.integrations.spreadsheets import write_csv, write_xlsx

WRITERS = {"xlsx": write_xlsx, "csv": write_csv}
TYPES = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
PACKED = {"zip": "application/zip"}


def name_of(title: str, contract_number: str, period: Period) -> str:
    """Name of a file about a contract and a period, without its extension."""
    return f"{title} {contract_number} {period.first:%d.%m.%Y}-{period.last:%d.%m.%Y}"


def send_bytes(content: bytes, name: str, extension: str) -> Response:
    """A download under a Russian name, with a plain fallback for old browsers."""
    response = make_response(content)
    response.headers["Content-Type"] = (TYPES | PACKED)[extension]
    filename = f"{name}.{extension}"
    response.headers["Content-Disposition"] = (
        f'attachment; filename="statement.{extension}"; '
        f"filename*=UTF-8''{quote(filename, safe='')}"
    )
    return response


def init_app(app: Flask) -> None:
    """Close files with their answers; call it after Flask-Compress is bound.

    Flask-Compress wraps the file of an answer and leaves its closing to the garbage collector.
    This is registered later, so it runs before the answer is wrapped.
    """
    app.after_request(_close_file_with_answer)


def _close_file_with_answer(response: Response) -> Response:
    if close := getattr(response.response, "close", None):
        response.call_on_close(close)
    return response
