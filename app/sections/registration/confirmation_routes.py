"""The link in the letter, the proof of the right to the contract, «Это не я»."""

from __future__ import annotations

from flask import redirect, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response

from app.actions.registration import confirmation, objection
from app.actions.registration import proof as proofs
from app.domain.errors import (
    AmountError,
    LinkError,
    ProofError,
    ProofHeldError,
    RegistrationClosedError,
    SignInRefusedError,
    TooManyAttemptsError,
)
from app.domain.registration import State
from app.extensions import csrf, db
from app.jobs import delivery
from app.lib.signed_links import Purpose
from app.logging import event
from app.models import Registration
from app.queries.registrations import get_linked_registration
from app.sections.registration.blueprint import (
    WAY_ON,
    bp,
    form_url,
    go_on,
    registration_of,
    request_context,
)
from app.sections.registration.forms import ConfirmForm, ProofForm
from app.sections.registration.labels import STOP_OVER, proof_words
from app.web import session
from app.web.fragments import render_page
from app.web.permissions import public
from app.web.registration_cookie import is_registering_browser, mark_registering_browser

MAX_TYPED = 200
"""Of a password; a longer one is wrong anyway."""


@bp.get("/registration/confirm/<token>")
@public
def confirm(token: str) -> ResponseReturnValue:
    """Where the link of the letter leads. Programs that open links in letters change nothing."""
    registration, nonce = _linked(Purpose.CONFIRM, token)
    if registration.state == State.UNPROVED and registration.nonce == nonce:
        return redirect(form_url("proof", registration), 303)
    confirmation.check_link(registration, nonce, session.local_now())
    return _confirm_page(ConfirmForm(), registration)


@bp.post("/registration/confirm/<token>")
@csrf.exempt
@public
def confirm_submit(token: str) -> ResponseReturnValue:
    """«Подтвердить и войти»; in another browser than the one that registered, with the password."""
    registration, nonce = _linked(Purpose.CONFIRM, token)
    here, form = request_context(), ConfirmForm()
    # First the link: sent twice, it is «used», though the form's token has ended with the sign-in.
    confirmation.check_link(registration, nonce, here.now)
    csrf.protect()
    if status := _check_registrant(form, registration):
        return _confirm_page(form, registration, status)
    confirmation.confirm_by_link(db.session(), registration, nonce, here.rules, here.now)
    event("registration confirmed", registration=registration.id, state=registration.state)
    return go_on(registration)


@bp.get("/registration/form/<token>/proof")
@public
def proof(token: str) -> ResponseReturnValue:
    """The contact is not on record: the right to the contract has to be proved."""
    registration = registration_of(token)
    if registration.state == State.ACTIVE:
        return redirect(url_for("auth.sign_in"), 303)
    if registration.state != State.UNPROVED:
        raise RegistrationClosedError
    return _proof_page(ProofForm(), registration)


@bp.post("/registration/form/<token>/proof")
@public
def proof_submit(token: str) -> ResponseReturnValue:
    """The exact total of a recent document opens the cabinet."""
    registration = registration_of(token)
    form = ProofForm()
    here = request_context()
    if status := _check_registrant(form, registration):
        return _proof_page(form, registration, status)
    try:
        proofs.prove_by_document(
            db.session(), registration, form.amount.data or "", here.browser, here.rules, here.now
        )
    except (AmountError, ProofError) as error:
        form.amount.errors = [proof_words(error)]
        event("proof refused", registration=registration.id)
        return _proof_page(form, registration, 422)
    except ProofHeldError:
        delivery.commit()
        event("proof held", registration=registration.id)
        return _proof_page(form, registration, is_held=True)
    event("registration proved", registration=registration.id)
    return go_on(registration)


@bp.get("/registration/stop/<token>")
@public
def stop(token: str) -> ResponseReturnValue:
    """«Это не я»: a question first, for programs open links too."""
    registration, _ = _linked(Purpose.STOP, token)
    try:
        objection.check_objection(registration, request_context().rules, session.local_now())
    except LinkError as error:
        return _nothing_to_stop(error)
    return render_page("registration/stop.html", fragment="results", registration=registration)


@bp.post("/registration/stop/<token>")
@public
def stop_submit(token: str) -> ResponseReturnValue:
    """Those on record end a registration, and the account that came of it."""
    registration, _ = _linked(Purpose.STOP, token)
    here = request_context()
    try:
        objection.stop_registration(db.session(), registration, here.rules, here.now)
    except LinkError as error:
        return _nothing_to_stop(error)
    delivery.commit()
    event("registration stopped", registration=registration.id)
    return render_page("registration/stopped.html", fragment="results", registration=registration)


def _linked(purpose: Purpose, token: str) -> tuple[Registration, str]:
    key, nonce = delivery.post().links.read(purpose, token)
    return get_linked_registration(db.session(), key), nonce


def _stop_url(registration: Registration) -> str:
    token = delivery.post().links.sign(Purpose.STOP, registration.id)
    return url_for("registration.stop", token=token)


def _nothing_to_stop(error: LinkError) -> Response:
    return render_page(
        "errors/link_expired.html",
        fragment="results",
        words=STOP_OVER[error.code],
        way=WAY_ON,
        status=410,
    )


def _check_registrant(form: ConfirmForm, registration: Registration) -> int:
    """Whose password the registration has: the status of a refusal, or 0 to go on."""
    if is_registering_browser(registration):
        return 0
    typed = form.password.data or ""
    if not typed:
        return form.refuse()
    here = request_context()
    try:
        confirmation.check_registration_password(
            db.session(), registration, typed[:MAX_TYPED], here.browser, here.rules, here.now
        )
    except (SignInRefusedError, TooManyAttemptsError) as error:
        event("registrant refused", registration=registration.id)
        return form.refuse(error)
    mark_registering_browser(registration)
    return 0


def _confirm_page(form: ConfirmForm, registration: Registration, status: int = 200) -> Response:
    return render_page(
        "registration/confirm.html",
        fragment="results",
        form=form,
        registration=registration,
        needs_password=not is_registering_browser(registration),
        stop_url=_stop_url(registration),
        status=status,
    )


def _proof_page(
    form: ProofForm,
    registration: Registration,
    status: int = 200,
    *,
    is_held: bool = False,
) -> Response:
    here = request_context()
    return render_page(
        "registration/proof.html",
        fragment="results",
        form=form,
        registration=registration,
        needs_password=not is_registering_browser(registration),
        is_held=is_held,
        stop_url=_stop_url(registration),
        tries_left=proofs.count_remaining_attempts(
            db.session(), registration, here.browser, here.rules, here.now
        ),
        status=status,
    )
