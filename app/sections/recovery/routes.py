"""«Забыли пароль?»: recover a password; the pages are the same for a known and an unknown login."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response

from app.actions.accounts import recovery
from app.domain.errors import CodeError, LinkError, PasswordError, TooManyAttemptsError
from app.domain.logins import MAX_LOGIN, login_key
from app.domain.registration import Channel
from app.extensions import db
from app.jobs import delivery
from app.lib.signed_links import Purpose
from app.logging import event
from app.models import Recovery
from app.queries.accounts import list_logins
from app.queries.registrations import get_recovery
from app.sections.recovery.forms import CodeForm, RecoveryForm
from app.web import session
from app.web.account_fields import NewPasswordForm
from app.web.context import limits, local_now
from app.web.device_cookie import set_device_cookie
from app.web.forms import printable, too_many_attempts
from app.web.fragments import render_page
from app.web.link_pages import guard_links
from app.web.permissions import public
from app.web.policies import recovery_rules

bp = Blueprint("recovery", __name__, url_prefix="/recovery")

LINK_ERRORS = {
    "expired": ("Срок ссылки истек", "Запросите новую: это займет минуту."),
    "used": (
        "Ссылка уже использована",
        "Или вы запросили более новую. Если пароль еще не изменен, запросите ссылку снова.",
    ),
    "superseded": (
        "Ссылка больше не действует",
        "С тех пор пароль или адрес изменились. Если не можете войти, запросите ссылку снова.",
    ),
}

guard_links(bp, LINK_ERRORS, ("recovery.index", "Запросить ссылку"))


@bp.get("")
@public
def index() -> ResponseReturnValue:
    """Ask for the contract, and for email or text message."""
    return _page("index", RecoveryForm(login=request.args.get("login", "")[:MAX_LOGIN]))


@bp.post("")
@public
def submit() -> ResponseReturnValue:
    """Send a message if an account has the login; the page is the same in any case."""
    form = RecoveryForm()
    if not form.validate():
        return _page("index", form, 422)
    try:
        asked = recovery.request_recovery(
            db.session(),
            form.login.data,
            Channel(form.channel.data),
            session.current_browser(),
            recovery_rules(),
            local_now(),
        )
    except TooManyAttemptsError as error:
        text = f"{too_many_attempts(error)}."
        headers = {"Retry-After": str(error.retry_after)}
        return _page("index", form, 429, message=text), 429, headers
    delivery.commit()
    event("recovery asked", recovery=asked.id, channel=asked.channel)
    if asked.channel == Channel.MAIL:
        return redirect(url_for("recovery.sent"), 303)
    token = delivery.transports().links.sign(Purpose.CODE, asked.id, asked.nonce)
    # What was typed, known or not, for the password manager of the next page.
    login = login_key(form.login.data)[:MAX_LOGIN]
    return redirect(url_for("recovery.code", token=token, login=login), 303)


@bp.get("/sent")
@public
def sent() -> ResponseReturnValue:
    """Ask everybody to check their mailbox."""
    return _page("sent", None, minutes=limits().link_minutes)


@bp.get("/code/<token>")
@public
def code(token: str) -> ResponseReturnValue:
    """Show the form for the code and the new password."""
    _asked(Purpose.CODE, token)
    return _code_page(CodeForm())


@bp.post("/code/<token>")
@public
def code_submit(token: str) -> ResponseReturnValue:
    """Set the new password if the code is right."""
    asked, _ = _asked(Purpose.CODE, token)
    form = CodeForm()
    if not form.validate():
        return _code_page(form, 422)
    try:
        device = recovery.recover_by_code(
            db.session(),
            asked,
            form.plain_code,
            form.password.data,
            session.current_browser(),
            recovery_rules(),
            delivery.transports(),
            local_now(),
        )
    except (CodeError, LinkError, PasswordError, TooManyAttemptsError) as error:
        # A wrong code has cost a try.
        delivery.commit()
        event("recovery refused", recovery=asked.id)
        return _code_page(form, _explain(form, error))
    return _done(asked, device)


@bp.get("/password/<token>")
@public
def password(token: str) -> ResponseReturnValue:
    """Show the form behind the link of the email; opening it changes nothing."""
    asked, nonce = _asked(Purpose.RECOVERY, token)
    recovery.check_recovery(db.session(), asked, nonce, local_now())
    return _password_page(asked, NewPasswordForm())


@bp.post("/password/<token>")
@public
def password_submit(token: str) -> ResponseReturnValue:
    """Set the new password; every session ends."""
    asked, nonce = _asked(Purpose.RECOVERY, token)
    form = NewPasswordForm()
    recovery.check_recovery(db.session(), asked, nonce, local_now())
    if not form.validate():
        return _password_page(asked, form, 422)
    try:
        device = recovery.recover_by_link(
            db.session(),
            asked,
            nonce,
            form.password.data,
            session.current_browser(),
            local_now(),
        )
    except PasswordError as error:
        form.refuse(error)
        return _password_page(asked, form, 422)
    return _done(asked, device)


def _done(asked: Recovery, device: str) -> ResponseReturnValue:
    """Redirect to the sign-in page: the link itself signs nobody in."""
    delivery.commit()
    set_device_cookie(device)
    event("password recovered", recovery=asked.id, account=asked.account_id)
    return redirect(url_for("auth.sign_in", done="password"), 303)


def _asked(purpose: Purpose, token: str) -> tuple[Recovery, str]:
    key, nonce = delivery.transports().links.read(purpose, token)
    return get_recovery(db.session(), key), nonce


def _explain(form: CodeForm, error: Exception) -> int:
    if isinstance(error, PasswordError):
        form.refuse(error)
    elif isinstance(error, TooManyAttemptsError):
        form.code.errors = [too_many_attempts(error)]
        return 429
    else:
        form.refuse_code()
    return 422


def _code_page(form: CodeForm, status: int = 200) -> Response:
    minutes = limits().sms_code_minutes
    login = printable(request.args.get("login"))[:MAX_LOGIN]
    return _page("code", form, status, minutes=minutes, login=login)


def _password_page(asked: Recovery, form: NewPasswordForm, status: int = 200) -> Response:
    logins = list_logins(db.session(), asked.account_id) if asked.account_id else []
    login = logins[0] if logins else ""
    return _page("password", form, status, login=login)


def _page(name: str, form: object, status: int = 200, **context: object) -> Response:
    return render_page(
        f"recovery/{name}.html", fragment="results", form=form, status=status, **context
    )
