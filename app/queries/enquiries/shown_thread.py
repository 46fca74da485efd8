"""One enquiry with its thread as its customer reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import Select, and_, bindparam, select
from sqlalchemy.orm import Session

from app.domain.errors import NotFoundError
from app.models import (
    Attachment,
    Department,
    Enquiry,
    EnquiryEntry,
    EnquiryTopic,
    PremisesKind,
    SupplyPoint,
)
from app.queries.contracts import VisibleContract
from app.queries.enquiries.customer import OF_CUSTOMER, customer_values


@dataclass(frozen=True, slots=True)
class ShownFile:
    """A file of an entry; size in bytes."""

    id: int
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class ShownEntry:
    """A message or an event of a thread, with its files."""

    attachments: tuple[ShownFile, ...]
    id: int
    author: str
    author_name: str | None
    written_at: datetime
    status: str | None
    text: str


@dataclass(frozen=True, slots=True)
class ShownEnquiry:
    """An enquiry; ``topic``, ``department`` and ``premises_kind`` are names."""

    entries: tuple[ShownEntry, ...]
    id: int
    number: str | None
    status: str
    topic: str
    source_label: str | None
    source_path: str | None
    registered_at: datetime
    answer_due_on: date
    answered_at: datetime | None
    department: str | None
    department_phone: str | None
    premises_kind: str
    organisation: str
    address: str
    phone: str
    email: str
    details: dict[str, Any]
    rating: int | None
    supply_point: str | None
    supply_point_address: str | None


_ENQUIRY = (
    Enquiry.id,
    Enquiry.number,
    Enquiry.status,
    EnquiryTopic.name,
    Enquiry.source_label,
    Enquiry.source_path,
    Enquiry.registered_at,
    Enquiry.answer_due_on,
    Enquiry.answered_at,
    Department.name,
    Department.phone,
    PremisesKind.name,
    Enquiry.organisation,
    Enquiry.address,
    Enquiry.phone,
    Enquiry.email,
    Enquiry.details,
    Enquiry.rating,
    SupplyPoint.name,
    SupplyPoint.address,
)
_ENTRY = (
    EnquiryEntry.id,
    EnquiryEntry.author,
    EnquiryEntry.author_name,
    EnquiryEntry.written_at,
    EnquiryEntry.status,
    EnquiryEntry.text,
)
_THREAD: Select[*tuple[Any, ...]] = (
    select(*_ENQUIRY, *_ENTRY, Attachment.id, Attachment.name, Attachment.size)
    .select_from(Enquiry)
    .join(EnquiryTopic, EnquiryTopic.id == Enquiry.topic_id)
    .join(PremisesKind, PremisesKind.id == Enquiry.premises_kind_id)
    .outerjoin(Department, Department.id == Enquiry.department_id)
    .outerjoin(SupplyPoint, SupplyPoint.id == Enquiry.supply_point_id)
    .outerjoin(
        EnquiryEntry,
        and_(EnquiryEntry.enquiry_id == Enquiry.id, EnquiryEntry.is_internal.is_(False)),
    )
    .outerjoin(Attachment, Attachment.entry_id == EnquiryEntry.id)
    .where(Enquiry.id == bindparam("enquiry_id"), *OF_CUSTOMER)
    .order_by(EnquiryEntry.id, Attachment.id)
)
_ENTRY_AT = len(_ENQUIRY)
_FILE_AT = _ENTRY_AT + len(_ENTRY)


def get_shown_enquiry(session: Session, contract: VisibleContract, enquiry_id: int) -> ShownEnquiry:
    """An enquiry of a contract with what the customer may read of its thread; one SELECT.

    Raises:
        NotFoundError: absent, of another contract, or of a former customer of this one.
    """
    values = customer_values(contract) | {"enquiry_id": enquiry_id}
    rows = session.connection().execute(_THREAD, values).all()
    if not rows:
        raise NotFoundError
    entries = tuple(
        _entry(list(group))
        for entry_id, group in groupby(rows, key=itemgetter(_ENTRY_AT))
        if entry_id is not None
    )
    return ShownEnquiry(entries, *rows[0][:_ENTRY_AT])


def _entry(rows: Sequence[Any]) -> ShownEntry:
    """An entry from its rows, one for each of its files."""
    files = tuple(ShownFile(*row[_FILE_AT:]) for row in rows if row[_FILE_AT] is not None)
    return ShownEntry(files, *rows[0][_ENTRY_AT:_FILE_AT])
