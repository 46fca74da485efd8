"""First entry and the registration form (user manual §3)."""

from __future__ import annotations

from flask import redirect
from flask.typing import ResponseReturnValue
from flask.wrappers import Response

from app.actions.registration import codes, details, entry, registration_form
from app.actions.sms_codes import find_last_code, is_waiting, seconds_to_wait
from app.actions.staff_alerts import alert_staff
from app.domain.errors import DomainError, TooManyAttemptsError, TooSoonError
from app.domain.registration import State
from app.extensions import db
from app.jobs import delivery
from app.logging import event
from app.models import Registration
from app.queries.sms_reports import is_code_undelivered
from app.sections.registration.blueprint import (
    bp,
    form_url,
    get_form_registration,
    redirect_to_next_step,
    request_context,
)
from app.sections.registration.forms import FORM_ERRORS, FirstEntryForm, RegistrationForm
from app.sections.registration.labels import NOT_FOUND, NOT_SENT
from app.web.context import limits, local_now
from app.web.forms import describe_wait, too_many_attempts
from app.web.fragments import render_page
from app.web.permissions import public


@bp.get("/first-entry")
@public
def first_entry() -> ResponseReturnValue:
    """«Первый вход»: contract number and ИНН."""
    return _entry_page(FirstEntryForm())


@bp.post("/first-entry")
@public
def first_entry_submit() -> ResponseReturnValue:
    """Open the registration form for a number and ИНН that belong together."""
    form = FirstEntryForm()
    if not form.validate():
        return _entry_page(form, 422)
    context = request_context()
    try:
        registration = entry.open_registration(
            db.session(),
            form.number.data,
            form.plain_inn,
            context.browser,
            context.rules,
            context.now,
        )
    except TooManyAttemptsError as error:
        event("first entry limited", retry_after=error.retry_after)
        text = f"{too_many_attempts(error)}."
        return _entry_page(form, 429, text), 429, {"Retry-After": str(error.retry_after)}
    delivery.commit()
    event("first entry", registration=registration and registration.id)
    if registration is None:
        return _entry_page(form, 422, NOT_FOUND)
    return redirect(form_url("form", registration), 303)


@bp.get("/registration/form/<token>")
@public
def form(token: str) -> ResponseReturnValue:
    """Show the registration form with what is stored of it."""
    registration = get_form_registration(token)
    if registration.state == State.UNPROVED:
        return redirect(form_url("proof", registration), 303)
    details.check_open(db.session(), registration)
    return _form_page(RegistrationForm(registration))


@bp.post("/registration/form/<token>")
@public
def save(token: str) -> ResponseReturnValue:
    """«Сохранить»: send the email with the link, or open the account by the confirmed number."""
    form = RegistrationForm(get_form_registration(token))
    if not form.validate():
        return _form_page(form, 422)
    context = request_context()
    try:
        queued = registration_form.save(
            db.session(),
            form.registration,
            form.details(),
            context.browser,
            context.rules,
            delivery.transports(),
            context.now,
        )
    except FORM_ERRORS as error:
        return _refused_page(form, error)
    event("registration saved", registration=form.registration.id, channel=form.channel.data)
    form.mark_browser()
    answer = redirect_to_next_step(form.registration)
    if queued is not None and not _try_delivery(queued):
        return _form_page(form, 503, NOT_SENT)
    return answer


@bp.post("/registration/form/<token>/code")
@public
def send_code(token: str) -> ResponseReturnValue:
    """«Отправить смс»: send a code."""
    form = RegistrationForm(get_form_registration(token))
    if not form.validate_step():
        return _form_page(form, 422)
    context = request_context()
    try:
        queued = codes.request_code(
            db.session(),
            form.registration,
            form.details(),
            context.browser,
            context.rules,
            context.now,
        )
    except FORM_ERRORS as error:
        return _refused_page(form, error)
    form.mark_browser()
    delivery.commit()
    event("code requested", registration=form.registration.id)
    if not _try_delivery(queued):
        return _form_page(form, 503, NOT_SENT)
    return _form_page(form)


@bp.post("/registration/form/<token>/code/check")
@public
def check_code(token: str) -> ResponseReturnValue:
    """«ОК»: confirm the number by its code."""
    form = RegistrationForm(get_form_registration(token))
    if not form.validate_step():
        return _form_page(form, 422)
    context = request_context()
    try:
        codes.check_code(
            db.session(),
            form.registration,
            form.details(),
            context.browser,
            context.rules,
            delivery.transports(),
            context.now,
        )
    except FORM_ERRORS as error:
        event("code refused", registration=form.registration.id)
        return _refused_page(form, error)
    form.mark_browser()
    delivery.commit()
    return _form_page(form)


@bp.get("/registration/form/<token>/letter")
@public
def email_sent(token: str) -> ResponseReturnValue:
    """Say that the email was sent, what to do with it, and what if it does not arrive."""
    registration = get_form_registration(token)
    if registration.state in (State.DRAFT, State.UNPROVED):
        step = "form" if registration.state == State.DRAFT else "proof"
        return redirect(form_url(step, registration), 303)
    return _email_sent_page(registration)


@bp.post("/registration/form/<token>/letter")
@public
def resend_email(token: str) -> ResponseReturnValue:
    """«Отправить письмо еще раз»: send another email with a new link."""
    registration = get_form_registration(token)
    context = request_context()
    try:
        queued = registration_form.resend_link(
            db.session(), registration, context.browser, context.rules, context.now
        )
    except (TooSoonError, TooManyAttemptsError) as error:
        text = f"Письмо уже отправлено. Еще раз — {describe_wait(error.retry_after)}."
        return _email_sent_page(registration, 429, text)
    delivery.commit()
    if not _try_delivery(queued):
        return _email_sent_page(registration, 503, NOT_SENT)
    return redirect(form_url("email_sent", registration), 303)


def _try_delivery(queued: details.QueuedMessage) -> bool:
    """Send a message that somebody waits for; if it fails, its rate limit is released."""
    if delivery.deliver(queued.message_id):
        return True
    registration_form.record_not_sent(db.session(), queued, local_now())
    delivery.commit()
    return False


def _refused_page(form: RegistrationForm, error: DomainError) -> ResponseReturnValue:
    """Show the form with the text of an error; what was counted is committed."""
    if isinstance(error, TooManyAttemptsError) and error.staff_alert:
        alert_staff(db.session(), error.staff_alert, local_now())
    form.mark_browser()
    delivery.commit()
    answer = _form_page(form, form.show_error(error))
    if isinstance(error, TooManyAttemptsError | TooSoonError):
        answer.headers["Retry-After"] = str(error.retry_after)
    return answer


def _entry_page(form: FirstEntryForm, status: int = 200, message: str | None = None) -> Response:
    return render_page(
        "registration/first_entry.html",
        fragment="results",
        form=form,
        message=message,
        may_ask=message == NOT_FOUND,
        status=status,
    )


def _form_page(form: RegistrationForm, status: int = 200, message: str | None = None) -> Response:
    registration = form.registration
    code = find_last_code(db.session(), registration_id=registration.id)
    context = request_context()
    return render_page(
        "registration/form.html",
        fragment="results",
        form=form,
        message=message,
        registration=registration,
        url=form_url("form", registration),
        is_confirmed=details.is_confirmed(registration, form.plain_phone),
        sent_code=code
        if is_waiting(code, form.plain_phone, context.rules.codes, context.now)
        else None,
        is_code_lost=code is not None and is_code_undelivered(db.session(), code.id),
        wait=seconds_to_wait(code, context.rules.codes, context.now),
        code_minutes=limits().sms_code_minutes,
        status=status,
    )


def _email_sent_page(
    registration: Registration, status: int = 200, message: str | None = None
) -> Response:
    context = request_context()
    return render_page(
        "registration/email_sent.html",
        fragment="results",
        registration=registration,
        form_url=form_url("form", registration),
        wait=registration_form.seconds_to_resend(
            db.session(), registration, context.rules, context.now
        ),
        message=message,
        status=status,
    )
