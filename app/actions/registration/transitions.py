"""Registrations change their state in one place, and only from a state that allows it."""

from __future__ import annotations

import secrets
from collections.abc import Collection

from sqlalchemy import ColumnElement, true, update
from sqlalchemy.orm import Session

from app.domain.errors import RegistrationClosedError
from app.domain.registration import State
from app.lib.database import count_changed
from app.models import Registration

JUDGED = (State.UNPROVED, State.ACTIVE)
_COLUMNS = [column.key for column in Registration.__table__.columns]


def move(
    session: Session,
    registration: Registration,
    to: State,
    allowed: Collection[State],
    **values: object,
) -> None:
    """Compare and swap: of two that press different buttons at once, one comes too late.

    Who is let in is let in for what was read and judged here; saved anew meanwhile, it is another
    matter.

    Raises:
        RegistrationClosedError: it is in none of the allowed states (any more).
    """
    is_as_read = _has_nonce(registration) if to in JUDGED else true()
    moved = count_changed(
        session,
        update(Registration)
        .where(Registration.id == registration.id, Registration.state.in_(allowed), is_as_read)
        .values(state=to, **values),
    )
    if not moved:
        raise RegistrationClosedError
    session.refresh(registration, _COLUMNS)


def claim_submission(session: Session, registration: Registration) -> bool:
    """Whether nobody has saved the registration since it was read: of several that press at once
    one goes on, and the others find it saved."""
    claimed = count_changed(
        session,
        update(Registration)
        .where(Registration.id == registration.id, _has_nonce(registration))
        .values(nonce=secrets.token_urlsafe(16)),
    )
    session.refresh(registration, _COLUMNS)
    return bool(claimed)


def _has_nonce(registration: Registration) -> ColumnElement[bool]:
    """The row still has the nonce that was read; every saving gives it another."""
    return Registration.nonce.is_not_distinct_from(registration.nonce)
