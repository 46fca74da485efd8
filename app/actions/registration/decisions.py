"""Decide about a registration that waits for proof, for staff: approve or refuse it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.actions.registration import notifications
from app.actions.registration.activation import activate
from app.actions.registration.transitions import end_registration
from app.domain.errors import RegistrationClosedError
from app.domain.registration import PENDING, Proof, State
from app.models import Registration


def approve(session: Session, registration: Registration, clerk: str, now: datetime) -> None:
    """Open the account: the clerk has checked the right to the contract.

    Raises:
        RegistrationClosedError: it does not wait for a clerk, or the contract has an owner.
    """
    if registration.state != State.UNPROVED:
        raise RegistrationClosedError
    activate(session, registration, Proof.CLERK, now, decided_by=clerk or None)
    notifications.notify_decision(session, registration, now)


def refuse(
    session: Session, registration: Registration, clerk: str, reason: str, now: datetime
) -> None:
    """Refuse access to the contract; the person is notified of the reason.

    Raises:
        RegistrationClosedError: it does not wait for a clerk.
    """
    end_registration(session, registration, State.REFUSED, (State.UNPROVED,), clerk, reason, now)
    notifications.notify_decision(session, registration, now, reason)


def refuse_for_transfer(
    session: Session, registration: Registration, clerk: str, reason: str, now: datetime
) -> None:
    """Refuse a registration because the contract has another customer now.

    Whoever has confirmed a contact is notified.

    Raises:
        RegistrationClosedError: it has ended.
    """
    is_confirmed = registration.state == State.UNPROVED
    end_registration(session, registration, State.REFUSED, PENDING, clerk, reason, now)
    if is_confirmed:
        notifications.notify_decision(session, registration, now, reason)
