"""Change, suspend and end the access of a contract's people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.actions.accounts.notifications import notify_account
from app.actions.accounts.sessions import end_sessions
from app.actions.audit_log import record
from app.actions.events.access import record_access_event
from app.actions.people.last_day import check_last_day
from app.actions.people.points import Points, check_points, set_points
from app.actions.people.succession import lock_people, promote_successor
from app.domain.access import Permission, Role, may
from app.domain.errors import AccessDeniedError, NotFoundError, PeopleError
from app.models import Account, Contract, Invitation, InvitationContract, Membership
from app.queries.contracts import VisibleContract
from app.queries.memberships import has_any_access, is_current
from app.queries.people import find_last_day
from app.queries.people_points import find_point_ids


@dataclass(frozen=True, slots=True)
class NewAccess:
    """What a person's access is to be.

    Attributes:
        access_until: last day; None: no term.
        points: the only supply points that are opened; None: the whole contract.
    """

    role: Role
    access_until: date | None
    points: Points | None
    note: str


def change_access(
    session: Session,
    contract: VisibleContract,
    membership_id: int,
    new: NewAccess,
    today: date,
    now: datetime,
) -> None:
    """Change role, term, supply points and note of a person; they apply to the next request.

    Raises:
        NotFoundError: nobody of this contract, or not any more.
        AccessDeniedError: whoever asks may not manage people any more.
        PeopleError: ``owner``, ``self``, ``past``, ``longer``, ``limited`` or ``points``.
    """
    membership = _begin(session, contract, membership_id, today)
    is_owner = membership.role == Role.OWNER
    if is_owner != (new.role == Role.OWNER) or (is_owner and new.access_until is not None):
        raise PeopleError("owner")
    membership.note = new.note or None
    before = (membership.role, membership.access_until, find_point_ids(session, membership))
    if before == (new.role, new.access_until, new.points):
        return
    if membership.account_id == contract.viewer.account_id:
        raise PeopleError("self")
    check_last_day(session, contract, new.access_until, today)
    check_points(session, contract, new.role, new.points)
    membership.role, membership.access_until = new.role, new.access_until
    set_points(session, membership, new.points)
    _record(session, "access.changed", contract, contract.viewer.account_id, membership, now)
    facts = {"role": str(new.role), "until": new.access_until}
    _notify(session, "access_changed", contract, membership, now, **facts)


def pause_access(
    session: Session, contract: VisibleContract, membership_id: int, today: date, now: datetime
) -> None:
    """Suspend a person's access until it is resumed.

    Raises:
        PeopleError: ``owner`` or ``self``.
        NotFoundError, AccessDeniedError: as ``change_access``.
    """
    membership = _begin(session, contract, membership_id, today)
    if membership.role == Role.OWNER:
        raise PeopleError("owner")
    if membership.account_id == contract.viewer.account_id:
        raise PeopleError("self")
    if membership.paused_at is None:
        membership.paused_at = now
        _record(session, "access.paused", contract, contract.viewer.account_id, membership, now)
        _notify(session, "access_paused", contract, membership, now)


def resume_access(
    session: Session, contract: VisibleContract, membership_id: int, today: date, now: datetime
) -> None:
    """Let a suspended person in again.

    Raises: as ``change_access``.
    """
    membership = _begin(session, contract, membership_id, today)
    if membership.paused_at is not None:
        membership.paused_at = None
        _record(session, "access.resumed", contract, contract.viewer.account_id, membership, now)


def end_access(
    session: Session, contract: VisibleContract, membership_id: int, today: date, now: datetime
) -> None:
    """End a person's access at once; an owner's place goes to a director.

    Raises:
        PeopleError: ``last_owner``: no director is there to decide after them; ``dated``: nobody
            whose own access has a last day ends the owner's.
        NotFoundError, AccessDeniedError: as ``change_access``.
    """
    membership = _begin(session, contract, membership_id, today)
    actor_id = contract.viewer.account_id
    is_others = membership.account_id != actor_id
    # The director who did would become the owner, without a last day.
    if membership.role == Role.OWNER and is_others and find_last_day(session, contract, today):
        raise PeopleError("dated")
    membership.revoked_at = now
    if membership.role == Role.OWNER and not promote_successor(
        session, contract.id, actor_id, today, now
    ):
        membership.revoked_at = None
        raise PeopleError("last_owner")
    session.flush()
    _record(session, "access.ended", contract, actor_id, membership, now)
    _notify(session, "access_ended", contract, membership, now)
    if not has_any_access(session, membership.account_id):
        end_sessions(session, membership.account_id, now)


def close_contract(session: Session, contract_id: int, stranger_id: int, now: datetime) -> None:
    """End the access of everybody whom a stranger has let in to a contract, directly or not.

    What they have been offered is withdrawn first: an invitation that is being accepted at this
    moment comes before, and ends with the others, or after, and opens nothing.
    """
    offered = select(InvitationContract.invitation_id).where(
        InvitationContract.contract_id == contract_id
    )
    waiting = (Invitation.accepted_at.is_(None), Invitation.withdrawn_at.is_(None))
    session.execute(
        update(Invitation).where(Invitation.id.in_(offered), *waiting).values(withdrawn_at=now)
    )
    session.execute(select(Contract.id).where(Contract.id == contract_id).with_for_update())
    lock_people(session, contract_id)
    let_in = _list_let_in(session, contract_id, stranger_id)
    contract = session.get_one(Contract, contract_id)
    for membership in let_in:
        membership.revoked_at = now
        _record(session, "access.ended", contract, stranger_id, membership, now)
        _notify(session, "access_ended", contract, membership, now)
    session.flush()
    for membership in let_in:
        if not has_any_access(session, membership.account_id):
            end_sessions(session, membership.account_id, now)


def _list_let_in(session: Session, contract_id: int, stranger_id: int) -> list[Membership]:
    """The people with access whose invitation goes back to a stranger, but for the stranger."""
    memberships = session.scalars(
        select(Membership)
        .where(Membership.contract_id == contract_id)
        .order_by(Membership.id)
        .execution_options(populate_existing=True)
    ).all()
    accounts = {stranger_id}
    found: set[int] = set()
    while accounts != found:
        found = accounts
        accounts = found | {row.account_id for row in memberships if row.invited_by_id in found}
    return [
        row
        for row in memberships
        if row.invited_by_id in accounts and row.account_id != stranger_id and not row.revoked_at
    ]


def end_expired(session: Session, today: date, now: datetime) -> int:
    """Revoke what has passed its term, so that nothing is sent there any more; how many.

    Args:
        now: in the supplier's zone.
    """
    is_over = (Membership.revoked_at.is_(None), Membership.access_until < today)
    # One statement finds and revokes: a last day that is being changed comes before or after.
    expired = session.execute(
        update(Membership)
        .where(*is_over)
        .values(revoked_at=now)
        .returning(Membership.id, Membership.contract_id, Membership.account_id, Membership.role)
        .execution_options(synchronize_session=False)
    ).all()
    for membership in expired:
        contract = session.get_one(Contract, membership.contract_id)
        record(
            session,
            "access.expired",
            None,
            "contracts",
            contract.number,
            now,
            contract_id=contract.id,
            account=membership.account_id,
        )
        record_access_event(session, membership, "expired", now)
    session.flush()
    for membership in expired:
        if not has_any_access(session, membership.account_id):
            end_sessions(session, membership.account_id, now)
    return len(expired)


def _begin(
    session: Session, contract: VisibleContract, membership_id: int, today: date
) -> Membership:
    """Lock the people of a contract, and see whether the one who asks may still decide.

    Of two who end each other's access at once the second is refused.
    """
    lock_people(session, contract.id)
    role = session.scalar(
        select(Membership.role).where(
            Membership.contract_id == contract.id,
            Membership.account_id == contract.viewer.account_id,
            is_current(today),
        )
    )
    if role is None or not may(Role(role), Permission.MANAGE_PEOPLE):
        raise AccessDeniedError
    membership = session.scalars(
        select(Membership)
        .where(
            Membership.id == membership_id,
            Membership.contract_id == contract.id,
            Membership.revoked_at.is_(None),
            Membership.suspended_by_id.is_(None),
        )
        .execution_options(populate_existing=True)
    ).one_or_none()
    if membership is None:
        raise NotFoundError
    return membership


def _record(
    session: Session,
    action: str,
    contract: VisibleContract | Contract,
    actor_id: int,
    membership: Membership,
    now: datetime,
) -> None:
    until = membership.access_until
    record(
        session,
        action,
        actor_id,
        "contracts",
        contract.number,
        now,
        contract_id=contract.id,
        account=membership.account_id,
        role=str(membership.role),
        until=until.isoformat() if until else None,
        is_limited=membership.is_limited,
    )
    change = action.removeprefix("access.")
    record_access_event(session, membership, change, now, actor_id)


def _notify(
    session: Session,
    kind: str,
    contract: VisibleContract | Contract,
    membership: Membership,
    now: datetime,
    **facts: object,
) -> None:
    notify_account(
        session,
        session.get_one(Account, membership.account_id),
        session.get_one(Contract, contract.id),
        kind,
        f"{membership.id}.{now.timestamp():.0f}",
        now,
        **facts,
    )
