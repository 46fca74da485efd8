"""List the rate limits that are reached at this moment, from the counted attempts.

Nothing is stored about them: what has left its window is over, here as in the limits themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.domain.rate_limits import LimitedAction, Outcome, RateLimit
from app.lib.keyring import KeyPurpose, keyring_of
from app.models import Contract, Membership, RateLimitHit, SecondFactor, StaffMember
from app.queries.memberships import is_live

MAX_NAMED = 5
"""Subjects that are looked up by name; a flood may have reached a limit of thousands."""


@dataclass(frozen=True, slots=True)
class WatchedLimit:
    """A limit that staff have to know of when it is reached; ``kind`` selects its label."""

    kind: str
    action: LimitedAction
    limit: RateLimit


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a limit is about: a contract, with its id, or one of the staff."""

    name: str
    contract_id: int | None = None


@dataclass(frozen=True, slots=True)
class ReachedLimit:
    """A limit that is reached: how many attempts are counted, for how many logins, contracts or
    mailboxes, since when and until when at the latest, if nothing more comes."""

    kind: str
    attempts: int
    subject_count: int
    since: datetime
    until: datetime
    subjects: tuple[Subject, ...]


def list_reached_limits(
    session: Session, watched: Iterable[WatchedLimit], now: datetime
) -> list[ReachedLimit]:
    """The watched limits that are reached now, in their order."""
    found = (_find_reached(session, watched_limit, now) for watched_limit in watched)
    return [reached for reached in found if reached is not None]


def _find_reached(session: Session, watched: WatchedLimit, now: datetime) -> ReachedLimit | None:
    limit = watched.limit
    conditions = [RateLimitHit.action == watched.action, RateLimitHit.hit_at > now - limit.window]
    if limit.outcome is not Outcome.ANY:
        conditions.append(RateLimitHit.succeeded.is_(limit.outcome is Outcome.SUCCEEDED))
    subject = (
        RateLimitHit.subject_hash if limit.per_subject else func.min(RateLimitHit.subject_hash)
    )
    statement = select(
        func.count(RateLimitHit.id),
        func.min(RateLimitHit.hit_at),
        func.max(RateLimitHit.hit_at),
        subject,
    ).where(*conditions)
    if limit.per_subject:
        statement = statement.group_by(RateLimitHit.subject_hash)
    rows = session.execute(statement.having(func.count(RateLimitHit.id) >= limit.count)).all()
    if not rows:
        return None
    hashes = [row[3] for row in rows] if limit.per_subject else []
    since = min(_reached_at(session, conditions, limit, row[3]) for row in rows[:MAX_NAMED])
    return ReachedLimit(
        watched.kind,
        attempts=sum(row[0] for row in rows),
        subject_count=len(hashes),
        since=since,
        until=max(row[2] for row in rows) + limit.window,
        subjects=_name_subjects(session, watched.action, hashes),
    )


def _reached_at(
    session: Session, conditions: Sequence[ColumnElement[bool]], limit: RateLimit, subject_hash: str
) -> datetime:
    """When the last attempt that was still within the limit was made."""
    statement = select(RateLimitHit.hit_at).where(*conditions)
    if limit.per_subject:
        statement = statement.where(RateLimitHit.subject_hash == subject_hash)
    moment: datetime = session.scalars(
        statement.order_by(RateLimitHit.hit_at).offset(limit.count - 1).limit(1)
    ).one()
    return moment


def _name_subjects(
    session: Session, action: LimitedAction, hashes: Sequence[str]
) -> tuple[Subject, ...]:
    """Find whose keyed hashes these are, by hashing whoever they may be of."""
    if not hashes or action not in _CANDIDATES:
        return ()
    wanted, keyring = set(hashes), keyring_of(session)
    named = [
        subject
        for text, subject in _CANDIDATES[action](session)
        if keyring.hash(KeyPurpose.ATTEMPT_SUBJECT, text) in wanted
    ]
    return tuple(named[:MAX_NAMED])


def _contracts_by_number(session: Session) -> Iterable[tuple[str, Subject]]:
    rows = session.execute(select(Contract.number_key, Contract.number, Contract.id))
    return [(key, Subject(number, contract_id)) for key, number, contract_id in rows]


def _contracts_by_id(session: Session) -> Iterable[tuple[str, Subject]]:
    rows = session.execute(select(Contract.id, Contract.number))
    return [(f"contract:{key}", Subject(number, key)) for key, number in rows]


def _contracts_by_account(session: Session) -> Iterable[tuple[str, Subject]]:
    rows = session.execute(
        select(SecondFactor.account_id, Contract.id, Contract.number)
        .join(Membership, Membership.account_id == SecondFactor.account_id)
        .join(Contract, Contract.id == Membership.contract_id)
        .where(is_live())
        .order_by(Contract.id.desc())
    )
    first = {key: Subject(number, contract_id) for key, contract_id, number in rows}
    return [(f"account:{key}", subject) for key, subject in first.items()]


def _staff_by_login(session: Session) -> Iterable[tuple[str, Subject]]:
    rows = session.execute(select(StaffMember.login, StaffMember.name))
    return [(login, Subject(name)) for login, name in rows]


def _staff_by_id(session: Session) -> Iterable[tuple[str, Subject]]:
    rows = session.execute(select(StaffMember.id, StaffMember.name))
    return [(f"staff:{key}", Subject(name)) for key, name in rows]


_CANDIDATES: dict[LimitedAction, Callable[[Session], Iterable[tuple[str, Subject]]]] = {
    LimitedAction.ACCOUNT_CODE: _contracts_by_account,
    LimitedAction.SIGN_IN: _contracts_by_number,
    LimitedAction.REGISTRATION: _contracts_by_id,
    LimitedAction.PROOF_CONTRACT: _contracts_by_id,
    LimitedAction.STAFF_SIGN_IN: _staff_by_login,
    LimitedAction.STAFF_CODE: _staff_by_id,
}
