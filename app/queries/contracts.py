"""Contracts as their viewers may see them, and the site context of every page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import and_, bindparam, case, func, null, select
from sqlalchemy.orm import Session

from app.domain.access import (
    AccessWindow,
    Permission,
    Role,
    Viewer,
    is_terminated,
    may,
)
from app.domain.announcements import AnnouncementAudience
from app.domain.errors import AccessDeniedError, ContractTerminatedError, NotFoundError
from app.lib.prepared_select import PreparedSelect
from app.models import (
    Announcement,
    AnnouncementContract,
    Contract,
    Customer,
    ImportRun,
    Membership,
    Supplier,
)
from app.queries.memberships import is_current, is_live, is_readable

LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class VisibleContract:
    """A contract and its customer as pages show them, and the viewer's role there."""

    id: int
    number: str
    signed_on: date
    status: str
    price_category: int | None
    department_id: int | None
    customer_name: str
    customer_short_name: str | None
    inn: str
    kpp: str | None
    legal_address: str | None
    transferred_at: datetime | None
    """What people entered before belongs to a former customer and is not shown."""
    valid_to: date | None
    is_terminated: bool
    role: Role
    account_id: int
    """Whose data are read: the viewer's; where staff view as the customer, the owner's, or 0."""
    scope_id: int | None = None
    """The membership whose supply points are shown, see ``queries.scope``; None: all are."""

    @property
    def viewer(self) -> Viewer:
        """On whose behalf the contract is read or acted for."""
        return Viewer(self.account_id)

    @property
    def display_name(self) -> str:
        return self.customer_short_name or self.customer_name

    @property
    def shown_since(self) -> datetime:
        """What people entered from this moment on is the present customer's."""
        return self.transferred_at or LONG_AGO

    def may(self, permission: Permission) -> bool:
        """Whether the viewer's role grants a permission, and the contract still allows it."""
        return self.grants(permission) and not (
            self.is_terminated and permission == Permission.SUBMIT_READINGS
        )

    def grants(self, permission: Permission) -> bool:
        """Whether the viewer's role grants a permission, were the contract in force."""
        return may(self.role, permission, is_limited=self.scope_id is not None)


@dataclass(frozen=True, slots=True)
class SupplierCard:
    """The supplier as pages and statements name it."""

    name: str
    short_name: str | None
    inn: str
    kpp: str | None
    address: str | None
    phone: str | None
    email: str | None
    work_hours: str | None


@dataclass(frozen=True, slots=True)
class SiteContext:
    """What every page shows around its content; None before the first import."""

    supplier: SupplierCard | None
    as_of: datetime | None
    """«Данные на»: the moment for which billing vouches for money; None: it has not yet."""
    run_id: int | None
    """The latest import; figures of billing change only with it."""
    announcement: str | None = None
    """The announcement that every page shows just now: its kind, a colon and its text."""
    contract_announcement: str | None = None
    """The same of the contract whose page it is."""


# Every page asks for these; columns instead of entities cost a third of the time.
CONTRACT_COLUMNS = (
    Contract.id,
    Contract.number,
    Contract.signed_on,
    Contract.status,
    Contract.price_category,
    Contract.department_id,
    Customer.full_name,
    Customer.short_name,
    Customer.inn,
    Customer.kpp,
    Customer.legal_address,
    Contract.transferred_at,
    Contract.valid_to,
    case((Membership.is_limited, Membership.id)).label("scope_id"),
    Membership.role,
)
"""What ``contract_from`` makes a contract of."""
_VISIBLE = (
    select(*CONTRACT_COLUMNS)
    .join(Membership, Membership.contract_id == Contract.id)
    .join(Customer, Customer.id == Contract.customer_id)
    .where(
        Membership.account_id == bindparam("account_id"),
        is_current(bindparam("today", type_=Contract.valid_to.type)),
        is_readable(bindparam("oldest_end", type_=Contract.valid_to.type)),
    )
)
_ONE_VISIBLE = PreparedSelect(_VISIBLE.where(Contract.id == bindparam("contract_id")).limit(1))
_ALL_VISIBLE = PreparedSelect(_VISIBLE.order_by(Contract.number))
_IS_ANNOUNCED = and_(
    Announcement.begins_at <= bindparam("now", type_=Announcement.begins_at.type),
    Announcement.ends_at > bindparam("now", type_=Announcement.begins_at.type),
)
_ANNOUNCEMENT = (
    select(Announcement.kind + ":" + Announcement.text)
    .where(_IS_ANNOUNCED, Announcement.audience == AnnouncementAudience.ALL)
    .order_by(Announcement.created_at.desc(), Announcement.id.desc())
    .limit(1)
)
CONTRACT_ANNOUNCEMENT = (
    select(Announcement.kind + ":" + Announcement.text)
    .join(AnnouncementContract, AnnouncementContract.announcement_id == Announcement.id)
    .where(
        AnnouncementContract.contract_id == bindparam("contract_id", type_=Contract.id.type),
        _IS_ANNOUNCED,
    )
    .order_by(Announcement.created_at.desc(), Announcement.id.desc())
    .limit(1)
    .scalar_subquery()
)
"""What is announced to one contract; a condition of a page that may show the contract."""
_SUPPLIER = (
    select(
        Supplier.name,
        Supplier.short_name,
        Supplier.inn,
        Supplier.kpp,
        Supplier.address,
        Supplier.phone,
        Supplier.email,
        Supplier.work_hours,
    )
    .where(Supplier.withdrawn_at.is_(None))
    .order_by(Supplier.id)
    .limit(1)
)
_DATA_MOMENT = (
    select(ImportRun.as_of)
    .where(ImportRun.as_of.is_not(None))
    .order_by(ImportRun.id.desc())
    .limit(1)
)
SITE_COLUMNS = (
    *_SUPPLIER.selected_columns,
    _DATA_MOMENT.scalar_subquery(),
    select(func.max(ImportRun.id)).scalar_subquery(),
    _ANNOUNCEMENT.scalar_subquery(),
)
"""What ``site_context_from`` makes a site context of; ``now`` is to be bound."""
_SITE_CONTEXT = PreparedSelect(
    select(*SITE_COLUMNS).where(Supplier.withdrawn_at.is_(None)).order_by(Supplier.id).limit(1)
)


_OWNER = (
    select(Membership.account_id)
    .where(
        Membership.contract_id == Contract.id,
        Membership.role == Role.OWNER,
        is_live(),
    )
    .scalar_subquery()
)
_ANY = PreparedSelect(
    select(*CONTRACT_COLUMNS[:-2], null().label("scope_id"), _OWNER)
    .select_from(Contract)
    .join(Customer, Customer.id == Contract.customer_id)
    .where(Contract.id == bindparam("contract_id"))
    .limit(1)
)


def get_visible(
    session: Session,
    viewer: Viewer,
    contract_id: int,
    permission: Permission,
    window: AccessWindow,
) -> VisibleContract:
    """The contract, if the viewer may open it in a role that grants a permission.

    Raises:
        NotFoundError: absent, somebody else's, or terminated too long ago; one answer for all.
        AccessDeniedError: the viewer's role does not grant the permission.
        ContractTerminatedError: the role would, but the contract has ended.
    """
    row = _ONE_VISIBLE.first(session, contract_id=contract_id, **_values(viewer, window))
    contract = None if row is None else contract_from(row, viewer.account_id, window.today)
    return check_visible(contract, permission)


def check_visible(contract: VisibleContract | None, permission: Permission) -> VisibleContract:
    """The contract that a viewer may open, if their role there grants a permission.

    Args:
        contract: None: absent, somebody else's, or terminated too long ago.

    Raises: as ``get_visible``.
    """
    if contract is None:
        raise NotFoundError
    if not contract.grants(permission):
        raise AccessDeniedError
    if not contract.may(permission):
        raise ContractTerminatedError
    return contract


def get_as_customer(
    session: Session, contract_id: int, permission: Permission, today: date
) -> VisibleContract:
    """A contract for staff who view it as its customer does, read-only («глазами потребителя»).

    Raises:
        NotFoundError: no such contract.
        AccessDeniedError: a read-only view does not include this.
    """
    row = _ANY.first(session, contract_id=contract_id)
    if row is None:
        raise NotFoundError
    *values, owner_id = row
    contract = contract_from((*values, Role.READ_ONLY_STAFF), owner_id or 0, today)
    return check_visible(contract, permission)


def find_owner_of(session: Session, contract_id: int) -> int | None:
    """The account id of a contract's owner, where somebody has registered."""
    return session.scalars(
        select(Membership.account_id).where(
            Membership.contract_id == contract_id,
            Membership.role == Role.OWNER,
            is_live(),
        )
    ).first()


def list_visible(session: Session, viewer: Viewer, window: AccessWindow) -> list[VisibleContract]:
    """All contracts of the viewer, by number."""
    rows = _ALL_VISIBLE.all(session, **_values(viewer, window))
    return [contract_from(row, viewer.account_id, window.today) for row in rows]


def _values(viewer: Viewer, window: AccessWindow) -> dict[str, Any]:
    return {"account_id": viewer.account_id, "oldest_end": window.oldest_end, "today": window.today}


def contract_from(row: Sequence[Any], account_id: int, today: date) -> VisibleContract:
    """Make a contract of ``CONTRACT_COLUMNS``, as an account sees it."""
    *values, valid_to, scope_id, role = row
    values += [valid_to, is_terminated(row[3], valid_to, today), Role(role), account_id, scope_id]
    arguments: tuple[Any, ...] = tuple(values)
    return VisibleContract(*arguments)


def find_supplier(session: Session) -> SupplierCard | None:
    """The supplier, as documents and messages name it."""
    row = session.connection().execute(_SUPPLIER).one_or_none()
    return SupplierCard(*row) if row else None


def find_data_moment(session: Session) -> datetime | None:
    """«Данные на»: the moment for which billing vouches for money, by the last batch that did."""
    return session.connection().execute(_DATA_MOMENT).scalar()


def get_site_context(session: Session, now: datetime) -> SiteContext:
    """The supplier, the moment the billing data speak of, and what is announced."""
    row = _SITE_CONTEXT.first(session, now=now)
    if row is None:
        announced = session.connection().execute(_ANNOUNCEMENT, {"now": now}).scalar()
        return SiteContext(None, None, None, announced)
    return site_context_from(row)


def site_context_from(row: Sequence[Any]) -> SiteContext:
    """Make a site context of ``SITE_COLUMNS``; without a supplier only what is announced."""
    if row[0] is None:
        return SiteContext(None, None, None, row[-1])
    return SiteContext(SupplierCard(*row[:-3]), *row[-3:])
