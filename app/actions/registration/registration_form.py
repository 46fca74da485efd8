"""The registration form: store what was typed, send codes and links, «Сохранить»."""

from __future__ import annotations

import math
import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.actions import rate_limits
from app.actions.accounts.consents import give_consent
from app.actions.audit_log import record
from app.actions.registration import notifications
from app.actions.registration.confirmation import confirm_contact
from app.actions.registration.policy import RegistrationRules
from app.actions.registration.transitions import change_state, claim_submission
from app.actions.sms_codes import (
    find_last_code,
    is_waiting,
    prepare_code,
    seconds_to_wait,
    use_code,
)
from app.domain.access import Browser
from app.domain.contacts import may_get_sms
from app.domain.errors import (
    CodeError,
    ConsentMissingError,
    RegistrationClosedError,
    SmsNotAllowedError,
    TooSoonError,
)
from app.domain.rate_limits import LimitedAction
from app.domain.registration import Channel, State
from app.integrations.transports import Transports
from app.lib.passwords import hash_password
from app.models import Contract, Message, Registration, SmsCode
from app.queries.memberships import is_held_by_login
from app.queries.messages import is_link_email_on_its_way

CONSENT_FORM = "registration"
EDITABLE = (State.DRAFT, State.LINK_SENT)


@dataclass(frozen=True, slots=True)
class RegistrationDetails:
    """What the form holds; None is what was not typed, or may not be stored."""

    email: str | None
    phone: str
    password: str | None
    channel: Channel
    has_consented: bool
    code: str


@dataclass(frozen=True, slots=True)
class QueuedMessage:
    """A message that somebody waits for, and the attempt that fails if it cannot be sent."""

    message_id: int
    hit_id: int


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
    _check_may_store(session, registration, details)
    _hit_hash_limit(session, registration, details, browser, rules, now)
    if _is_just_saved(session, registration, details, rules, now):
        _set_password(registration, details)
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


def request_code(
    session: Session,
    registration: Registration,
    details: RegistrationDetails,
    browser: Browser,
    rules: RegistrationRules,
    now: datetime,
) -> QueuedMessage:
    """«Отправить смс»: send a text message with a code.

    Raises:
        ConsentMissingError, RegistrationClosedError: nothing is stored.
        SmsNotAllowedError: not a number that gets messages.
        TooSoonError: a code arrived there just now.
        TooManyAttemptsError: a limit is reached; ``staff_alert`` is set where it is everybody's.
    """
    _check_may_store(session, registration, details)
    phone = details.phone
    if not may_get_sms(phone, rules.sms_prefixes):
        raise SmsNotAllowedError
    last = find_last_code(session, registration_id=registration.id)
    if last is not None and last.phone == phone:
        _check_pause(seconds_to_wait(last, rules.codes, now))
    _hit_hash_limit(session, registration, details, browser, rules, now)
    limits = rules.limits[LimitedAction.SMS_REQUEST]
    hit_id = rate_limits.hit(
        session, LimitedAction.SMS_REQUEST, phone, browser.address, limits, now, succeeded=True
    )
    _store_details(session, registration, details, browser, now)
    registration.confirmed_phone = None
    code = prepare_code(session, phone, rules.codes, now, registration_id=registration.id)
    return QueuedMessage(notifications.send_code(session, registration, code, now), hit_id)


def check_code(
    session: Session,
    registration: Registration,
    details: RegistrationDetails,
    browser: Browser,
    rules: RegistrationRules,
    transports: Transports,
    now: datetime,
    *,
    is_hash_counted: bool = False,
) -> None:
    """«ОК»: confirm the number by its code. Commit whether it is right or wrong.

    Args:
        is_hash_counted: the password that is hashed along has been counted already.

    Raises:
        ConsentMissingError, RegistrationClosedError: nothing is stored.
        TooManyAttemptsError: too many codes were tried for this number today.
        CodeError: wrong, expired, or none typed.
    """
    _check_may_store(session, registration, details)
    if not details.code:
        raise CodeError("missing")
    row = find_last_code(session, registration_id=registration.id)
    if not is_waiting(row, details.phone, rules.codes, now):
        # Not counted: or anybody could use up the attempts of a number that is not theirs.
        raise CodeError("expired")
    if not is_hash_counted:
        _hit_hash_limit(session, registration, details, browser, rules, now)
    limits = rules.limits[LimitedAction.SMS_CODE]
    rate_limits.hit(session, LimitedAction.SMS_CODE, details.phone, browser.address, limits, now)
    _store_details(session, registration, details, browser, now)
    use_code(session, row, details.phone, details.code, rules.codes.tries, transports, now)
    registration.confirmed_phone = details.phone
    session.flush()


def record_not_sent(session: Session, queued: QueuedMessage, now: datetime) -> None:
    """Release the rate limit of a message that the provider did not accept: it may be asked for
    again at once."""
    message = session.get_one(Message, queued.message_id)
    if message.sms_code_id is not None:
        session.get_one(SmsCode, message.sms_code_id).ended_at = now
    rate_limits.record_outcome(session, queued.hit_id, succeeded=False)
    session.flush()


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
    _check_pause(seconds_to_resend(session, registration, rules, now))
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


def is_confirmed(registration: Registration, phone: str | None) -> bool:
    """Whether a number has been confirmed by a code in this registration."""
    return phone is not None and registration.confirmed_phone == phone


def check_open(session: Session, registration: Registration) -> None:
    """Refuse to continue a registration that has ended.

    Raises:
        RegistrationClosedError: replaced, stopped, refused, done; or the contract has an owner.
    """
    if registration.state not in EDITABLE:
        raise RegistrationClosedError
    if is_held_by_login(session, registration.contract.number_key):
        raise RegistrationClosedError


def _needs_code(registration: Registration, details: RegistrationDetails) -> bool:
    return details.channel is Channel.SMS and not is_confirmed(registration, details.phone)


def _check_pause(seconds: int) -> None:
    if seconds > 0:
        raise TooSoonError(seconds)


def _check_may_store(
    session: Session, registration: Registration, details: RegistrationDetails
) -> None:
    if not details.has_consented:
        raise ConsentMissingError
    check_open(session, registration)


def _store_submission(
    session: Session,
    registration: Registration,
    details: RegistrationDetails,
    browser: Browser,
    rules: RegistrationRules,
    now: datetime,
) -> None:
    """Store a complete form, supersede other registrations, notify those on record."""
    _store_details(session, registration, details, browser, now)
    _supersede_others(session, registration, now)
    _issue_link(session, registration, rules, now)
    record(
        session,
        "registration.saved",
        None,
        "contracts",
        registration.contract.number,
        now,
        registration=registration.id,
        channel=registration.channel,
    )
    notifications.notify_contacts_on_record(session, registration, rules, now)


def _store_details(
    session: Session,
    registration: Registration,
    details: RegistrationDetails,
    browser: Browser,
    now: datetime,
) -> None:
    """Store what was typed, for the next step.

    A link that is on its way confirms what was saved with it, and nothing that is typed later: it
    does not work any more.
    """
    change_state(session, registration, State.DRAFT, EDITABLE, nonce=None, confirm_until=None)
    give_consent(session, registration.id, CONSENT_FORM, browser, now)
    registration.email = details.email or registration.email
    registration.phone = details.phone
    registration.channel = details.channel
    registration.address = browser.address[:45]
    registration.user_agent = browser.user_agent[:200]
    _set_password(registration, details)
    session.flush()


def _set_password(registration: Registration, details: RegistrationDetails) -> None:
    if details.password is not None:
        registration.password_hash = hash_password(details.password)


def _hit_hash_limit(
    session: Session,
    registration: Registration,
    details: RegistrationDetails,
    browser: Browser,
    rules: RegistrationRules,
    now: datetime,
) -> None:
    """Count a new password before it is hashed; the session must not have written yet.

    Raises:
        TooManyAttemptsError: a limit is reached; nothing was hashed.
    """
    if details.password is not None:
        subject, limits = f"registration:{registration.id}", rules.limits[LimitedAction.NEW_HASH]
        rate_limits.hit(session, LimitedAction.NEW_HASH, subject, browser.address, limits, now)


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


def _supersede_others(session: Session, registration: Registration, now: datetime) -> None:
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
