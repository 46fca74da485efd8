"""What staff need beside an enquiry: its place in the queue, and others of the contract."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from app.domain.enquiries import WAITING
from app.models import Enquiry, EnquiryTopic


@dataclass(frozen=True, slots=True)
class QueuePlace:
    """Place of an enquiry in the queue of those that wait for the supplier.

    Attributes:
        next_id: the enquiry to answer after this one; None: it is the last.
        waiting: how many others wait for the supplier.
    """

    next_id: int | None
    waiting: int


@dataclass(frozen=True, slots=True)
class OtherEnquiry:
    """Another enquiry of the same contract."""

    id: int
    number: str
    topic: str
    status: str
    registered_at: datetime


def find_place(session: Session, enquiry: Enquiry, department_id: int | None) -> QueuePlace:
    """Find the next enquiry in the order of deadlines; after the last one the first comes again.

    Args:
        department_id: the clerk's; None: of all departments.
    """
    conditions = [Enquiry.status.in_(WAITING), Enquiry.id != enquiry.id]
    if department_id is not None:
        conditions.append(Enquiry.department_id == department_id)
    waiting = session.scalar(select(func.count()).select_from(Enquiry).where(*conditions)) or 0
    if not waiting:
        return QueuePlace(None, 0)
    due_on = Enquiry.answer_due_on
    comes_after = or_(
        due_on > enquiry.answer_due_on,
        and_(due_on == enquiry.answer_due_on, Enquiry.id > enquiry.id),
    )
    first = select(Enquiry.id).where(*conditions).order_by(due_on, Enquiry.id).limit(1)
    next_id = session.scalar(first.where(comes_after)) or session.scalar(first)
    return QueuePlace(next_id, waiting)


def list_others_of_contract(
    session: Session, enquiry: Enquiry, limit: int = 3
) -> Sequence[OtherEnquiry]:
    """The newest other enquiries of the contract."""
    rows: Iterable[Any] = session.execute(
        select(
            Enquiry.id,
            Enquiry.number,
            EnquiryTopic.name,
            Enquiry.status,
            Enquiry.registered_at,
        )
        .join(EnquiryTopic, EnquiryTopic.id == Enquiry.topic_id)
        .where(Enquiry.contract_id == enquiry.contract_id, Enquiry.id != enquiry.id)
        .order_by(Enquiry.id.desc())
        .limit(limit)
    )
    return [OtherEnquiry(*row) for row in rows]
