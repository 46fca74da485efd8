"""Password, sessions and consents of the account that is signed in."""

from __future__ import annotations

from collections.abc import Sequence

from flask import redirect, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response
from flask_login import current_user

from app.actions.accounts.consents import withdraw_consent
from app.actions.accounts.password import change_password, check_current_password
from app.actions.accounts.sessions import end_other_sessions, sign_out
from app.domain.access import Permission
from app.domain.errors import PasswordError, SignInRefusedError, TooManyAttemptsError
from app.extensions import db
from app.integrations.bundled_texts import PERSONAL_DATA, TITLES
from app.jobs import delivery
from app.logging import event
from app.models import AccountSession, Consent
from app.queries.contracts import VisibleContract
from app.queries.profile import (
    count_consents,
    get_consent,
    get_session,
    list_consents,
    list_sessions,
)
from app.sections.profile.forms import CurrentPassword, PasswordForm
from app.sections.profile.routes import bp
from app.sections.profile.tables import consents_table, sessions_table
from app.web import session
from app.web.context import clock, local_now
from app.web.downloads import name_on, send_table
from app.web.forms import summary_of, too_many_attempts
from app.web.fragments import render_page
from app.web.pager import PAGE_ROWS, Pager
from app.web.permissions import contract_access
from app.web.policies import contact_rules, session_lives
from app.web.user_agents import describe_user_agent


@bp.get("/password")
@contract_access(Permission.MANAGE_ACCOUNT)
def password(contract: VisibleContract) -> ResponseReturnValue:
    """«Изменить пароль»: show the form."""
    return _password_page(contract, PasswordForm())


@bp.post("/password")
@contract_access(Permission.MANAGE_ACCOUNT)
def password_submit(contract: VisibleContract) -> ResponseReturnValue:
    """Set the new password; all other sessions end."""
    form = PasswordForm()
    if not form.validate():
        return _password_page(contract, form, 422)
    try:
        opened = change_password(
            db.session(),
            contract,
            contract.viewer,
            form.current.data,
            form.password.data,
            session.current_browser(),
            contact_rules(),
            local_now(),
        )
    except (SignInRefusedError, PasswordError) as error:
        form.show_error(error)
        return _password_page(contract, form, 422)
    except TooManyAttemptsError as error:
        return _password_page(contract, form, 429, f"{too_many_attempts(error)}.")
    delivery.commit()
    event("password changed")
    session.begin(opened)
    return redirect(url_for("profile.index", contract_id=contract.id, saved="password"), 303)


@bp.get("/sessions")
@contract_access(Permission.MANAGE_ACCOUNT)
def sessions(contract: VisibleContract) -> ResponseReturnValue:
    """«Где выполнен вход»: list the open sessions."""
    return render_page(
        "profile/sessions.html",
        fragment="results",
        contract=contract,
        sessions=_list_sessions(contract),
        current_id=current_user.session_id,
        describe_user_agent=describe_user_agent,
    )


@bp.get("/sessions/sessions.<any(xlsx, csv):extension>")
@contract_access(Permission.MANAGE_ACCOUNT)
def sessions_file(contract: VisibleContract, extension: str) -> ResponseReturnValue:
    """The open sessions for a spreadsheet."""
    table = sessions_table(_list_sessions(contract), current_user.session_id)
    return send_table(table, name_on("Сеансы", contract.number, clock().today()), extension)


@bp.post("/sessions/<id:session_id>/end")
@contract_access(Permission.MANAGE_ACCOUNT)
def end_session(contract: VisibleContract, session_id: int) -> ResponseReturnValue:
    """End one session, wherever it is open."""
    row = get_session(db.session(), contract.viewer, session_id)
    sign_out(db.session(), row.id, clock().now())
    db.session.commit()
    event("session ended", session=row.id)
    return redirect(url_for("profile.sessions", contract_id=contract.id), 303)


@bp.post("/sessions/end")
@contract_access(Permission.MANAGE_ACCOUNT)
def end_all_sessions(contract: VisibleContract) -> ResponseReturnValue:
    """End all sessions but this one."""
    viewer = contract.viewer
    end_other_sessions(db.session(), viewer.account_id, current_user.session_id, clock().now())
    db.session.commit()
    event("sessions ended")
    return redirect(url_for("profile.sessions", contract_id=contract.id), 303)


@bp.get("/consents")
@contract_access(Permission.MANAGE_ACCOUNT)
def consents(contract: VisibleContract) -> ResponseReturnValue:
    """List the consents: to what, when and from where."""
    viewer = contract.viewer
    total = count_consents(db.session(), viewer)
    pager = Pager.from_request(PAGE_ROWS, total)
    return render_page(
        "profile/consents.html",
        fragment="results",
        contract=contract,
        consents=list_consents(db.session(), viewer, pager.offset, pager.size),
        pager=pager,
        titles=TITLES,
        describe_user_agent=describe_user_agent,
    )


@bp.get("/consents/consents.<any(xlsx, csv):extension>")
@contract_access(Permission.MANAGE_ACCOUNT)
def consents_file(contract: VisibleContract, extension: str) -> ResponseReturnValue:
    """All consents for a spreadsheet."""
    viewer = contract.viewer
    found = list_consents(db.session(), viewer, limit=count_consents(db.session(), viewer))
    name = name_on("Согласия", contract.number, clock().today())
    return send_table(consents_table(found), name, extension)


@bp.get("/consents/<id:consent_id>/withdraw")
@contract_access(Permission.MANAGE_ACCOUNT)
def consent(contract: VisibleContract, consent_id: int) -> ResponseReturnValue:
    """Say what withdrawing a consent means."""
    return _consent_page(contract, _find_consent(contract, consent_id), CurrentPassword())


@bp.post("/consents/<id:consent_id>/withdraw")
@contract_access(Permission.MANAGE_ACCOUNT)
def consent_withdraw(contract: VisibleContract, consent_id: int) -> ResponseReturnValue:
    """«Отозвать»: withdraw; where that closes the account, the password is required."""
    found, form = _find_consent(contract, consent_id), CurrentPassword()
    is_last = found.purpose == PERSONAL_DATA
    if is_last and not form.validate():
        return _consent_page(contract, found, form, 422)
    try:
        if is_last:
            check_current_password(
                db.session(),
                contract,
                contract.viewer,
                form.current.data,
                session.current_browser(),
                contact_rules(),
                local_now(),
            )
    except SignInRefusedError:
        form.refuse_current()
        return _consent_page(contract, found, form, 422)
    except TooManyAttemptsError as error:
        return _consent_page(contract, found, form, 429, f"{too_many_attempts(error)}.")
    return _withdraw(contract, found, is_last=is_last)


def _list_sessions(contract: VisibleContract) -> Sequence[AccountSession]:
    account_id = contract.viewer.account_id
    return list_sessions(db.session(), account_id, clock().now(), *session_lives())


def _withdraw(contract: VisibleContract, found: Consent, *, is_last: bool) -> ResponseReturnValue:
    withdraw_consent(db.session(), found, clock().now())
    db.session.commit()
    event("consent withdrawn", consent=found.id)
    if is_last:
        session.end()
        return redirect(url_for("auth.sign_in", closed=1), 303)
    return redirect(url_for("profile.consents", contract_id=contract.id), 303)


def _find_consent(contract: VisibleContract, consent_id: int) -> Consent:
    return get_consent(db.session(), contract.viewer, consent_id)


def _password_page(
    contract: VisibleContract, form: PasswordForm, status: int = 200, message: str | None = None
) -> Response:
    return render_page(
        "profile/password.html",
        fragment="results",
        contract=contract,
        form=form,
        faults=[("", message)] if message else summary_of(form),
        status=status,
    )


def _consent_page(
    contract: VisibleContract,
    found: Consent,
    form: CurrentPassword,
    status: int = 200,
    message: str | None = None,
) -> Response:
    return render_page(
        "profile/consent.html",
        fragment="results",
        contract=contract,
        consent=found,
        title=TITLES[found.purpose],
        is_last=found.purpose == PERSONAL_DATA,
        form=form,
        faults=[("", message)] if message else summary_of(form),
        status=status,
    )
