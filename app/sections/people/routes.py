"""«Сотрудники и доступ»: who may open a contract, in which role and until when."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response

from app.actions.people import access, invitations
from app.actions.people.access import NewAccess
from app.actions.people.invitations import NewInvitation
from app.domain.access import Permission, Role
from app.domain.contacts import normalise_email
from app.domain.errors import PeopleError, TooManyAttemptsError
from app.extensions import db
from app.jobs import delivery
from app.logging import event
from app.queries import contracts, people
from app.queries.access_requests import list_open_requests
from app.queries.contracts import VisibleContract
from app.queries.people_points import list_points
from app.sections.people import labels
from app.sections.people.forms import AccessForm, InvitationForm
from app.sections.people.tables import people_table
from app.web.context import clock, local_now
from app.web.downloads import name_on, send_table
from app.web.forms import summary_of, too_many_attempts
from app.web.fragments import render_page
from app.web.permissions import contract_access
from app.web.policies import invitation_limits
from app.web.session import access_window, current_browser

bp = Blueprint("people", __name__, url_prefix="/contracts/<id:contract_id>/people")
MANAGE = Permission.MANAGE_PEOPLE


@bp.get("")
@contract_access(MANAGE)
def index(contract: VisibleContract) -> ResponseReturnValue:
    """List people and open invitations."""
    session, now = db.session(), clock().now()
    return render_page(
        "people/index.html",
        fragment="results",
        contract=contract,
        people=people.list_people(session, contract, clock().today()),
        invitations=people.list_invitations(session, contract, now),
        requests=list_open_requests(session, contract),
        roles=labels.ROLES,
        viewer_id=contract.viewer.account_id,
        done=request.args.get("done", ""),
    )


@bp.get("/people.<any(xlsx, csv):extension>")
@contract_access(MANAGE)
def list_file(contract: VisibleContract, extension: str) -> ResponseReturnValue:
    """The people and open invitations that the page lists, for a spreadsheet."""
    session, today = db.session(), clock().today()
    table = people_table(
        people.list_people(session, contract, today),
        people.list_invitations(session, contract, clock().now()),
    )
    return send_table(table, name_on("Сотрудники и доступ", contract.number, today), extension)


@bp.get("/new")
@contract_access(MANAGE)
def invite(contract: VisibleContract) -> ResponseReturnValue:
    """Show the form of an invitation."""
    return _invitation_page(contract, _invitation_form(contract, _offered(contract)))


@bp.post("/new")
@contract_access(MANAGE)
def invite_submit(contract: VisibleContract) -> ResponseReturnValue:
    """Send an invitation."""
    offered = _offered(contract)
    form = _invitation_form(contract, offered)
    if not form.validate():
        return _invitation_page(contract, form, 422)
    try:
        sent = invitations.invite(
            db.session(),
            _details(form, offered),
            current_browser(),
            invitation_limits(),
            clock().today(),
            local_now(),
        )
    except PeopleError as error:
        form.show_error(error)
        return _invitation_page(contract, form, 422)
    except TooManyAttemptsError as error:
        return _invitation_page(contract, form, 429, f"{too_many_attempts(error)}.")
    delivery.commit()
    event("person invited", invitation=sent.id)
    return _done(contract, "invited")


@bp.post("/invitations/<id:invitation_id>/withdraw")
@contract_access(MANAGE)
def withdraw(contract: VisibleContract, invitation_id: int) -> ResponseReturnValue:
    """«Отозвать»: the link of an invitation opens nothing any more."""
    session = db.session()
    found = people.get_waiting_invitation(session, contract, invitation_id)
    invitations.withdraw(session, found, contract, clock().now())
    db.session.commit()
    return _done(contract, "withdrawn")


@bp.get("/<id:membership_id>")
@contract_access(MANAGE)
def person(contract: VisibleContract, membership_id: int) -> ResponseReturnValue:
    """Show a person's access and what can be done with it."""
    found = people.get_person(db.session(), contract, membership_id, clock().today())
    return _person_page(contract, found, _access_form(contract, found))


@bp.post("/<id:membership_id>")
@contract_access(MANAGE)
def person_submit(contract: VisibleContract, membership_id: int) -> ResponseReturnValue:
    """Change role, term and note."""
    session, today = db.session(), clock().today()
    found = people.get_person(session, contract, membership_id, today)
    form = _access_form(contract, found)
    if not form.validate():
        return _person_page(contract, found, form, 422)
    try:
        access.change_access(
            session,
            contract,
            membership_id,
            NewAccess(form.chosen_role, form.chosen_until, form.chosen_points, form.note.data),
            today,
            local_now(),
        )
    except PeopleError as error:
        db.session.rollback()
        form.show_error(error)
        return _person_page(contract, found, form, 422)
    delivery.commit()
    return _done(contract, "changed")


@bp.post("/<id:membership_id>/pause")
@contract_access(MANAGE)
def pause(contract: VisibleContract, membership_id: int) -> ResponseReturnValue:
    """«Приостановить»."""
    session, today = db.session(), clock().today()
    try:
        access.pause_access(session, contract, membership_id, today, local_now())
    except PeopleError as error:
        db.session.rollback()
        found = people.get_person(session, contract, membership_id, today)
        message = labels.PAUSE_ERRORS[error.code]
        return _person_page(contract, found, _access_form(contract, found), 422, message)
    delivery.commit()
    return _done(contract, "paused")


@bp.post("/<id:membership_id>/resume")
@contract_access(MANAGE)
def resume(contract: VisibleContract, membership_id: int) -> ResponseReturnValue:
    """«Возобновить»."""
    access.resume_access(db.session(), contract, membership_id, clock().today(), local_now())
    db.session.commit()
    return _done(contract, "resumed")


@bp.get("/<id:membership_id>/end")
@contract_access(MANAGE)
def end(contract: VisibleContract, membership_id: int) -> ResponseReturnValue:
    """Say what ending somebody's access means."""
    found = people.get_person(db.session(), contract, membership_id, clock().today())
    return _end_page(contract, found)


@bp.post("/<id:membership_id>/end")
@contract_access(MANAGE)
def end_submit(contract: VisibleContract, membership_id: int) -> ResponseReturnValue:
    """«Завершить доступ»: on their next request the person is out."""
    session, today = db.session(), clock().today()
    found = people.get_person(session, contract, membership_id, today)
    try:
        access.end_access(session, contract, membership_id, today, local_now())
    except PeopleError as error:
        db.session.rollback()
        return _end_page(contract, found, 422, labels.END_ERRORS[error.code])
    delivery.commit()
    event("access ended", membership=membership_id)
    if found.account_id == contract.viewer.account_id:
        return redirect(url_for("service.root"), 303)
    return _done(contract, "ended")


def _offered(contract: VisibleContract) -> list[VisibleContract]:
    """The contracts whose people the viewer manages: this one first."""
    visible = contracts.list_visible(db.session(), contract.viewer, access_window())
    mine = [one for one in visible if one.may(MANAGE)]
    return sorted(mine, key=lambda one: (one.id != contract.id, one.number))


def _details(form: InvitationForm, offered: list[VisibleContract]) -> NewInvitation:
    return NewInvitation(
        email=normalise_email(form.email.data),
        person_name=form.person_name.data,
        role=Role(form.role.data),
        contracts=[one for one in offered if one.id in form.contracts.data],
        access_until=form.access_until.data,
        note=form.note.data,
        points=form.chosen_points,
    )


def _invitation_form(contract: VisibleContract, offered: list[VisibleContract]) -> InvitationForm:
    return InvitationForm(contract, offered, list_points(db.session(), contract))


def _access_form(contract: VisibleContract, found: people.Person) -> AccessForm:
    is_self = found.account_id == contract.viewer.account_id
    return AccessForm(found, list_points(db.session(), contract), is_self=is_self)


def _done(contract: VisibleContract, what: str) -> ResponseReturnValue:
    return redirect(url_for("people.index", contract_id=contract.id, done=what), 303)


def _invitation_page(
    contract: VisibleContract, form: InvitationForm, status: int = 200, message: str | None = None
) -> Response:
    return render_page(
        "people/invite.html",
        fragment="results",
        contract=contract,
        form=form,
        grants=labels.GRANTS,
        faults=[("", message)] if message else summary_of(form),
        status=status,
    )


def _person_page(
    contract: VisibleContract,
    found: people.Person,
    form: AccessForm,
    status: int = 200,
    message: str | None = None,
) -> Response:
    return render_page(
        "people/person.html",
        fragment="results",
        contract=contract,
        person=found,
        form=form,
        is_self=found.account_id == contract.viewer.account_id,
        roles=labels.ROLES,
        grants=labels.GRANTS,
        faults=[("", message)] if message else summary_of(form),
        status=status,
    )


def _end_page(
    contract: VisibleContract,
    found: people.Person,
    status: int = 200,
    message: str | None = None,
) -> Response:
    return render_page(
        "people/end.html",
        fragment="results",
        contract=contract,
        person=found,
        roles=labels.ROLES,
        is_self=found.account_id == contract.viewer.account_id,
        faults=[("", message)] if message else [],
        status=status,
    )
