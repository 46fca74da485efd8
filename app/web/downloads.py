"""Answer with a file to be downloaded."""

from __future__ import annotations

import re
from datetime import date, datetime
from urllib.parse import quote

from flask import Flask, make_response
from flask.wrappers import Response

from app.domain.period import Period
from app.integrations.spreadsheets import Table, write_csv, write_xlsx
from app.web.context import clock

WRITERS = {"xlsx": write_xlsx, "csv": write_csv}
TYPES = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
PACKED = {"zip": "application/zip"}
_NOT_IN_NAMES = re.compile(r'[\\/:*?"<>|]+')
"""What Windows has in no name of a file; a number of a document may have it."""


def name_of(title: str, contract_number: str, period: Period) -> str:
    """Name of a file about a contract and a period, without its extension."""
    return f"{title} {contract_number} {period.first:%d.%m.%Y}-{period.last:%d.%m.%Y}"


def name_on(title: str, contract_number: str, day: date) -> str:
    """Name of a file about a contract as it is on a day, without its extension."""
    return f"{title} {contract_number} {day:%d.%m.%Y}"


def moment_cell(moment: datetime | None) -> datetime | None:
    """A moment as a cell of a table: in the supplier's zone, which spreadsheets do not know."""
    return clock().local(moment).replace(tzinfo=None, second=0, microsecond=0) if moment else None


def send_table(table: Table, name: str, extension: str) -> Response:
    """A table of a page as a download: XLSX, which names it on each printed page, or CSV."""
    content = write_xlsx(table, name) if extension == "xlsx" else write_csv(table)
    return send_bytes(content, name, extension)


def send_bytes(content: bytes, name: str, extension: str) -> Response:
    """A download under a readable Russian name, with a plain fallback for old browsers."""
    response = make_response(content)
    response.headers["Content-Type"] = (TYPES | PACKED)[extension]
    filename = f"{_NOT_IN_NAMES.sub('-', name)}.{extension}"
    response.headers["Content-Disposition"] = (
        f'attachment; filename="document.{extension}"; '
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
