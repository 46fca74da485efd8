"""Read the events of a contract that its viewer learns of, and count those that are new."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func, literal, select
from sqlalchemy.orm import Session

from app.domain.access import Role
from app.domain.events import EventKind, kinds_of
from app.models import Contract, ContractEvent, Membership, NotificationSettings
from app.queries.contracts import VisibleContract
from app.queries.events.visibility import is_of_present_customer, is_told
from app.queries.memberships import is_live

MAX_UNREAD = 100
"""Of which the header says «99+»: what nobody reads costs no page anything."""


class EventLine(NamedTuple):
    """An event as the list shows it."""

    id: int
    kind: EventKind
    happened_on: date
    created_at: datetime
    subject_id: int | None
    facts: dict[str, Any]
    is_new: bool


class ReadingMarks(NamedTuple):
    """How far a person has read the events of a contract, and what their list leaves out."""

    seen_id: int
    hidden: frozenset[EventKind]


def _setting(column: Any) -> Any:
    """SQL: a setting of the membership's person at its contract."""
    return (
        select(column)
        .where(
            NotificationSettings.account_id == Membership.account_id,
            NotificationSettings.contract_id == Membership.contract_id,
        )
        .correlate(Membership)
        .scalar_subquery()
    )


_UNREAD = (
    select(literal(1))
    .select_from(ContractEvent)
    .where(
        ContractEvent.contract_id == Membership.contract_id,
        ContractEvent.id > func.coalesce(_setting(NotificationSettings.seen_event_id), 0),
        func.coalesce(_setting(NotificationSettings.hidden_kinds), "").not_like(
            literal("%,") + ContractEvent.kind + literal(",%")
        ),
        is_of_present_customer(),
        is_told(),
    )
    .correlate(Membership, Contract)
    .limit(MAX_UNREAD)
    .subquery()
)
UNREAD_COUNT = (
    select(func.count()).select_from(_UNREAD).correlate(Membership, Contract).scalar_subquery()
)
"""SQL: how many unread events a membership has; a column of a SELECT from it and its contract."""


def get_reading_marks(session: Session, contract: VisibleContract) -> ReadingMarks:
    """What the viewer has marked as read, and hidden."""
    row = session.execute(
        select(NotificationSettings.seen_event_id, NotificationSettings.hidden_kinds).where(
            NotificationSettings.account_id == contract.account_id,
            NotificationSettings.contract_id == contract.id,
        )
    ).first()
    if row is None:
        return ReadingMarks(0, frozenset())
    hidden = row.hidden_kinds.split(",")
    return ReadingMarks(row.seen_event_id, frozenset(k for k in EventKind if k in hidden))


def count_events(
    session: Session, contract: VisibleContract, marks: ReadingMarks, kinds: Sequence[EventKind]
) -> int:
    """How many events of these kinds the viewer learns of."""
    statement = _select(contract, marks, kinds, func.count(ContractEvent.id))
    return session.scalar(statement) or 0


def list_events(
    session: Session,
    contract: VisibleContract,
    marks: ReadingMarks,
    kinds: Sequence[EventKind],
    offset: int = 0,
    limit: int | None = None,
) -> list[EventLine]:
    """Events of these kinds that the viewer learns of, the newest first."""
    rows = session.execute(
        _select(
            contract,
            marks,
            kinds,
            ContractEvent.id,
            ContractEvent.kind,
            ContractEvent.happened_on,
            ContractEvent.created_at,
            ContractEvent.subject_id,
            ContractEvent.facts,
        )
        .order_by(ContractEvent.id.desc())
        .offset(offset)
        .limit(limit)
    )
    return [
        EventLine(row_id, EventKind(kind), on, at, subject_id, facts, row_id > marks.seen_id)
        for row_id, kind, on, at, subject_id, facts in rows
    ]


def _select(
    contract: VisibleContract, marks: ReadingMarks, kinds: Sequence[EventKind], *columns: Any
) -> Select[*tuple[Any, ...]]:
    return select(*columns).where(*_of_viewer(contract, set(kinds) - marks.hidden))


def _of_viewer(
    contract: VisibleContract, kinds: Collection[EventKind]
) -> tuple[ColumnElement[bool], ...]:
    allowed = set(kinds_of(contract.role))
    conditions = (
        ContractEvent.contract_id == contract.id,
        ContractEvent.kind.in_([kind for kind in kinds if kind in allowed]),
        ContractEvent.created_at >= contract.shown_since,
    )
    if contract.role is Role.READ_ONLY_STAFF:
        return conditions
    is_member = (
        select(Membership.id)
        .where(
            Membership.contract_id == contract.id,
            Membership.account_id == contract.account_id,
            is_live(),
            is_told(),
        )
        .correlate(ContractEvent)
        .exists()
    )
    return (*conditions, is_member)
