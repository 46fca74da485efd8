"""Answer, ask about, reject or close enquiries, and write internal notes, as staff do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.actions.accounts.notifications import notify_enquirer
from app.actions.enquiries.entries import add_entry, change_open_enquiry, record_step
from app.actions.events.recording import record_events
from app.domain.enquiries import Author, EnquiryStatus, Reply
from app.domain.errors import EnquiryClosedError
from app.domain.events import EventKind, NewEvent
from app.models import (
    Attachment,
    Enquiry,
    EnquiryEntry,
)
from app.queries.enquiries.staff import has_other_entries


@dataclass(frozen=True, slots=True)
class StaffAuthor:
    """Who of the staff takes a step: name as the customer reads it, and id."""

    name: str
    staff_id: int | None = None


@dataclass(frozen=True, slots=True)
class ReplyDraft:
    """A message or note of the staff with its files.

    Attributes:
        idempotency_key: of the form, so that a form sent twice makes one entry.
        files: as ``store_files`` has made them.
        seen_entry_id: the last entry that was on the page; None: whatever has come since does
            not matter.
    """

    idempotency_key: str
    text: str
    files: Sequence[Attachment] = ()
    seen_entry_id: int | None = None


def reply_to_enquiry(
    session: Session,
    enquiry: Enquiry,
    author: StaffAuthor,
    reply: Reply,
    draft: ReplyDraft,
    now: datetime,
) -> EnquiryEntry | None:
    """Answer, ask, reject or close; the email to the customer has the whole text.

    Args:
        now: in the supplier's zone.

    Returns:
        None: this very form has been sent.

    Raises:
        EnquiryClosedError: ``closed``: nothing is open any more; ``raced``: somebody else has
            written since.
    """
    status = reply.leads_to
    entry = _add_entry(session, enquiry, author, draft, now, status=status)
    if entry is None:
        return None
    values: dict[str, object] = {"status": status}
    if reply is Reply.ANSWER:
        values["answered_at"] = now
    if status in (EnquiryStatus.CLOSED, EnquiryStatus.REJECTED):
        values["closed_at"] = now
    change_open_enquiry(session, enquiry, values)
    # Checked while the row is locked: of two clerks who answer at once the second is told.
    seen_id = draft.seen_entry_id
    if seen_id is not None and has_other_entries(
        session, enquiry, seen_id, author.staff_id, entry.id
    ):
        raise EnquiryClosedError("raced")
    record_step(
        session,
        reply,
        enquiry,
        enquiry.account_id,
        now,
        staff=author.name,
        status=[str(enquiry.status), str(status)],
    )
    _notify(session, enquiry, reply, draft, entry, now)
    return entry


def _notify(
    session: Session,
    enquiry: Enquiry,
    reply: Reply,
    draft: ReplyDraft,
    entry: EnquiryEntry,
    now: datetime,
) -> None:
    """Queue the email about a reply or the closing, and store the event; other steps have none."""
    if not reply.needs_text and reply is not Reply.CLOSE:
        return
    notify_enquirer(
        session,
        enquiry,
        "enquiry_closed" if reply is Reply.CLOSE else "enquiry_reply",
        str(entry.id),
        now,
        reply=str(reply),
        files=len(draft.files),
        staff=entry.author_name or "",
        lines=[line for line in draft.text.splitlines() if line.strip()],
    )
    event = NewEvent(
        EventKind.ANSWER,
        enquiry.contract_id,
        str(entry.id),
        now.date(),
        enquiry.id,
        facts={"number": enquiry.number or "", "reply": str(reply)},
        told_account_id=enquiry.account_id,
    )
    if reply is not Reply.CLOSE:
        record_events(session, [event], now)


def write_note(
    session: Session, enquiry: Enquiry, author: StaffAuthor, draft: ReplyDraft, now: datetime
) -> EnquiryEntry | None:
    """Write an internal note, which only staff read; closed enquiries may have one too.

    Returns:
        None: this very form has been sent.
    """
    entry = _add_entry(session, enquiry, author, draft, now, is_internal=True)
    if entry is not None:
        record_step(session, "note", enquiry, enquiry.account_id, now, files=len(draft.files))
    return entry


def _add_entry(
    session: Session,
    enquiry: Enquiry,
    author: StaffAuthor,
    draft: ReplyDraft,
    now: datetime,
    *,
    status: EnquiryStatus | None = None,
    is_internal: bool = False,
) -> EnquiryEntry | None:
    """An entry with its files; None: there is one with this key."""
    entry = add_entry(
        session,
        enquiry,
        Author.STAFF,
        draft.text,
        draft.idempotency_key,
        now,
        author_name=author.name,
        staff_id=author.staff_id,
        status=status,
        is_internal=is_internal,
    )
    if entry is None:
        return None
    for attachment in draft.files:
        attachment.entry_id = entry.id
        session.add(attachment)
    session.flush()
    return entry
