"""The supplier's words in enquiries: answers, questions, refusals, notes of the desk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from app.actions.accounts.notifications import notify_enquirer
from app.actions.audit_log import record
from app.domain.enquiries import OPEN, Author, EnquiryStatus, Reply
from app.domain.errors import EnquiryClosedError
from app.lib.database import count_changed, insert_or_ignore
from app.models import (
    Attachment,
    Enquiry,
    EnquiryEntry,
)
from app.queries.enquiries.staff import has_news


@dataclass(frozen=True, slots=True)
class Writer:
    """Whose step it is: as the customer reads it, and as the desk knows them."""

    name: str
    staff_id: int | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """What is written, and its files as ``keep_files`` has made them.

    ``key`` comes with the form, so that a form sent twice makes one entry. ``seen`` is the last
    entry that was on the page; None: whatever has come since does not matter.
    """

    key: str
    text: str
    files: Sequence[Attachment] = ()
    seen: int | None = None


def reply_to_enquiry(
    session: Session, enquiry: Enquiry, writer: Writer, reply: Reply, words: Words, now: datetime
) -> EnquiryEntry | None:
    """Do what a clerk has decided; the customer gets the words, not only a link to them.

    Args:
        now: in the supplier's zone.

    Returns:
        None: this very form has been sent.

    Raises:
        EnquiryClosedError: ``closed``: nothing is open any more; ``raced``: somebody else has
            written since.
    """
    status = reply.leads_to
    entry = _write(session, enquiry, writer, words, now, status=status)
    if entry is None:
        return None
    values: dict[str, object] = {"status": status}
    if reply is Reply.ANSWER:
        values["answered_at"] = now
    if status in (EnquiryStatus.CLOSED, EnquiryStatus.REJECTED):
        values["closed_at"] = now
    change_enquiry(session, enquiry, values)
    # Asked while the row is ours: of two clerks who answer at once the second reads the first.
    if words.seen is not None and has_news(session, enquiry, words.seen, writer.staff_id, entry.id):
        raise EnquiryClosedError("raced")
    record_step(
        session, reply, enquiry, now, staff=writer.name, status=[str(enquiry.status), str(status)]
    )
    if reply.needs_words or reply is Reply.CLOSE:
        notify_enquirer(
            session,
            enquiry,
            "enquiry_closed" if reply is Reply.CLOSE else "enquiry_reply",
            str(entry.id),
            now,
            reply=str(reply),
            files=len(words.files),
            staff=entry.author_name or "",
            lines=[line for line in words.text.splitlines() if line.strip()],
        )
    return entry


def write_note(
    session: Session, enquiry: Enquiry, writer: Writer, words: Words, now: datetime
) -> EnquiryEntry | None:
    """«Внутренняя заметка»: for the desk only, on a closed enquiry as well.

    Returns:
        None: this very form has been sent.
    """
    entry = _write(session, enquiry, writer, words, now, is_internal=True)
    if entry is not None:
        record_step(session, "note", enquiry, now, files=len(words.files))
    return entry


def change_enquiry(
    session: Session,
    enquiry: Enquiry,
    values: dict[str, object],
    *still: ColumnElement[bool],
    code: str = "",
) -> None:
    """Change an enquiry while it is open and ``still`` holds; ``code`` is of an error for when
    only that does not."""
    where = [Enquiry.id == enquiry.id, Enquiry.status.in_(OPEN), *still]
    if count_changed(session, update(Enquiry).where(*where).values(**values)):
        return
    status = session.scalar(select(Enquiry.status).where(Enquiry.id == enquiry.id))
    raise EnquiryClosedError(code if code and status in OPEN else "closed")


def record_step(
    session: Session, step: str, enquiry: Enquiry, now: datetime, **facts: object
) -> None:
    """Write a clerk's step into the journal."""
    record(
        session,
        f"enquiry.{step}",
        enquiry.account_id,
        "enquiries",
        enquiry.number or "",
        now,
        **facts,
    )


def _write(
    session: Session,
    enquiry: Enquiry,
    writer: Writer,
    words: Words,
    now: datetime,
    *,
    status: EnquiryStatus | None = None,
    is_internal: bool = False,
) -> EnquiryEntry | None:
    """An entry with its files; None: there is one with this key."""
    entry_id = insert_or_ignore(
        session,
        EnquiryEntry,
        idempotency_key=words.key,
        enquiry_id=enquiry.id,
        written_at=now,
        author=Author.STAFF,
        author_name=writer.name[:200],
        staff_id=writer.staff_id,
        text=words.text,
        status=status,
        is_internal=is_internal,
    )
    if not entry_id:
        return None
    for attachment in words.files:
        attachment.entry_id = entry_id
        session.add(attachment)
    session.flush()
    return session.get_one(EnquiryEntry, entry_id)
