"""Enquiries of a contract for its customer: topics to choose from, lists, threads, drafts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import Session, aliased, joinedload, selectinload

from app.domain.access import Viewer
from app.domain.enquiries import BUILT_IN, WAITING, EnquiryStatus
from app.domain.errors import NotFoundError
from app.models import (
    Account,
    Attachment,
    Contract,
    Customer,
    Department,
    Enquiry,
    EnquiryDraft,
    EnquiryEntry,
    EnquiryTopic,
    PremisesKind,
    SupplyPoint,
)
from app.queries.contracts import VisibleContract
from app.queries.enquiries.thread import get_thread, get_thread_attachment

MAX_ADDRESSES = 50


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
class KnownDetails:
    """What the form of a new enquiry is filled with."""

    organisation: str
    phone: str
    email: str
    addresses: tuple[str, ...]


def get_known_details(session: Session, contract: VisibleContract, viewer: Viewer) -> KnownDetails:
    """Name, contacts and addresses, as billing and the account have them."""
    account = session.get_one(Account, viewer.account_id)
    customer = session.scalars(
        select(Customer)
        .join(Contract, Contract.customer_id == Customer.id)
        .where(Contract.id == contract.id)
    ).one()
    addresses = session.scalars(
        select(SupplyPoint.address)
        .where(SupplyPoint.contract_id == contract.id, SupplyPoint.withdrawn_at.is_(None))
        .order_by(SupplyPoint.id)
        .limit(MAX_ADDRESSES)
    )
    return KnownDetails(
        customer.display_name, account.phone or "", account.email, tuple(dict.fromkeys(addresses))
    )


def count_enquiries(
    session: Session, contract: VisibleContract, statuses: Collection[EnquiryStatus]
) -> int:
    """How many enquiries of a contract have one of these statuses."""
    return session.scalar(_of(contract, statuses).with_only_columns(func.count())) or 0


def list_enquiries(
    session: Session,
    contract: VisibleContract,
    statuses: Collection[EnquiryStatus],
    offset: int = 0,
    limit: int = 25,
) -> Sequence[Enquiry]:
    """Enquiries of a contract with their topics, the newest first."""
    return session.scalars(
        _of(contract, statuses)
        .options(joinedload(Enquiry.topic))
        .order_by(Enquiry.registered_at.desc(), Enquiry.id.desc())
        .offset(offset)
        .limit(limit)
    ).all()


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
    rows = select(EnquiryDraft).with_for_update() if lock else select(EnquiryDraft)
    return session.scalars(
        rows.where(
            EnquiryDraft.contract_id == contract.id,
            EnquiryDraft.account_id == viewer.account_id,
            EnquiryDraft.enquiry_id == enquiry_id,
        )
        .options(selectinload(EnquiryDraft.attachments))
        .execution_options(populate_existing=True)
    ).first()


def get_attachment(
    session: Session, contract: VisibleContract, enquiry_id: int, attachment_id: int
) -> Attachment:
    """A file in the thread of an enquiry of a contract.

    Raises:
        NotFoundError: absent, of another enquiry, contract or customer, or in a note of the staff.
    """
    is_public = EnquiryEntry.is_internal.is_(False)
    return get_thread_attachment(session, enquiry_id, attachment_id, _is_of(contract), is_public)


class WaitingEnquiry(NamedTuple):
    """An enquiry that waits for its customer, in short."""

    id: int
    number: str | None
    status: str


# Built once, for the home page: composing a statement costs more than running it.
_WAITING_FOR_CUSTOMER = (
    select(Enquiry.id, Enquiry.number, Enquiry.status)
    .where(
        Enquiry.contract_id == bindparam("contract_id"),
        Enquiry.registered_at >= bindparam("since", type_=Enquiry.registered_at.type),
        # Two values alone: for a list SQLAlchemy writes the statement anew each time.
        or_(
            Enquiry.status == EnquiryStatus.NEEDS_DETAILS,
            Enquiry.status == EnquiryStatus.ANSWERED,
        ),
    )
    .order_by(Enquiry.registered_at.desc(), Enquiry.id.desc())
    .limit(3)
)


def list_waiting_for_customer(session: Session, contract: VisibleContract) -> list[WaitingEnquiry]:
    """The newest enquiries in which the customer has an answer or a question to react to."""
    since = contract.transferred_at or datetime.min.replace(tzinfo=UTC)
    values = {"contract_id": contract.id, "since": since}
    rows = session.connection().execute(_WAITING_FOR_CUSTOMER, values)
    return [WaitingEnquiry(*row) for row in rows]


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


def _of(contract: VisibleContract, statuses: Collection[EnquiryStatus]) -> Select[Enquiry]:
    return select(Enquiry).where(_is_of(contract), Enquiry.status.in_(list(statuses)))


def _is_of(contract: VisibleContract) -> ColumnElement[bool]:
    """SQL: an enquiry of a contract, of its present customer, not of a former one."""
    if contract.transferred_at is None:
        return Enquiry.contract_id == contract.id
    return and_(
        Enquiry.contract_id == contract.id, Enquiry.registered_at >= contract.transferred_at
    )
