"""Register an enquiry that came on paper or by telephone, as a clerk enters it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy.orm import Session

from app.actions.accounts.notifications import notify_enquirer
from app.actions.enquiries.entries import add_entry, record_step
from app.actions.enquiries.replies import StaffAuthor
from app.domain.enquiries import (
    Author,
    EnquiryChannel,
    EnquiryStatus,
    answer_due_on,
    registration_number,
)
from app.lib.database import insert_or_ignore
from app.models import Attachment, Enquiry
from app.queries.contracts import VisibleContract
from app.queries.enquiries.choices import TopicChoice


@dataclass(frozen=True, slots=True)
class EnteredEnquiry:
    """An enquiry as a clerk has entered it, validated.

    Attributes:
        idempotency_key: of the form, a UUID.
        phone: E.164; empty: none was named, and so ``email``.
        received_on: when it reached the supplier; the days to the answer are counted from it.
        files: scans, as ``store_files`` has made them.
    """

    idempotency_key: str
    channel: EnquiryChannel
    received_on: date
    topic: TopicChoice
    department_id: int | None
    premises_kind_id: int
    organisation: str
    phone: str
    email: str
    address: str
    text: str
    supply_point_id: int | None = None
    details: dict[str, str] = field(default_factory=dict)
    files: Sequence[Attachment] = ()


def enter_enquiry(
    session: Session,
    contract: VisibleContract,
    author: StaffAuthor,
    command: EnteredEnquiry,
    answer_days: int,
    now: datetime,
) -> int:
    """Register an enquiry with its number; its id, or 0: this very form has made one.

    The receipt goes to the address that was named; without one nobody is written to.

    Args:
        answer_days: of topics that have no deadline of their own.
        now: in the supplier's zone.
    """
    enquiry_id = _insert(session, contract, command, answer_days, now)
    if not enquiry_id:
        return 0
    enquiry = session.get_one(Enquiry, enquiry_id)
    enquiry.number = registration_number(enquiry_id, now.date())
    entry = add_entry(
        session,
        enquiry,
        Author.CUSTOMER,
        command.text,
        command.idempotency_key,
        now,
        account_id=enquiry.account_id,
        staff_id=author.staff_id,
        author_name=author.name,
        status=EnquiryStatus.REGISTERED,
    )
    for attachment in command.files if entry else ():
        attachment.entry_id = entry.id if entry else None
        session.add(attachment)
    session.flush()
    details = {"topic": command.topic.name, "channel": str(command.channel), "staff": author.name}
    record_step(session, "entered", enquiry, enquiry.account_id, now, **details)
    due, topic = enquiry.answer_due_on, command.topic.name
    key = str(enquiry_id)
    notify_enquirer(session, enquiry, "enquiry_receipt", key, now, topic=topic, at=now, due=due)
    return enquiry_id


def _insert(
    session: Session,
    contract: VisibleContract,
    command: EnteredEnquiry,
    answer_days: int,
    now: datetime,
) -> int:
    days = command.topic.answer_days or answer_days
    return insert_or_ignore(
        session,
        Enquiry,
        idempotency_key=command.idempotency_key,
        contract_id=contract.id,
        account_id=contract.account_id or None,
        topic_id=command.topic.id,
        department_id=command.department_id,
        premises_kind_id=command.premises_kind_id,
        organisation=command.organisation,
        phone=command.phone,
        email=command.email,
        address=command.address,
        supply_point_id=command.supply_point_id,
        details=command.details,
        channel=command.channel,
        status=EnquiryStatus.REGISTERED,
        registered_at=now,
        answer_due_on=answer_due_on(command.received_on, days),
    )
