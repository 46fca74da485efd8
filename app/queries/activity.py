"""Read what the people of a contract, and the supplier's staff, have done with it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, or_, select
from sqlalchemy.orm import Session

from app.domain.audit_log import ActorKind
from app.models import Account, AuditEvent, Membership
from app.queries.contracts import VisibleContract
from app.queries.pagination import Cursor, Slice, fetch_slice

PAGE = 50
MOST_ROWS = 10_000
"""Of a file."""
STAFF = 0
"""Stands for the supplier's staff, all of them, where somebody's account is asked for."""


@dataclass(frozen=True, slots=True)
class ActivityFilter:
    """Whose doings of which kind; ``since`` and ``until`` bound the moment, the second excluded.

    Attributes:
        actions: of the contract.
        account_actions: of its people, wherever they act: sign-in, password.
        account_id: of one person; ``STAFF``; None: everybody.
    """

    actions: Collection[str]
    account_actions: Collection[str]
    account_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ActivityRow:
    """Something that was done. ``person`` is empty where the supplier or nobody known did it."""

    id: int
    happened_at: datetime
    action: str
    actor_kind: ActorKind
    person: str
    address: str | None
    changes: dict[str, Any]


_COLUMNS = (
    AuditEvent.id,
    AuditEvent.happened_at,
    AuditEvent.action,
    AuditEvent.actor_kind,
    AuditEvent.address,
    AuditEvent.changes,
    Account.person_name,
    Account.email,
)


def list_activity(
    session: Session, contract: VisibleContract, wanted: ActivityFilter, cursor: Cursor
) -> Slice[ActivityRow]:
    """A page of what was done, the newest first; only since the present customer has the contract.

    Each half is asked for a page by its own index, so that years of the other cost nothing.
    """
    ids = [
        event_id
        for conditions in _halves(contract, wanted)
        for event_id in _candidates(session, conditions, cursor)
    ]
    found = fetch_slice(
        session, _select().where(AuditEvent.id.in_(ids)), AuditEvent.id, cursor, PAGE
    )
    return Slice([_row(row) for row in found.rows], found.older, found.newer)


def stream_activity(
    session: Session, contract: VisibleContract, wanted: ActivityFilter
) -> Iterator[ActivityRow]:
    """The same for a file, at most ``MOST_ROWS``."""
    ids: list[int] = []
    for conditions in _halves(contract, wanted):
        newest = select(AuditEvent.id).where(*conditions).order_by(AuditEvent.id.desc())
        ids += session.scalars(newest.limit(MOST_ROWS)).all()
    ids.sort(reverse=True)
    for first in range(0, min(len(ids), MOST_ROWS), 500):
        some = ids[first : first + 500]
        rows = session.execute(
            _select().where(AuditEvent.id.in_(some)).order_by(AuditEvent.id.desc())
        )
        yield from (_row(row) for row in rows)


def list_actors(session: Session, contract: VisibleContract) -> list[tuple[int, str]]:
    """Accounts that have or had access since the contract is the present customer's; by name."""
    rows = session.execute(
        select(Account.id, Account.person_name, Account.email)
        .where(
            exists().where(
                Membership.account_id == Account.id,
                Membership.contract_id == contract.id,
                or_(Membership.revoked_at.is_(None), Membership.revoked_at > contract.shown_since),
            )
        )
        .order_by(Account.person_name, Account.email)
    )
    return [(key, name or email) for key, name, email in rows]


def _select() -> Select[Any]:
    return select(*_COLUMNS).outerjoin(Account, Account.id == AuditEvent.account_id)


def _candidates(
    session: Session, conditions: Sequence[ColumnElement[bool]], cursor: Cursor
) -> list[int]:
    """Ids of the events of one half that the page may show, and one more on either side."""
    key, size = AuditEvent.id, PAGE + 1
    wanted = select(key).where(*conditions)
    newest = wanted.order_by(key.desc()).limit(size)
    if cursor.after:
        following = wanted.where(key > cursor.after).order_by(key).limit(size)
        return [*session.scalars(following), *session.scalars(newest)]
    if cursor.before:
        newest = newest.where(key < cursor.before)
    return list(session.scalars(newest))


def _halves(
    contract: VisibleContract, wanted: ActivityFilter
) -> list[tuple[ColumnElement[bool], ...]]:
    """Conditions of what was done with the contract, and of what its people did as such."""
    bounds: list[ColumnElement[bool]] = [AuditEvent.happened_at >= contract.shown_since]
    if wanted.since is not None:
        bounds.append(AuditEvent.happened_at >= wanted.since)
    if wanted.until is not None:
        bounds.append(AuditEvent.happened_at < wanted.until)
    if wanted.account_id == STAFF:
        bounds.append(AuditEvent.actor_kind == ActorKind.STAFF)
    elif wanted.account_id is not None:
        bounds.append(AuditEvent.actor_kind == ActorKind.CUSTOMER)
        bounds.append(AuditEvent.account_id == wanted.account_id)
    halves = []
    if wanted.actions:
        at_contract = (
            AuditEvent.contract_id == contract.id,
            AuditEvent.import_run_id.is_(None),
            AuditEvent.action.in_(wanted.actions),
        )
        halves.append((*at_contract, *bounds))
    if wanted.account_actions:
        halves.append((*_of_people(contract, wanted), *bounds))
    return halves


def _of_people(
    contract: VisibleContract, wanted: ActivityFilter
) -> tuple[ColumnElement[bool], ...]:
    """Sign-ins and the like of the contract's people, while they had access to it."""
    members = select(Membership.account_id).where(Membership.contract_id == contract.id)
    had_access = exists().where(
        Membership.contract_id == contract.id,
        Membership.account_id == AuditEvent.account_id,
        Membership.created_at <= AuditEvent.happened_at,
        or_(Membership.revoked_at.is_(None), Membership.revoked_at >= AuditEvent.happened_at),
    )
    return (
        AuditEvent.account_id.in_(members),
        AuditEvent.contract_id.is_(None),
        AuditEvent.action.in_(wanted.account_actions),
        had_access,
    )


def _row(row: Sequence[Any]) -> ActivityRow:
    key, moment, action, kind, address, changes, name, email = row
    actor = ActorKind(kind)
    is_person = actor is ActorKind.CUSTOMER
    # Of staff neither name nor address: who exactly it was is the supplier's own affair.
    return ActivityRow(
        key,
        moment,
        action,
        actor,
        (name or email or "") if is_person else "",
        address if is_person else None,
        changes,
    )
