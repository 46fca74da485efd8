"""«Договор сменил потребителя»: staff decide whether the people of before have access again."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response

from app.actions.transfers import decisions as actions
from app.domain.errors import NotFoundError, TransferError
from app.domain.staff import StaffPermission
from app.domain.transfers import Decision
from app.extensions import db
from app.jobs import delivery
from app.logging import event
from app.queries import transfers as queries
from app.queries.customers import get_contract_for_staff
from app.sections.staff.blueprint import bp
from app.sections.staff.customers.forms import BulkTransferForm, TransferForm
from app.sections.staff.labels import TRANSFER_FAULTS, TRANSFERS
from app.web.context import local_now
from app.web.data_access import record_access
from app.web.forms import summary_of
from app.web.fragments import render_page
from app.web.pager import STAFF_PAGE_ROWS, Pager
from app.web.permissions import staff_access
from app.web.session import current_clerk

BULK_ROWS = 100
"""Decided in one step: each of them is named on the page that asks."""


@bp.get("/transfers")
@staff_access(StaffPermission.WORK, lists=True)
def transfers() -> ResponseReturnValue:
    """Contracts that wait for a decision, the longest first."""
    session = db.session()
    total = queries.count_undecided(session)
    pager = Pager.from_request(STAFF_PAGE_ROWS, total)
    return render_page(
        "staff/customers/transfers/index.html",
        fragment="results",
        cases=queries.list_undecided(session, pager.offset, pager.size),
        pager=pager,
        same_inn=queries.count_undecided(session, same_inn=True),
        done=request.args.get("done", "")[:4],
    )


@bp.get("/transfers/<id:contract_id>")
@staff_access(StaffPermission.WORK)
def transfer(contract_id: int) -> ResponseReturnValue:
    """Both parties side by side, who waits, and what was decided before."""
    answer = _page(contract_id, TransferForm())
    record_access(contract_id, get_contract_for_staff(db.session(), contract_id).number)
    return answer


@bp.post("/transfers/<id:contract_id>")
@staff_access(StaffPermission.WORK)
def transfer_decide(contract_id: int) -> ResponseReturnValue:
    """«Та же организация» or «Другой потребитель»."""
    form = TransferForm()
    if not form.validate():
        return _page(contract_id, form, 422)
    clerk, decision = current_clerk(), Decision(form.decision.data)
    try:
        found = queries.get_transfer(db.session(), form.read_id)
        if found.contract_id != contract_id:
            raise NotFoundError
        actions.decide_transfer(
            db.session(), found.id, decision, clerk.name[:60], clerk.staff_id, local_now()
        )
    except TransferError as error:
        db.session.rollback()
        return _page(contract_id, TransferForm(formdata=None), 409, TRANSFER_FAULTS[error.code])
    delivery.commit()
    event("transfer decided", contract=contract_id, decision=str(decision))
    return redirect(url_for("staff.transfers", done=str(decision)[:4]), 303)


@bp.get("/transfers/same-inn")
@staff_access(StaffPermission.IMPORT, lists=True)
def transfers_same_inn() -> ResponseReturnValue:
    """Billing has re-keyed its customers: contracts whose ИНН stayed, by name, to be decided."""
    return _bulk_page(BulkTransferForm())


@bp.post("/transfers/same-inn")
@staff_access(StaffPermission.IMPORT)
def transfers_same_inn_submit() -> ResponseReturnValue:
    """All that were named are the same organisations as before."""
    form, clerk, session = BulkTransferForm(), current_clerk(), db.session()
    if not form.validate():
        return _bulk_page(form, 422)
    try:
        count = actions.restore_same_inn(
            session, form.read_ids, clerk.name[:60], clerk.staff_id, local_now()
        )
    except TransferError:
        session.rollback()
        return _bulk_page(BulkTransferForm(formdata=None), 409, TRANSFER_FAULTS["bulk"])
    delivery.commit()
    event("transfers decided", count=count, decision=str(Decision.SAME))
    return redirect(url_for("staff.transfers", done="bulk"), 303)


def _page(
    contract_id: int, form: TransferForm, status: int = 200, message: str | None = None
) -> Response:
    session = db.session()
    contract = get_contract_for_staff(session, contract_id)
    case = queries.find_case(session, contract_id)
    changes = queries.list_transfers_of(session, contract_id)
    if not changes:
        raise NotFoundError
    return render_page(
        "staff/customers/transfers/transfer.html",
        fragment="results",
        row=contract,
        changes=changes,
        case=case,
        people=queries.list_waiting_people(session, case) if case else (),
        registrations=queries.count_waiting_registrations(session, case) if case else 0,
        form=form,
        faults=[("", message)] if message else summary_of(form),
        decisions=TRANSFERS,
        status=status,
    )


def _bulk_page(form: BulkTransferForm, status: int = 200, message: str | None = None) -> Response:
    session = db.session()
    return render_page(
        "staff/customers/transfers/same_inn.html",
        fragment="results",
        cases=queries.list_undecided(session, 0, BULK_ROWS, same_inn=True),
        total=queries.count_undecided(session, same_inn=True),
        form=form,
        faults=[("", message)] if message else summary_of(form),
        status=status,
    )
