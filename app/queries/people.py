"""Read the people of a contract, and the invitations to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, select
from sqlalchemy.orm import Session, aliased, joinedload

from app.domain.access import Permission, Role, may
from app.domain.errors import LinkError, NotFoundError
from app.models import (
    Account,
    AccountSession,
    Contract,
    Invitation,
    InvitationContract,
    Membership,
    MembershipPoint,
)
from app.queries.contracts import VisibleContract
from app.queries.memberships import is_current
from app.queries.second_factors import has_second_factor

MANAGERS = tuple(role for role in Role if may(role, Permission.MANAGE_PEOPLE))


class Person(NamedTuple):
    """Somebody with access to a contract, or whose access is suspended."""

    membership_id: int
    account_id: int
    name: str | None
    email: str
    role: str
    since: datetime
    access_until: date | None
    paused_at: datetime | None
    note: str | None
    blocked_at: datetime | None
    """Since when the supplier lets this person sign in nowhere."""
    point_ids: frozenset[int] | None
    """The only supply points that are opened; None: the whole contract."""
    last_seen_at: datetime | None


def list_people(session: Session, contract: VisibleContract, today: date) -> list[Person]:
    """List the people of a contract: the owner first, then by name."""
    rows = session.execute(_people(contract, today)).all()
    return _persons(session, rows)


def get_person(
    session: Session, contract: VisibleContract, membership_id: int, today: date
) -> Person:
    """One of the people of a contract.

    Raises:
        NotFoundError: nobody of this contract, or not any more.
    """
    row = session.execute(
        _people(contract, today).where(Membership.id == membership_id)
    ).one_or_none()
    if row is None:
        raise NotFoundError
    return _persons(session, [row])[0]


def _persons(session: Session, rows: Sequence[Row[*tuple[Any, ...]]]) -> list[Person]:
    """Add the supply points of limited access, of all people at once."""
    limited = [row[0] for row in rows if row.is_limited]
    points: dict[int, set[int]] = {key: set() for key in limited}
    found = select(MembershipPoint.membership_id, MembershipPoint.supply_point_id).where(
        MembershipPoint.membership_id.in_(limited)
    )
    for membership_id, point_id in session.execute(found) if limited else ():
        points[membership_id].add(point_id)
    people = []
    for membership_id, *values, is_limited, last_seen_at in rows:
        point_ids = frozenset(points[membership_id]) if is_limited else None
        columns: tuple[Any, ...] = (membership_id, *values, point_ids, last_seen_at)
        people.append(Person(*columns))
    return people


def list_without_second_factor(
    session: Session, contract: VisibleContract, today: date
) -> list[str]:
    """List the names of a contract's people who sign in with a password only."""
    return [
        person.name or person.email
        for person in list_people(session, contract, today)
        if not has_second_factor(session, person.account_id)
    ]


def _people(contract: VisibleContract, today: date) -> Select[*tuple[Any, ...]]:
    last_seen = (
        select(func.max(AccountSession.last_seen_at))
        .where(AccountSession.account_id == Account.id)
        .scalar_subquery()
    )
    return (
        select(
            Membership.id,
            Account.id,
            Account.person_name,
            Account.email,
            Membership.role,
            Membership.created_at,
            Membership.access_until,
            Membership.paused_at,
            Membership.note,
            Account.disabled_at,
            Membership.is_limited,
            last_seen,
        )
        .join(Account, Account.id == Membership.account_id)
        .where(
            Membership.contract_id == contract.id,
            Membership.revoked_at.is_(None),
            Membership.suspended_by_id.is_(None),
            (Membership.access_until.is_(None)) | (Membership.access_until >= today),
        )
        .order_by(Membership.role != Role.OWNER, Account.person_name, Account.email)
    )


def find_last_day(session: Session, contract: VisibleContract, today: date) -> date | None:
    """The last day of the viewer's own access to a contract; None: there is none."""
    return session.scalar(
        select(Membership.access_until).where(
            Membership.contract_id == contract.id,
            Membership.account_id == contract.viewer.account_id,
            is_current(today),
        )
    )


def find_signing_account(session: Session, email: str) -> Account | None:
    """Find the account that signs in with an address and has not lost every contract.

    One that has opens nothing, not even the recovery of its password: it is as good as none.

    Args:
        email: as ``domain.logins.email_key`` makes it.
    """
    return session.scalars(
        select(Account).where(Account.login_email == email, has_unrevoked_access())
    ).one_or_none()


def has_unrevoked_access() -> ColumnElement[bool]:
    """Condition: an account that has access to some contract, even if suspended."""
    return exists().where(Membership.account_id == Account.id, Membership.revoked_at.is_(None))


def list_invitations(
    session: Session, contract: VisibleContract, now: datetime
) -> Sequence[Invitation]:
    """List the invitations to a contract that nobody has accepted yet, the newest first."""
    return session.scalars(_invitations(contract).where(Invitation.expires_at > now)).all()


def get_waiting_invitation(
    session: Session, contract: VisibleContract, invitation_id: int
) -> Invitation:
    """An invitation to a contract that waits for an answer.

    Raises:
        NotFoundError: none, or not any more.
    """
    found = session.scalars(
        _invitations(contract).where(Invitation.id == invitation_id)
    ).one_or_none()
    if found is None:
        raise NotFoundError
    return found


def _invitations(contract: VisibleContract) -> Select[Invitation]:
    return (
        select(Invitation)
        .join(InvitationContract, InvitationContract.invitation_id == Invitation.id)
        .where(
            InvitationContract.contract_id == contract.id,
            Invitation.accepted_at.is_(None),
            Invitation.withdrawn_at.is_(None),
        )
        .order_by(Invitation.id.desc())
    )


def get_invitation(session: Session, invitation_id: int) -> Invitation:
    """The invitation of a link.

    Raises:
        LinkError: ``superseded``: there is none.
    """
    found = session.scalars(
        select(Invitation)
        .options(joinedload(Invitation.invited_by))
        .where(Invitation.id == invitation_id)
    ).one_or_none()
    if found is None:
        raise LinkError("superseded")
    return found


def list_offered_contracts(session: Session, invitation: Invitation, today: date) -> list[Contract]:
    """List the contracts of an invitation whose inviter may still invite people to them.

    A change of the contract's customer suspends the inviter, and with them their invitations; so
    does the supplier who blocks their account.
    """
    inviter = aliased(Membership)
    may_invite = exists().where(
        Account.id == inviter.account_id,
        Account.disabled_at.is_(None),
        inviter.contract_id == Contract.id,
        inviter.account_id == invitation.invited_by_id,
        inviter.role.in_(MANAGERS),
        inviter.revoked_at.is_(None),
        inviter.suspended_by_id.is_(None),
        inviter.paused_at.is_(None),
        # Their own last day may have been changed since: nobody gives more than they have.
        inviter.access_until.is_(None)
        | and_(
            inviter.access_until >= today,
            inviter.access_until >= (invitation.access_until or date.max),
        ),
    )
    return list(
        session.scalars(
            select(Contract)
            .join(InvitationContract, InvitationContract.contract_id == Contract.id)
            .where(
                InvitationContract.invitation_id == invitation.id,
                Contract.withdrawn_at.is_(None),
                may_invite,
            )
            .options(joinedload(Contract.customer))
            .order_by(Contract.number)
        )
    )


def is_sent_again(session: Session, invitation: Invitation) -> bool:
    """Whether a newer invitation to the same address and one of its contracts is open."""
    contracts = select(InvitationContract.contract_id).where(
        InvitationContract.invitation_id == invitation.id
    )
    newer = exists().where(
        Invitation.id > invitation.id,
        func.lower(Invitation.email) == invitation.email.lower(),
        Invitation.withdrawn_at.is_(None),
        InvitationContract.invitation_id == Invitation.id,
        InvitationContract.contract_id.in_(contracts),
    )
    return bool(session.scalar(select(newer)))


def is_member(
    session: Session,
    contract_id: int,
    today: date,
    *,
    email: str | None = None,
    account_id: int | None = None,
) -> bool:
    """Whether an account, or one with an address, has access to a contract, even if suspended."""
    is_meant = (
        Account.id == account_id
        if email is None
        else (Account.login_email == email) | (func.lower(Account.email) == email)
    )
    return bool(
        session.scalar(
            select(
                exists().where(
                    Membership.contract_id == contract_id,
                    Membership.account_id == Account.id,
                    Membership.revoked_at.is_(None),
                    Membership.access_until.is_(None) | (Membership.access_until >= today),
                    is_meant,
                )
            )
        )
    )
