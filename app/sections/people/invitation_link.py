"""Link of an invitation: opening it changes nothing, its button does."""

from __future__ import annotations

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response

from app.actions.people import acceptance
from app.domain.errors import (
    DomainError,
    PasswordError,
    PeopleError,
    SignInRefusedError,
    TooManyAttemptsError,
)
from app.domain.logins import email_key
from app.extensions import db
from app.jobs import delivery
from app.lib.signed_links import Purpose
from app.logging import event
from app.models import Account, Contract, Invitation
from app.queries.people import find_signing_account, get_invitation
from app.queries.people_points import list_offered_points
from app.sections.people.forms import AcceptanceForm, KnownForm
from app.sections.people.labels import GRANTS, ROLES
from app.web import session
from app.web.context import clock, local_now
from app.web.forms import too_many_attempts
from app.web.fragments import render_page
from app.web.link_pages import guard_links
from app.web.permissions import public
from app.web.policies import contact_rules
from app.web.session import SignedIn, current_viewer, find_signed_in

bp = Blueprint("invitations", __name__, url_prefix="/invitations")

LINK_ERRORS = {
    "expired": ("Срок приглашения истек", "Попросите того, кто пригласил, отправить его снова."),
    "used": ("Приглашение уже принято", "Войдите: номер договора заменяет ваш адрес e-mail."),
    "superseded": (
        "Приглашение отправлено снова",
        "Эта ссылка больше не действует. Откройте последнее письмо с приглашением.",
    ),
    "withdrawn": (
        "Приглашение отозвано",
        "Доступ по нему не откроется. Если он нужен, обратитесь к тому, кто пригласил.",
    ),
    "closed": (
        "Приглашение больше не действует",
        "Тот, кто пригласил, больше не управляет доступом к договору, или срок доступа прошел.",
    ),
}

guard_links(bp, LINK_ERRORS, ("auth.sign_in", "Перейти ко входу"))


@bp.get("/<token>")
@public
def show(token: str) -> ResponseReturnValue:
    """Show what is offered, and ask for a password or for a button to be pressed."""
    invitation, _, contracts = _read(token)
    return _page(invitation, contracts, _form(invitation))


@bp.post("/<token>")
@public
def accept(token: str) -> ResponseReturnValue:
    """Accept as a new person, as one who signs in with the address, or as who is signed in."""
    invitation, nonce, contracts = _read(token)
    form = _form(invitation)
    if form is not None and not form.validate():
        return _page(invitation, contracts, form, 422)
    try:
        _accept(invitation, nonce, form)
    except (PasswordError, SignInRefusedError) as error:
        _refuse(form, error)
        return _page(invitation, contracts, form, 422)
    except TooManyAttemptsError as error:
        return _page(invitation, contracts, form, 429, f"{too_many_attempts(error)}.")
    except PeopleError:
        # The address has got a sign-in meanwhile: the page asks for its password now.
        db.session.rollback()
        return redirect(url_for("invitations.show", token=token), 303)
    delivery.commit()
    event("invitation accepted", invitation=invitation.id)
    if form is None:
        return redirect(url_for("service.root"), 303)
    return redirect(url_for("auth.sign_in", done="invitation"), 303)


def _refuse(form: AcceptanceForm | KnownForm | None, error: DomainError) -> None:
    if isinstance(form, AcceptanceForm) and isinstance(error, PasswordError):
        form.refuse(error)
    elif isinstance(form, KnownForm):
        form.refuse_password()


def _accept(invitation: Invitation, nonce: str, form: AcceptanceForm | KnownForm | None) -> None:
    browser, today, now = session.current_browser(), clock().today(), local_now()
    if isinstance(form, AcceptanceForm):
        password = form.password.data
        acceptance.accept_as_new(db.session(), invitation, nonce, password, browser, today, now)
        return
    if form is None:
        account = db.session.get_one(Account, current_viewer().account_id)
    else:
        account = acceptance.check_password_of(
            db.session(), invitation, form.password.data, browser, contact_rules().sign_in, now
        )
    acceptance.accept_as_known(db.session(), invitation, nonce, account, today, now)


def _read(token: str) -> tuple[Invitation, str, list[Contract]]:
    key, nonce = delivery.transports().links.read(Purpose.INVITATION, token)
    invitation = get_invitation(db.session(), key)
    contracts = acceptance.check_invitation(
        db.session(), invitation, nonce, clock().today(), clock().now()
    )
    return invitation, nonce, contracts


def _form(invitation: Invitation) -> AcceptanceForm | KnownForm | None:
    """What has to be filled in; None: a button is enough, the right person is signed in."""
    person = find_signed_in()
    key = email_key(invitation.email)
    if isinstance(person, SignedIn):
        account = db.session.get_one(Account, person.account_id)
        confirmed = account.email_confirmed_at is not None and email_key(account.email) == key
        if account.login_email == key or confirmed:
            return None
    return KnownForm() if find_signing_account(db.session(), key) else AcceptanceForm()


def _page(
    invitation: Invitation,
    contracts: list[Contract],
    form: AcceptanceForm | KnownForm | None,
    status: int = 200,
    message: str | None = None,
) -> Response:
    return render_page(
        "people/invitation.html",
        fragment="results",
        invitation=invitation,
        contracts=contracts,
        form=form,
        points=list_offered_points(db.session(), invitation.id),
        is_new=isinstance(form, AcceptanceForm),
        role=ROLES[invitation.role],  # type: ignore[index]
        grant=GRANTS[invitation.role],  # type: ignore[index]
        message=message,
        status=status,
    )
