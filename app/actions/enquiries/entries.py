"""Add entries to the thread of an enquiry, and change an enquiry while it is open."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from app.actions.audit_log import record
from app.domain.enquiries import OPEN, Author, EnquiryStatus
from app.domain.errors import EnquiryClosedError
from app.lib.database import count_changed, insert_or_ignore
from app.models import Enquiry, EnquiryEntry


def add_entry(
    session: Session,
    enquiry: Enquiry,
    author: Author,
    text: str,
    idempotency_key: str,
    now: datetime,
    *,
    account_id: int | None = None,
    staff_id: int | None = None,
    author_name: str | None = None,
    status: EnquiryStatus | None = None,
    is_internal: bool = False,
) -> EnquiryEntry | None:
    """Add an entry to a thread; None: the form with this key has made one already.

    Args:
        idempotency_key: of the form, a UUID.
        status: the status of the enquiry from this entry on.
        is_internal: only staff may read it.
    """
    entry_id = insert_or_ignore(
        session,
        EnquiryEntry,
        idempotency_key=idempotency_key,
        enquiry_id=enquiry.id,
        written_at=now,
        author=author,
        author_name=author_name[:200] if author_name else None,
        account_id=account_id,
        staff_id=staff_id,
        text=text,
        status=status,
        is_internal=is_internal,
    )
    return session.get_one(EnquiryEntry, entry_id) if entry_id else None


def change_open_enquiry(
    session: Session,
    enquiry: Enquiry,
    values: dict[str, object],
    *unchanged: ColumnElement[bool],
) -> None:
    """Change an enquiry while it is open and nobody else has changed it.

    Args:
        values: new values by column.
        unchanged: conditions on the columns as they were read (optimistic lock).

    Raises:
        EnquiryClosedError: ``closed``; ``raced``: it is open, but a condition fails.
    """
    where = [Enquiry.id == enquiry.id, Enquiry.status.in_(OPEN), *unchanged]
    if count_changed(session, update(Enquiry).where(*where).values(**values)):
        return
    status = session.scalar(select(Enquiry.status).where(Enquiry.id == enquiry.id))
    raise EnquiryClosedError("raced" if unchanged and status in OPEN else "closed")


def record_step(
    session: Session,
    step: str,
    enquiry: Enquiry,
    account_id: int | None,
    now: datetime,
    **details: object,
) -> None:
    """Record a step of an enquiry in the audit log.

    Args:
        account_id: who took the step; for steps of staff the account whose enquiry it is.
    """
    record(
        session,
        f"enquiry.{step}",
        account_id,
        "enquiries",
        enquiry.number or "",
        now,
        contract_id=enquiry.contract_id,
        **details,
    )
