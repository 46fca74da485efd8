"""Enquiries of customers: sent once, added to, closed, rated."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.actions.accounts.consents import give_for_enquiry
from app.actions.accounts.notifications import notify_enquirer
from app.actions.audit_log import record
from app.actions.enquiries.drafts import NEW, take_files
from app.domain.access import Browser, Viewer
from app.domain.enquiries import (
    OPEN,
    Author,
    EnquiryStatus,
    after_addition,
    answer_due_on,
    registration_number,
)
from app.domain.errors import EnquiryClosedError, TooManyAttemptsError
from app.lib.database import count_changed, insert_or_ignore
from app.models import (
    Account,
    Enquiry,
    EnquiryEntry,
    EnquiryTopic,
)
from app.queries.contracts import VisibleContract
from app.queries.enquiries.customer import count_since, find_by_key

PORTAL = "portal"
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class EnquiryRules:
    """Terms of answers, and how many enquiries an account may send in a day."""

    answer_days: int
    per_day: int


@dataclass(frozen=True, slots=True)
class NewEnquiry:
    """What the form holds, checked. ``consents`` are the purposes that were ticked."""

    key: str
    topic: EnquiryTopic
    department_id: int | None
    premises_kind_id: int
    organisation: str
    phone: str
    email: str
    address: str
    text: str
    consents: tuple[str, ...]
    details: dict[str, str] = field(default_factory=dict)
    about: str | None = None
    source_path: str | None = None


def send_enquiry(
    session: Session,
    contract: VisibleContract,
    viewer: Viewer,
    command: NewEnquiry,
    browser: Browser,
    rules: EnquiryRules,
    now: datetime,
) -> tuple[int, bool]:
    """Register an enquiry with the files of its draft; its id, and whether it is new.

    Args:
        now: in the supplier's zone, in which the term of the answer is counted.

    Raises:
        TooManyAttemptsError: this account has sent enough for today.
    """
    # One after the other: of several posts of one form the first makes the enquiry.
    session.execute(select(Account.id).where(Account.id == viewer.account_id).with_for_update())
    known = find_by_key(session, viewer, command.key)
    if known is not None:
        return known.id, False
    count, first = count_since(session, viewer, now - DAY)
    if count >= rules.per_day:
        raise TooManyAttemptsError(max(1, int(((first or now) + DAY - now).total_seconds())))
    enquiry_id = _insert(session, contract, viewer, command, rules, now)
    if not enquiry_id:
        known = find_by_key(session, viewer, command.key)
        if known is not None:
            return known.id, False
        # The key is somebody else's; no page of ours has given it out.
        command = replace(command, key=str(uuid.uuid4()))
        enquiry_id = _insert(session, contract, viewer, command, rules, now)
    enquiry = session.get_one(Enquiry, enquiry_id)
    enquiry.number = registration_number(enquiry_id, now.date())
    entry = _write(
        session, enquiry, viewer, command.key, command.text, EnquiryStatus.REGISTERED, now
    )
    if entry is not None:
        take_files(session, contract, viewer, NEW, entry)
    for purpose in command.consents:
        give_for_enquiry(session, purpose, viewer.account_id, enquiry_id, browser, now)
    record(
        session,
        "enquiry.sent",
        viewer.account_id,
        "enquiries",
        enquiry.number,
        now,
        topic=command.topic.name,
    )
    notify_enquirer(
        session,
        enquiry,
        "enquiry_receipt",
        str(enquiry_id),
        now,
        topic=command.topic.name,
        at=now,
        due=enquiry.answer_due_on,
    )
    return enquiry_id, True


def add_to_enquiry(
    session: Session,
    contract: VisibleContract,
    viewer: Viewer,
    enquiry: Enquiry,
    text: str,
    key: str,
    rules: EnquiryRules,
    now: datetime,
) -> bool:
    """«Дополнить»: words and the files of the draft; whether it is new.

    What is added after an answer asks for another one, which has a term of its own.

    Args:
        enquiry: with its topic.
        now: in the supplier's zone.

    Raises:
        EnquiryClosedError: ``closed``.
    """
    status = after_addition(enquiry.status)
    entry = _write(session, enquiry, viewer, key, text, status, now)
    if entry is None:
        return False
    again: dict[str, object] = {}
    if enquiry.status == EnquiryStatus.ANSWERED:
        days = enquiry.topic.answer_days or rules.answer_days
        again = {"answer_due_on": answer_due_on(now.date(), days), "answered_at": None}
    _move(session, enquiry, status, **again)
    take_files(session, contract, viewer, enquiry.id, entry)
    record(session, "enquiry.added", viewer.account_id, "enquiries", enquiry.number or "", now)
    return True


def close_enquiry(session: Session, viewer: Viewer, enquiry: Enquiry, now: datetime) -> None:
    """«Закрыть»: the customer needs nothing more.

    Raises:
        EnquiryClosedError: ``closed`` already.
    """
    _move(session, enquiry, EnquiryStatus.CLOSED, closed_at=now)
    key = str(uuid.uuid4())
    _write(session, enquiry, viewer, key, "", EnquiryStatus.CLOSED, now)
    record(session, "enquiry.closed", viewer.account_id, "enquiries", enquiry.number or "", now)


def rate_enquiry(
    session: Session, viewer: Viewer, enquiry: Enquiry, rating: int, words: str, now: datetime
) -> None:
    """What the answer was worth, 1 to 5; once.

    Raises:
        EnquiryClosedError: ``early``: there is no answer yet; ``rated``.
    """
    if enquiry.answered_at is None:
        raise EnquiryClosedError("early")
    rated = count_changed(
        session,
        update(Enquiry)
        .where(Enquiry.id == enquiry.id, Enquiry.rating.is_(None))
        .values(rating=rating, rating_comment=words or None),
    )
    if not rated:
        raise EnquiryClosedError("rated")
    record(
        session,
        "enquiry.rated",
        viewer.account_id,
        "enquiries",
        enquiry.number or "",
        now,
        rating=rating,
    )


def _insert(
    session: Session,
    contract: VisibleContract,
    viewer: Viewer,
    command: NewEnquiry,
    rules: EnquiryRules,
    now: datetime,
) -> int:
    """The id of the row, or 0: there is one with this key."""
    days = command.topic.answer_days or rules.answer_days
    return insert_or_ignore(
        session,
        Enquiry,
        idempotency_key=command.key,
        contract_id=contract.id,
        account_id=viewer.account_id,
        topic_id=command.topic.id,
        department_id=command.department_id,
        premises_kind_id=command.premises_kind_id,
        organisation=command.organisation,
        phone=command.phone,
        email=command.email,
        address=command.address,
        details=command.details,
        source_label=command.about,
        source_path=command.source_path,
        channel=PORTAL,
        status=EnquiryStatus.REGISTERED,
        registered_at=now,
        answer_due_on=answer_due_on(now.date(), days),
    )


def _move(session: Session, enquiry: Enquiry, status: EnquiryStatus, **values: object) -> None:
    """Change the status while it is open; a clerk may have closed it in the meantime."""
    moved = count_changed(
        session,
        update(Enquiry)
        .where(Enquiry.id == enquiry.id, Enquiry.status.in_(OPEN))
        .values(status=status, **values),
    )
    if not moved:
        raise EnquiryClosedError("closed")


def _write(
    session: Session,
    enquiry: Enquiry,
    viewer: Viewer,
    key: str,
    text: str,
    status: EnquiryStatus,
    now: datetime,
) -> EnquiryEntry | None:
    """An entry of the thread; None: this very form has made one already."""
    entry_id = insert_or_ignore(
        session,
        EnquiryEntry,
        idempotency_key=key,
        enquiry_id=enquiry.id,
        written_at=now,
        author=Author.CUSTOMER,
        account_id=viewer.account_id,
        text=text,
        status=status,
        is_internal=False,
    )
    return session.get_one(EnquiryEntry, entry_id) if entry_id else None
