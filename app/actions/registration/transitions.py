"""Change the state of a registration: in one place, and only from a state that allows it."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, true, update
from sqlalchemy.orm import Session

from app.actions.audit_log import record
from app.domain.errors import RegistrationClosedError
from app.domain.registration import State
from app.lib.database import count_changed
from app.models import Registration

GRANTING = (State.UNPROVED, State.ACTIVE)
"""States in which the registrant has passed the contact check."""
_COLUMNS = [column.key for column in Registration.__table__.columns]


def change_state(
    session: Session,
    registration: Registration,
    to: State,
    allowed: Collection[State],
    **values: object,
) -> None:
    """Compare and swap the state: of two requests at once, the later one is refused.

    A state that grants access is reached only with the details that were read and checked here: if
    they have been saved anew meanwhile, it is refused as well (optimistic lock by nonce).

    Args:
        allowed: the states it may be in now.
        values: further columns to set.

    Raises:
        RegistrationClosedError: it is in none of the allowed states (any more).
    """
    is_unchanged = _has_nonce(registration) if to in GRANTING else true()
    changed = count_changed(
        session,
        update(Registration)
        .where(Registration.id == registration.id, Registration.state.in_(allowed), is_unchanged)
        .values(state=to, **values),
    )
    if not changed:
        raise RegistrationClosedError
    session.refresh(registration, _COLUMNS)


def end_registration(
    session: Session,
    registration: Registration,
    state: State,
    allowed: Collection[State],
    decided_by: str,
    reason: str | None,
    now: datetime,
) -> None:
    """Refuse or stop a registration, with its entry in the audit log; its password is erased.

    Raises:
        RegistrationClosedError: it is in none of the allowed states (any more).
    """
    change_state(
        session,
        registration,
        state,
        allowed,
        decided_at=now,
        decided_by=decided_by,
        reason=reason,
        password_hash=None,
    )
    record(
        session,
        f"registration.{state}",
        None,
        "contracts",
        registration.contract.number,
        now,
        contract_id=registration.contract_id,
        registration=registration.id,
        by=decided_by,
        reason=reason,
    )


def claim_submission(session: Session, registration: Registration) -> bool:
    """Take the optimistic lock of a registration before it is saved.

    Of several submissions at once one gets True; the others find it saved.
    """
    claimed = count_changed(
        session,
        update(Registration)
        .where(Registration.id == registration.id, _has_nonce(registration))
        .values(nonce=secrets.token_urlsafe(16)),
    )
    session.refresh(registration, _COLUMNS)
    return bool(claimed)


def _has_nonce(registration: Registration) -> ColumnElement[bool]:
    """The row still has the nonce that was read; every submission gives it another."""
    return Registration.nonce.is_not_distinct_from(registration.nonce)
