"""What the pages of both statements share: when, of whom, how long, and too long."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from flask import g, render_template, url_for
from flask.wrappers import Response

from app.domain.errors import StatementTooLongError
from app.domain.period import Period
from app.integrations.pdf import render_pdf
from app.integrations.spreadsheets import Table
from app.web.downloads import WRITERS, send_bytes
from app.web.filters import counted, page_frame
from app.web.forms import PeriodForm
from app.web.session import clock, config, local_now

Made = TypeVar("Made")
Row = TypeVar("Row")

PDF_CHUNK = 40
"""Rows of one table in a PDF: the layout of a long table grows with the square of its rows."""


def make_statement(form: PeriodForm, build: Callable[..., Made]) -> Made | None:
    """The statement of the form's period; None leaves the reason in the form.

    Args:
        build: makes it from the period and ``frame``, ``issued_at``, ``as_of``, ``max_rows``.
    """
    if form.period is None:
        return None
    frame = page_frame()
    try:
        return build(
            form.period,
            frame=frame,
            issued_at=local_now(),
            as_of=frame.as_of and clock().local(frame.as_of),
            max_rows=config().statement_max_rows,
        )
    except StatementTooLongError as error:
        form.errors["last"] = too_long_words(error)
        return None


def chunks_of(rows: Sequence[Row]) -> list[Sequence[Row]]:
    """Rows in the short tables of a PDF."""
    return [rows[start : start + PDF_CHUNK] for start in range(0, len(rows), PDF_CHUNK)]


def too_long_words(error: StatementTooLongError) -> str:
    """Why there is no statement, and what to do."""
    rows = counted(error.rows, "строка", "строки", "строк")
    return f"За этот период {rows}, в справку входит до {error.limit}. Выберите период короче"


def send_statement(
    name: str, extension: str, template: str, context: dict[str, Any], table: Callable[[], Table]
) -> Response:
    """A statement as a file.

    Args:
        name: of the file, without its extension.
        context: for the PDF's ``template``; ``title`` is in it.
        table: makes the rows for a spreadsheet.
    """
    if extension == "pdf":
        content = render_pdf(render_template(template, **context), context["title"])
    else:
        content = WRITERS[extension](table())
    return send_bytes(content, name, extension)


def statement_url(endpoint: str, period: Period) -> str:
    """Address of the statement of a period."""
    return url_for(
        endpoint,
        contract_id=g.contract.id,
        first=period.first.isoformat(),
        last=period.last.isoformat(),
    )
