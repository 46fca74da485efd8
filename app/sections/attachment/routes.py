"""«Добавить договор»: number, ИНН, proof; then the other contracts of the same ИНН at once."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response

from app.actions.registration import attachment
from app.actions.registration.proof import count_remaining_attempts, prove_by_document
from app.domain.errors import (
    AccountExistsError,
    AmountError,
    PeopleError,
    ProofError,
    ProofHeldError,
    RegistrationClosedError,
    TooManyAttemptsError,
)
from app.domain.registration import State
from app.extensions import db
from app.jobs import delivery
from app.logging import event
from app.models import Registration
from app.queries.attachments import get_attachment, list_offered
from app.queries.profile import get_signed_in_account
from app.sections.attachment.forms import DocumentForm, OfferForm
from app.sections.registration.forms import FirstEntryForm
from app.sections.registration.labels import NOT_FOUND, proof_error_text
from app.web.context import local_now
from app.web.forms import summary_of, too_many_attempts
from app.web.fragments import render_page
from app.web.permissions import signed_in
from app.web.policies import registration_rules
from app.web.session import access_window, current_browser, current_viewer

bp = Blueprint("attachment", __name__, url_prefix="/contracts/attach")
MEMBER = "Этот договор уже есть в вашем кабинете."
CLOSED = "Кабинет по этому договору только что открыли. Договор не добавлен."


@bp.get("")
@signed_in
def index() -> ResponseReturnValue:
    """Ask for number and ИНН."""
    return _entry_page(FirstEntryForm())


@bp.post("")
@signed_in
def submit() -> ResponseReturnValue:
    """Attach a contract whose right is plain, or go on to the proof."""
    form = FirstEntryForm()
    if not form.validate():
        return _entry_page(form, 422)
    session = db.session()
    account = get_signed_in_account(session, current_viewer())
    number, inn, browser = form.number.data, form.plain_inn, current_browser()
    try:
        begun = attachment.begin_attachment(
            session, account, number, inn, browser, registration_rules(), local_now()
        )
    except (TooManyAttemptsError, PeopleError, RegistrationClosedError) as error:
        return _refused_page(form, error)
    delivery.commit()
    event("contract to be attached", registration=begun and begun.id)
    if begun is None:
        return _entry_page(form, 422, NOT_FOUND)
    return _next_step(begun)


@bp.get("/<id:registration_id>")
@signed_in
def proof(registration_id: int) -> ResponseReturnValue:
    """Ask for proof of the right to the contract."""
    found = get_attachment(db.session(), current_viewer(), registration_id)
    return _proof_page(DocumentForm(), found)


@bp.post("/<id:registration_id>")
@signed_in
def proof_submit(registration_id: int) -> ResponseReturnValue:
    """Attach the contract for the exact total of a recent document."""
    session, form = db.session(), DocumentForm()
    found = get_attachment(session, current_viewer(), registration_id)
    typed, browser = form.amount.data or "", current_browser()
    try:
        prove_by_document(session, found, typed, browser, registration_rules(), local_now())
    except (AmountError, ProofError) as error:
        form.amount.errors = [proof_error_text(error, form.amount.label.text)]
        return _proof_page(form, found, 422)
    except ProofHeldError:
        delivery.commit()
        return _proof_page(form, found, is_held=True)
    except RegistrationClosedError as error:
        return _refused_page(FirstEntryForm(), error)
    delivery.commit()
    event("contract attached", registration=found.id)
    return _next_step(found)


@bp.get("/others")
@signed_in
def others() -> ResponseReturnValue:
    """Offer the other contracts of the same ИНН that have no owner."""
    return _offer_page(status=200)


@bp.post("/others")
@signed_in
def others_submit() -> ResponseReturnValue:
    """Attach all that are ticked, with one confirmation."""
    session, viewer, window = db.session(), current_viewer(), access_window()
    form = OfferForm(list_offered(session, viewer.account_id, window))
    if not form.validate():
        return _offer_page(form, 422)
    account = get_signed_in_account(session, viewer)
    try:
        count = attachment.attach_offered(
            session, account, form.contracts.data, window, local_now()
        )
    except AccountExistsError as error:
        return _refused_page(FirstEntryForm(), error)
    delivery.commit()
    event("contracts attached", count=count)
    return redirect(url_for("service.contract_choice", attached=count), 303)


def _next_step(registration: Registration) -> ResponseReturnValue:
    """The proof, or what else can be attached because of it."""
    if registration.state != State.ACTIVE:
        return redirect(url_for("attachment.proof", registration_id=registration.id), 303)
    offered = list_offered(db.session(), current_viewer().account_id, access_window())
    if offered:
        return redirect(url_for("attachment.others", attached=1), 303)
    return redirect(url_for("service.contract_choice", attached=1), 303)


def _refused_page(form: FirstEntryForm, error: Exception) -> Response:
    db.session.rollback()
    if isinstance(error, TooManyAttemptsError):
        answer = _entry_page(form, 429, f"{too_many_attempts(error)}.")
        answer.headers["Retry-After"] = str(error.retry_after)
        return answer
    return _entry_page(form, 409, MEMBER if isinstance(error, PeopleError) else CLOSED)


def _entry_page(form: FirstEntryForm, status: int = 200, message: str | None = None) -> Response:
    offered = list_offered(db.session(), current_viewer().account_id, access_window())
    return render_page(
        "attachment/index.html",
        fragment="results",
        form=form,
        offered_count=len(offered),
        faults=[("number", message)] if message else summary_of(form),
        may_ask=message == NOT_FOUND,
        status=status,
    )


def _proof_page(
    form: DocumentForm, found: Registration, status: int = 200, *, is_held: bool = False
) -> Response:
    tries_left = count_remaining_attempts(
        db.session(), found, current_browser(), registration_rules(), local_now()
    )
    faults = [("amount" if tries_left else "", text) for text in form.amount.errors[:1]]
    return render_page(
        "attachment/proof.html",
        fragment="results",
        form=form,
        registration=found,
        is_held=is_held,
        tries_left=tries_left,
        faults=faults,
        status=status,
    )


def _offer_page(form: OfferForm | None = None, status: int = 200) -> Response:
    offered = list_offered(db.session(), current_viewer().account_id, access_window())
    form = form or OfferForm(offered)
    return render_page(
        "attachment/others.html",
        fragment="results",
        form=form,
        offered=offered,
        is_attached=request.args.get("attached") == "1",
        faults=summary_of(form),
        status=status,
    )
