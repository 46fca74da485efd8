"""Enquiries of a contract for its customer: lists, threads, drafts; directories of topics."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import Session, aliased, joinedload, selectinload

from app.domain.access import Viewer
from app.domain.enquiries import BUILT_IN, WAITING, EnquiryStatus
from app.domain.errors import NotFoundError
from app.models import (
    Attachment,
    Department,
    Enquiry,
    EnquiryDraft,
    EnquiryEntry,
    EnquiryTopic,
    PremisesKind,
)
from app.queries.contracts import VisibleContract
from app.queries.enquiries.thread import get_thread, get_thread_attachment
from app.queries.scope import is_enquiry_in_scope, is_enquiry_of, scope_values


def topics_in_force() -> ColumnElement[bool]:
    """SQL: topics that billing has sent or staff have added.

    While billing has sent none to choose from, those that the portal brings along are in force.
    """
    imported = aliased(EnquiryTopic)
    is_imported = exists().where(
        imported.is_active,
        imported.withdrawn_at.is_(None),
        imported.external_id.not_like(f"{BUILT_IN}%"),
    )
    is_built_in = EnquiryTopic.external_id.startswith(BUILT_IN, autoescape=True)
    return or_(EnquiryTopic.withdrawn_at.is_(None), is_built_in & ~is_imported)


def list_topics(session: Session) -> Sequence[EnquiryTopic]:
    """Topics (виды обращений) to choose from."""
    return session.scalars(
        select(EnquiryTopic)
        .where(EnquiryTopic.is_active, topics_in_force())
        .order_by(EnquiryTopic.id)
    ).all()


def list_premises_kinds(session: Session) -> Sequence[PremisesKind]:
    """Kinds of premises (виды помещения), in their order."""
    return session.scalars(
        select(PremisesKind)
        .where(PremisesKind.is_active)
        .order_by(PremisesKind.position, PremisesKind.id)
    ).all()


def list_departments(session: Session) -> Sequence[Department]:
    """Departments (отделения) that answer enquiries."""
    return session.scalars(
        select(Department)
        .where(Department.is_active, Department.withdrawn_at.is_(None))
        .order_by(Department.name, Department.id)
    ).all()


@dataclass(frozen=True, slots=True)
class EnquiryLine:
    """An enquiry in a list; ``topic`` is a name."""

    id: int
    number: str | None
    registered_at: datetime
    topic: str
    source_label: str | None
    status: str
    answer_due_on: date
    answered_at: datetime | None


OF_CUSTOMER = (
    Enquiry.contract_id == bindparam("contract_id"),
    Enquiry.registered_at >= bindparam("since", type_=Enquiry.registered_at.type),
    is_enquiry_in_scope(),
)
"""SQL: enquiries of a contract, of its present customer, not of a former one;
``customer_values`` has what it compares with."""
_STATUSES: BindParameter[Any] = bindparam("statuses", expanding=True)
_LINES = (
    select(
        Enquiry.id,
        Enquiry.number,
        Enquiry.registered_at,
        EnquiryTopic.name,
        Enquiry.source_label,
        Enquiry.status,
        Enquiry.answer_due_on,
        Enquiry.answered_at,
    )
    .join(EnquiryTopic, EnquiryTopic.id == Enquiry.topic_id)
    .where(*OF_CUSTOMER, Enquiry.status.in_(_STATUSES))
    .order_by(Enquiry.registered_at.desc(), Enquiry.id.desc())
    .offset(bindparam("offset"))
    .limit(bindparam("limit"))
)
_COUNT = select(func.count()).where(*OF_CUSTOMER, Enquiry.status.in_(_STATUSES))
_OF_DRAFT = (
    EnquiryDraft.contract_id == bindparam("contract_id"),
    EnquiryDraft.account_id == bindparam("account_id"),
    EnquiryDraft.enquiry_id == bindparam("enquiry_id"),
)
_COUNT_AND_DRAFT = select(_COUNT.scalar_subquery(), exists().where(*_OF_DRAFT))
_DRAFT = (
    select(EnquiryDraft)
    .where(*_OF_DRAFT)
    .options(selectinload(EnquiryDraft.attachments))
    .execution_options(populate_existing=True)
)
_LOCKED_DRAFT = _DRAFT.with_for_update()


def customer_values(contract: VisibleContract) -> dict[str, Any]:
    """Values of ``OF_CUSTOMER`` for a contract."""
    values = {"contract_id": contract.id, "since": contract.shown_since}
    return values | scope_values(contract)


def count_enquiries(
    session: Session, contract: VisibleContract, statuses: Collection[EnquiryStatus]
) -> tuple[int, bool]:
    """Count the enquiries of a contract in some statuses; and whether the viewer drafts one."""
    values = customer_values(contract) | _draft_values(contract, contract.viewer, 0)
    row = session.connection().execute(_COUNT_AND_DRAFT, values | {"statuses": list(statuses)})
    count, has_draft = row.one()
    return count, bool(has_draft)


def list_enquiries(
    session: Session,
    contract: VisibleContract,
    statuses: Collection[EnquiryStatus],
    offset: int = 0,
    limit: int = 25,
) -> list[EnquiryLine]:
    """Enquiries of a contract in some statuses, the newest first."""
    values = {"statuses": list(statuses), "offset": offset, "limit": limit}
    rows = session.connection().execute(_LINES, customer_values(contract) | values)
    return [EnquiryLine(*row) for row in rows.all()]


def get_enquiry(session: Session, contract: VisibleContract, enquiry_id: int) -> Enquiry:
    """An enquiry of a contract with what the customer may read of its thread.

    Raises:
        NotFoundError: absent, of another contract, or of a former customer of this one.
    """
    return get_thread(session, enquiry_id, _is_of(contract))


def find_by_key(session: Session, viewer: Viewer, key: str) -> Enquiry | None:
    """The enquiry that a form of the viewer's has made, by its idempotency key; with its thread."""
    return session.scalars(
        select(Enquiry)
        .where(Enquiry.idempotency_key == key, Enquiry.account_id == viewer.account_id)
        .options(selectinload(Enquiry.entries).selectinload(EnquiryEntry.attachments))
    ).first()


def find_entry(session: Session, enquiry: Enquiry, key: str) -> EnquiryEntry | None:
    """The entry that a form has added to an enquiry, by its idempotency key."""
    return session.scalars(
        select(EnquiryEntry)
        .where(EnquiryEntry.enquiry_id == enquiry.id, EnquiryEntry.idempotency_key == key)
        .options(selectinload(EnquiryEntry.attachments))
    ).first()


def count_since(session: Session, viewer: Viewer, since: datetime) -> tuple[int, datetime | None]:
    """Count the enquiries that an account has sent since a moment; and when the first was sent."""
    count, first = session.execute(
        select(func.count(), func.min(Enquiry.registered_at)).where(
            Enquiry.account_id == viewer.account_id, Enquiry.registered_at > since
        )
    ).one()
    return count, first


def find_draft(
    session: Session,
    contract: VisibleContract,
    viewer: Viewer,
    enquiry_id: int = 0,
    *,
    lock: bool = False,
) -> EnquiryDraft | None:
    """The viewer's draft of a new enquiry, or of an addition to one.

    Args:
        lock: lock the row until the transaction ends.
    """
    statement = _LOCKED_DRAFT if lock else _DRAFT
    return session.scalars(statement, _draft_values(contract, viewer, enquiry_id)).first()


def _draft_values(contract: VisibleContract, viewer: Viewer, enquiry_id: int) -> dict[str, Any]:
    return {
        "contract_id": contract.id,
        "account_id": viewer.account_id,
        "enquiry_id": enquiry_id,
    }


def get_attachment(
    session: Session, contract: VisibleContract, enquiry_id: int, attachment_id: int
) -> Attachment:
    """A file in the thread of an enquiry of a contract.

    Raises:
        NotFoundError: absent, of another enquiry, contract or customer, or in a note of the staff.
    """
    is_public = EnquiryEntry.is_internal.is_(False)
    return get_thread_attachment(session, enquiry_id, attachment_id, _is_of(contract), is_public)


def list_open(session: Session, limit: int = 200) -> Sequence[Enquiry]:
    """Enquiries of all contracts that wait for the supplier, the most urgent first."""
    return session.scalars(
        select(Enquiry)
        .where(Enquiry.status.in_(WAITING))
        .options(joinedload(Enquiry.topic), joinedload(Enquiry.contract))
        .order_by(Enquiry.answer_due_on, Enquiry.id)
        .limit(limit)
    ).all()


def get_by_number(session: Session, number: str) -> Enquiry:
    """An enquiry by its registration number, for staff.

    Raises:
        NotFoundError: no such enquiry.
    """
    found = session.scalars(
        select(Enquiry)
        .where(Enquiry.number == number.strip())
        .options(joinedload(Enquiry.topic), joinedload(Enquiry.contract))
    ).first()
    if found is None:
        raise NotFoundError
    return found


def _is_of(contract: VisibleContract) -> ColumnElement[bool]:
    """SQL: an enquiry of a contract, of its present customer, not of a former one."""
    conditions = [Enquiry.contract_id == contract.id]
    if contract.transferred_at is not None:
        conditions.append(Enquiry.registered_at >= contract.transferred_at)
    if contract.scope_id is not None:
        conditions.append(is_enquiry_of(contract.scope_id))
    return and_(*conditions)
