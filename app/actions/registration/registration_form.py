"""Save the registration form («Сохранить») and send the email with its link."""

from __future__ import annotations

import math
import secrets
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.actions import rate_limits
from app.actions.audit_log import record
from app.actions.registration import notifications
from app.actions.registration.codes import check_code
from app.actions.registration.confirmation import confirm_contact
from app.actions.registration.details import (
    EDITABLE,
    QueuedMessage,
    RegistrationDetails,
    check_may_store,
    check_pause,
    hit_hash_limit,
    is_confirmed,
    set_registration_password,
    store_details,
)
from app.actions.registration.policy import RegistrationRules
from app.actions.registration.transitions import change_state, claim_submission
from app.domain.access import Browser
from app.domain.errors import (
    CodeError,
    RegistrationClosedError,
)
from app.domain.rate_limits import LimitedAction
from app.domain.registration import Channel, State
from app.integrations.transports import Transports
from app.models import Contract, Message, Registration, SmsCode
from app.queries.messages import is_link_email_on_its_way


def save(
    session: Session,
    registration: Registration,
    details: RegistrationDetails,
    browser: Browser,
    rules: RegistrationRules,
    transports: Transports,
    now: datetime,
) -> QueuedMessage | None:
    """«Сохранить»: an email with a link is sent, or the confirmed number opens the account.

    Saved twice in a row, it is one email.

    Args:
        details: complete but for a password that was accepted before.

    Returns:
        The email with the link, if one has to be sent.

    Raises:
        ConsentMissingError, RegistrationClosedError: nothing is stored.
        TooManyAttemptsError: too many registrations of this contract, or passwords.
        CodeError: the number has not been confirmed, or by a code that was not right.
    """
    check_may_store(session, registration, details)
    hit_hash_limit(session, registration, details, browser, rules, now)
    if _is_just_saved(session, registration, details, rules, now):
        set_registration_password(registration, details)
        return None
    needs_code = _needs_code(registration, details)
    if needs_code and not details.code:
        raise CodeError("missing")
    hit_id = _hit_registration_limit(session, registration, browser, rules, now)
    if needs_code:
        # Typed, and «ОК» forgotten.
        check_code(
            session, registration, details, browser, rules, transports, now, is_hash_counted=True
        )
    if not claim_submission(session, registration):
        return None
    if _needs_code(registration, details):
        # Another code was asked for in the meantime.
        raise CodeError("missing")
    _store_submission(session, registration, details, browser, rules, now)
    if details.channel is Channel.SMS:
        confirm_contact(session, registration, rules, now)
        return None
    return QueuedMessage(notifications.send_link(session, registration, now), hit_id)


def resend_link(
    session: Session,
    registration: Registration,
    browser: Browser,
    rules: RegistrationRules,
    now: datetime,
) -> QueuedMessage:
    """Send another email for a saved registration; the link before does not work any more.

    Raises:
        RegistrationClosedError: it does not wait for its link.
        TooSoonError: an email was sent just now.
        TooManyAttemptsError: too many registrations of this contract.
    """
    if registration.state != State.LINK_SENT:
        raise RegistrationClosedError
    check_pause(seconds_to_resend(session, registration, rules, now))
    hit_id = _hit_registration_limit(session, registration, browser, rules, now)
    _issue_link(session, registration, rules, now)
    return QueuedMessage(notifications.send_link(session, registration, now), hit_id)


def seconds_to_resend(
    session: Session, registration: Registration, rules: RegistrationRules, now: datetime
) -> int:
    """Whole seconds until another email may be asked for; one that failed does not count."""
    if registration.saved_at is None or not is_link_email_on_its_way(session, registration.id):
        return 0
    return max(0, math.ceil((registration.saved_at + rules.codes.pause - now).total_seconds()))


def record_not_sent(session: Session, queued: QueuedMessage, now: datetime) -> None:
    """Release the rate limit of a message that the provider did not accept: it may be asked for
    again at once."""
    message = session.get_one(Message, queued.message_id)
    if message.sms_code_id is not None:
        session.get_one(SmsCode, message.sms_code_id).ended_at = now
    rate_limits.record_outcome(session, queued.hit_id, succeeded=False)
    session.flush()


def _needs_code(registration: Registration, details: RegistrationDetails) -> bool:
    return details.channel is Channel.SMS and not is_confirmed(registration, details.phone)


def _store_submission(
    session: Session,
    registration: Registration,
    details: RegistrationDetails,
    browser: Browser,
    rules: RegistrationRules,
    now: datetime,
) -> None:
    """Store a complete form, supersede other registrations, notify those on record."""
    store_details(session, registration, details, browser, now)
    supersede_others(session, registration, now)
    _issue_link(session, registration, rules, now)
    record(
        session,
        "registration.saved",
        None,
        "contracts",
        registration.contract.number,
        now,
        contract_id=registration.contract_id,
        registration=registration.id,
        channel=registration.channel,
    )
    notifications.notify_contacts_on_record(session, registration, rules, now)


def _is_just_saved(
    session: Session,
    registration: Registration,
    details: RegistrationDetails,
    rules: RegistrationRules,
    now: datetime,
) -> bool:
    """Whether the same has been saved just now and its email is on the way."""
    return (
        registration.state == State.LINK_SENT
        and seconds_to_resend(session, registration, rules, now) > 0
        and (registration.email, registration.phone, registration.channel)
        == (details.email, details.phone, details.channel)
    )


def _hit_registration_limit(
    session: Session,
    registration: Registration,
    browser: Browser,
    rules: RegistrationRules,
    now: datetime,
) -> int:
    action, subject = LimitedAction.REGISTRATION, f"contract:{registration.contract_id}"
    return rate_limits.hit(
        session, action, subject, browser.address, rules.limits[action], now, succeeded=True
    )


def _issue_link(
    session: Session, registration: Registration, rules: RegistrationRules, now: datetime
) -> None:
    """Move from the form to the email: a new nonce makes a new link and ends the one before."""
    change_state(
        session,
        registration,
        State.LINK_SENT,
        EDITABLE,
        nonce=secrets.token_urlsafe(16),
        saved_at=now,
        confirm_until=now + rules.link_life,
    )


def supersede_others(session: Session, registration: Registration, now: datetime) -> None:
    """End the other registrations of the contract: a stranger's must not block the owner."""
    # One after the other, or two that are saved at once would both stay.
    contract = select(Contract.id).where(Contract.id == registration.contract_id)
    session.execute(contract.with_for_update())
    session.execute(
        update(Registration)
        .where(
            Registration.contract_id == registration.contract_id,
            Registration.id != registration.id,
            Registration.state.in_((State.LINK_SENT, State.UNPROVED)),
        )
        .values(state=State.SUPERSEDED, decided_at=now)
    )
