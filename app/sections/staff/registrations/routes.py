"""«Регистрации»: registrations whose right to the contract a clerk has to decide about."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response

from app.actions.registration import decisions
from app.domain.errors import RegistrationClosedError
from app.domain.staff import StaffPermission
from app.extensions import db
from app.jobs import delivery
from app.models import Registration
from app.queries.customers import list_accounts
from app.queries.registrations import get_contacts_on_record, get_registration, list_unproved
from app.sections.staff.blueprint import bp
from app.sections.staff.labels import REGISTRATIONS
from app.sections.staff.registrations.forms import RefusalForm
from app.web.context import clock, local_now
from app.web.data_access import record_access
from app.web.forms import summary_of
from app.web.fragments import render_page
from app.web.permissions import staff_access
from app.web.policies import session_lives
from app.web.session import current_clerk

CLOSED = "Заявка уже решена, заменена новой, или у договора появился владелец."
DONE = {
    "approved": "Кабинет открыт, заявителю отправлено сообщение.",
    "refused": "В доступе отказано, заявителю отправлена причина.",
}


@bp.get("/registrations")
@staff_access(StaffPermission.WORK, lists=True)
def registrations() -> ResponseReturnValue:
    """List registrations that wait, the oldest first."""
    waiting = list_unproved(db.session())
    return render_page(
        "staff/registrations/index.html",
        fragment="results",
        waiting=waiting,
        done=DONE.get(request.args.get("done", "")),
    )


@bp.get("/registrations/<id:registration_id>")
@staff_access(StaffPermission.WORK)
def registration(registration_id: int) -> ResponseReturnValue:
    """Show what was typed and what is on record, side by side."""
    found = get_registration(db.session(), registration_id)
    record_access(found.contract_id, found.contract.number, of=found.id)
    return _page(found, RefusalForm())


@bp.post("/registrations/<id:registration_id>/approve")
@staff_access(StaffPermission.WORK)
def registration_approve(registration_id: int) -> ResponseReturnValue:
    """Open the account: the right to the contract is proved."""
    found = get_registration(db.session(), registration_id)
    try:
        decisions.approve(db.session(), found, current_clerk().name[:60], local_now())
    except RegistrationClosedError:
        db.session.rollback()
        return _page(get_registration(db.session(), registration_id), RefusalForm(), 409, CLOSED)
    delivery.commit()
    return redirect(url_for("staff.registrations", done="approved"), 303)


@bp.post("/registrations/<id:registration_id>/refuse")
@staff_access(StaffPermission.WORK)
def registration_refuse(registration_id: int) -> ResponseReturnValue:
    """Refuse access; the person is notified of the reason."""
    found, form = get_registration(db.session(), registration_id), RefusalForm()
    if not form.validate():
        return _page(found, form, 422)
    try:
        clerk, reason = current_clerk().name[:60], form.reason.data
        decisions.refuse(db.session(), found, clerk, reason, local_now())
    except RegistrationClosedError:
        db.session.rollback()
        return _page(get_registration(db.session(), registration_id), form, 409, CLOSED)
    delivery.commit()
    return redirect(url_for("staff.registrations", done="refused"), 303)


def _page(
    found: Registration, form: RefusalForm, status: int = 200, message: str | None = None
) -> Response:
    return render_page(
        "staff/registrations/registration.html",
        fragment="results",
        row=found,
        form=form,
        faults=[("", message)] if message else summary_of(form),
        on_record=get_contacts_on_record(db.session(), found.contract),
        owners=[
            card
            for card in list_accounts(db.session(), found.contract, clock().now(), *session_lives())
            if not card.is_revoked
        ],
        states=REGISTRATIONS,
        status=status,
    )
