"""Routes of a statement, the same for every type: its page, and the page as a file."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response

from app.domain.access import Permission
from app.domain.errors import StatementTooLongError
from app.domain.period import Period
from app.queries.contracts import VisibleContract
from app.web.context import clock, limits
from app.web.downloads import send_bytes
from app.web.forms import PeriodForm
from app.web.fragments import render_page
from app.web.pager import Pager
from app.web.pdf_responses import hit_pdf_limit, lay_out
from app.web.permissions import contract_access
from app.web.statements.base import Options, StatementType

STATEMENT_ROWS = 200
"""Rows of a statement on one page; its totals are always those of the whole period."""


def add_statement_routes(bp: Blueprint, statement_type: StatementType) -> None:
    """Give a section the endpoints ``statement`` (page) and ``statement_file`` (PDF, XLSX, CSV)."""

    @bp.get("/statement")
    @contract_access(Permission.SEE_MONEY)
    def statement(contract: VisibleContract) -> ResponseReturnValue:
        """The statement as a page: what a screen reader reads and a printer prints."""
        form = PeriodForm.from_query(request.args, clock().today())
        options = statement_type.read_options(request.args)
        made = _make(statement_type, contract, form, options, limits().statement_max_rows)
        return render_statement_page(statement_type, contract, form, made)

    @bp.get("/statement.<any(pdf, xlsx, csv):extension>")
    @contract_access(Permission.SEE_MONEY)
    def statement_file(contract: VisibleContract, extension: str) -> ResponseReturnValue:
        """The same statement as a file."""
        form = PeriodForm.from_query(request.args, clock().today())
        return _send(statement_type, contract, form, extension) or render_statement_page(
            statement_type, contract, form
        )


def render_statement_page(
    statement_type: StatementType,
    contract: VisibleContract,
    form: PeriodForm,
    made: Any | None = None,
) -> Response:
    """The page of a statement; without one, what is wrong with the form."""
    options = statement_type.read_options(request.args)
    rows = made.rows if made else ()
    pager = Pager.from_request(STATEMENT_ROWS, len(rows))
    return render_page(
        statement_type.page_template,
        fragment="results",
        contract=contract,
        form=form,
        statement=made,
        pager=pager,
        rows=statement_type.present_rows(rows[pager.offset : pager.offset + pager.size]),
        options=options,
        limits=limits(),
        status=200 if made else 422,
        **statement_type.labels,
    )


def statement_url(contract: VisibleContract, endpoint: str, period: Period) -> str:
    """Address of the statement of a period."""
    return url_for(
        endpoint,
        contract_id=contract.id,
        first=period.first.isoformat(),
        last=period.last.isoformat(),
    )


def _make(
    statement_type: StatementType,
    contract: VisibleContract,
    form: PeriodForm,
    options: Options,
    max_rows: int,
) -> Any | None:
    """The statement of the form's period; None leaves the reason in the form."""
    if form.period is None:
        return None
    try:
        return statement_type.make(contract, form.period, options, max_rows)
    except StatementTooLongError as error:
        form.long_rows = error.rows
        return None


def _send(
    statement_type: StatementType, contract: VisibleContract, form: PeriodForm, extension: str
) -> Response | None:
    """The statement as a file; None leaves the reason in the form.

    Raises:
        TooManyAttemptsError: too many PDF in a minute.
        AllLocksHeldError: too many PDF at this moment.
    """
    limit = limits().statement_max_rows
    if extension == "pdf":
        limit = min(limit, limits().pdf_max_rows)
    options = statement_type.read_options(request.args)
    made = _make(statement_type, contract, form, options, limit)
    if made is None or form.period is None:
        return None
    if extension == "pdf":
        hit_pdf_limit(contract)
    content = statement_type.write(made, extension, lay_out)
    return send_bytes(content, statement_type.file_name(contract, form.period), extension)
