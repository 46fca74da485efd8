"""Open the account of a registration, or attach its contract, once its right is established."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.actions.accounts.consents import bind_consents
from app.actions.accounts.sessions import attach_contract, open_account
from app.actions.messages import release_suppressed
from app.actions.registration.transitions import change_state
from app.domain.errors import AccountExistsError, RegistrationClosedError
from app.domain.registration import Channel, Proof, State
from app.models import Account, Registration
from app.queries.registrations import is_of_customer


def activate(
    session: Session,
    registration: Registration,
    proof: Proof,
    now: datetime,
    *,
    decided_by: str | None = None,
) -> None:
    """Open the account with the confirmed contact and the password of a registration.

    Args:
        decided_by: the clerk who decided, if one did.

    Raises:
        RegistrationClosedError: it has ended, its customer has lost the contract, or the contract
            has an owner.
    """
    is_attachment = registration.attach_to_id is not None
    if not is_attachment and not (registration.password_hash and registration.email):
        raise RegistrationClosedError
    if not is_of_customer(session, registration, lock=True):
        raise RegistrationClosedError
    change_state(
        session,
        registration,
        State.ACTIVE,
        (State.LINK_SENT, State.UNPROVED),
        confirmed_at=registration.confirmed_at or now,
        decided_at=now,
        decided_by=decided_by,
        proof=proof,
    )
    try:
        account = _give_contract(session, registration, now)
    except AccountExistsError:
        raise RegistrationClosedError from None
    # A stranger may have used up the limit of a mailbox so that the owner hears nothing.
    release_suppressed(session, "registration_notice", f"{registration.id}.", now)
    if not is_attachment:
        registration.account_id = account.id
        # The account has it now.
        registration.password_hash = None
        bind_consents(session, registration.id, account.id)
    session.flush()


def _give_contract(session: Session, registration: Registration, now: datetime) -> Account:
    """Open an account for the contract, or attach it to the one that has asked for it."""
    if registration.attach_to_id is None:
        account = _build_account(registration, now)
        return open_account(session, account, registration.contract, now)
    account = session.get_one(Account, registration.attach_to_id)
    attach_contract(session, account, registration.contract, now)
    return account


def _build_account(registration: Registration, now: datetime) -> Account:
    """Build an account of which only the contact of the registration's channel is confirmed."""
    is_mail = registration.channel == Channel.MAIL
    return Account(
        email=registration.email,
        email_confirmed_at=now if is_mail else None,
        phone=registration.phone if is_mail else registration.confirmed_phone,
        phone_confirmed_at=None if is_mail else now,
        password_hash=registration.password_hash,
        created_at=now,
    )
