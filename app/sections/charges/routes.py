"""«Начисления»: documents by month, and each with its lines (user manual §7)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask.wrappers import Response

from app.domain.access import Permission
from app.domain.charges import build_months, summarize_payment
from app.domain.money import ZERO
from app.domain.period import Period
from app.domain.statement import ChargeStatement
from app.extensions import db
from app.queries.charges import count_lines, get_detail, list_documents
from app.queries.contracts import VisibleContract
from app.queries.open_items import read_open_items
from app.queries.statements import charge_statement
from app.sections.charges import presenters
from app.sections.charges.presenters import KINDS, METHODS, documents_table
from app.web.context import clock, limits
from app.web.downloads import WRITERS, name_of, send_bytes
from app.web.forms import PeriodForm
from app.web.fragment_cache import contract_block
from app.web.fragments import redirect_page, render_page
from app.web.labels import ZONES
from app.web.pager import Pager
from app.web.permissions import contract_access
from app.web.statement_routes import (
    RECIPES,
    STATEMENT_ROWS,
    Options,
    Recipe,
    make_statement,
    send_statement,
    statement_url,
)

bp = Blueprint("charges", __name__, url_prefix="/contracts/<id:contract_id>/charges")

PAGE = "charges/index.html"
PAGE_LINES = 50
NAME = "charges"


@bp.get("")
@contract_access(Permission.SEE_MONEY)
def index(contract: VisibleContract) -> ResponseReturnValue:
    """Documents of a period by billing month, late interest apart."""
    form = PeriodForm.from_query(request.args, clock().today())
    period = form.period
    if period is None:
        return render_page(
            PAGE, fragment="results", contract=contract, form=form, kinds=KINDS, status=422
        )
    if request.args.get("open") == "statement":
        return redirect_page(statement_url(contract, "charges.statement", period))
    ready = contract_block(
        contract, PAGE, "results", period, lambda: _results(contract, form, period)
    )
    return render_page(PAGE, fragment="results", contract=contract, form=form, ready=ready)


@bp.get("/<id:charge_id>")
@contract_access(Permission.SEE_MONEY)
def document(contract: VisibleContract, charge_id: int) -> ResponseReturnValue:
    """«Детализация»: the lines of a document and how each sum came about."""
    count = count_lines(db.session(), contract, charge_id)
    pager = Pager.from_request(PAGE_LINES, count)
    detail = get_detail(db.session(), contract, charge_id, pager.offset, pager.size)
    return render_page(
        "charges/document.html",
        fragment="results",
        contract=contract,
        detail=detail,
        pager=pager,
        kinds=KINDS,
        methods=METHODS,
        zones=ZONES,
    )


@bp.get("/charges.<any(xlsx, csv):extension>")
@contract_access(Permission.SEE_MONEY)
def file(contract: VisibleContract, extension: str) -> ResponseReturnValue:
    """The documents of a period for a spreadsheet."""
    form = PeriodForm.from_query(request.args, clock().today())
    if form.period is None:
        return _unreadable(contract, form)
    table = documents_table(list_documents(db.session(), contract, form.period))
    name = name_of("Начисления", contract.number, form.period)
    return send_bytes(WRITERS[extension](table), name, extension)


@bp.get("/statement")
@contract_access(Permission.SEE_MONEY)
def statement(contract: VisibleContract) -> ResponseReturnValue:
    """«Справка по начислениям» as a page: the form that a screen reader reads."""
    form = PeriodForm.from_query(request.args, clock().today())
    return _statement_page(contract, form, make_statement(contract, NAME, form, _options()))


@bp.get("/statement.<any(pdf, xlsx, csv):extension>")
@contract_access(Permission.SEE_MONEY)
def statement_file(contract: VisibleContract, extension: str) -> ResponseReturnValue:
    """The same statement as a file."""
    form = PeriodForm.from_query(request.args, clock().today())
    return send_statement(contract, NAME, form, _options(), extension) or _statement_page(
        contract, form
    )


def _options() -> Options:
    return {"lines": "1" if request.args.get("lines") == "1" else ""}


def _build(
    contract: VisibleContract, period: Period, options: Options, **circumstances: Any
) -> ChargeStatement:
    return charge_statement(
        db.session(), contract, period, with_lines=options["lines"] == "1", **circumstances
    )


def _statement_page(
    contract: VisibleContract, form: PeriodForm, made: ChargeStatement | None = None
) -> Response:
    rows = made.rows if made else ()
    pager = Pager.from_request(STATEMENT_ROWS, len(rows))
    return render_page(
        "charges/statement.html",
        fragment="results",
        contract=contract,
        form=form,
        statement=made,
        pager=pager,
        rows=rows[pager.offset : pager.offset + pager.size],
        with_lines=bool(_options()["lines"]),
        limits=limits(),
        kinds=KINDS,
        status=200 if made else 422,
    )


def _results(contract: VisibleContract, form: PeriodForm, period: Period) -> dict[str, Any]:
    documents = list_documents(db.session(), contract, period)
    today = clock().today()
    states = read_open_items(db.session(), contract, today).documents
    energy = [document for document in documents if not document.is_interest]
    interest = [document for document in documents if document.is_interest]
    return {
        "form": form,
        "months": build_months(energy, states, today),
        "interest": [(each, summarize_payment([each], states, today)) for each in interest[::-1]],
        "total": sum((document.gross for document in documents), ZERO),
        "kinds": KINDS,
    }


def _unreadable(contract: VisibleContract, form: PeriodForm) -> Response:
    return render_page(
        PAGE, fragment="results", contract=contract, form=form, kinds=KINDS, status=422
    )


RECIPES[NAME] = Recipe(
    "Справка по начислениям",
    _build,
    "pdf/charge_statement.html",
    presenters.pdf_context,
    presenters.statement_table,
)
