"""Order the statements of several contracts as one archive."""

from __future__ import annotations

from collections.abc import Sequence

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response

from app.actions.prepared_files import WantedFile, request_file
from app.domain.access import Permission
from app.domain.errors import TooManyAttemptsError
from app.domain.prepared_files import ARCHIVE, MOST_IN_ARCHIVE
from app.extensions import db
from app.jobs.prepared_files import enqueue
from app.logging import event
from app.queries.contracts import VisibleContract, list_visible
from app.sections.together.payments import read_chosen
from app.sections.together.routes import bp
from app.web.context import clock
from app.web.forms import PeriodForm, too_many_attempts
from app.web.fragments import render_page
from app.web.pdf_responses import hit_pdf_limit
from app.web.permissions import signed_in
from app.web.policies import retention_rules
from app.web.session import access_window, current_viewer
from app.web.statements import STATEMENT_TYPES

FORMATS = {"pdf": "PDF", "xlsx": "XLSX", "csv": "CSV"}
DOCUMENTS = {"settlements": "Справки по взаиморасчетам", "charges": "Справки по начислениям"}
NOTHING = "Отметьте договоры, по которым нужны справки."
TOO_MANY = f"Отметьте не больше {MOST_IN_ARCHIVE}\u00a0договоров."


@bp.get("/contracts/statements")
@signed_in
def statements() -> ResponseReturnValue:
    """Ask for the kind of statement, the period and the format."""
    form = PeriodForm.from_query(request.args, clock().today())
    contracts = _chosen(read_chosen(request.args))
    is_wrong = "contract" in request.args and not contracts
    return _page(contracts, form, NOTHING if is_wrong else None)


@bp.post("/contracts/statements")
@signed_in
def statements_order() -> ResponseReturnValue:
    """Have the worker make the archive, and lead to the page that waits for it."""
    form = PeriodForm.from_query(request.form, clock().today())
    contracts = _chosen(read_chosen(request.form))
    fault = _fault(contracts, form)
    if fault is not None:
        return _page(contracts, form, fault)
    first, now = contracts[0], clock().now()
    try:
        hit_pdf_limit(first)
        file, is_new = request_file(
            db.session(),
            first,
            first.viewer,
            _wanted(contracts, form),
            retention_rules().prepared_files,
            now,
        )
    except TooManyAttemptsError as error:
        return _page(contracts, form, f"{too_many_attempts(error)}.", 429)
    db.session.commit()
    if is_new:
        enqueue()
        event("archive ordered", file=file.id, contracts=len(contracts))
    return redirect(url_for("files.file", contract_id=first.id, file_id=file.id), 303)


def _chosen(ids: Sequence[int]) -> list[VisibleContract]:
    """Those of the contracts whose money the person may see."""
    visible = list_visible(db.session(), current_viewer(), access_window())
    wanted = set(ids)
    return [one for one in visible if one.id in wanted and one.may(Permission.SEE_MONEY)]


def _fault(contracts: Sequence[VisibleContract], form: PeriodForm) -> str | None:
    """What is wrong with an order; the form says itself what is wrong with its period."""
    if not contracts:
        return NOTHING
    if len(contracts) > MOST_IN_ARCHIVE:
        return TOO_MANY
    if request.form.get("document") not in STATEMENT_TYPES:
        return "Выберите вид справки."
    if request.form.get("format") not in FORMATS:
        return "Выберите формат файлов."
    return "" if form.period is None else None


def _wanted(contracts: Sequence[VisibleContract], form: PeriodForm) -> WantedFile:
    document = request.form["document"]
    options = {
        "first": form.first,
        "last": form.last,
        "lines": "",
        "format": request.form["format"],
        "contracts": [{"id": one.id, "number": one.number} for one in contracts],
    }
    name = f"{DOCUMENTS[document]} {form.first} - {form.last}"
    return WantedFile(document, ARCHIVE, options, len(contracts), name)


def _page(
    contracts: Sequence[VisibleContract],
    form: PeriodForm,
    fault: str | None,
    status: int = 422,
) -> Response:
    is_faulty = fault is not None or bool(form.errors)
    faults = [(name, text) for name, text in form.errors.items()]
    return render_page(
        "together/statements.html",
        fragment="results",
        contracts=contracts,
        form=form,
        documents=DOCUMENTS,
        formats=FORMATS,
        document=request.values.get("document", "settlements"),
        chosen_format=request.values.get("format", "pdf"),
        faults=([("", fault)] if fault else []) + faults,
        status=status if is_faulty else 200,
    )
