"""Reads of enquiries for the desk: the queue of all contracts, its figures, one whole thread."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    exists,
    extract,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import Session, joinedload, selectinload

from app.domain.contract_number import number_key
from app.domain.enquiries import OPEN, SOON_DAYS, UNANSWERED, EnquiryStatus, QueueState, Term
from app.domain.errors import NotFoundError
from app.domain.period import Period
from app.models import (
    Attachment,
    Contract,
    Customer,
    Department,
    Enquiry,
    EnquiryEntry,
    EnquiryTopic,
    StaffMember,
)

NONE = 0
"""In a filter: without a department, nobody's."""
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Queue:
    """Which enquiries are asked for; None: whichever."""

    state: QueueState = QueueState.WAITING
    department_id: int | None = None
    topic_id: int | None = None
    assignee_id: int | None = None
    term: Term = Term.ANY
    words: str = ""


@dataclass(frozen=True, slots=True)
class QueueRow:
    """An enquiry as the queue shows it."""

    id: int
    number: str
    contract_id: int
    contract_number: str
    customer: str
    organisation: str
    topic: str
    department: str | None
    assignee: str | None
    status: str
    registered_at: datetime
    answer_due_on: date
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class TopicCounts:
    """Enquiries of one topic by what has become of their terms; the five make ``total``."""

    topic: str
    waiting: int
    overdue: int
    in_time: int
    late: int
    unanswered: int
    """Closed without an answer: the customer needed none any more."""

    @property
    def total(self) -> int:
        return self.waiting + self.overdue + self.in_time + self.late + self.unanswered


def count_queue(session: Session, queue: Queue, today: date) -> int:
    """How many enquiries a queue holds."""
    return session.scalar(_in_queue(select(func.count()), queue, today)) or 0


def list_queue(
    session: Session, queue: Queue, today: date, offset: int = 0, limit: int = 50
) -> list[QueueRow]:
    """Enquiries of all contracts: those whose term runs by its end, the others newest first."""
    # What is sorted is narrow; the rest is looked up for the rows of the page alone.
    page = (
        _in_queue(select(Enquiry.id), queue, today)
        .order_by(*_order(queue))
        .offset(offset)
        .limit(limit)
        .subquery()
    )
    rows: Iterable[Any] = session.execute(
        select(
            Enquiry.id,
            Enquiry.number,
            Enquiry.contract_id,
            Contract.number,
            func.coalesce(Customer.short_name, Customer.full_name),
            Enquiry.organisation,
            EnquiryTopic.name,
            Department.name,
            StaffMember.name,
            Enquiry.status,
            Enquiry.registered_at,
            Enquiry.answer_due_on,
            Enquiry.answered_at,
        )
        .join(page, page.c.id == Enquiry.id)
        .join(Contract, Contract.id == Enquiry.contract_id)
        .join(Customer, Customer.id == Contract.customer_id)
        .join(EnquiryTopic, EnquiryTopic.id == Enquiry.topic_id)
        .outerjoin(Department, Department.id == Enquiry.department_id)
        .outerjoin(StaffMember, StaffMember.id == Enquiry.assignee_id)
        .order_by(*_order(queue))
    )
    return [QueueRow(*row) for row in rows]


def count_by_topic(session: Session, period: Period, now: datetime) -> list[TopicCounts]:
    """Enquiries registered in a period, by topic and by what has become of their terms; topics
    with the most first.

    Args:
        now: in the supplier's zone, whose days the period and the terms are counted in.
    """
    registered = and_(
        Enquiry.registered_at >= _midnight(period.first, now),
        Enquiry.registered_at < _midnight(period.last + DAY, now),
    )
    days = session.scalars(select(Enquiry.answer_due_on).where(registered).distinct()).all()
    if not days:
        return []
    answered_at = case(
        (Enquiry.status == EnquiryStatus.REJECTED, Enquiry.closed_at), else_=Enquiry.answered_at
    )
    runs = Enquiry.status.in_(UNANSWERED)
    is_over = Enquiry.answer_due_on < now.date()
    took = extract("epoch", answered_at) - extract("epoch", Enquiry.answer_due_on)
    allowed = _seconds_allowed(sorted(days), now)
    rows = session.execute(
        select(
            EnquiryTopic.name,
            _count(and_(runs, ~is_over)),
            _count(and_(runs, is_over)),
            _count(and_(~runs, took < allowed)),
            _count(and_(~runs, took >= allowed)),
            _count(and_(~runs, answered_at.is_(None))),
        )
        .select_from(Enquiry)
        .join(EnquiryTopic, EnquiryTopic.id == Enquiry.topic_id)
        .where(registered)
        .group_by(EnquiryTopic.id, EnquiryTopic.name)
        .order_by(func.count().desc(), EnquiryTopic.name, EnquiryTopic.id)
    )
    return [TopicCounts(*row) for row in rows]


def get_for_desk(session: Session, enquiry_id: int) -> Enquiry:
    """An enquiry of whichever contract with its whole thread, notes of the desk included.

    Raises:
        NotFoundError: absent.
    """
    found = session.scalars(
        select(Enquiry)
        .where(Enquiry.id == enquiry_id)
        .options(
            joinedload(Enquiry.topic),
            joinedload(Enquiry.department),
            joinedload(Enquiry.premises_kind),
            joinedload(Enquiry.assignee),
            joinedload(Enquiry.contract).joinedload(Contract.customer),
            selectinload(Enquiry.entries).selectinload(EnquiryEntry.attachments),
        )
        .execution_options(populate_existing=True)
    ).first()
    if found is None:
        raise NotFoundError
    return found


def get_attachment_for_desk(session: Session, enquiry_id: int, attachment_id: int) -> Attachment:
    """A file in the thread of an enquiry, of a note of the desk as well.

    Raises:
        NotFoundError: absent, or of another enquiry.
    """
    found = session.scalars(
        select(Attachment)
        .join(EnquiryEntry, EnquiryEntry.id == Attachment.entry_id)
        .where(Attachment.id == attachment_id, EnquiryEntry.enquiry_id == enquiry_id)
    ).first()
    if found is None:
        raise NotFoundError
    return found


def has_news(
    session: Session, enquiry: Enquiry, seen: int, staff_id: int | None, own_id: int
) -> bool:
    """Whether somebody else has put something into a thread that the customer sees, too, since
    the entry ``seen``."""
    is_other = or_(EnquiryEntry.staff_id.is_(None), EnquiryEntry.staff_id != staff_id)
    news = select(EnquiryEntry.id).where(
        EnquiryEntry.enquiry_id == enquiry.id,
        EnquiryEntry.id > seen,
        EnquiryEntry.id != own_id,
        EnquiryEntry.is_internal.is_(False),
        is_other,
    )
    return bool(session.scalar(select(exists(news))))


def status_before_closing(session: Session, enquiry_id: int) -> EnquiryStatus:
    """The last status in which the enquiry was open, as its thread tells; «В работе» for none."""
    status = session.scalar(
        select(EnquiryEntry.status)
        .where(EnquiryEntry.enquiry_id == enquiry_id, EnquiryEntry.status.in_(OPEN))
        .order_by(EnquiryEntry.id.desc())
        .limit(1)
    )
    return EnquiryStatus(status) if status else EnquiryStatus.IN_WORK


def _in_queue(rows: Select[Any], queue: Queue, today: date) -> Select[Any]:
    rows = rows.select_from(Enquiry).where(*_conditions(queue, today))
    if not queue.words:
        return rows
    text = queue.words.upper().removeprefix("№").strip()
    return rows.join(Contract, Contract.id == Enquiry.contract_id).where(
        or_(
            Enquiry.number.contains(text, autoescape=True),
            Contract.number_key.contains(text, autoescape=True),
            Contract.number_key == number_key(text),
        )
    )


def _conditions(queue: Queue, today: date) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if queue.state is not QueueState.ALL:
        conditions.append(Enquiry.status.in_(queue.state.statuses))
    if queue.department_id is not None:
        conditions.append(Enquiry.department_id.is_not_distinct_from(queue.department_id or None))
    if queue.topic_id is not None:
        conditions.append(Enquiry.topic_id == queue.topic_id)
    if queue.assignee_id is not None:
        conditions.append(Enquiry.assignee_id.is_not_distinct_from(queue.assignee_id or None))
    if queue.term is not Term.ANY:
        conditions.append(Enquiry.status.in_(UNANSWERED))
    if queue.term is Term.OVERDUE:
        conditions.append(Enquiry.answer_due_on < today)
    elif queue.term is Term.TODAY:
        conditions.append(Enquiry.answer_due_on == today)
    elif queue.term is Term.SOON:
        soon = today + timedelta(days=SOON_DAYS)
        conditions.append(Enquiry.answer_due_on.between(today, soon))
    return conditions


def _order(queue: Queue) -> tuple[ColumnElement[Any], ...]:
    if queue.state in (QueueState.WAITING, QueueState.CUSTOMER):
        return (Enquiry.answer_due_on.asc(), Enquiry.id.asc())
    if queue.state is not QueueState.ALL:
        return (Enquiry.id.desc(),)
    runs = Enquiry.status.in_(UNANSWERED)
    return (
        case((runs, 0), else_=1).asc(),
        case((runs, Enquiry.answer_due_on)).asc(),
        case((runs, Enquiry.id), else_=-Enquiry.id).asc(),
    )


def _seconds_allowed(days: Sequence[date], now: datetime) -> ColumnElement[int]:
    """Seconds from the midnight of UTC that begins the last day of a term to the supplier's one
    that ends it; they differ where the zone has changed its clocks.

    Args:
        days: the last days that occur, in order.
    """
    changes: list[tuple[date, int]] = []
    for day in days:
        begins = datetime.combine(day, time(), UTC)
        seconds = int((_midnight(day + DAY, now) - begins).total_seconds())
        if changes and changes[-1][1] == seconds:
            changes.pop()
        changes.append((day, seconds))
    *earlier, (_, last) = changes
    steps = [(Enquiry.answer_due_on <= day, seconds) for day, seconds in earlier]
    return case(*steps, else_=last) if steps else literal(last)


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _midnight(day: date, now: datetime) -> datetime:
    return datetime.combine(day, time(), now.tzinfo)
