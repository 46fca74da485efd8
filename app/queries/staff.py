"""Reads of the supplier's people and their sessions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from app.domain.errors import NotFoundError
from app.domain.staff import StaffRole
from app.models import RecoveryCode, StaffMember, StaffSession
from app.queries.accounts import hash_token

SETUP = timedelta(minutes=15)
"""How long the second factor may take after the password."""


def find_live_session(
    session: Session, token: str, *, now: datetime, idle: timedelta, longest: timedelta
) -> tuple[StaffSession, StaffMember] | None:
    """An open session with its second factor given, and whose it is."""
    row = session.execute(
        _open_sessions(token, now - longest).where(
            StaffSession.confirmed_at.is_not(None), StaffSession.last_seen_at > now - idle
        )
    ).one_or_none()
    return (row[0], row[1]) if row else None


def find_half_open(
    session: Session, token: str, now: datetime
) -> tuple[StaffSession, StaffMember] | None:
    """A session whose password was right and whose second factor is still awaited."""
    row = session.execute(
        _open_sessions(token, now - SETUP).where(StaffSession.confirmed_at.is_(None))
    ).one_or_none()
    return (row[0], row[1]) if row else None


def find_by_login(session: Session, login: str) -> StaffMember | None:
    """One of the supplier's people by their login."""
    return session.scalars(select(StaffMember).where(StaffMember.login == login)).first()


def get_staff(session: Session, staff_id: int) -> StaffMember:
    """One of the supplier's people.

    Raises:
        NotFoundError: there is nobody by that id.
    """
    found = session.get(
        StaffMember,
        staff_id,
        options=[joinedload(StaffMember.department)],
        populate_existing=True,
    )
    if found is None:
        raise NotFoundError
    return found


def list_staff(session: Session) -> Sequence[StaffMember]:
    """All of them, with their departments; who may not sign in any more comes last."""
    return session.scalars(
        select(StaffMember)
        .options(joinedload(StaffMember.department))
        .order_by(StaffMember.disabled_at.is_not(None), StaffMember.name, StaffMember.id)
    ).all()


def list_clerks(session: Session) -> Sequence[StaffMember]:
    """Who may be given work."""
    return session.scalars(
        select(StaffMember)
        .where(StaffMember.disabled_at.is_(None))
        .order_by(StaffMember.name, StaffMember.id)
    ).all()


def count_admins(session: Session) -> int:
    """How many may manage the others."""
    return (
        session.scalar(
            select(func.count(StaffMember.id)).where(
                StaffMember.role == StaffRole.ADMIN, StaffMember.disabled_at.is_(None)
            )
        )
        or 0
    )


def count_recovery_codes(session: Session, staff_id: int) -> int:
    """How many recovery codes are left."""
    return (
        session.scalar(
            select(func.count(RecoveryCode.id)).where(
                RecoveryCode.staff_id == staff_id, RecoveryCode.used_at.is_(None)
            )
        )
        or 0
    )


def list_open_sessions(
    session: Session, staff_id: int, now: datetime, idle: timedelta, longest: timedelta
) -> Sequence[StaffSession]:
    """Where somebody is signed in, the last used first."""
    return session.scalars(
        select(StaffSession)
        .where(
            StaffSession.staff_id == staff_id,
            StaffSession.confirmed_at.is_not(None),
            StaffSession.ended_at.is_(None),
            StaffSession.last_seen_at > now - idle,
            StaffSession.created_at > now - longest,
        )
        .order_by(StaffSession.last_seen_at.desc())
    ).all()


def _open_sessions(token: str, since: datetime) -> Select[StaffSession, StaffMember]:
    return (
        select(StaffSession, StaffMember)
        .join(StaffMember, StaffMember.id == StaffSession.staff_id)
        .where(
            StaffSession.token_hash == hash_token(token),
            StaffSession.ended_at.is_(None),
            StaffSession.created_at > since,
            StaffMember.disabled_at.is_(None),
        )
    )
