"""The supplier's side of enquiries: taken, asked about, answered, refused."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.actions.attachments import Cabinet, make_attachment
from app.actions.journal import record
from app.actions.notices import tell_enquirer
from app.domain.attachments import CheckedFile
from app.domain.enquiries import OPEN, Author, EnquiryStatus, Reply
from app.domain.errors import EnquiryClosedError
from app.integrations.database import count_changed
from app.models import Enquiry, EnquiryEntry


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
        tell_enquirer(
            session, enquiry, "enquiry_reply", str(entry.id), now,
            reply=str(reply), files=len(files), staff=entry.author_name or "",
            lines=[line for line in text.splitlines() if line.strip()],
        )  # fmt: skip
    return entry
