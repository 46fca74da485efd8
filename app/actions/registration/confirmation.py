"""Confirm the contact of a registration by the link of the email or the code of a text message."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.actions import rate_limits
from app.actions.registration.activation import activate
from app.actions.registration.policy import RegistrationRules
from app.actions.registration.transitions import change_state
from app.domain.access import Browser
from app.domain.errors import LinkError, SignInRefusedError
from app.domain.rate_limits import LimitedAction
from app.domain.registration import Channel, Proof, State
from app.lib.passwords import is_password
from app.models import Registration
from app.queries.registrations import get_contacts_on_record


def check_link(registration: Registration, nonce: str, now: datetime) -> None:
    """Refuse a confirmation link that does not work any more.

    Raises:
        LinkError: ``used``, ``superseded``, ``stopped`` or ``expired``.
    """
    is_latest = registration.nonce == nonce
    if registration.state in (State.STOPPED, State.REFUSED):
        raise LinkError("stopped")
    if registration.confirmed_at is not None and is_latest:
        raise LinkError("used")
    if registration.state != State.LINK_SENT or not is_latest:
        raise LinkError("superseded")
    if registration.confirm_until is None or registration.confirm_until <= now:
        raise LinkError("expired")


def confirm_by_link(
    session: Session,
    registration: Registration,
    nonce: str,
    rules: RegistrationRules,
    now: datetime,
) -> bool:
    """Confirm the address of a registration by its link; see ``confirm_contact``.

    Raises:
        LinkError: see ``check_link``.
        RegistrationClosedError: the contract has got an owner meanwhile.
    """
    check_link(registration, nonce, now)
    return confirm_contact(session, registration, rules, now)


def check_registration_password(
    session: Session,
    registration: Registration,
    password: str,
    browser: Browser,
    rules: RegistrationRules,
    now: datetime,
) -> None:
    """Check the password of a registration that is continued in another browser.

    Otherwise the reader of a mailbox would open an account with the password of a stranger who
    began the registration. The session must not have written yet.

    Raises:
        SignInRefusedError: another password; the link still works.
        TooManyAttemptsError: a limit is reached; no password was checked.
    """
    subject, limits = f"registration:{registration.id}", rules.limits[LimitedAction.CONFIRM]
    hit_id = rate_limits.hit(session, LimitedAction.CONFIRM, subject, browser.address, limits, now)
    if not is_password(password, registration.password_hash):
        raise SignInRefusedError(None)
    rate_limits.commit_success(session, hit_id)


def confirm_contact(
    session: Session, registration: Registration, rules: RegistrationRules, now: datetime
) -> bool:
    """Accept the confirmed contact and open the account, or ask for proof of the right to it.

    Returns:
        Whether the account is open: the contact is on record, or no proof is required here.
    """
    is_mail = registration.channel == Channel.MAIL
    channel = Channel.MAIL if is_mail else Channel.SMS
    contact = (registration.email if is_mail else registration.confirmed_phone) or ""
    is_on_record = get_contacts_on_record(session, registration.contract).has(channel, contact)
    if is_on_record or not rules.needs_proof:
        proof = Proof.CONTACT if is_on_record else Proof.NOT_ASKED
        activate(session, registration, proof, now)
        return True
    change_state(session, registration, State.UNPROVED, (State.LINK_SENT,), confirmed_at=now)
    return False
