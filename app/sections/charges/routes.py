"""«Начисления»: documents by month, and each with its lines (user manual §7)."""

from __future__ import annotations

from typing import Any

from flask import request
from flask.typing import ResponseReturnValue
from flask.wrappers import Response

from app.domain.access import Permission
from app.domain.charges import build_months, summarize_payment
from app.domain.money import ZERO
from app.domain.period import Period
from app.extensions import db
from app.queries.bill_comparisons import first_own_month
from app.queries.charges import count_lines, get_detail, list_documents
from app.queries.contracts import VisibleContract
from app.queries.open_items import read_open_items
from app.sections.charges.blueprint import bp
from app.sections.charges.presenters import METHODS, documents_table, lines_table
from app.web.charge_table import CHARGE_KINDS
from app.web.context import clock
from app.web.downloads import name_of, send_table
from app.web.forms import PeriodForm
from app.web.fragment_cache import contract_block
from app.web.fragments import redirect_page, render_page
from app.web.labels import ZONES
from app.web.pager import Pager
from app.web.permissions import contract_access
from app.web.statements import STATEMENT_TYPES
from app.web.statements.routes import add_statement_routes, statement_url

PAGE = "charges/index.html"
PAGE_LINES = 50


@bp.get("")
@contract_access(Permission.SEE_MONEY)
def index(contract: VisibleContract) -> ResponseReturnValue:
    """Documents of a period by billing month, late interest apart."""
    form = PeriodForm.from_query(request.args, clock().today())
    period = form.period
    if period is None:
        return render_page(
            PAGE, fragment="results", contract=contract, form=form, kinds=CHARGE_KINDS, status=422
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
        kinds=CHARGE_KINDS,
        methods=METHODS,
        zones=ZONES,
        since_month=first_own_month(contract),
    )


@bp.get("/<id:charge_id>/lines.<any(xlsx, csv):extension>")
@contract_access(Permission.SEE_MONEY)
def lines_file(contract: VisibleContract, charge_id: int, extension: str) -> ResponseReturnValue:
    """All lines of a document for a spreadsheet."""
    detail = get_detail(db.session(), contract, charge_id, limit=None)
    document = detail.document
    name = f"{CHARGE_KINDS[document.kind]} {document.number} от {document.on:%d.%m.%Y}"
    return send_table(lines_table(detail), f"{name} {contract.number}", extension)


@bp.get("/charges.<any(xlsx, csv):extension>")
@contract_access(Permission.SEE_MONEY)
def file(contract: VisibleContract, extension: str) -> ResponseReturnValue:
    """The documents of a period for a spreadsheet."""
    form = PeriodForm.from_query(request.args, clock().today())
    if form.period is None:
        return _unreadable(contract, form)
    table = documents_table(list_documents(db.session(), contract, form.period))
    name = name_of("Начисления", contract.number, form.period)
    return send_table(table, name, extension)


def _results(contract: VisibleContract, form: PeriodForm, period: Period) -> dict[str, Any]:
    documents = list_documents(db.session(), contract, period)
    today = clock().today()
    balances = read_open_items(db.session(), contract, today).documents
    energy = [document for document in documents if not document.is_interest]
    interest = [document for document in documents if document.is_interest]
    return {
        "form": form,
        "months": build_months(energy, balances, today),
        "interest": [
            (document, summarize_payment([document], balances, today))
            for document in reversed(interest)
        ],
        "total": sum((document.gross for document in documents), ZERO),
        "kinds": CHARGE_KINDS,
        "since_month": first_own_month(contract),
    }


def _unreadable(contract: VisibleContract, form: PeriodForm) -> Response:
    return render_page(
        PAGE, fragment="results", contract=contract, form=form, kinds=CHARGE_KINDS, status=422
    )


add_statement_routes(bp, STATEMENT_TYPES[bp.name])
