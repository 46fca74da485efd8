"""Own account of a staff member: password, recovery codes, sign-out."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response
from flask_login import current_user

from app.actions.staff import sign_in as actions
from app.domain.errors import PasswordError, SignInRefusedError, TooManyAttemptsError
from app.domain.staff import StaffPermission
from app.extensions import db
from app.logging import event
from app.models import StaffMember
from app.queries.staff import count_recovery_codes, get_staff
from app.sections.staff.blueprint import bp
from app.sections.staff.my_account.forms import PasswordForm, RecoveryCodesForm
from app.sections.staff.sign_in.routes import codes_page
from app.web import session
from app.web.context import clock
from app.web.field_errors import field_error
from app.web.forms import PASSWORD_ERRORS, summary_of, too_many_attempts
from app.web.fragments import render_page
from app.web.permissions import staff_access
from app.web.policies import staff_rules


@bp.get("/session")
@staff_access(StaffPermission.WORK)
def extend_session() -> ResponseReturnValue:
    """«Продолжить» in the warning that a session ends: the request itself extends it."""
    return {"seconds_left": current_user.seconds_left}


@bp.post("/sign-out")
@staff_access(StaffPermission.WORK)
def sign_out() -> ResponseReturnValue:
    """«Выход»: the session ends in the table and in the browser."""
    actions.end_session(db.session(), current_user.session_id, clock().now())
    db.session.commit()
    event("staff sign-out")
    session.end()
    response = redirect(url_for("staff.sign_in"), 303)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@bp.get("/password")
@staff_access(StaffPermission.WORK)
def password() -> ResponseReturnValue:
    """Page of the own password and recovery codes."""
    return _page(PasswordForm())


@bp.post("/password")
@staff_access(StaffPermission.WORK)
def password_submit() -> ResponseReturnValue:
    """A new password; with «do» = codes, new recovery codes."""
    form = PasswordForm()
    if not form.validate():
        return _page(form, 422)
    try:
        current, new = form.current.data, form.password.data
        browser, now = session.current_browser(), clock().now()
        opened = actions.change_password(
            db.session(), _me(), current, new, browser, staff_rules(), now
        )
    except SignInRefusedError:
        form.current.errors = [field_error(form.current, "пароль не подходит")]
        return _page(form, 422)
    except PasswordError as error:
        form.password.errors = [field_error(form.password, PASSWORD_ERRORS[error.code])]
        return _page(form, 422)
    except TooManyAttemptsError as error:
        return _page(form, 429, f"{too_many_attempts(error)}.")
    db.session.commit()
    session.begin_staff(opened)
    return redirect(url_for("staff.password", saved=1), 303)


@bp.post("/recovery-codes")
@staff_access(StaffPermission.WORK)
def recovery_codes() -> ResponseReturnValue:
    """New recovery codes instead of those that are used up or lost; they want the password."""
    form, rules, now = RecoveryCodesForm(), staff_rules(), clock().now()
    if not form.validate():
        return _page(PasswordForm(formdata=None), 422, codes_form=form)
    try:
        actions.prove_password(
            db.session(), _me(), form.proof.data, session.current_browser(), rules, now
        )
    except SignInRefusedError:
        form.proof.errors = [field_error(form.proof, "пароль не подходит")]
        return _page(PasswordForm(formdata=None), 422, codes_form=form)
    except TooManyAttemptsError as error:
        return _page(
            PasswordForm(formdata=None), 429, f"{too_many_attempts(error)}.", codes_form=form
        )
    codes = actions.make_recovery_codes(db.session(), _me(), rules, now)
    db.session.commit()
    return codes_page(codes, url_for("staff.dashboard"))


def _me() -> StaffMember:
    return get_staff(db.session(), session.current_clerk().staff_id)


def _page(
    form: PasswordForm,
    status: int = 200,
    message: str | None = None,
    codes_form: RecoveryCodesForm | None = None,
) -> Response:
    return render_page(
        "staff/my_account/password.html",
        fragment="results",
        form=form,
        codes_form=codes_form or RecoveryCodesForm(formdata=None),
        faults=[("", message)] if message else summary_of(codes_form or form),
        codes_left=count_recovery_codes(db.session(), session.current_clerk().staff_id),
        must_change=current_user.must_change_password,
        login=session.current_clerk().login,
        saved=request.args.get("saved"),
        status=status,
    )
