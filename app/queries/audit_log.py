"""Queries of the audit log: filter by actor, contract, action and time; names behind the ids."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true, union
from sqlalchemy.orm import Session

from app.domain.audit_log import DATA_ACCESS, ActorKind
from app.domain.contract_number import number_key
from app.models import Account, AuditEvent, Contract, ImportRun, Membership, StaffMember
from app.queries.pagination import Cursor, Slice, fetch_slice

PAGE = 50
ROWS_AT_ONCE = 1000


class ActorGroup(StrEnum):
    """Whose events are shown; the values are those of the filter's address."""

    PEOPLE = "people"
    """All but the single records of imports."""
    STAFF = "staff"
    CUSTOMERS = "customers"
    BILLING = "billing"
    SYSTEM = "system"


KINDS = {
    ActorGroup.STAFF: (ActorKind.STAFF,),
    ActorGroup.CUSTOMERS: (ActorKind.CUSTOMER, ActorKind.VISITOR),
    ActorGroup.BILLING: (ActorKind.BILLING, ActorKind.IMPORT),
    ActorGroup.SYSTEM: (ActorKind.SYSTEM, ActorKind.COMMAND_LINE),
}


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which events; ``since`` and ``until`` bound the moment, the second excluded."""

    group: ActorGroup = ActorGroup.PEOPLE
    staff_id: int | None = None
    key: str = ""
    """The number of a contract, or the key of what was changed."""
    actions: Collection[str] | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class AuditRow:
    """An event of the audit log."""

    id: int
    happened_at: datetime
    action: str
    actor_kind: ActorKind
    account_id: int | None
    staff_id: int | None
    address: str | None
    import_run_id: int | None
    contract_id: int | None
    subject: str
    subject_key: str
    changes: dict[str, Any]


@dataclass(frozen=True, slots=True)
class AccountName:
    """An account as people know it: its address, and the first of its contracts."""

    email: str
    number: str = ""
    contract_id: int = 0


@dataclass(frozen=True, slots=True)
class Names:
    """Names behind the ids of some events."""

    staff: dict[int, tuple[str, str]] = field(default_factory=dict)
    """Name and login."""
    accounts: dict[int, AccountName] = field(default_factory=dict)
    runs: dict[int, tuple[datetime, str]] = field(default_factory=dict)
    """When it began, and what was loaded."""


_COLUMNS = (
    AuditEvent.id,
    AuditEvent.happened_at,
    AuditEvent.action,
    AuditEvent.actor_kind,
    AuditEvent.account_id,
    AuditEvent.staff_id,
    AuditEvent.address,
    AuditEvent.import_run_id,
    AuditEvent.contract_id,
    AuditEvent.subject,
    AuditEvent.subject_key,
    AuditEvent.changes,
)


def list_events(session: Session, wanted: AuditFilter, cursor: Cursor) -> Slice[AuditRow]:
    """A page of the audit log, the newest events first; keyset pagination by id."""
    found = fetch_slice(session, _select(session, wanted), AuditEvent.id, cursor, PAGE)
    return Slice([_row(row) for row in found.rows], found.older, found.newer)


def count_up_to(session: Session, wanted: AuditFilter, limit: int) -> int:
    """How many events there are, counted no further than ``limit``."""
    ids = _select(session, wanted).with_only_columns(AuditEvent.id).limit(limit).subquery()
    return session.scalar(select(func.count()).select_from(ids)) or 0


def stream_events(
    session: Session, wanted: AuditFilter, limit: int
) -> Iterator[Sequence[AuditRow]]:
    """The same events in portions, for a file."""
    statement = _select(session, wanted).order_by(AuditEvent.id.desc()).limit(limit)
    found = session.execute(statement, execution_options={"yield_per": ROWS_AT_ONCE})
    for rows in found.partitions():
        yield [_row(row) for row in rows]


def find_names(session: Session, rows: Iterable[AuditRow]) -> Names:
    """Names behind the ids of some events: one statement for each kind."""
    some = list(rows)
    staff = {row.staff_id for row in some} - {None}
    accounts = {row.account_id for row in some} - {None}
    runs = {row.import_run_id for row in some} - {None}
    return Names(
        {
            row.id: (row.name, row.login)
            for row in _rows(session, StaffMember.id, staff, StaffMember.name, StaffMember.login)
        },
        _accounts(session, accounts),
        {
            row.id: (row.started_at, row.batch_id or row.source)
            for row in _rows(
                session,
                ImportRun.id,
                runs,
                ImportRun.started_at,
                ImportRun.batch_id,
                ImportRun.source,
            )
        },
    )


def is_recorded(
    session: Session,
    action: str,
    staff_id: int | None,
    subject: str,
    key: str,
    shown: dict[str, Any],
    since: datetime,
    account_id: int | None = None,
) -> bool:
    """Whether somebody's access to the same data is in the audit log since a moment.

    Args:
        account_id: of the customer; not asked about where a staff member acts.
    """
    is_actor = AuditEvent.account_id == account_id if account_id is not None else true()
    rows = session.scalars(
        select(AuditEvent.changes).where(
            AuditEvent.subject_key == key,
            AuditEvent.subject == subject,
            AuditEvent.action == action,
            AuditEvent.staff_id == staff_id,
            is_actor,
            AuditEvent.happened_at > since,
        )
    )
    return shown in rows.all()


def _row(row: Sequence[Any]) -> AuditRow:
    event_id, happened_at, action, kind, *rest = row
    return AuditRow(event_id, happened_at, action, ActorKind(kind), *rest)


def _rows(session: Session, key: Any, keys: Collection[Any], *columns: Any) -> Sequence[Any]:
    if not keys:
        return ()
    return session.execute(select(key, *columns).where(key.in_(keys))).all()


def _accounts(session: Session, ids: Collection[int | None]) -> dict[int, AccountName]:
    if not ids:
        return {}
    rows = session.execute(
        select(Account.id, Account.email, Contract.number, Contract.id)
        .outerjoin(Membership, Membership.account_id == Account.id)
        .outerjoin(Contract, Contract.id == Membership.contract_id)
        .where(Account.id.in_(ids))
        .order_by(Contract.number.desc())
    )
    return {
        account_id: AccountName(email, number or "", contract_id or 0)
        for account_id, email, number, contract_id in rows
    }


def _select(session: Session, wanted: AuditFilter) -> Select[Any]:
    conditions = _by_group(wanted.group)
    if wanted.staff_id is not None:
        conditions.append(AuditEvent.staff_id == wanted.staff_id)
    if wanted.actions is not None:
        conditions.append(_by_action(wanted.actions))
    if wanted.key:
        conditions.append(_by_key(session, wanted.key))
    conditions.extend(_when(session, wanted))
    return select(*_COLUMNS).where(*conditions)


def _by_group(group: ActorGroup) -> list[ColumnElement[bool]]:
    """All but records of imports are found by indexes that leave those out."""
    if group is ActorGroup.BILLING:
        return [AuditEvent.actor_kind.in_(KINDS[group])]
    conditions: list[ColumnElement[bool]] = [AuditEvent.import_run_id.is_(None)]
    if group is not ActorGroup.PEOPLE:
        conditions.append(AuditEvent.actor_kind.in_(KINDS[group]))
    return conditions


def _by_action(actions: Collection[str]) -> ColumnElement[bool]:
    """Rare actions are found by their index; where most events match, by going along the ids:
    the index would have all of them sorted for one page."""
    if DATA_ACCESS in actions:
        return func.coalesce(AuditEvent.action, "").in_(actions)
    return AuditEvent.action.in_(actions)


def _when(session: Session, wanted: AuditFilter) -> list[ColumnElement[bool]]:
    """Bounds of the moment, and the bounds of the ids they come to: the list goes by ids, and
    rows outside are not even read. An index alone tells them, however wrong a clock was set."""
    moment, key = AuditEvent.happened_at, AuditEvent.id
    bounds = []
    if wanted.since is not None:
        bounds.append(moment >= wanted.since)
    if wanted.until is not None:
        bounds.append(moment < wanted.until)
    if bounds:
        # The count makes PostgreSQL use the index of the moment, not seek the least id by id.
        low, high, _ = session.execute(
            select(func.min(key), func.max(key), func.count()).where(*bounds)
        ).one()
        bounds += [key >= (low or 0), key <= (high or 0)]
    return bounds


def _by_key(session: Session, typed: str) -> ColumnElement[bool]:
    """Events of this key; for the number of a contract all about it, and about the accounts that
    have or had access to it."""
    contract_ids = session.scalars(
        select(Contract.id).where(
            or_(Contract.number_key == number_key(typed), Contract.number == typed)
        )
    ).all()
    parts: list[ColumnElement[bool]] = [AuditEvent.subject_key == typed]
    if contract_ids:
        account_ids = session.scalars(
            select(Membership.account_id).where(Membership.contract_id.in_(contract_ids)).distinct()
        ).all()
        parts += [
            AuditEvent.contract_id.in_(contract_ids),
            and_(AuditEvent.account_id.in_(account_ids), AuditEvent.contract_id.is_(None)),
        ]
    found = union(*(select(AuditEvent.id).where(part) for part in parts)).subquery()
    return AuditEvent.id.in_(select(found.c.id))
