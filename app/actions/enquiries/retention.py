"""Delete enquiries some years after their answer, with their threads and files."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, delete, func, or_, select, update
from sqlalchemy.orm import Session

from app.domain.enquiries import UNANSWERED, EnquiryStatus
from app.lib.database import count_changed
from app.models import Attachment, Consent, Enquiry, EnquiryDraft, EnquiryEntry

BATCH = 50
"""Enquiries deleted in one transaction."""


def purge_enquiries(session: Session, before: datetime, now: datetime) -> tuple[int, list[str]]:
    """Delete some of the enquiries that were answered, rejected or closed before a moment.

    Their consents remain as evidence, and end now. What somebody adds at the same time makes an
    enquiry unanswered again: it stays.

    Returns:
        How many it was, and the storage keys of their files, to be deleted after the commit.
    """
    ids = _lock_expired(session, before)
    if not ids:
        return 0, []
    entries = select(EnquiryEntry.id).where(EnquiryEntry.enquiry_id.in_(ids))
    drafts = select(EnquiryDraft.id).where(EnquiryDraft.enquiry_id.in_(ids))
    is_theirs = or_(Attachment.entry_id.in_(entries), Attachment.draft_id.in_(drafts))
    keys = list(session.scalars(select(Attachment.storage_key).where(is_theirs)))
    for statement in (
        delete(Attachment).where(is_theirs),
        delete(EnquiryDraft).where(EnquiryDraft.enquiry_id.in_(ids)),
        delete(EnquiryEntry).where(EnquiryEntry.enquiry_id.in_(ids)),
        update(Consent)
        .where(Consent.enquiry_id.in_(ids))
        .values(enquiry_id=None, ended_at=func.coalesce(Consent.withdrawn_at, now)),
        delete(Enquiry).where(Enquiry.id.in_(ids)),
    ):
        count_changed(session, statement)
    return len(ids), keys


def _lock_expired(session: Session, before: datetime) -> list[int]:
    """Ids of some expired enquiries, locked until the commit.

    Locked as a deletion locks them, so that PostgreSQL waits for an addition that is being written.
    SQLite has no locks of rows: a write before the ids are read keeps other writers away.
    """
    is_expired = _is_expired(before)
    oldest = select(Enquiry.id).where(is_expired).order_by(Enquiry.id).limit(BATCH)
    ids = session.scalars(oldest.with_for_update()).all()
    if session.get_bind().dialect.name != "sqlite" or not ids:
        return list(ids)
    is_same = and_(Enquiry.id.in_(ids), is_expired)
    count_changed(session, update(Enquiry).where(is_same).values(rating_comment=None))
    return list(session.scalars(select(Enquiry.id).where(is_same)))


def _is_expired(before: datetime) -> ColumnElement[bool]:
    """Enquiries that nobody waits for, and whose answer is old; without one, their closing."""
    ended_at = case(
        (Enquiry.status == EnquiryStatus.REJECTED, Enquiry.closed_at),
        else_=func.coalesce(Enquiry.answered_at, Enquiry.closed_at),
    )
    return and_(Enquiry.status.not_in(UNANSWERED), ended_at < before)
