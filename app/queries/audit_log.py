"""Reads of the journal."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, not_, or_, select, true, union
from sqlalchemy.orm import Session, aliased

from app.domain.contract_number import number_key
from app.models import (
    Account,
    AuditEvent,
    Consent,
    Contract,
    Enquiry,
    ImportRun,
    Membership,
    StaffMember,
)
from app.queries.pagination import Cursor, Slice, take

PAGE = 50
ROWS_AT_ONCE = 1000
COMMAND_LINE = "cli"
"""Stands for the address of whoever works on the server itself."""
OF_BILLING = "import."
"""How actions begin that billing has done itself, with its token, where no clerk has."""
OF_VISITORS = "registration."
"""How actions begin that people do before they have an account."""


class Who(StrEnum):
    """Whose lines are shown."""

    PEOPLE = "people"
    """All but the single rows of imports."""
    STAFF = "staff"
    CUSTOMERS = "customers"
    BILLING = "billing"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class JournalFilter:
    """Which lines; ``since`` and ``until`` bound the moment, the second excluded."""

    who: Who = Who.PEOPLE
    staff_id: int | None = None
    key: str = ""
    actions: Collection[str] | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class JournalRow:
    """A line of the journal."""

    id: int
    happened_at: datetime
    action: str
    account_id: int | None
    staff_id: int | None
    address: str | None
    import_run_id: int | None
    subject: str
    subject_key: str
    changes: dict[str, Any]

    @property
    def who(self) -> Who:
        """The one of the groups below «people» that it belongs to, as the filter has it."""
        if self.import_run_id is not None:
            return Who.BILLING
        if self.staff_id is not None:
            return Who.STAFF
        if self.address == COMMAND_LINE:
            return Who.SYSTEM
        if self.account_id is not None:
            return Who.CUSTOMERS
        if self.action.startswith(OF_BILLING):
            return Who.BILLING
        is_visitor = self.address is not None and self.action.startswith(OF_VISITORS)
        return Who.CUSTOMERS if is_visitor else Who.SYSTEM


@dataclass(frozen=True, slots=True)
class AccountName:
    """An account as people know it: its address, and the first of its contracts."""

    email: str
    number: str = ""
    contract_id: int = 0


@dataclass(frozen=True, slots=True)
class Names:
    """What the ids and keys of some lines mean."""

    staff: dict[int, tuple[str, str]] = field(default_factory=dict)
    """Name and login."""
    accounts: dict[int, AccountName] = field(default_factory=dict)
    contracts: dict[str, int] = field(default_factory=dict)
    runs: dict[int, tuple[datetime, str]] = field(default_factory=dict)
    """When it began, and what was loaded."""


_COLUMNS = (
    AuditEvent.id,
    AuditEvent.happened_at,
    AuditEvent.action,
    AuditEvent.account_id,
    AuditEvent.staff_id,
    AuditEvent.address,
    AuditEvent.import_run_id,
    AuditEvent.subject,
    AuditEvent.subject_key,
    AuditEvent.changes,
)
_IS_PERSON = AuditEvent.import_run_id.is_(None)
_IS_NOBODY = and_(
    func.coalesce(AuditEvent.staff_id, AuditEvent.account_id).is_(None),
    func.coalesce(AuditEvent.address, "") != COMMAND_LINE,
)
_IS_VISITOR = and_(AuditEvent.address.is_not(None), AuditEvent.action.startswith(OF_VISITORS))
_WHO: dict[Who, ColumnElement[bool]] = {
    Who.PEOPLE: _IS_PERSON,
    Who.STAFF: and_(_IS_PERSON, AuditEvent.staff_id.is_not(None)),
    Who.CUSTOMERS: and_(
        _IS_PERSON,
        AuditEvent.staff_id.is_(None),
        or_(AuditEvent.account_id.is_not(None), _IS_VISITOR),
        func.coalesce(AuditEvent.address, "") != COMMAND_LINE,
    ),
    Who.BILLING: or_(
        AuditEvent.import_run_id.is_not(None),
        and_(_IS_NOBODY, AuditEvent.action.startswith(OF_BILLING)),
    ),
    # Written so that SQLite does not take «no clerk», true of every row of an import, for a short
    # cut.
    Who.SYSTEM: and_(
        _IS_PERSON,
        or_(
            and_(_IS_NOBODY, not_(_IS_VISITOR), AuditEvent.action.not_like(f"{OF_BILLING}%")),
            AuditEvent.address == COMMAND_LINE,
        ),
    ),
}


def list_journal(session: Session, wanted: JournalFilter, cursor: Cursor) -> Slice[JournalRow]:
    """A page of the journal, what was written last first."""
    found = take(session, _select(session, wanted), AuditEvent.id, cursor, PAGE)
    return Slice([JournalRow(*row) for row in found.rows], found.older, found.newer)


def count_up_to(session: Session, wanted: JournalFilter, most: int) -> int:
    """How many lines there are, counted no further than ``most``."""
    ids = _select(session, wanted).with_only_columns(AuditEvent.id).limit(most).subquery()
    return session.scalar(select(func.count()).select_from(ids)) or 0


def stream_journal(
    session: Session, wanted: JournalFilter, most: int
) -> Iterator[Sequence[JournalRow]]:
    """The same lines in portions, for a file."""
    statement = _select(session, wanted).order_by(AuditEvent.id.desc()).limit(most)
    found = session.execute(statement, execution_options={"yield_per": ROWS_AT_ONCE})
    for rows in found.partitions():
        yield [JournalRow(*row) for row in rows]


def find_names(session: Session, rows: Iterable[JournalRow]) -> Names:
    """What stands behind the ids of some lines: one statement for each kind."""
    some = list(rows)
    staff = {row.staff_id for row in some} - {None}
    accounts = {row.account_id for row in some} - {None}
    numbers = {row.subject_key for row in some if row.subject == "contracts"}
    runs = {row.import_run_id for row in some} - {None}
    return Names(
        {
            row.id: (row.name, row.login)
            for row in _rows(session, StaffMember.id, staff, StaffMember.name, StaffMember.login)
        },
        _accounts(session, accounts),
        {row.number: row.id for row in _rows(session, Contract.number, numbers, Contract.id)},
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


def was_noted(
    session: Session,
    action: str,
    staff_id: int | None,
    subject: str,
    key: str,
    shown: dict[str, Any],
    since: datetime,
) -> bool:
    """Whether a clerk's look at the same thing stands in the journal already."""
    rows = session.scalars(
        select(AuditEvent.changes).where(
            AuditEvent.subject == subject,
            AuditEvent.subject_key == key,
            AuditEvent.action == action,
            AuditEvent.staff_id == staff_id,
            AuditEvent.happened_at > since,
        )
    )
    return shown in rows.all()


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


def _select(session: Session, wanted: JournalFilter) -> Select[Any]:
    conditions = [_WHO[wanted.who]]
    if wanted.staff_id is not None:
        conditions.append(AuditEvent.staff_id == wanted.staff_id)
    if wanted.actions is not None:
        conditions.append(AuditEvent.action.in_(wanted.actions))
    if wanted.key:
        conditions.append(_is_about(session, wanted.key))
    conditions.extend(_when(session, wanted))
    return select(*_COLUMNS).where(*conditions)


def _when(session: Session, wanted: JournalFilter) -> list[ColumnElement[bool]]:
    """Bounds of the moment, and the bounds of the keys they come to: the list goes by keys, and
    rows outside are not even read. An index alone tells them, however wrong a clock was set."""
    moment, key = AuditEvent.happened_at, AuditEvent.id
    bounds = []
    if wanted.since is not None:
        bounds.append(moment >= wanted.since)
    if wanted.until is not None:
        bounds.append(moment < wanted.until)
    if bounds:
        # The count keeps PostgreSQL from seeking the least key from the beginning of time.
        low, high, _ = session.execute(
            select(func.min(key), func.max(key), func.count()).where(*bounds)
        ).one()
        bounds += [key >= (low or 0), key <= (high or 0)]
    return bounds


def _is_about(session: Session, typed: str) -> ColumnElement[bool]:
    """Lines about a key as it stands; for the number of a contract, about its accounts, enquiries
    and consents, too."""
    contracts = session.execute(
        select(Contract.id, Contract.number).where(
            or_(Contract.number_key == number_key(typed), Contract.number == typed)
        )
    ).all()
    keys = {typed, *(row.number for row in contracts)}
    subject, key = AuditEvent.subject, AuditEvent.subject_key
    parts = [and_(subject.in_(_subjects(session)), key.in_(keys))]
    if contracts:
        ids = [row.id for row in contracts]
        accounts = session.scalars(
            select(Membership.account_id).where(Membership.contract_id.in_(ids)).distinct()
        ).all()
        consents = session.scalars(select(Consent.id).where(Consent.account_id.in_(accounts)))
        enquiries = session.scalars(
            select(Enquiry.number).where(Enquiry.contract_id.in_(ids), Enquiry.number.is_not(None))
        )
        parts += [
            and_(subject == "accounts", key.in_([str(each) for each in accounts])),
            and_(subject == "consents", key.in_([str(each) for each in consents])),
            and_(subject == "enquiries", key.in_(enquiries.all())),
        ]
    found = union(*(select(AuditEvent.id).where(part) for part in parts)).subquery()
    return AuditEvent.id.in_(select(found.c.id))


def _subjects(session: Session) -> Sequence[str]:
    """Every subject in the journal, each found by one step in the index."""
    first = select(func.min(AuditEvent.subject).label("subject")).cte("subjects", recursive=True)
    row = aliased(AuditEvent)
    following = select(func.min(row.subject)).where(row.subject > first.c.subject).scalar_subquery()
    subjects = first.union_all(select(following).where(first.c.subject.is_not(None)))
    return session.scalars(
        select(subjects.c.subject).where(subjects.c.subject.is_not(None), true())
    ).all()
