"""«Взаиморасчеты»: turnover sheet, operations, and the statement in four forms."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.domain.access import Permission
from app.domain.errors import StatementTooLongError
from app.domain.period import Period
from app.domain.statement import SettlementStatement
from app.extensions import db
from app.integrations.pdf import render_pdf
from app.integrations.spreadsheets import write_csv, write_xlsx
from app.queries.settlements import ledger_of
from app.queries.statements import settlement_statement
from app.sections.settlements import presenters
from app.web.downloads import send_bytes
from app.web.filters import page_frame
from app.web.forms import PeriodForm
from app.web.fragments import redirect_page, render_page
from app.web.pager import Pager
from app.web.permissions import contract_access
from app.web.remembered import contract_block
from app.web.session import clock, config

bp = Blueprint("settlements", __name__, url_prefix="/contracts/<int:contract_id>/settlements")

PAGE = "settlements/index.html"
PAGE_ROWS = 25
WRITERS = {"xlsx": write_xlsx, "csv": write_csv}


@bp.get("")
@contract_access(Permission.SEE_MONEY)
def index(contract_id: int) -> ResponseReturnValue:
    """Turnover sheet of a period and its operations, page by page (user manual §6)."""
    form = PeriodForm.from_query(request.args, clock().today())
    period = form.period
    if period is None:
        return render_page(PAGE, fragment="results", form=form, status=422)
    if request.args.get("open") == "statement":
        return redirect_page(_statement_url(period))
    number = request.args.get("page", "")[:9]
    ready = contract_block(
        PAGE, "results", (period, number), lambda: _results(form, period, number)
    )
    return render_page(PAGE, fragment="results", form=form, ready=ready)


@bp.get("/turnover.<any(xlsx, csv):extension>")
@contract_access(Permission.SEE_MONEY)
def turnover_file(contract_id: int, extension: str) -> ResponseReturnValue:
    """The turnover sheet for a spreadsheet."""
    form = PeriodForm.from_query(request.args, clock().today())
    if not form.period:
        return _statement_page(form)
    ledger = ledger_of(db.session(), g.contract, form.period)
    content = WRITERS[extension](presenters.turnover_table(ledger.sheet))
    return send_bytes(content, _name("Оборотно-сальдовая ведомость", form.period), extension)


@bp.get("/statement")
@contract_access(Permission.SEE_MONEY)
def statement(contract_id: int) -> ResponseReturnValue:
    """The statement as a page: the form of it that a screen reader reads and a printer prints."""
    form = PeriodForm.from_query(request.args, clock().today())
    return _statement_page(form, _statement(form))


@bp.get("/statement.<any(pdf, xlsx, csv):extension>")
@contract_access(Permission.SEE_MONEY)
def statement_file(contract_id: int, extension: str) -> ResponseReturnValue:
    """The same statement as a file."""
    form = PeriodForm.from_query(request.args, clock().today())
    made = _statement(form)
    if made is None or form.period is None:
        return _statement_page(form)
    if extension == "pdf":
        html = render_template("pdf/settlement_statement.html", **presenters.pdf_context(made))
        content = render_pdf(html, presenters.statement_title(made))
    else:
        content = WRITERS[extension](presenters.statement_table(made))
    return send_bytes(content, _name("Справка по взаиморасчетам", form.period), extension)


def _results(form: PeriodForm, period: Period, number: str) -> dict[str, Any]:
    ledger = ledger_of(db.session(), g.contract, period)
    pager = Pager.from_query(number, PAGE_ROWS, ledger.count)
    operations = presenters.present_all(ledger.operations(pager.offset, pager.size))
    return {"form": form, "ledger": ledger, "pager": pager, "operations": operations}


def _statement(form: PeriodForm) -> SettlementStatement | None:
    """The statement of the form's period; None leaves the reason in the form."""
    if form.period is None:
        return None
    frame = page_frame()
    try:
        return settlement_statement(
            db.session(),
            g.contract,
            form.period,
            frame=frame,
            issued_at=clock().local(clock().now()),
            as_of=frame.as_of and clock().local(frame.as_of),
            max_rows=config().statement_max_rows,
        )
    except StatementTooLongError as error:
        form.errors["last"] = presenters.too_long_words(error)
        return None


def _statement_page(
    form: PeriodForm, made: SettlementStatement | None = None
) -> ResponseReturnValue:
    return render_page(
        "settlements/statement.html",
        fragment="results",
        form=form,
        statement=made,
        rows=presenters.present_all(made.rows) if made else (),
        status=200 if made else 422,
    )


def _statement_url(period: Period) -> str:
    return url_for(
        "settlements.statement",
        contract_id=g.contract.id,
        first=period.first.isoformat(),
        last=period.last.isoformat(),
    )


def _name(title: str, period: Period) -> str:
    return f"{title} {g.contract.number} {period.first:%d.%m.%Y}-{period.last:%d.%m.%Y}"
