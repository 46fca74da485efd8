"""Send, supplement, close and rate enquiries, as customers do."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.actions.accounts.consents import give_for_enquiry
from app.actions.accounts.notifications import notify_enquirer
from app.actions.enquiries.drafts import NEW, move_files_to_entry
from app.actions.enquiries.entries import add_entry, change_open_enquiry, record_step
from app.domain.access import Browser, Viewer
from app.domain.enquiries import (
    Author,
    EnquiryChannel,
    EnquiryStatus,
    answer_due_on,
    registration_number,
    status_after_addition,
)
from app.domain.errors import EnquiryClosedError, TooManyAttemptsError
from app.lib.database import count_changed, insert_or_ignore
from app.models import (
    Account,
    Enquiry,
    EnquiryEntry,
)
from app.queries.contracts import VisibleContract
from app.queries.enquiries.choices import TopicChoice
from app.queries.enquiries.customer import count_since, find_by_key

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class EnquiryRules:
    """Limits of enquiries.

    Attributes:
        answer_days: days for an answer, for topics that have no deadline of their own.
        per_day: enquiries that an account may send in a day.
    """

    answer_days: int
    per_day: int


@dataclass(frozen=True, slots=True)
class NewEnquiry:
    """A new enquiry as its form holds it, validated.

    Attributes:
        idempotency_key: of the form, a UUID.
        consents: purposes that were ticked.
        details: fields that only its topic has.
        supply_point_id: what it is about, a supply point of the contract; None: all of it.
        source_label: the document or meter that it was opened from, as the customer reads it.
    """

    idempotency_key: str
    topic: TopicChoice
    department_id: int | None
    premises_kind_id: int
    organisation: str
    phone: str
    email: str
    address: str
    text: str
    consents: tuple[str, ...]
    supply_point_id: int | None = None
    details: dict[str, str] = field(default_factory=dict)
    source_label: str | None = None
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
        now: in the supplier's zone, in which the answer deadline is counted.

    Raises:
        TooManyAttemptsError: this account has sent enough for today.
    """
    enquiry_id, is_new = _register(session, contract, viewer, command, rules, now)
    if not is_new:
        return enquiry_id, False
    enquiry = session.get_one(Enquiry, enquiry_id)
    enquiry.number = registration_number(enquiry_id, now.date())
    status, key = EnquiryStatus.REGISTERED, enquiry.idempotency_key
    entry = _add_entry(session, enquiry, viewer, command.text, status, key, now)
    if entry is not None:
        move_files_to_entry(session, contract, viewer, NEW, entry)
    for purpose in command.consents:
        give_for_enquiry(session, purpose, viewer.account_id, enquiry_id, browser, now)
    record_step(session, "sent", enquiry, viewer.account_id, now, topic=command.topic.name)
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
    idempotency_key: str,
    rules: EnquiryRules,
    now: datetime,
) -> bool:
    """Add a message and the files of the draft («Дополнить»); whether it is new.

    What is added after an answer needs another answer, with a new deadline.

    Args:
        enquiry: with its topic.
        now: in the supplier's zone.

    Raises:
        EnquiryClosedError: ``closed``.
    """
    status = status_after_addition(enquiry.status)
    entry = _add_entry(session, enquiry, viewer, text, status, idempotency_key, now)
    if entry is None:
        return False
    values: dict[str, object] = {"status": status}
    if enquiry.status == EnquiryStatus.ANSWERED:
        days = enquiry.topic.answer_days or rules.answer_days
        values |= {"answer_due_on": answer_due_on(now.date(), days), "answered_at": None}
    change_open_enquiry(session, enquiry, values)
    move_files_to_entry(session, contract, viewer, enquiry.id, entry)
    record_step(session, "added", enquiry, viewer.account_id, now)
    return True


def close_enquiry(session: Session, viewer: Viewer, enquiry: Enquiry, now: datetime) -> None:
    """Close an enquiry that needs no more answer («Закрыть»).

    Raises:
        EnquiryClosedError: ``closed`` already.
    """
    status = EnquiryStatus.CLOSED
    change_open_enquiry(session, enquiry, {"status": status, "closed_at": now})
    _add_entry(session, enquiry, viewer, "", status, str(uuid.uuid4()), now)
    record_step(session, "closed", enquiry, viewer.account_id, now)


def rate_enquiry(
    session: Session, viewer: Viewer, enquiry: Enquiry, rating: int, comment: str, now: datetime
) -> None:
    """Rate the answer from 1 to 5, once.

    Raises:
        EnquiryClosedError: ``early``: there is no answer yet; ``rated``.
    """
    if enquiry.answered_at is None:
        raise EnquiryClosedError("early")
    is_rated = count_changed(
        session,
        update(Enquiry)
        .where(Enquiry.id == enquiry.id, Enquiry.rating.is_(None))
        .values(rating=rating, rating_comment=comment or None),
    )
    if not is_rated:
        raise EnquiryClosedError("rated")
    record_step(session, "rated", enquiry, viewer.account_id, now, rating=rating)


def _register(
    session: Session,
    contract: VisibleContract,
    viewer: Viewer,
    command: NewEnquiry,
    rules: EnquiryRules,
    now: datetime,
) -> tuple[int, bool]:
    """Insert the enquiry once for its idempotency key; its id, and whether it is new."""
    # One after the other: of several submissions of one form the first makes the enquiry.
    session.execute(select(Account.id).where(Account.id == viewer.account_id).with_for_update())
    known = find_by_key(session, viewer, command.idempotency_key)
    if known is not None:
        return known.id, False
    count, first = count_since(session, viewer, now - DAY)
    if count >= rules.per_day:
        raise TooManyAttemptsError(max(1, int(((first or now) + DAY - now).total_seconds())))
    enquiry_id = _insert(session, contract, viewer, command, rules, now)
    if enquiry_id:
        return enquiry_id, True
    known = find_by_key(session, viewer, command.idempotency_key)
    if known is not None:
        return known.id, False
    # The key is somebody else's; no page of ours has given it out.
    command = replace(command, idempotency_key=str(uuid.uuid4()))
    return _insert(session, contract, viewer, command, rules, now), True


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
        idempotency_key=command.idempotency_key,
        contract_id=contract.id,
        account_id=viewer.account_id,
        topic_id=command.topic.id,
        department_id=command.department_id,
        premises_kind_id=command.premises_kind_id,
        organisation=command.organisation,
        phone=command.phone,
        email=command.email,
        address=command.address,
        supply_point_id=command.supply_point_id,
        details=command.details,
        source_label=command.source_label,
        source_path=command.source_path,
        channel=EnquiryChannel.PORTAL,
        status=EnquiryStatus.REGISTERED,
        registered_at=now,
        answer_due_on=answer_due_on(now.date(), days),
    )


def _add_entry(
    session: Session,
    enquiry: Enquiry,
    viewer: Viewer,
    text: str,
    status: EnquiryStatus,
    idempotency_key: str,
    now: datetime,
) -> EnquiryEntry | None:
    return add_entry(
        session,
        enquiry,
        Author.CUSTOMER,
        text,
        idempotency_key,
        now,
        account_id=viewer.account_id,
        status=status,
    )
