"""Invite people to contracts by email."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.actions import rate_limits
from app.actions.accounts.notifications import build_message_facts
from app.actions.audit_log import record
from app.actions.messages import Outgoing, queue_message
from app.actions.people.last_day import check_last_day
from app.actions.people.points import Points, check_points, offer_points
from app.domain.access import Browser, Role
from app.domain.errors import PeopleError
from app.domain.logins import email_key
from app.domain.rate_limits import LimitedAction, RateLimit
from app.domain.registration import Channel
from app.integrations.message_templates import render_email
from app.lib.database import count_changed
from app.lib.signed_links import Purpose
from app.models import Contract, Invitation, InvitationContract
from app.queries.contracts import VisibleContract
from app.queries.people import (
    is_member,
)

INVITATION_LIFE = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class NewInvitation:
    """Whom to invite to what.

    Attributes:
        contracts: each visible to the inviter, who may manage its people.
        access_until: last day of access; None: no term.
        points: supply points of the one contract; None: whole contracts.
    """

    email: str
    person_name: str
    role: Role
    contracts: Sequence[VisibleContract]
    access_until: date | None
    note: str
    points: Points | None = None


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
        PeopleError: ``member``, ``past``, ``longer``, ``limited`` or ``points``.
    """
    inviter_id = details.contracts[0].viewer.account_id
    subject = f"account:{inviter_id}"
    rate_limits.hit(session, LimitedAction.INVITATION, subject, browser.address, limits, now)
    for contract in details.contracts:
        check_last_day(session, contract, details.access_until, today)
        check_points(session, contract, details.role, details.points)
        if is_member(session, contract.id, today, email=email_key(details.email)):
            raise PeopleError("member")
    _withdraw_earlier(session, details, now)
    invitation = _build_invitation(details, inviter_id, now)
    session.add(invitation)
    session.flush()
    for contract in details.contracts:
        session.add(InvitationContract(invitation_id=invitation.id, contract_id=contract.id))
        record_invitation(session, "access.invited", inviter_id, invitation, contract, now)
    offer_points(session, invitation.id, details.points or ())
    _send(session, invitation, details, now)
    return invitation


def _build_invitation(details: NewInvitation, inviter_id: int, now: datetime) -> Invitation:
    return Invitation(
        nonce=secrets.token_urlsafe(16),
        email=details.email,
        person_name=details.person_name,
        role=details.role,
        access_until=details.access_until,
        note=details.note or None,
        invited_by_id=inviter_id,
        created_at=now,
        expires_at=now + INVITATION_LIFE,
        is_limited=details.points is not None,
    )


def withdraw(
    session: Session, invitation: Invitation, contract: VisibleContract, now: datetime
) -> None:
    """Make an invitation's link dead; one that was accepted meanwhile stays as it is."""
    if claim_invitation(session, invitation, withdrawn_at=now):
        actor_id = contract.viewer.account_id
        action = "access.invitation_withdrawn"
        record_invitation(session, action, actor_id, invitation, contract, now)


def _withdraw_earlier(session: Session, details: NewInvitation, now: datetime) -> None:
    offered = select(InvitationContract.invitation_id).where(
        InvitationContract.contract_id.in_([contract.id for contract in details.contracts])
    )
    session.execute(
        update(Invitation)
        .where(
            func.lower(Invitation.email) == email_key(details.email),
            Invitation.id.in_(offered),
            Invitation.accepted_at.is_(None),
            Invitation.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=now)
    )


def claim_invitation(session: Session, invitation: Invitation, **values: object) -> bool:
    """Mark an invitation that waits; False: it was accepted or withdrawn meanwhile."""
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


def _send(session: Session, invitation: Invitation, details: NewInvitation, now: datetime) -> None:
    contracts = details.contracts
    first = session.get_one(Contract, contracts[0].id)
    content = render_email(
        "invitation",
        **build_message_facts(session, first),
        person=invitation.person_name,
        customer=contracts[0].display_name,
        numbers=[contract.number for contract in contracts],
        role=invitation.role,
        access_until=invitation.access_until,
        point_count=len(details.points or ()),
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


def record_invitation(
    session: Session,
    action: str,
    account_id: int,
    invitation: Invitation,
    contract: VisibleContract | Contract,
    now: datetime,
) -> None:
    """Record what became of an invitation, at one of its contracts."""
    record(
        session,
        action,
        account_id,
        "contracts",
        contract.number,
        now,
        contract_id=contract.id,
        role=str(invitation.role),
        email=invitation.email,
        is_limited=invitation.is_limited,
    )
