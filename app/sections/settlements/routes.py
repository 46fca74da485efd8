"""«Взаиморасчеты»: turnover sheet, operations, and the statement in four forms."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from app.domain.access import Permission
from app.domain.period import Period
from app.extensions import db
from app.queries.contracts import VisibleContract
from app.queries.settlements import ledger_of
from app.sections.settlements.presenters import turnover_table
from app.web.context import clock
from app.web.downloads import name_of, send_table
from app.web.forms import PeriodForm
from app.web.fragment_cache import contract_block
from app.web.fragments import redirect_page, render_page
from app.web.ledger_rows import present_entries
from app.web.pager import PAGE_ROWS, Pager
from app.web.permissions import contract_access
from app.web.statements import STATEMENT_TYPES
from app.web.statements.routes import add_statement_routes, render_statement_page, statement_url
from app.web.urls import build_url

bp = Blueprint("settlements", __name__, url_prefix="/contracts/<id:contract_id>/settlements")

PAGE = "settlements/index.html"


@bp.get("")
@contract_access(Permission.SEE_MONEY)
def index(contract: VisibleContract) -> ResponseReturnValue:
    """Turnover sheet of a period and its operations, page by page (user manual §6)."""
    form = PeriodForm.from_query(request.args, clock().today())
    period = form.period
    if period is None:
        return render_page(PAGE, fragment="results", contract=contract, form=form, status=422)
    if request.args.get("open") == "statement":
        return redirect_page(statement_url(contract, "settlements.statement", period))
    number = request.args.get("page", "")[:9]
    ready = contract_block(
        contract,
        PAGE,
        "results",
        (period, number, _ask(contract)),
        lambda: _results(contract, form, period, number),
    )
    return render_page(PAGE, fragment="results", contract=contract, form=form, ready=ready)


@bp.get("/turnover.<any(xlsx, csv):extension>")
@contract_access(Permission.SEE_MONEY)
def turnover_file(contract: VisibleContract, extension: str) -> ResponseReturnValue:
    """The turnover sheet for a spreadsheet."""
    form = PeriodForm.from_query(request.args, clock().today())
    if not form.period:
        return render_statement_page(STATEMENT_TYPES[bp.name], contract, form)
    ledger = ledger_of(db.session(), contract, form.period)
    name = name_of("Оборотно-сальдовая ведомость", contract.number, form.period)
    return send_table(turnover_table(ledger.sheet, form.period), name, extension)


def _results(
    contract: VisibleContract, form: PeriodForm, period: Period, number: str
) -> dict[str, Any]:
    ledger = ledger_of(db.session(), contract, period)
    pager = Pager.from_query(number, PAGE_ROWS, ledger.count)
    operations = present_entries(ledger.newest(pager.offset, pager.size))
    return {
        "form": form,
        "ledger": ledger,
        "pager": pager,
        "operations": operations,
        "ask": _ask(contract),
        "until": min(period.last, clock().today()),
    }


def _ask(contract: VisibleContract) -> str:
    """URL prefix of a new enquiry about a month; empty without the permission."""
    if not contract.may(Permission.SEND_ENQUIRIES):
        return ""
    return f"{build_url('enquiries.new', contract_id=contract.id)}?about=month-"


add_statement_routes(bp, STATEMENT_TYPES[bp.name])
