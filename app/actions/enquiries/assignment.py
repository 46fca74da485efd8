"""Whose work an enquiry is, and what it is about, as the desk decides."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.actions.accounts.notifications import notify_enquirer
from app.actions.enquiries.replies import Writer, change_enquiry, record_step
from app.domain.enquiries import (
    OPEN,
    UNANSWERED,
    Author,
    EnquiryStatus,
    Reply,
    answer_due_on,
)
from app.domain.errors import EnquiryClosedError
from app.lib.database import count_changed
from app.models import Department, Enquiry, EnquiryEntry, EnquiryTopic, StaffMember
from app.queries.enquiries.staff import status_before_closing


def take_enquiry(
    session: Session, enquiry: Enquiry, writer: Writer, was: int | None, now: datetime
) -> bool:
    """«Взять»: it is the writer's, and in work; a question to the customer stays one. Whether
    anything has changed.

    Args:
        was: whose it was on the page.

    Raises:
        EnquiryClosedError: ``closed``; ``taken``: it is somebody else's by now.
    """
    is_new = _hand_over(session, enquiry, writer.staff_id, was)
    begun = count_changed(
        session,
        update(Enquiry)
        .where(Enquiry.id == enquiry.id, Enquiry.status == EnquiryStatus.REGISTERED)
        .values(status=EnquiryStatus.IN_WORK),
    )
    if begun:
        _event(session, enquiry, writer, "", now, status=EnquiryStatus.IN_WORK)
    elif is_new:
        _event(session, enquiry, writer, f"Исполнитель: {writer.name}", now, is_internal=True)
    else:
        return False
    before = enquiry.assignee.name if enquiry.assignee else None
    record_step(session, Reply.TAKE, enquiry, now, assignee=[before, writer.name])
    return True


def assign_enquiry(
    session: Session,
    enquiry: Enquiry,
    writer: Writer,
    assignee: StaffMember | None,
    was: int | None,
    now: datetime,
) -> bool:
    """«Назначить»: whose it is from now on; None: nobody's. The customer does not see it. Whether
    anything has changed.

    Raises:
        EnquiryClosedError: ``closed``; ``taken``: it is somebody else's by now.
    """
    before, to = enquiry.assignee, assignee.id if assignee else None
    if not _hand_over(session, enquiry, to, was):
        return False
    words = f"Исполнитель: {assignee.name}" if assignee else "Исполнитель снят"
    _event(session, enquiry, writer, words, now, is_internal=True)
    names = [each.name if each else None for each in (before, assignee)]
    record_step(session, "assign", enquiry, now, assignee=names)
    return True


def change_topic(
    session: Session,
    enquiry: Enquiry,
    writer: Writer,
    topic: EnquiryTopic,
    department: Department | None,
    answer_days: int,
    now: datetime,
) -> bool:
    """«Сменить вид»: the term is counted anew from the day of registration; whether anything
    has changed.

    Args:
        answer_days: the general term, for topics without one of their own.
        now: in the supplier's zone.

    Raises:
        EnquiryClosedError: ``closed``; ``raced``: somebody has changed it meanwhile.
    """
    department_id = department.id if department else None
    is_other_topic = topic.id != enquiry.topic_id
    is_moved = department_id != enquiry.department_id
    if not is_other_topic and not is_moved:
        return False
    due_on, words = enquiry.answer_due_on, []
    if is_other_topic:
        registered_on = enquiry.registered_at.astimezone(now.tzinfo).date()
        due_on = answer_due_on(registered_on, topic.answer_days or answer_days)
        words.append(f"Вид обращения изменен на «{topic.name}».")
    if due_on != enquiry.answer_due_on:
        words.append(f"Ответ до {due_on:%d.%m.%Y}.")
    if is_moved:
        where = f"передано в отделение «{department.name}»" if department else "пока без отделения"
        words.append(f"Обращение {where}.")
    before = _facts(enquiry.topic, enquiry.department, enquiry.answer_due_on)
    after = _facts(topic, department, due_on)
    change_enquiry(
        session,
        enquiry,
        {"topic_id": topic.id, "department_id": department_id, "answer_due_on": due_on},
        Enquiry.topic_id == enquiry.topic_id,
        Enquiry.department_id.is_not_distinct_from(enquiry.department_id),
        code="raced",
    )
    status = EnquiryStatus(enquiry.status)
    _event(session, enquiry, writer, " ".join(words), now, status=status)
    changes = {name: [before[name], after[name]] for name in before if before[name] != after[name]}
    record_step(session, "topic", enquiry, now, **changes)
    return True


def reopen_enquiry(session: Session, enquiry: Enquiry, writer: Writer, now: datetime) -> bool:
    """Undo closing or rejecting: the status before it comes back, and the customer is told.

    The answer deadline stays the one that was promised.

    Args:
        now: in the supplier's zone.

    Returns:
        False: it is open already.
    """
    status = status_before_closing(session, enquiry.id)
    reopened = count_changed(
        session,
        update(Enquiry)
        .where(Enquiry.id == enquiry.id, Enquiry.status.not_in(OPEN))
        .values(status=status, closed_at=None),
    )
    if not reopened:
        return False
    was = str(enquiry.status)
    entry = _event(session, enquiry, writer, "Обращение снова открыто.", now, status=status)
    record_step(session, "reopen", enquiry, now, status=[was, str(status)])
    due = enquiry.answer_due_on if status in UNANSWERED else None
    notify_enquirer(session, enquiry, "enquiry_reopened", str(entry.id), now, due=due)
    return True


def _hand_over(session: Session, enquiry: Enquiry, to: int | None, was: int | None) -> bool:
    """Give it from whom it was on the page to somebody; whether it was not theirs before."""
    if enquiry.assignee_id not in (was, to):
        raise EnquiryClosedError("closed" if enquiry.status not in OPEN else "taken")
    moved = count_changed(
        session,
        update(Enquiry)
        .where(
            Enquiry.id == enquiry.id,
            Enquiry.status.in_(OPEN),
            Enquiry.assignee_id.is_not_distinct_from(enquiry.assignee_id),
        )
        .values(assignee_id=to),
    )
    if moved:
        return enquiry.assignee_id != to
    status, whose = session.execute(
        select(Enquiry.status, Enquiry.assignee_id).where(Enquiry.id == enquiry.id)
    ).one()
    if status not in OPEN or whose != to:
        raise EnquiryClosedError("closed" if status not in OPEN else "taken")
    return False


def _event(
    session: Session,
    enquiry: Enquiry,
    writer: Writer,
    text: str,
    now: datetime,
    *,
    status: EnquiryStatus | None = None,
    is_internal: bool = False,
) -> EnquiryEntry:
    """What was done, without a message."""
    entry = EnquiryEntry(
        idempotency_key=str(uuid.uuid4()),
        enquiry_id=enquiry.id,
        written_at=now,
        # What only the desk sees is an event of the portal's there, not somebody's note.
        author=Author.SYSTEM if is_internal else Author.STAFF,
        author_name=writer.name[:200],
        staff_id=writer.staff_id,
        text=text,
        status=status,
        is_internal=is_internal,
    )
    session.add(entry)
    session.flush()
    return entry


def _facts(topic: EnquiryTopic, department: Department | None, due_on: date) -> dict[str, object]:
    return {
        "topic": topic.name,
        "department": department.name if department else None,
        "due": due_on.isoformat(),
    }
