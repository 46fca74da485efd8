"""Statements: build each kind the same way, as a page and as a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import render_template, url_for
from flask.wrappers import Response

from app.domain.errors import StatementTooLongError
from app.domain.period import Period
from app.domain.statement import Statement
from app.integrations.spreadsheets import Table
from app.queries.contracts import VisibleContract
from app.web.context import clock, limits, local_now
from app.web.downloads import WRITERS, name_of, send_bytes
from app.web.forms import PeriodForm
from app.web.pdf_responses import admit_pdf, lay_out
from app.web.template_context import site_context

Row = TypeVar("Row")
Options = Mapping[str, Any]

STATEMENT_ROWS = 200
"""Rows of a statement on one page; its totals are always those of the whole period."""
PDF_CHUNK = 40
"""Rows of one table in a PDF: the layout of a long table grows with the square of its rows."""


@dataclass(frozen=True)
class Recipe:
    """How one kind of statement is made.

    Attributes:
        build: from the contract, the period, the person's choices, and ``site``, ``issued_at``,
            ``as_of``, ``max_rows``.
        context: what the template of the PDF needs; ``title`` is in it.
        table: the rows for a spreadsheet.
    """

    title: str
    build: Callable[..., Statement]
    template: str
    context: Callable[[Any], dict[str, Any]]
    table: Callable[[Any], Table]


RECIPES: dict[str, Recipe] = {}
"""By the name of the section, which adds its own."""


def build_statement(
    contract: VisibleContract, recipe: Recipe, period: Period, options: Options, max_rows: int
) -> Statement:
    """The statement of a period.

    Raises:
        StatementTooLongError: it would have more rows.
    """
    site = site_context()
    return recipe.build(
        contract,
        period,
        options,
        site=site,
        issued_at=local_now(),
        as_of=site.as_of and clock().local(site.as_of),
        max_rows=max_rows,
    )


def make_statement(
    contract: VisibleContract,
    name: str,
    form: PeriodForm,
    options: Options,
    extension: str = "",
) -> Any | None:
    """The statement of the form's period; None leaves the reason in the form."""
    if form.period is None:
        return None
    limit = limits().statement_max_rows
    if extension == "pdf":
        limit = min(limit, limits().pdf_max_rows)
    try:
        return build_statement(contract, RECIPES[name], form.period, options, limit)
    except StatementTooLongError as error:
        form.long_rows = error.rows
        return None


def send_statement(
    contract: VisibleContract, name: str, form: PeriodForm, options: Options, extension: str
) -> Response | None:
    """The statement as a file; None leaves the reason in the form.

    Raises:
        TooManyAttemptsError: too many PDF in a minute.
        AllLocksHeldError: too many PDF at this moment.
    """
    recipe = RECIPES[name]
    made = make_statement(contract, name, form, options, extension)
    if made is None or form.period is None:
        return None
    if extension == "pdf":
        admit_pdf(contract)
    content = write_statement(recipe, made, extension, lay_out)
    return send_bytes(content, name_of(recipe.title, contract.number, form.period), extension)


def write_statement(
    recipe: Recipe, made: Statement, extension: str, layout: Callable[[str, str], bytes]
) -> bytes:
    """A statement as the content of a file."""
    if extension != "pdf":
        return WRITERS[extension](recipe.table(made))
    context = recipe.context(made)
    return layout(render_template(recipe.template, **context), context["title"])


def chunks_of(rows: Sequence[Row]) -> list[Sequence[Row]]:
    """Rows in the short tables of a PDF."""
    return [rows[start : start + PDF_CHUNK] for start in range(0, len(rows), PDF_CHUNK)]


def statement_url(contract: VisibleContract, endpoint: str, period: Period) -> str:
    """Address of the statement of a period."""
    return url_for(
        endpoint,
        contract_id=contract.id,
        first=period.first.isoformat(),
        last=period.last.isoformat(),
    )
