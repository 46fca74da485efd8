"""Notes on a customer and the log of calls with one."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response

from app.actions.staff.customer_notes import write_customer_note
from app.domain.staff import StaffPermission
from app.extensions import db
from app.models import Contract
from app.queries.customer_notes import count_notes, list_notes
from app.queries.customers import get_contract_for_staff
from app.sections.staff.blueprint import bp
from app.sections.staff.customers.note_forms import KINDS, CustomerNoteForm
from app.web.context import clock
from app.web.data_access import record_access
from app.web.forms import summary_of
from app.web.fragments import render_page
from app.web.pager import STAFF_PAGE_ROWS, Pager
from app.web.permissions import staff_access
from app.web.session import current_clerk


@bp.get("/customers/<id:contract_id>/notes")
@staff_access(StaffPermission.WORK)
def customer_notes(contract_id: int) -> ResponseReturnValue:
    """All notes and calls of the customer, and the form of a new one."""
    contract = get_contract_for_staff(db.session(), contract_id)
    record_access(contract.id, contract.number)
    return _page(contract, CustomerNoteForm(formdata=None))


@bp.post("/customers/<id:contract_id>/notes")
@staff_access(StaffPermission.WORK)
def customer_notes_submit(contract_id: int) -> ResponseReturnValue:
    """Write a note or a call down; a form sent twice is one note."""
    contract, form = get_contract_for_staff(db.session(), contract_id), CustomerNoteForm()
    form.prepare()
    if not form.validate():
        return _page(contract, form, 422)
    write_customer_note(
        db.session(), contract, current_clerk().staff_id, form.note(), clock().now()
    )
    db.session.commit()
    return redirect(url_for("staff.customer_notes", contract_id=contract_id, saved=1), 303)


def _page(contract: Contract, form: CustomerNoteForm, status: int = 200) -> Response:
    form.prepare()
    pager = Pager.from_request(STAFF_PAGE_ROWS, count_notes(db.session(), contract.customer_id))
    return render_page(
        "staff/customers/notes.html",
        fragment="results",
        row=contract,
        form=form,
        rows=list_notes(db.session(), contract.customer_id, pager.offset, pager.size),
        kinds=KINDS,
        pager=pager,
        faults=summary_of(form),
        saved=request.args.get("saved"),
        status=status,
    )
