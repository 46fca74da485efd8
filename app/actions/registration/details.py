"""Details of a registration: what the form holds, checked and stored before each step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.actions import rate_limits
from app.actions.accounts.consents import give_consent
from app.actions.registration.policy import RegistrationRules
from app.actions.registration.transitions import change_state
from app.domain.access import Browser
from app.domain.errors import (
    ConsentMissingError,
    RegistrationClosedError,
    TooSoonError,
)
from app.domain.rate_limits import LimitedAction
from app.domain.registration import Channel, State
from app.lib.passwords import hash_password
from app.models import Registration
from app.queries.memberships import is_login_closed_to_registration

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


def check_open(session: Session, registration: Registration) -> None:
    """Refuse to continue a registration that has ended.

    Raises:
        RegistrationClosedError: replaced, stopped, refused, done; or the contract has an owner.
    """
    if registration.state not in EDITABLE:
        raise RegistrationClosedError
    if is_login_closed_to_registration(session, registration.contract.number_key):
        raise RegistrationClosedError


def check_may_store(
    session: Session, registration: Registration, details: RegistrationDetails
) -> None:
    """Refuse to store details without consent or of a registration that has ended.

    Raises:
        ConsentMissingError, RegistrationClosedError.
    """
    if not details.has_consented:
        raise ConsentMissingError
    check_open(session, registration)


def check_pause(seconds: int) -> None:
    """Refuse to send another message before a pause is over.

    Raises:
        TooSoonError: ``seconds`` are left.
    """
    if seconds > 0:
        raise TooSoonError(seconds)


def is_confirmed(registration: Registration, phone: str | None) -> bool:
    """Whether a number has been confirmed by a code in this registration."""
    return phone is not None and registration.confirmed_phone == phone


def hit_hash_limit(
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


def store_details(
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
    set_registration_password(registration, details)
    session.flush()


def set_registration_password(registration: Registration, details: RegistrationDetails) -> None:
    """Hash and store the password, if one was typed."""
    if details.password is not None:
        registration.password_hash = hash_password(details.password)
