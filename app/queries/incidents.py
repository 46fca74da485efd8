"""List whose data somebody could reach: after a stolen password, device or staff account.

The operator of personal data tells Roskomnadzor of a leak within 24 hours, and its results within
72 (152-ФЗ, статья 21, часть 3.1): the list has to be there at once, and must leave nobody out. It
names what was reachable, not only what was opened.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.domain.access import Role
from app.domain.audit_log import DATA_ACCESS
from app.domain.contacts import read_billing_contacts
from app.models import (
    Account,
    AccountSession,
    AuditEvent,
    Contract,
    Customer,
    Membership,
    StaffSession,
)

IDS_AT_ONCE = 500
CONTRACTS = "contracts"

Moments = InstrumentedAttribute[datetime]


@dataclass(frozen=True, slots=True)
class Window:
    """Moments between which somebody could read; None: from the beginning, or until now."""

    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reach:
    """How a contract could be reached: first and last moment, and how often it was opened."""

    contract_id: int
    how: str
    first: datetime
    last: datetime | None
    count: int = 0


@dataclass(frozen=True, slots=True)
class Affected:
    """A contract whose data were reachable, with whom to tell."""

    number: str
    customer: str
    inn: str
    email: str
    phone: str
    reach: Reach


@dataclass(frozen=True, slots=True)
class ListAccess:
    """A list or an export with data of many customers that staff have opened."""

    happened_at: datetime
    staff_id: int | None
    address: str
    page: str
    query: str


def reach_of_account(session: Session, account_id: int, window: Window) -> list[Reach]:
    """Contracts that an account could open in a window."""
    rows = session.execute(
        select(Membership.contract_id, Membership.created_at, Membership.revoked_at)
        .where(Membership.account_id == account_id, *_overlaps(Membership, window))
        .order_by(Membership.contract_id, Membership.created_at)
    )
    return [
        Reach(contract_id, f"учетная запись {account_id}", begun, ended)
        for contract_id, begun, ended in rows
    ]


def reach_of_session(session: Session, session_id: int) -> list[Reach]:
    """Contracts that one session of a customer could open, as long as it lived; unknown: none."""
    found = session.get(AccountSession, session_id)
    if found is None:
        return []
    window = Window(found.created_at, found.ended_at or found.last_seen_at)
    how = f"сеанс {session_id} с адреса {found.address}"
    return [
        Reach(reach.contract_id, how, found.created_at, window.until)
        for reach in reach_of_account(session, found.account_id, window)
    ]


def reach_in(session: Session, window: Window) -> list[Reach]:
    """Contracts that anybody has had open in a window: sessions of customers, and staff."""
    lived = select(AccountSession.id).where(
        *_lived(window, AccountSession.created_at, AccountSession.last_seen_at)
    )
    reaches = [
        reach
        for session_id in session.scalars(lived.order_by(AccountSession.id))
        for reach in reach_of_session(session, session_id)
    ]
    return [*reaches, *reach_of_staff(session, None, window)]


def reach_of_staff(session: Session, staff_id: int | None, window: Window) -> list[Reach]:
    """Contracts that staff have opened in a window, by the audit log.

    Args:
        staff_id: one member; None: any.
    """
    rows = session.execute(
        select(
            AuditEvent.contract_id,
            AuditEvent.staff_id,
            func.min(AuditEvent.happened_at),
            func.max(AuditEvent.happened_at),
            func.count(),
        )
        .where(
            AuditEvent.contract_id.is_not(None),
            AuditEvent.staff_id.is_not(None),
            *_by(staff_id),
            *_within(window),
        )
        .group_by(AuditEvent.contract_id, AuditEvent.staff_id)
        .order_by(AuditEvent.contract_id, AuditEvent.staff_id)
    )
    return [
        Reach(contract_id or 0, f"сотрудник {clerk}", first, last, count)
        for contract_id, clerk, first, last, count in rows
    ]


def list_access_to_lists(
    session: Session, staff_id: int | None, window: Window
) -> list[ListAccess]:
    """Lists and exports that staff have opened: each may hold data of every customer."""
    rows = session.scalars(
        select(AuditEvent)
        .where(
            AuditEvent.action == DATA_ACCESS,
            AuditEvent.subject != CONTRACTS,
            *_by(staff_id),
            *_within(window),
        )
        .order_by(AuditEvent.happened_at)
    )
    return [
        ListAccess(
            row.happened_at,
            row.staff_id,
            row.address or "",
            str(row.changes.get("page", row.subject_key)),
            str(row.changes.get("query", "")),
        )
        for row in rows
    ]


def count_staff_sessions(session: Session, staff_id: int, window: Window) -> int:
    """How many confirmed sessions a staff member had in a window."""
    lived = _lived(window, StaffSession.created_at, StaffSession.last_seen_at)
    statement = select(func.count()).where(
        StaffSession.staff_id == staff_id, StaffSession.confirmed_at.is_not(None), *lived
    )
    return session.scalar(statement) or 0


def find_affected(session: Session, reaches: Iterable[Reach]) -> list[Affected]:
    """The contracts with their customers and contacts, by number.

    A contact that the portal has confirmed goes before billing's.
    """
    by_contract: dict[int, list[Reach]] = {}
    for reach in reaches:
        by_contract.setdefault(reach.contract_id, []).append(reach)
    found = []
    ids = sorted(by_contract)
    for place in range(0, len(ids), IDS_AT_ONCE):
        for row in session.execute(_customers(ids[place : place + IDS_AT_ONCE])):
            billing = read_billing_contacts(row.email_from_billing, row.phone_from_billing)
            found += [
                Affected(
                    row.number,
                    row.short_name or row.full_name,
                    row.inn,
                    row.email or next(iter(billing.emails), ""),
                    row.phone or next(iter(billing.phones), ""),
                    reach,
                )
                for reach in by_contract[row.id]
            ]
    return sorted(found, key=lambda one: (one.number, one.reach.first))


def _customers(ids: list[int]) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Contract.id,
            Contract.number,
            Customer.full_name,
            Customer.short_name,
            Customer.inn,
            Customer.email_from_billing,
            Customer.phone_from_billing,
            Account.email,
            Account.phone,
        )
        .join(Customer, Customer.id == Contract.customer_id)
        .outerjoin(
            Membership,
            (Membership.contract_id == Contract.id)
            & (Membership.role == Role.OWNER)
            & Membership.revoked_at.is_(None),
        )
        .outerjoin(Account, Account.id == Membership.account_id)
        .where(Contract.id.in_(ids))
    )


def _overlaps(table: type[Membership], window: Window) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if window.until is not None:
        conditions.append(table.created_at <= window.until)
    if window.since is not None:
        conditions.append(or_(table.revoked_at.is_(None), table.revoked_at >= window.since))
    return conditions


def _lived(window: Window, begun: Moments, seen: Moments) -> list[ColumnElement[bool]]:
    conditions = []
    if window.until is not None:
        conditions.append(begun <= window.until)
    if window.since is not None:
        conditions.append(seen >= window.since)
    return conditions


def _within(window: Window) -> list[ColumnElement[bool]]:
    conditions = []
    if window.since is not None:
        conditions.append(AuditEvent.happened_at >= window.since)
    if window.until is not None:
        conditions.append(AuditEvent.happened_at <= window.until)
    return conditions


def _by(staff_id: int | None) -> list[ColumnElement[bool]]:
    return [] if staff_id is None else [AuditEvent.staff_id == staff_id]
