"""Claim, assign, reclassify and reopen enquiries, as staff do."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.actions.accounts.notifications import notify_enquirer
from app.actions.enquiries.entries import change_open_enquiry, record_step
from app.actions.enquiries.replies import StaffAuthor
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


def claim_enquiry(
    session: Session,
    enquiry: Enquiry,
    author: StaffAuthor,
    seen_assignee_id: int | None,
    now: datetime,
) -> bool:
    """Claim an enquiry and put it in work («Взять»); a question to the customer stays one.

    Args:
        seen_assignee_id: whose it was on the page.

    Returns:
        Whether anything has changed.

    Raises:
        EnquiryClosedError: ``closed``; ``reassigned``: it is somebody else's by now.
    """
    is_reassigned = _assign(session, enquiry, author.staff_id, seen_assignee_id)
    is_begun = count_changed(
        session,
        update(Enquiry)
        .where(Enquiry.id == enquiry.id, Enquiry.status == EnquiryStatus.REGISTERED)
        .values(status=EnquiryStatus.IN_WORK),
    )
    if is_begun:
        _add_event(session, enquiry, author, "", now, status=EnquiryStatus.IN_WORK)
    elif is_reassigned:
        _add_event(session, enquiry, author, f"Исполнитель: {author.name}", now, is_internal=True)
    else:
        return False
    before = enquiry.assignee.name if enquiry.assignee else None
    record_step(
        session, Reply.CLAIM, enquiry, enquiry.account_id, now, assignee=[before, author.name]
    )
    return True


def assign_enquiry(
    session: Session,
    enquiry: Enquiry,
    author: StaffAuthor,
    assignee: StaffMember | None,
    seen_assignee_id: int | None,
    now: datetime,
) -> bool:
    """Assign an enquiry to somebody, or nobody («Назначить»); the customer does not see it.

    Args:
        assignee: None: nobody.
        seen_assignee_id: whose it was on the page.

    Returns:
        Whether anything has changed.

    Raises:
        EnquiryClosedError: ``closed``; ``reassigned``: it is somebody else's by now.
    """
    before, to = enquiry.assignee, assignee.id if assignee else None
    if not _assign(session, enquiry, to, seen_assignee_id):
        return False
    text = f"Исполнитель: {assignee.name}" if assignee else "Исполнитель снят"
    _add_event(session, enquiry, author, text, now, is_internal=True)
    names = [person.name if person else None for person in (before, assignee)]
    record_step(session, "assign", enquiry, enquiry.account_id, now, assignee=names)
    return True


def change_topic(
    session: Session,
    enquiry: Enquiry,
    author: StaffAuthor,
    topic: EnquiryTopic,
    department: Department | None,
    answer_days: int,
    now: datetime,
) -> bool:
    """Change topic and department («Сменить вид»).

    Another topic's deadline is counted from the day of registration.

    Args:
        answer_days: days for an answer, for topics that have no deadline of their own.
        now: in the supplier's zone.

    Returns:
        Whether anything has changed.

    Raises:
        EnquiryClosedError: ``closed``; ``raced``: somebody has changed it meanwhile.
    """
    department_id = department.id if department else None
    is_other_topic = topic.id != enquiry.topic_id
    is_moved = department_id != enquiry.department_id
    if not is_other_topic and not is_moved:
        return False
    due_on, sentences = enquiry.answer_due_on, []
    if is_other_topic:
        registered_on = enquiry.registered_at.astimezone(now.tzinfo).date()
        due_on = answer_due_on(registered_on, topic.answer_days or answer_days)
        sentences.append(f"Вид обращения изменен на «{topic.name}».")
    if due_on != enquiry.answer_due_on:
        sentences.append(f"Ответ до {due_on:%d.%m.%Y}.")
    if is_moved:
        where = f"передано в отделение «{department.name}»" if department else "пока без отделения"
        sentences.append(f"Обращение {where}.")
    before = _describe(enquiry.topic, enquiry.department, enquiry.answer_due_on)
    after = _describe(topic, department, due_on)
    change_open_enquiry(
        session,
        enquiry,
        {"topic_id": topic.id, "department_id": department_id, "answer_due_on": due_on},
        Enquiry.topic_id == enquiry.topic_id,
        Enquiry.department_id.is_not_distinct_from(enquiry.department_id),
    )
    status = EnquiryStatus(enquiry.status)
    _add_event(session, enquiry, author, " ".join(sentences), now, status=status)
    changes = {name: [before[name], after[name]] for name in before if before[name] != after[name]}
    record_step(session, "topic", enquiry, enquiry.account_id, now, **changes)
    return True


def reopen_enquiry(session: Session, enquiry: Enquiry, author: StaffAuthor, now: datetime) -> bool:
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
    before = str(enquiry.status)
    entry = _add_event(session, enquiry, author, "Обращение снова открыто.", now, status=status)
    record_step(session, "reopen", enquiry, enquiry.account_id, now, status=[before, str(status)])
    due = enquiry.answer_due_on if status in UNANSWERED else None
    notify_enquirer(session, enquiry, "enquiry_reopened", str(entry.id), now, due=due)
    return True


def _assign(
    session: Session, enquiry: Enquiry, to: int | None, seen_assignee_id: int | None
) -> bool:
    """Assign an enquiry if it is still whose it was on the page; whether it was not theirs."""
    if enquiry.assignee_id not in (seen_assignee_id, to):
        raise EnquiryClosedError("closed" if enquiry.status not in OPEN else "reassigned")
    is_updated = count_changed(
        session,
        update(Enquiry)
        .where(
            Enquiry.id == enquiry.id,
            Enquiry.status.in_(OPEN),
            Enquiry.assignee_id.is_not_distinct_from(enquiry.assignee_id),
        )
        .values(assignee_id=to),
    )
    if is_updated:
        return enquiry.assignee_id != to
    status, record_source = session.execute(
        select(Enquiry.status, Enquiry.assignee_id).where(Enquiry.id == enquiry.id)
    ).one()
    if status not in OPEN or record_source != to:
        raise EnquiryClosedError("closed" if status not in OPEN else "reassigned")
    return False


def _add_event(
    session: Session,
    enquiry: Enquiry,
    author: StaffAuthor,
    text: str,
    now: datetime,
    *,
    status: EnquiryStatus | None = None,
    is_internal: bool = False,
) -> EnquiryEntry:
    """Add what was done to the thread; what only staff see is an event, not somebody's note."""
    entry = EnquiryEntry(
        idempotency_key=str(uuid.uuid4()),
        enquiry_id=enquiry.id,
        written_at=now,
        author=Author.SYSTEM if is_internal else Author.STAFF,
        author_name=author.name[:200],
        staff_id=author.staff_id,
        text=text,
        status=status,
        is_internal=is_internal,
    )
    session.add(entry)
    session.flush()
    return entry


def _describe(
    topic: EnquiryTopic, department: Department | None, due_on: date
) -> dict[str, object]:
    return {
        "topic": topic.name,
        "department": department.name if department else None,
        "due": due_on.isoformat(),
    }
