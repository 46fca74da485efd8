"""«Сотрудники»: create staff, change their roles and departments, reset their access."""

from __future__ import annotations

import secrets

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response

from app.actions.staff import members as actions
from app.actions.staff.sign_in import end_sessions
from app.domain.errors import StaffError
from app.domain.staff import StaffPermission, StaffRole
from app.extensions import db
from app.logging import event
from app.models import StaffMember
from app.queries.enquiries.customer import list_departments
from app.queries.staff import get_staff, list_open_sessions, list_staff
from app.sections.staff.blueprint import bp
from app.sections.staff.labels import STAFF_FAULTS
from app.sections.staff.members.forms import StaffForm
from app.sections.staff.members.presenters import present_members
from app.web.context import clock
from app.web.field_errors import field_error
from app.web.forms import summary_of
from app.web.fragments import render_page
from app.web.permissions import staff_access
from app.web.policies import staff_session_lives
from app.web.session import current_clerk


@bp.get("/team")
@staff_access(StaffPermission.SEE_STAFF)
def members() -> ResponseReturnValue:
    """List the staff."""
    return render_page(
        "staff/members/index.html",
        fragment="results",
        rows=present_members(
            list_staff(db.session()),
            may_manage=current_clerk().may(StaffPermission.MANAGE_STAFF),
        ),
        saved=request.args.get("saved"),
    )


@bp.get("/team/new")
@staff_access(StaffPermission.MANAGE_STAFF)
def member_new() -> ResponseReturnValue:
    """The form of a new one."""
    return _page(_offer(StaffForm()), None)


@bp.post("/team/new")
@staff_access(StaffPermission.MANAGE_STAFF)
def member_new_submit() -> ResponseReturnValue:
    """Make them, with a password for the first sign-in, shown this once."""
    form = _offer(StaffForm())
    if not form.validate():
        return _page(form, None, 422)
    password = _first_password()
    try:
        member = actions.create_staff(db.session(), _command(form), password, clock().now())
    except StaffError as error:
        form.login.errors = [field_error(form.login, STAFF_FAULTS[error.code])]
        return _page(form, None, 422)
    db.session.commit()
    event("staff created", member=member.id, role=member.role)
    return _password_page(member, password)


@bp.get("/team/<id:staff_id>")
@staff_access(StaffPermission.MANAGE_STAFF)
def member(staff_id: int) -> ResponseReturnValue:
    """Somebody's role and department, and where they are signed in."""
    member = get_staff(db.session(), staff_id)
    form = StaffForm(
        login=member.login,
        name=member.name,
        role=member.role,
        department=str(member.department_id or ""),
        is_active=member.disabled_at is None,
    )
    return _page(_offer(form, member), member)


@bp.post("/team/<id:staff_id>")
@staff_access(StaffPermission.MANAGE_STAFF)
def member_submit(staff_id: int) -> ResponseReturnValue:
    """Change them; what they have open obeys at once."""
    member = get_staff(db.session(), staff_id)
    form = _offer(StaffForm(), member)
    if not form.validate():
        return _page(form, member, 422)
    try:
        actions.change_staff(
            db.session(), member, _command(form), form.is_active.data, clock().now()
        )
    except StaffError as error:
        form.role.errors = [field_error(form.role, STAFF_FAULTS[error.code])]
        return _page(form, member, 422)
    role, is_active = member.role, member.disabled_at is None
    db.session.commit()
    event("staff changed", member=staff_id, role=role, active=is_active)
    return redirect(url_for("staff.members", saved=1), 303)


@bp.post("/team/<id:staff_id>/reset")
@staff_access(StaffPermission.MANAGE_STAFF)
def member_reset(staff_id: int) -> ResponseReturnValue:
    """A lost password or telephone: a password for one sign-in, a new authenticator."""
    member, password = get_staff(db.session(), staff_id), _first_password()
    actions.reset_access(db.session(), member, password, clock().now())
    db.session.commit()
    event("staff access reset", member=staff_id)
    return _password_page(member, password)


@bp.post("/team/<id:staff_id>/end-sessions")
@staff_access(StaffPermission.MANAGE_STAFF)
def member_end_sessions(staff_id: int) -> ResponseReturnValue:
    """Sign somebody out everywhere."""
    end_sessions(db.session(), get_staff(db.session(), staff_id).id, clock().now())
    db.session.commit()
    return redirect(url_for("staff.member", staff_id=staff_id), 303)


def _first_password() -> str:
    return secrets.token_urlsafe(9)


def _command(form: StaffForm) -> actions.NewStaff:
    department = form.department.data
    return actions.NewStaff(
        form.login.data or "",
        form.name.data,
        StaffRole(form.role.data),
        int(department) if department else None,
    )


def _offer(form: StaffForm, member: StaffMember | None = None) -> StaffForm:
    """The form with its list; a department that is switched off stays with who has it."""
    present = [member.department] if member and member.department else []
    departments = {str(row.id): row.name for row in (*present, *list_departments(db.session()))}
    form.department.choices = {"": "Все отделения"} | departments
    return form


def _password_page(member: StaffMember, password: str) -> Response:
    return render_page(
        "staff/members/first_password.html", fragment="results", member=member, password=password
    )


def _page(form: StaffForm, member: StaffMember | None, status: int = 200) -> Response:
    sessions = (
        list_open_sessions(db.session(), member.id, clock().now(), *staff_session_lives())
        if member
        else ()
    )
    return render_page(
        "staff/members/member.html",
        fragment="results",
        form=form,
        member=member,
        faults=summary_of(form),
        sessions=sessions,
        status=status,
    )
