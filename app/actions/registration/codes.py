"""Confirm the phone number of a registration by a code in a text message."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.actions import rate_limits
from app.actions.registration import notifications
from app.actions.registration.details import (
    QueuedMessage,
    RegistrationDetails,
    check_may_store,
    check_pause,
    hit_hash_limit,
    store_details,
)
from app.actions.registration.policy import RegistrationRules
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
    SmsNotAllowedError,
)
from app.domain.rate_limits import LimitedAction
from app.integrations.transports import Transports
from app.models import Registration


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
    check_may_store(session, registration, details)
    phone = details.phone
    if not may_get_sms(phone, rules.sms_prefixes):
        raise SmsNotAllowedError
    last = find_last_code(session, registration_id=registration.id)
    if last is not None and last.phone == phone:
        check_pause(seconds_to_wait(last, rules.codes, now))
    hit_hash_limit(session, registration, details, browser, rules, now)
    limits = rules.limits[LimitedAction.SMS_REQUEST]
    hit_id = rate_limits.hit(
        session, LimitedAction.SMS_REQUEST, phone, browser.address, limits, now, succeeded=True
    )
    store_details(session, registration, details, browser, now)
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
    check_may_store(session, registration, details)
    if not details.code:
        raise CodeError("missing")
    row = find_last_code(session, registration_id=registration.id)
    if not is_waiting(row, details.phone, rules.codes, now):
        # Not counted: or anybody could use up the attempts of a number that is not theirs.
        raise CodeError("expired")
    if not is_hash_counted:
        hit_hash_limit(session, registration, details, browser, rules, now)
    limits = rules.limits[LimitedAction.SMS_CODE]
    rate_limits.hit(session, LimitedAction.SMS_CODE, details.phone, browser.address, limits, now)
    store_details(session, registration, details, browser, now)
    use_code(session, row, details.phone, details.code, rules.codes.tries, transports, now)
    registration.confirmed_phone = details.phone
    session.flush()
