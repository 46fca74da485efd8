"""Sign-in of staff: password, then TOTP code; the authenticator is set up the first time."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response

from app.actions.accounts.sessions import SignIn
from app.actions.staff import sign_in as actions
from app.domain.errors import CodeError, SignInRefusedError, TooManyAttemptsError
from app.domain.second_factor import totp_secret
from app.extensions import db
from app.logging import event
from app.models import StaffMember, StaffSession
from app.queries.staff import find_half_open
from app.sections.staff.blueprint import bp
from app.sections.staff.sign_in.forms import StaffSignInForm
from app.web import session
from app.web.account_fields import CodeForm
from app.web.context import clock, config
from app.web.forms import describe_wait, safe_next
from app.web.fragments import render_page
from app.web.permissions import public
from app.web.policies import staff_rules
from app.web.second_factor_pages import draw_setup_code

REFUSED = "Логин или пароль не подходят. Проверьте раскладку клавиатуры и Caps Lock."
WRONG_CODE = "Код не подходит. Дождитесь следующего кода и введите его; каждый код годен один раз."
TOO_MANY = "Слишком много попыток. Попробуйте снова {wait}."


@bp.get("/sign-in")
@public
def sign_in() -> ResponseReturnValue:
    """Sign-in page; whoever is signed in already goes to the dashboard."""
    if session.is_staff():
        return redirect(url_for("staff.dashboard"))
    return _sign_in_page(StaffSignInForm(next=request.args.get("next")))


@bp.post("/sign-in")
@public
def sign_in_submit() -> ResponseReturnValue:
    """The first factor."""
    form = StaffSignInForm()
    if not form.validate():
        return _sign_in_page(form, 422)
    command = SignIn(form.login.data, form.password.data, session.current_browser())
    try:
        opened = actions.sign_in(db.session(), command, staff_rules(), clock().now())
    except TooManyAttemptsError as error:
        message = TOO_MANY.format(wait=describe_wait(error.retry_after))
        return _limited(error, _sign_in_page(form, 429, message))
    except SignInRefusedError as error:
        event("staff sign-in refused", staff=error.args[0])
        return _sign_in_page(form, 422, REFUSED)
    db.session.commit()
    session.begin_half(opened)
    return redirect(url_for("staff.second_factor", next=safe_next(form.next.data, "") or None), 303)


@bp.get("/sign-in/code")
@public
def second_factor() -> ResponseReturnValue:
    """The code of the authenticator; who has none yet sets one up."""
    found = _find_first_factor_session()
    if found is None:
        return redirect(url_for("staff.sign_in"))
    return _code_page(found, CodeForm(next=request.args.get("next")))


@bp.post("/sign-in/code")
@public
def second_factor_submit() -> ResponseReturnValue:
    """Check the second factor and open the session."""
    found, form = _find_first_factor_session(), CodeForm()
    if found is None:
        return redirect(url_for("staff.sign_in"), 303)
    if not form.validate():
        return _code_page(found, form, 422)
    try:
        return _finish_sign_in(found, form)
    except TooManyAttemptsError as error:
        message = TOO_MANY.format(wait=describe_wait(error.retry_after))
        return _limited(error, _code_page(found, form, 429, message))
    except CodeError:
        event("staff code refused", staff=found[1].id)
        return _code_page(found, form, 422, WRONG_CODE)


def _finish_sign_in(found: tuple[StaffSession, StaffMember], form: CodeForm) -> ResponseReturnValue:
    row, member = found
    rules, now = staff_rules(), clock().now()
    browser = session.current_browser()
    codes: list[str] = []
    if member.totp_confirmed_at is None:
        opened, codes = actions.enrol(db.session(), row, form.code.data, browser, rules, now)
    else:
        opened = actions.confirm(db.session(), row, form.code.data, browser, rules, now)
    db.session.commit()
    session.begin_staff(opened)
    event("staff sign-in", staff=opened.staff_id)
    target = safe_next(form.next.data, url_for("staff.dashboard"))
    if codes:
        return codes_page(codes, target)
    return redirect(target, 303)


def codes_page(codes: list[str], target: str) -> Response:
    """The recovery codes, this once."""
    return render_page("staff/sign_in/codes.html", fragment="results", codes=codes, target=target)


def _find_first_factor_session() -> tuple[StaffSession, StaffMember] | None:
    token = session.half_open_token()
    return find_half_open(db.session(), token, clock().now()) if token else None


def _limited(error: TooManyAttemptsError, page: Response) -> Response:
    page.headers["Retry-After"] = str(error.retry_after)
    return page


def _sign_in_page(form: StaffSignInForm, status: int = 200, message: str | None = None) -> Response:
    return render_page(
        "staff/sign_in/index.html", fragment="results", form=form, message=message, status=status
    )


def _code_page(
    found: tuple[StaffSession, StaffMember],
    form: CodeForm,
    status: int = 200,
    message: str | None = None,
) -> Response:
    member = found[1]
    secret = qr = None
    if member.totp_confirmed_at is None:
        secret = totp_secret(config().secret_key, member.totp_seed)
        qr = draw_setup_code(secret, member.login)
    return render_page(
        "staff/sign_in/code.html",
        fragment="results",
        form=form,
        message=message,
        secret=secret,
        qr=qr,
        status=status,
    )
