"""Begin a registration by contract number and ИНН: «Первый вход» (user manual §3)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.actions import rate_limits
from app.actions.registration import notifications
from app.actions.registration.policy import RegistrationRules
from app.domain.access import Browser
from app.domain.contract_number import number_key
from app.domain.rate_limits import LimitedAction
from app.domain.registration import State
from app.models import Registration
from app.queries.accounts import find_owner
from app.queries.memberships import is_login_closed_to_registration
from app.queries.registrations import find_contract_by_inn


def open_registration(
    session: Session,
    number: str,
    inn: str,
    browser: Browser,
    rules: RegistrationRules,
    now: datetime,
) -> Registration | None:
    """Begin a registration, or None.

    None: no such contract, another ИНН, it has an owner, or it has another customer now and a clerk
    has to decide first. These are told apart nowhere; a known owner is notified, one whose access
    is suspended is not.

    Raises:
        TooManyAttemptsError: a limit is reached; nothing was looked up.
    """
    key = number_key(number)
    limits = rules.limits[LimitedAction.FIRST_ENTRY]
    rate_limits.hit(session, LimitedAction.FIRST_ENTRY, key, browser.address, limits, now)
    contract = find_contract_by_inn(session, key, inn)
    if contract is None:
        return None
    owner = find_owner(session, key)
    if owner is not None:
        notifications.notify_owner_of_registration(session, owner[0], contract, now)
        return None
    if is_login_closed_to_registration(session, key):
        return None
    registration = Registration(
        contract_id=contract.id,
        customer_id=contract.customer_id,
        customer_inn=inn,
        state=State.DRAFT,
        created_at=now,
        address=browser.address[:45],
        user_agent=browser.user_agent[:200],
    )
    session.add(registration)
    session.flush()
    return registration
