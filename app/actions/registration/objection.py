"""Stop a registration by a link of its notification («Это не я»), for those on record."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.actions.accounts.sessions import close_account
from app.actions.people.access import close_contract
from app.actions.registration.attachment import detach
from app.actions.registration.policy import RegistrationRules
from app.actions.registration.transitions import end_registration
from app.domain.errors import LinkError
from app.domain.registration import PENDING, State
from app.models import Account, Registration

STOPPABLE = (*PENDING, State.ACTIVE)


def check_objection(registration: Registration, rules: RegistrationRules, now: datetime) -> None:
    """Refuse a link «Это не я» that stops nothing.

    Raises:
        LinkError: ``used``, ``superseded`` or ``expired``.
    """
    if registration.state == State.STOPPED:
        raise LinkError("used")
    if registration.state not in STOPPABLE:
        raise LinkError("superseded")
    # What still waits may be stopped as long as it waits.
    opened = registration.decided_at if registration.state == State.ACTIVE else None
    if opened is not None and opened + rules.stop_life <= now:
        raise LinkError("expired")


def stop_registration(
    session: Session, registration: Registration, rules: RegistrationRules, now: datetime
) -> None:
    """Stop a registration: its account, or what was attached to one, and whom that has let in.

    Raises:
        LinkError: see ``check_objection``.
    """
    check_objection(registration, rules, now)
    was_open = registration.state == State.ACTIVE
    decided_by = "contact on record"
    end_registration(session, registration, State.STOPPED, STOPPABLE, decided_by, None, now)
    if registration.attach_to_id is not None and was_open:
        for contract_id in detach(session, registration, now):
            close_contract(session, contract_id, registration.attach_to_id, now)
    if registration.account_id is not None:
        close_contract(session, registration.contract_id, registration.account_id, now)
        close_account(session, session.get_one(Account, registration.account_id), now)
