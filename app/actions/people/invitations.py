"""Invite people to contracts by email, and accept such an invitation."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

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
from app.actions.accounts.notifications import build_message_facts, notify_account
from app.actions.audit_log import record
from app.actions.messages import Outgoing, queue_message
from app.domain.access import Browser, Role
from app.domain.errors import LinkError, PeopleError, SignInRefusedError
from app.domain.logins import email_key
from app.domain.passwords import check_password
from app.domain.rate_limits import LimitedAction, RateLimit
from app.domain.registration import Channel
from app.integrations.message_templates import render_email
from app.lib.database import count_changed
from app.lib.passwords import hash_password, is_password
from app.lib.signed_links import Purpose
from app.models import Account, Contract, Customer, Invitation, InvitationContract, Membership
from app.queries.accounts import find_by_login_email
from app.queries.contracts import VisibleContract
from app.queries.people import is_member, list_offered_contracts

INVITATION_LIFE = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class NewInvitation:
    """Whom to invite to what.

    Attributes:
        contracts: each visible to the inviter, who may manage its people.
        access_until: last day of access; None: no term.
    """

    email: str
    person_name: str
    role: Role
    contracts: Sequence[VisibleContract]
    access_until: date | None
    note: str


def invite(
    session: Session,
    details: NewInvitation,
    browser: Browser,
    limits: Sequence[RateLimit],
    today: date,
    now: datetime,
) -> Invitation:
    """Offer somebody access; a waiting offer to the same address for these contracts is replaced.

    Raises:
        TooManyAttemptsError: the inviter has sent too many.
        PeopleError: ``member`` or ``past``.
    """
    inviter_id = details.contracts[0].viewer.account_id
    subject = f"account:{inviter_id}"
    rate_limits.hit(session, LimitedAction.INVITATION, subject, browser.address, limits, now)
    if details.access_until is not None and details.access_until < today:
        raise PeopleError("past")
    for contract in details.contracts:
        if is_member(session, contract.id, today, email=email_key(details.email)):
            raise PeopleError("member")
    _withdraw_earlier(session, details, now)
    invitation = Invitation(
        nonce=secrets.token_urlsafe(16),
        email=details.email,
        person_name=details.person_name,
        role=details.role,
        access_until=details.access_until,
        note=details.note or None,
        invited_by_id=inviter_id,
        created_at=now,
        expires_at=now + INVITATION_LIFE,
    )
    session.add(invitation)
    session.flush()
    for contract in details.contracts:
        session.add(InvitationContract(invitation_id=invitation.id, contract_id=contract.id))
        _record(session, "access.invited", inviter_id, contract, now, details.role, details.email)
    session.flush()
    _send(session, invitation, details.contracts, now)
    return invitation


def withdraw(
    session: Session, invitation: Invitation, contract: VisibleContract, now: datetime
) -> None:
    """Make an invitation's link dead; one that was accepted meanwhile stays as it is."""
    if _claim(session, invitation, withdrawn_at=now):
        _record(
            session,
            "access.invitation_withdrawn",
            contract.viewer.account_id,
            contract,
            now,
            invitation.role,
            invitation.email,
        )


def check_invitation(
    session: Session, invitation: Invitation, nonce: str, today: date, now: datetime
) -> list[Contract]:
    """The contracts that an invitation still opens.

    Raises:
        LinkError: ``used``, ``superseded``, ``expired``, or ``closed``: whoever invited may not do
            so any more, or the term of the access is over.
    """
    if invitation.nonce != nonce or invitation.withdrawn_at is not None:
        raise LinkError("superseded")
    if invitation.accepted_at is not None:
        raise LinkError("used")
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
    account = Account(
        email=invitation.email,
        login_email=email_key(invitation.email),
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
    account = find_by_login_email(session, login)
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
        if find_by_login_email(session, key) is None:
            account.login_email = key
    _accept(session, invitation, account, contracts, today, now)


def _accept(
    session: Session,
    invitation: Invitation,
    account: Account,
    contracts: Sequence[Contract],
    today: date,
    now: datetime,
) -> None:
    if not _claim(session, invitation, accepted_at=now, account_id=account.id):
        raise LinkError("used")
    # An import that changes a customer comes before or after, never between.
    customers = sorted({contract.customer_id for contract in contracts})
    for row, keys in ((Customer.id, customers), (Contract.id, [c.id for c in contracts])):
        session.execute(
            select(row).where(row.in_(keys)).order_by(row).with_for_update(read=True)
        ).all()
    contracts = list_offered_contracts(session, invitation, today)
    if not contracts:
        raise LinkError("closed")
    for contract in contracts:
        if not is_member(session, contract.id, today, account_id=account.id):
            session.add(_build_membership(invitation, account, contract, now))
        _record(
            session, "access.accepted", account.id, contract, now, invitation.role, invitation.email
        )
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
    )


def _withdraw_earlier(session: Session, details: NewInvitation, now: datetime) -> None:
    offered = select(InvitationContract.invitation_id).where(
        InvitationContract.contract_id.in_([contract.id for contract in details.contracts])
    )
    session.execute(
        update(Invitation)
        .where(
            Invitation.email == details.email,
            Invitation.id.in_(offered),
            Invitation.accepted_at.is_(None),
            Invitation.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=now)
    )


def _claim(session: Session, invitation: Invitation, **values: object) -> bool:
    return bool(
        count_changed(
            session,
            update(Invitation)
            .where(
                Invitation.id == invitation.id,
                Invitation.accepted_at.is_(None),
                Invitation.withdrawn_at.is_(None),
            )
            .values(**values),
        )
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


def _send(
    session: Session, invitation: Invitation, contracts: Sequence[VisibleContract], now: datetime
) -> None:
    first = session.get_one(Contract, contracts[0].id)
    content = render_email(
        "invitation",
        **build_message_facts(session, first),
        person=invitation.person_name,
        customer=contracts[0].display_name,
        numbers=[contract.number for contract in contracts],
        role=invitation.role,
        access_until=invitation.access_until,
        until=invitation.expires_at.astimezone(now.tzinfo),
    )
    queue_message(
        session,
        Outgoing(
            kind="invitation",
            channel=Channel.MAIL,
            recipient=invitation.email,
            content=content,
            key=str(invitation.id),
            link=(Purpose.INVITATION, invitation.id, invitation.nonce),
            contract_id=first.id,
            expires_at=invitation.expires_at,
        ),
        now,
    )


def _record(
    session: Session,
    action: str,
    account_id: int,
    contract: VisibleContract | Contract,
    now: datetime,
    role: str,
    email: str,
) -> None:
    record(
        session,
        action,
        account_id,
        "contracts",
        contract.number,
        now,
        contract_id=contract.id,
        role=str(role),
        email=email,
    )
