"""Enquiries of all contracts for staff: filtered queue, counts by topic, whole threads."""

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
from app.domain.enquiries import (
    OPEN,
    SOON_DAYS,
    UNANSWERED,
    DeadlineFilter,
    EnquiryStatus,
    QueueState,
)
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
from app.queries.enquiries.thread import get_thread, get_thread_attachment

NONE = 0
"""Id in a filter: without a department, assigned to nobody."""
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class EnquiryFilter:
    """Filter of enquiries; None: not filtered.

    Attributes:
        text: part of the number of an enquiry or contract.
    """

    state: QueueState = QueueState.WAITING
    department_id: int | None = None
    topic_id: int | None = None
    assignee_id: int | None = None
    deadline: DeadlineFilter = DeadlineFilter.ANY
    text: str = ""


@dataclass(frozen=True, slots=True)
class QueueRow:
    """An enquiry as a row of the queue."""

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
    """Enquiries of one topic by their answer deadlines; the five counts make ``total``.

    Attributes:
        unanswered: closed without an answer, which the customer no longer needed.
    """

    topic: str
    waiting: int
    overdue: int
    in_time: int
    late: int
    unanswered: int

    @property
    def total(self) -> int:
        """All enquiries of the topic."""
        return self.waiting + self.overdue + self.in_time + self.late + self.unanswered


def count_queue(session: Session, wanted: EnquiryFilter, today: date) -> int:
    """How many enquiries pass the filter."""
    return session.scalar(_in_queue(select(func.count()), wanted, today)) or 0


def list_queue(
    session: Session, wanted: EnquiryFilter, today: date, offset: int = 0, limit: int = 50
) -> list[QueueRow]:
    """Enquiries that pass the filter: unanswered ones by their deadline, others newest first."""
    # Only ids and sort columns are sorted; the rest is joined for the rows of the page alone.
    page = (
        _in_queue(select(Enquiry.id), wanted, today)
        .order_by(*_order(wanted))
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
        .order_by(*_order(wanted))
    )
    return [QueueRow(*row) for row in rows]


def count_by_topic(session: Session, period: Period, now: datetime) -> list[TopicCounts]:
    """Count enquiries registered in a period by topic and deadline; largest topics first.

    Args:
        now: in the supplier's zone, in whose days the period and the deadlines are counted.
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
    is_unanswered = Enquiry.status.in_(UNANSWERED)
    is_over = Enquiry.answer_due_on < now.date()
    seconds = extract("epoch", answered_at) - extract("epoch", Enquiry.answer_due_on)
    allowed = _seconds_allowed(sorted(days), now)
    rows = session.execute(
        select(
            EnquiryTopic.name,
            _count(and_(is_unanswered, ~is_over)),
            _count(and_(is_unanswered, is_over)),
            _count(and_(~is_unanswered, seconds < allowed)),
            _count(and_(~is_unanswered, seconds >= allowed)),
            _count(and_(~is_unanswered, answered_at.is_(None))),
        )
        .select_from(Enquiry)
        .join(EnquiryTopic, EnquiryTopic.id == Enquiry.topic_id)
        .where(registered)
        .group_by(EnquiryTopic.id, EnquiryTopic.name)
        .order_by(func.count().desc(), EnquiryTopic.name, EnquiryTopic.id)
    )
    return [TopicCounts(*row) for row in rows]


def get_enquiry_for_staff(session: Session, enquiry_id: int) -> Enquiry:
    """An enquiry of any contract with its whole thread, internal entries included.

    Raises:
        NotFoundError: absent.
    """
    options = (
        joinedload(Enquiry.assignee),
        joinedload(Enquiry.contract).joinedload(Contract.customer),
    )
    return get_thread(session, enquiry_id, options=options, with_internal=True)


def get_attachment_for_staff(session: Session, enquiry_id: int, attachment_id: int) -> Attachment:
    """A file in the thread of an enquiry, of an internal note as well.

    Raises:
        NotFoundError: absent, or of another enquiry.
    """
    return get_thread_attachment(session, enquiry_id, attachment_id)


def find_enquiry_by_key(session: Session, contract_id: int, key: str) -> EnquiryEntry | None:
    """The first entry of the enquiry that a clerk's form has made at a contract."""
    return session.scalars(
        select(EnquiryEntry)
        .join(Enquiry, Enquiry.id == EnquiryEntry.enquiry_id)
        .where(Enquiry.contract_id == contract_id, Enquiry.idempotency_key == key)
        .options(selectinload(EnquiryEntry.attachments))
        .order_by(EnquiryEntry.id)
    ).first()


def has_other_entries(
    session: Session, enquiry: Enquiry, seen_id: int, staff_id: int | None, new_id: int
) -> bool:
    """Whether somebody else has added a public entry since the entry that was on the page.

    Args:
        seen_id: the last entry that was on the page.
        staff_id: the clerk who adds an entry now.
        new_id: that entry.
    """
    is_other = or_(EnquiryEntry.staff_id.is_(None), EnquiryEntry.staff_id != staff_id)
    others = select(EnquiryEntry.id).where(
        EnquiryEntry.enquiry_id == enquiry.id,
        EnquiryEntry.id > seen_id,
        EnquiryEntry.id != new_id,
        EnquiryEntry.is_internal.is_(False),
        is_other,
    )
    return bool(session.scalar(select(exists(others))))


def status_before_closing(session: Session, enquiry_id: int) -> EnquiryStatus:
    """The last open status of an enquiry that its thread has; «В работе» if it has none."""
    status = session.scalar(
        select(EnquiryEntry.status)
        .where(EnquiryEntry.enquiry_id == enquiry_id, EnquiryEntry.status.in_(OPEN))
        .order_by(EnquiryEntry.id.desc())
        .limit(1)
    )
    return EnquiryStatus(status) if status else EnquiryStatus.IN_WORK


def _in_queue(rows: Select[Any], wanted: EnquiryFilter, today: date) -> Select[Any]:
    rows = rows.select_from(Enquiry).where(*_conditions(wanted, today))
    if not wanted.text:
        return rows
    text = wanted.text.upper().removeprefix("№").strip()
    return rows.join(Contract, Contract.id == Enquiry.contract_id).where(
        or_(
            Enquiry.number.contains(text, autoescape=True),
            Contract.number_key.contains(text, autoescape=True),
            Contract.number_key == number_key(text),
        )
    )


def _conditions(wanted: EnquiryFilter, today: date) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.state is not QueueState.ALL:
        conditions.append(Enquiry.status.in_(wanted.state.statuses))
    if wanted.department_id is not None:
        conditions.append(Enquiry.department_id.is_not_distinct_from(wanted.department_id or None))
    if wanted.topic_id is not None:
        conditions.append(Enquiry.topic_id == wanted.topic_id)
    if wanted.assignee_id is not None:
        conditions.append(Enquiry.assignee_id.is_not_distinct_from(wanted.assignee_id or None))
    if wanted.deadline is not DeadlineFilter.ANY:
        conditions.append(Enquiry.status.in_(UNANSWERED))
    if wanted.deadline is DeadlineFilter.OVERDUE:
        conditions.append(Enquiry.answer_due_on < today)
    elif wanted.deadline is DeadlineFilter.TODAY:
        conditions.append(Enquiry.answer_due_on == today)
    elif wanted.deadline is DeadlineFilter.SOON:
        soon = today + timedelta(days=SOON_DAYS)
        conditions.append(Enquiry.answer_due_on.between(today, soon))
    return conditions


def _order(wanted: EnquiryFilter) -> tuple[ColumnElement[Any], ...]:
    if wanted.state in (QueueState.WAITING, QueueState.CUSTOMER):
        return (Enquiry.answer_due_on.asc(), Enquiry.id.asc())
    if wanted.state is not QueueState.ALL:
        return (Enquiry.id.desc(),)
    is_unanswered = Enquiry.status.in_(UNANSWERED)
    return (
        case((is_unanswered, 0), else_=1).asc(),
        case((is_unanswered, Enquiry.answer_due_on)).asc(),
        case((is_unanswered, Enquiry.id), else_=-Enquiry.id).asc(),
    )


def _seconds_allowed(days: Sequence[date], now: datetime) -> ColumnElement[int]:
    """SQL: seconds from UTC midnight before a deadline to the supplier's midnight after it.

    They differ where the zone has changed its clocks.

    Args:
        days: the deadlines that occur, in order.
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
