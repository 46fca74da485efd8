"""Second step of sign-in: the code of an authenticator, or setting one up where a role needs it."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response

from app.actions.accounts.pending_sign_in import (
    PendingSignIn,
    check_code,
    find_pending_account,
)
from app.actions.accounts.sessions import open_session
from app.domain.errors import CodeError, TooManyAttemptsError
from app.extensions import db
from app.jobs import delivery
from app.logging import event
from app.models import Account
from app.sections.auth.routes import bp
from app.web import session
from app.web.account_fields import CodeForm
from app.web.context import clock, local_now
from app.web.forms import safe_next, summary_of, too_many_attempts
from app.web.fragments import render_page
from app.web.permissions import public
from app.web.policies import second_factor_rules
from app.web.second_factor_pages import draw_setup, recovery_codes_page


@bp.get("/sign-in/code")
@public
def second_factor() -> ResponseReturnValue:
    """Ask for the code; who has to set an authenticator up does so here."""
    found = _find_pending()
    if found is None:
        return redirect(url_for("auth.sign_in"))
    return _page(found[1], CodeForm(next=request.args.get("next")))


@bp.post("/sign-in/code")
@public
def second_factor_submit() -> ResponseReturnValue:
    """Check the code and open the session."""
    found, form = _find_pending(for_update=True), CodeForm()
    if found is None:
        return redirect(url_for("auth.sign_in"), 303)
    pending, account = found
    if not form.validate():
        return _page(account, form, 422)
    browser, rules = session.current_browser(), second_factor_rules()
    try:
        codes = check_code(db.session(), account, form.code.data, browser, rules, local_now())
    except TooManyAttemptsError as error:
        headers = {"Retry-After": str(error.retry_after)}
        return _page(account, form, 429, f"{too_many_attempts(error)}."), 429, headers
    except CodeError:
        event("code refused", account=account.id)
        form.refuse()
        return _page(account, form, 422)
    return _enter(pending, form.next.data, codes)


def _enter(pending: PendingSignIn, target: str | None, codes: list[str]) -> ResponseReturnValue:
    opened = open_session(
        db.session(),
        pending.account_id,
        pending.contract_id,
        session.current_browser(),
        clock().now(),
    )
    delivery.commit()
    session.begin(opened)
    event("sign-in", account=opened.account_id, second_factor=True)
    target = safe_next(target, url_for("home.index", contract_id=opened.contract_id))
    if codes:
        return recovery_codes_page(codes, target)
    return redirect(target, 303)


def _find_pending(*, for_update: bool = False) -> tuple[PendingSignIn, Account] | None:
    pending = session.find_pending()
    if pending is None:
        return None
    account = find_pending_account(db.session(), pending, clock().now(), for_update=for_update)
    return (pending, account) if account else None


def _page(
    account: Account, form: CodeForm, status: int = 200, message: str | None = None
) -> Response:
    return render_page(
        "auth/code.html",
        fragment="results",
        form=form,
        faults=[("code", message)] if message else summary_of(form),
        status=status,
        **draw_setup(account),
    )
