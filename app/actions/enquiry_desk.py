"""The supplier's side of enquiries: taken, asked about, answered, refused."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.actions.accounts import record
from app.actions.attachments import Cabinet, make_attachment
from app.actions.messages import Outgoing, queue_message
from app.actions.notices import letter_facts
from app.domain.attachments import CheckedFile
from app.domain.enquiries import OPEN, Author, EnquiryStatus, Reply
from app.domain.errors import EnquiryClosedError
from app.domain.registration import Channel
from app.integrations.database import count_changed
from app.integrations.letters import write_letter
from app.models import Contract, Enquiry, EnquiryEntry


def reply_to_enquiry(
    session: Session, enquiry: Enquiry, staff: str, reply: Reply, text: str,
    files: Sequence[CheckedFile], cabinet: Cabinet, now: datetime,
) -> EnquiryEntry:  # fmt: skip
    """Do what a clerk has decided; the customer gets the words, not only a link to them.

    Args:
        staff: whose words these are, as the customer reads it.
        now: in the supplier's zone.

    Raises:
        EnquiryClosedError: ``closed``: nothing is open any more.
        AttachmentError: a file is infected or cannot be kept.
    """
    status = reply.leads_to
    values: dict[str, object] = {"status": status}
    if reply is Reply.ANSWER:
        values["answered_at"] = now
    if status in (EnquiryStatus.CLOSED, EnquiryStatus.REJECTED):
        values["closed_at"] = now
    moved = count_changed(
        session,
        update(Enquiry).where(Enquiry.id == enquiry.id, Enquiry.status.in_(OPEN)).values(**values),
    )
    if not moved:
        raise EnquiryClosedError("closed")
    entry = EnquiryEntry(
        key=str(uuid.uuid4()), enquiry_id=enquiry.id, written_at=now, author=Author.STAFF,
        author_name=staff[:200], text=text, status=status, is_internal=False,
    )  # fmt: skip
    session.add(entry)
    session.flush()
    for checked in files:
        attachment = make_attachment(enquiry.contract_id, None, checked, cabinet, now)
        attachment.entry_id = entry.id
        session.add(attachment)
    session.flush()
    record(session, f"enquiry.{reply}", None, "enquiries", enquiry.number or "", now, staff=staff)
    if reply.needs_words:
        _send(session, enquiry, entry, reply, len(files), now)
    return entry


def _send(
    session: Session, enquiry: Enquiry, entry: EnquiryEntry, reply: Reply, files: int,
    now: datetime,
) -> None:  # fmt: skip
    contract = session.get_one(Contract, enquiry.contract_id)
    facts = letter_facts(session, contract) | {
        "enquiry": enquiry.number,
        "reply": str(reply),
        "lines": [line for line in entry.text.splitlines() if line.strip()],
        "files": files,
        "staff": entry.author_name or "",
    }
    queue_message(
        session,
        Outgoing(
            kind="enquiry_reply",
            channel=Channel.MAIL,
            recipient=enquiry.email,
            words=write_letter("enquiry_reply", **facts),
            key=str(entry.id),
            account_id=enquiry.account_id,
            contract_id=enquiry.contract_id,
        ),
        now,
    )
