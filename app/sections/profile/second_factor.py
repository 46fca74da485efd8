"""«Второй фактор»: set up an authenticator, make recovery codes, turn it off."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response

from app.actions.accounts import second_factor as actions
from app.actions.accounts.password import check_current_password
from app.domain.access import Permission
from app.domain.errors import (
    CodeError,
    SecondFactorError,
    SignInRefusedError,
    TooManyAttemptsError,
)
from app.extensions import db
from app.jobs import delivery
from app.logging import event
from app.models import Account
from app.queries import second_factors as queries
from app.queries.contracts import VisibleContract
from app.queries.profile import get_signed_in_account
from app.sections.profile.forms import CurrentPassword
from app.sections.profile.routes import bp
from app.web.account_fields import CodeForm
from app.web.context import local_now
from app.web.forms import summary_of, too_many_attempts
from app.web.fragments import render_page
from app.web.permissions import contract_access
from app.web.policies import contact_rules, second_factor_rules
from app.web.second_factor_pages import draw_setup, recovery_codes_page
from app.web.session import current_browser

MANAGE = Permission.MANAGE_ACCOUNT
REFUSED = {
    "required": "Второй фактор нельзя отключить: для вашей роли его требует владелец договора.",
    "missing": "Второй фактор не подключен.",
}
Form = CurrentPassword | CodeForm


@bp.get("/second-factor")
@contract_access(MANAGE)
def second_factor(contract: VisibleContract) -> ResponseReturnValue:
    """Show whether it is on, and what can be done."""
    return _page(contract)


@bp.post("/second-factor/start")
@contract_access(MANAGE)
def second_factor_start(contract: VisibleContract) -> ResponseReturnValue:
    """«Подключить»: with the password, show what the authenticator is set up with."""
    form = CurrentPassword()
    if (refused := _ask_password(contract, form)) is not None:
        return refused
    actions.prepare_second_factor(db.session(), contract.viewer.account_id)
    return _done(contract)


@bp.post("/second-factor")
@contract_access(MANAGE)
def second_factor_confirm(contract: VisibleContract) -> ResponseReturnValue:
    """Check the first code of the authenticator and show the recovery codes."""
    form, account = CodeForm(), _account(contract)
    factor = queries.find_second_factor(db.session(), account.id)
    if factor is None or factor.confirmed_at is not None:
        return _done(contract)
    if not form.validate():
        return _page(contract, form, 422)
    browser, rules = current_browser(), second_factor_rules()
    try:
        codes = actions.enable_second_factor(
            db.session(), account, form.code.data, browser, rules, local_now()
        )
    except TooManyAttemptsError as error:
        return _page(contract, form, 429, f"{too_many_attempts(error)}.")
    except CodeError:
        form.refuse()
        return _page(contract, form, 422)
    return _show_codes(contract, codes, "second factor on")


@bp.post("/second-factor/codes")
@contract_access(MANAGE)
def second_factor_codes(contract: VisibleContract) -> ResponseReturnValue:
    """«Новые резервные коды»: those of before open nothing any more."""
    form = CurrentPassword()
    if (refused := _ask_password(contract, form)) is not None:
        return refused
    try:
        codes = actions.make_recovery_codes(
            db.session(), _account(contract), second_factor_rules(), local_now()
        )
    except SecondFactorError as error:
        return _page(contract, form, 422, REFUSED[error.code])
    return _show_codes(contract, codes, "recovery codes")


@bp.post("/second-factor/off")
@contract_access(MANAGE)
def second_factor_off(contract: VisibleContract) -> ResponseReturnValue:
    """«Отключить»."""
    form = CurrentPassword()
    if (refused := _ask_password(contract, form)) is not None:
        return refused
    try:
        actions.disable_second_factor(db.session(), _account(contract), local_now())
    except SecondFactorError as error:
        return _page(contract, form, 422, REFUSED[error.code])
    event("second factor off")
    return _done(contract, "off")


def _account(contract: VisibleContract) -> Account:
    return get_signed_in_account(db.session(), contract.viewer)


def _ask_password(contract: VisibleContract, form: CurrentPassword) -> Response | None:
    """Check the current password; the page that says what is wrong with it, or None."""
    if not form.validate():
        return _page(contract, form, 422)
    try:
        check_current_password(
            db.session(),
            contract,
            contract.viewer,
            form.current.data,
            current_browser(),
            contact_rules(),
            local_now(),
        )
    except SignInRefusedError:
        form.refuse_current()
        return _page(contract, form, 422)
    except TooManyAttemptsError as error:
        return _page(contract, form, 429, f"{too_many_attempts(error)}.")
    return None


def _show_codes(contract: VisibleContract, codes: list[str], what: str) -> ResponseReturnValue:
    delivery.commit()
    event(what)
    return recovery_codes_page(
        codes, url_for("profile.second_factor", contract_id=contract.id, saved="on")
    )


def _done(contract: VisibleContract, saved: str | None = None) -> ResponseReturnValue:
    delivery.commit()
    where = url_for("profile.second_factor", contract_id=contract.id, saved=saved)
    return redirect(where, 303)


def _page(
    contract: VisibleContract,
    form: Form | None = None,
    status: int = 200,
    message: str | None = None,
) -> Response:
    session, account = db.session(), _account(contract)
    factor = queries.find_second_factor(session, account.id)
    form = form or (CodeForm() if factor and not factor.confirmed_at else CurrentPassword())
    return render_page(
        "profile/second_factor.html",
        fragment="results",
        contract=contract,
        form=form,
        faults=[("", message)] if message else summary_of(form),
        since=factor.confirmed_at if factor else None,
        codes_left=queries.count_recovery_codes(session, account.id),
        is_required=queries.needs_second_factor(session, account.id),
        saved=request.args.get("saved", ""),
        status=status,
        **draw_setup(account),
    )
