"""Accept an invitation: as a new person, or with the sign-in that one has."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.actions import rate_limits
from app.actions.accounts.consents import give_for_account
from app.actions.accounts.known_devices import (
    SignInLimits,
    find_device,
    hit_credential_limit,
)
from app.actions.accounts.notifications import notify_account
from app.actions.accounts.sessions import set_login_email
from app.actions.events.access import record_access_event
from app.actions.people.invitations import claim_invitation, record_invitation
from app.actions.people.points import copy_points
from app.domain.access import Browser
from app.domain.errors import LinkError, PeopleError, SignInRefusedError
from app.domain.logins import email_key
from app.domain.passwords import check_password
from app.domain.rate_limits import LimitedAction
from app.lib.passwords import hash_password, is_password
from app.models import Account, Contract, Customer, Invitation, Membership
from app.queries.people import (
    find_signing_account,
    has_unrevoked_access,
    is_member,
    is_sent_again,
    list_offered_contracts,
)


def check_invitation(
    session: Session, invitation: Invitation, nonce: str, today: date, now: datetime
) -> list[Contract]:
    """The contracts that an invitation still opens.

    Raises:
        LinkError: ``used``, ``withdrawn``, ``superseded`` by a newer one, ``expired``, or
            ``closed``: whoever invited may not do so any more, or the term of the access is over.
    """
    if invitation.nonce != nonce:
        raise LinkError("superseded")
    if invitation.withdrawn_at is not None or invitation.accepted_at is not None:
        raise LinkError(_why_useless(session, invitation))
    if invitation.expires_at <= now:
        raise LinkError("expired")
    contracts = list_offered_contracts(session, invitation, today)
    is_over = invitation.access_until is not None and invitation.access_until < today
    if is_over or not contracts:
        raise LinkError("closed")
    return contracts


def accept_as_new(
    session: Session,
    invitation: Invitation,
    nonce: str,
    password: str,
    browser: Browser,
    today: date,
    now: datetime,
) -> Account:
    """Open an account with its own password and consent, and give it the access that was offered.

    Raises:
        LinkError: see ``check_invitation``.
        PasswordError: the password may not be set; the invitation still works.
        PeopleError: ``login_taken``.
    """
    contracts = check_invitation(session, invitation, nonce, today, now)
    check_password(password, _public_facts(session, invitation, contracts))
    key = email_key(invitation.email)
    _release_login(session, key)
    account = Account(
        email=invitation.email,
        login_email=key,
        email_confirmed_at=now,
        person_name=invitation.person_name or None,
        password_hash=hash_password(password),
        created_at=now,
    )
    session.add(account)
    try:
        session.flush()
    except IntegrityError:  # another invitation was quicker
        session.rollback()
        raise PeopleError("login_taken") from None
    give_for_account(session, account.id, browser, now)
    _accept(session, invitation, account, contracts, today, now)
    return account


def check_password_of(
    session: Session,
    invitation: Invitation,
    password: str,
    browser: Browser,
    limits: SignInLimits,
    now: datetime,
) -> Account:
    """The account that signs in with the invited address, if the password is its own.

    Counted as a sign-in; the session must not have written yet.

    Raises:
        SignInRefusedError: another password; the invitation still works.
        TooManyAttemptsError: a limit is reached; no password was checked.
    """
    login = email_key(invitation.email)
    account = find_signing_account(session, login)
    device = find_device(session, account, browser.devices, now)
    hit_id = hit_credential_limit(
        session, LimitedAction.SIGN_IN, login, device, browser.address, limits, now
    )
    is_right = is_password(password, account.password_hash if account else None)
    if account is None or not is_right or account.disabled_at is not None:
        raise SignInRefusedError(account.id if account else None)
    rate_limits.commit_success(session, hit_id)
    return account


def accept_as_known(
    session: Session,
    invitation: Invitation,
    nonce: str,
    account: Account,
    today: date,
    now: datetime,
) -> None:
    """Add the access that was offered to an account of the same address.

    From now on it signs in with the address as well.

    Raises:
        LinkError: see ``check_invitation``.
        PeopleError: ``other_address``.
    """
    contracts = check_invitation(session, invitation, nonce, today, now)
    key = email_key(invitation.email)
    if account.login_email != key:
        if account.email_confirmed_at is None or email_key(account.email) != key:
            raise PeopleError("other_address")
        _release_login(session, key)
        set_login_email(session, account, key)
    _accept(session, invitation, account, contracts, today, now)


def _accept(
    session: Session,
    invitation: Invitation,
    account: Account,
    contracts: Sequence[Contract],
    today: date,
    now: datetime,
) -> None:
    if not claim_invitation(session, invitation, accepted_at=now, account_id=account.id):
        session.refresh(invitation)
        raise LinkError(_why_useless(session, invitation))
    _lock(session, contracts)
    contracts = list_offered_contracts(session, invitation, today)
    if not contracts:
        raise LinkError("closed")
    for contract in contracts:
        if not is_member(session, contract.id, today, account_id=account.id):
            membership = _build_membership(invitation, account, contract, now)
            session.add(membership)
            session.flush()
            copy_points(session, invitation.id, membership)
            record_access_event(session, membership, "accepted", now, invitation.invited_by_id)
        record_invitation(session, "access.accepted", account.id, invitation, contract, now)
    session.flush()
    notify_account(
        session,
        session.get_one(Account, invitation.invited_by_id),
        contracts[0],
        "invitation_accepted",
        str(invitation.id),
        now,
        person=invitation.person_name,
        email=invitation.email,
    )


def _lock(session: Session, contracts: Sequence[Contract]) -> None:
    """Let an import that changes a customer, and others who let the same person in, come before or
    after, never between."""
    customers = {contract.customer_id for contract in contracts}
    ids = [contract.id for contract in contracts]
    for row, keys, is_shared in ((Customer.id, customers, True), (Contract.id, ids, False)):
        session.execute(
            select(row).where(row.in_(keys)).order_by(row).with_for_update(read=is_shared)
        ).all()


def _release_login(session: Session, key: str) -> None:
    """Free an address that an account signs in with which has lost every contract.

    It opens nothing any more, and its person may be invited again.
    """
    session.execute(
        update(Account)
        .where(Account.login_email == key, ~has_unrevoked_access())
        .values(login_email=None)
        .execution_options(synchronize_session="fetch")
    )


def _why_useless(session: Session, invitation: Invitation) -> str:
    """Code of the error of an invitation that was accepted or withdrawn."""
    if invitation.accepted_at is not None:
        return "used"
    return "superseded" if is_sent_again(session, invitation) else "withdrawn"


def _build_membership(
    invitation: Invitation, account: Account, contract: Contract, now: datetime
) -> Membership:
    return Membership(
        account_id=account.id,
        contract_id=contract.id,
        role=invitation.role,
        created_at=now,
        access_until=invitation.access_until,
        note=invitation.note,
        invited_by_id=invitation.invited_by_id,
        is_limited=invitation.is_limited,
    )


def _public_facts(
    session: Session, invitation: Invitation, contracts: Sequence[Contract]
) -> list[str | None]:
    """What anybody knows, so that no password is made of it."""
    customers = session.scalars(
        select(Customer).where(Customer.id.in_({contract.customer_id for contract in contracts}))
    )
    facts: list[str | None] = [invitation.email, invitation.person_name]
    facts += [contract.number for contract in contracts]
    for customer in customers:
        facts += [customer.inn, customer.full_name, customer.short_name]
    return facts
