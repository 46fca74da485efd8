"""Sign in, sign out, extend a session."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response
from flask_login import current_user

from app.actions.accounts import sessions
from app.actions.accounts.pending_sign_in import PendingSignIn
from app.domain.errors import SignInRefusedError, TooManyAttemptsError
from app.extensions import db
from app.logging import event
from app.sections.auth.forms import SignInForm
from app.sections.auth.presenters import list_notes
from app.web import session
from app.web.context import clock
from app.web.forms import safe_next
from app.web.fragments import render_page
from app.web.permissions import public, signed_in
from app.web.policies import sign_in_limits

bp = Blueprint("auth", __name__)

REFUSED = (
    "Номер договора (адрес) или пароль не подходят. Проверьте раскладку клавиатуры и Caps Lock."
)
TOO_MANY = "Слишком много попыток входа. Подождите {minutes} мин. и попробуйте снова."


@bp.get("/sign-in")
@public
def sign_in() -> ResponseReturnValue:
    """Show the sign-in form; whoever is signed in already is redirected to the portal."""
    if current_user.is_authenticated:
        return redirect(url_for("service.root"))
    return _page(SignInForm(next=request.args.get("next")))


@bp.post("/sign-in")
@public
def sign_in_submit() -> ResponseReturnValue:
    """Check the password and open a session."""
    form = SignInForm()
    if not form.validate():
        return _page(form, 422)
    now = clock().now()
    try:
        limits = sign_in_limits()
        opened = sessions.sign_in(db.session(), _command(form), limits, now)
    except TooManyAttemptsError as error:
        event("sign-in limited", retry_after=error.retry_after)
        minutes = -(-error.retry_after // 60)
        headers = {"Retry-After": str(error.retry_after)}
        return _page(form, 429, TOO_MANY.format(minutes=minutes)), 429, headers
    except SignInRefusedError as error:
        event("sign-in refused", account=error.args[0])
        return _page(form, 422, REFUSED)
    db.session.commit()
    return _enter(opened, form.next.data)


@bp.get("/session")
@signed_in
def extend_session() -> ResponseReturnValue:
    """«Продолжить» in the warning that a session ends: the request itself extends it."""
    return {"seconds_left": current_user.seconds_left}


@bp.post("/sign-out")
@signed_in
def sign_out() -> ResponseReturnValue:
    """«Выход»: end the session in the table and in the browser."""
    sessions.sign_out(db.session(), current_user.session_id, clock().now())
    db.session.commit()
    event("sign-out")
    session.end()
    response = redirect(url_for("auth.sign_in"), 303)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


def _enter(
    opened: sessions.OpenedSession | PendingSignIn, target: str | None
) -> ResponseReturnValue:
    if isinstance(opened, PendingSignIn):
        session.begin_pending(opened)
        following = safe_next(target, "") or None
        return redirect(url_for("auth.second_factor", next=following), 303)
    session.begin(opened)
    event("sign-in", account=opened.account_id)
    home = url_for("home.index", contract_id=opened.contract_id)
    return redirect(safe_next(target, home), 303)


def _command(form: SignInForm) -> sessions.SignIn:
    return sessions.SignIn(
        form.login.data,
        form.password.data,
        session.current_browser(),
        session.access_window(),
    )


def _page(form: SignInForm, status: int = 200, message: str | None = None) -> Response:
    return render_page(
        "auth/sign_in.html",
        fragment="results",
        form=form,
        notes=list_notes(request.args, has_errors=bool(form.errors or message)),
        message=message,
        status=status,
    )
