"""Confirmation link, proof of the right to the contract, objection «Это не я»."""

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
    RESTART,
    bp,
    form_url,
    get_form_registration,
    redirect_to_next_step,
    request_context,
)
from app.sections.registration.forms import ConfirmForm, ProofForm
from app.sections.registration.labels import OBJECTION_ERRORS, proof_error_text
from app.web.context import local_now
from app.web.fragments import render_page
from app.web.link_pages import render_link_error
from app.web.permissions import public
from app.web.registration_cookie import is_registering_browser, mark_registering_browser

MAX_TYPED = 200
"""Of a password; a longer one is wrong anyway."""


@bp.get("/registration/confirm/<token>")
@public
def confirm(token: str) -> ResponseReturnValue:
    """Show the button behind the link of the email: programs that open links change nothing."""
    registration, nonce = _linked(Purpose.CONFIRM, token)
    if registration.state == State.UNPROVED and registration.nonce == nonce:
        return redirect(form_url("proof", registration), 303)
    confirmation.check_link(registration, nonce, local_now())
    return _confirm_page(ConfirmForm(), registration)


@bp.post("/registration/confirm/<token>")
@csrf.exempt
@public
def confirm_submit(token: str) -> ResponseReturnValue:
    """«Подтвердить и войти»: confirm, in another browser than before with the password."""
    registration, nonce = _linked(Purpose.CONFIRM, token)
    context, form = request_context(), ConfirmForm()
    # First the link: sent twice, it is «used», though the form's token has ended with the sign-in.
    confirmation.check_link(registration, nonce, context.now)
    csrf.protect()
    if status := _check_password(form, registration):
        return _confirm_page(form, registration, status)
    confirmation.confirm_by_link(db.session(), registration, nonce, context.rules, context.now)
    event("registration confirmed", registration=registration.id, state=registration.state)
    return redirect_to_next_step(registration)


@bp.get("/registration/form/<token>/proof")
@public
def proof(token: str) -> ResponseReturnValue:
    """Ask for proof of the right to the contract: the contact is not on record."""
    registration = get_form_registration(token)
    if registration.state == State.ACTIVE:
        return redirect(url_for("auth.sign_in"), 303)
    if registration.state != State.UNPROVED:
        raise RegistrationClosedError
    return _proof_page(ProofForm(), registration)


@bp.post("/registration/form/<token>/proof")
@public
def proof_submit(token: str) -> ResponseReturnValue:
    """Open the account for the exact total of a recent document."""
    registration = get_form_registration(token)
    form = ProofForm()
    context = request_context()
    if status := _check_password(form, registration):
        return _proof_page(form, registration, status)
    try:
        proofs.prove_by_document(
            db.session(),
            registration,
            form.amount.data or "",
            context.browser,
            context.rules,
            context.now,
        )
    except (AmountError, ProofError) as error:
        form.amount.errors = [proof_error_text(error, form.amount.label.text)]
        event("proof refused", registration=registration.id)
        return _proof_page(form, registration, 422)
    except ProofHeldError:
        delivery.commit()
        event("proof held", registration=registration.id)
        return _proof_page(form, registration, is_held=True)
    event("registration proved", registration=registration.id)
    return redirect_to_next_step(registration)


@bp.get("/registration/stop/<token>")
@public
def stop(token: str) -> ResponseReturnValue:
    """«Это не я»: ask first, for programs open links too."""
    registration, _ = _linked(Purpose.STOP, token)
    try:
        objection.check_objection(registration, request_context().rules, local_now())
    except LinkError as error:
        return _nothing_to_stop(error)
    return render_page("registration/stop.html", fragment="results", registration=registration)


@bp.post("/registration/stop/<token>")
@public
def stop_submit(token: str) -> ResponseReturnValue:
    """Stop a registration, and close the account that came of it."""
    registration, _ = _linked(Purpose.STOP, token)
    context = request_context()
    try:
        objection.stop_registration(db.session(), registration, context.rules, context.now)
    except LinkError as error:
        return _nothing_to_stop(error)
    delivery.commit()
    event("registration stopped", registration=registration.id)
    return render_page("registration/stopped.html", fragment="results", registration=registration)


def _linked(purpose: Purpose, token: str) -> tuple[Registration, str]:
    key, nonce = delivery.transports().links.read(purpose, token)
    return get_linked_registration(db.session(), key), nonce


def _stop_url(registration: Registration) -> str:
    token = delivery.transports().links.sign(Purpose.STOP, registration.id)
    return url_for("registration.stop", token=token)


def _nothing_to_stop(error: LinkError) -> Response:
    return render_link_error(OBJECTION_ERRORS[error.code], RESTART)


def _check_password(form: ConfirmForm, registration: Registration) -> int:
    """Check the password in another browser than before: status of a refusal, 0 if right."""
    if is_registering_browser(registration):
        return 0
    typed = form.password.data or ""
    if not typed:
        return form.refuse()
    context = request_context()
    try:
        confirmation.check_registration_password(
            db.session(),
            registration,
            typed[:MAX_TYPED],
            context.browser,
            context.rules,
            context.now,
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
    context = request_context()
    return render_page(
        "registration/proof.html",
        fragment="results",
        form=form,
        registration=registration,
        needs_password=not is_registering_browser(registration),
        is_held=is_held,
        stop_url=_stop_url(registration),
        tries_left=proofs.count_remaining_attempts(
            db.session(), registration, context.browser, context.rules, context.now
        ),
        status=status,
    )
