"""What is typed and not sent yet: kept as it is, faults and all."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session, selectinload

from app.domain.access import Viewer
from app.domain.enquiries import MAX_DRAFT_TEXT, bound_draft
from app.domain.errors import DraftFullError
from app.lib.database import count_changed, insert_or_ignore
from app.models import Attachment, EnquiryDraft, EnquiryEntry
from app.queries.contracts import VisibleContract
from app.queries.enquiries.customer import find_draft

KEEP = timedelta(days=30)
NEW = 0
"""In the place of an enquiry's id: the draft of a new one."""


def save_draft(
    session: Session,
    contract: VisibleContract,
    viewer: Viewer,
    enquiry_id: int,
    typed: Mapping[str, str],
    now: datetime,
) -> EnquiryDraft:
    """Keep what was typed, as far as a draft holds it; one draft for a new enquiry, and one for an
    addition to each."""
    draft, bounded = lock_draft(session, contract, viewer, enquiry_id, now), bound_draft(typed)
    if draft.typed != bounded:
        draft.typed = bounded
        draft.changed_at = now
        session.flush()
    return draft


def lock_draft(
    session: Session, contract: VisibleContract, viewer: Viewer, enquiry_id: int, now: datetime
) -> EnquiryDraft:
    """The draft, made if there is none, and nobody else's until the transaction ends."""
    while True:
        insert_or_ignore(
            session,
            EnquiryDraft,
            contract_id=contract.id,
            account_id=viewer.account_id,
            enquiry_id=enquiry_id,
            typed={},
            changed_at=now,
        )
        # Another process may have sent it in between.
        draft = find_draft(session, contract, viewer, enquiry_id, lock=True)
        if draft is not None:
            return draft


def take_files(
    session: Session,
    contract: VisibleContract,
    viewer: Viewer,
    enquiry_id: int,
    entry: EnquiryEntry,
) -> None:
    """The draft's files are the entry's now, and the draft has served."""
    draft = find_draft(session, contract, viewer, enquiry_id, lock=True)
    if draft is None:
        return
    count_changed(
        session,
        update(Attachment)
        .where(Attachment.draft_id == draft.id)
        .values(draft_id=None, entry_id=entry.id),
    )
    _delete(session, draft)


def move_draft(
    session: Session, contract: VisibleContract, viewer: Viewer, enquiry_id: int, now: datetime
) -> None:
    """What was meant for an enquiry that is closed becomes (part of) a new one.

    Raises:
        DraftFullError: the text of both does not fit into one draft.
    """
    draft = find_draft(session, contract, viewer, enquiry_id, lock=True)
    if draft is None:
        return
    new = lock_draft(session, contract, viewer, NEW, now)
    texts = [new.typed.get("text", ""), draft.typed.get("text", "")]
    text = "\n\n".join(text for text in texts if text)
    if len(text) > MAX_DRAFT_TEXT:
        raise DraftFullError
    new.typed = new.typed | {"text": text}
    new.changed_at = now
    count_changed(
        session,
        update(Attachment).where(Attachment.draft_id == draft.id).values(draft_id=new.id),
    )
    _delete(session, draft)


def remove_attachment(session: Session, draft: EnquiryDraft, attachment_id: int) -> list[str]:
    """Take a file out of a draft; names in the store to be deleted after the commit."""
    names = [each.storage_key for each in draft.attachments if each.id == attachment_id]
    wanted = (Attachment.id == attachment_id) & (Attachment.draft_id == draft.id)
    count_changed(session, delete(Attachment).where(wanted))
    return names


def discard_draft(session: Session, draft: EnquiryDraft) -> list[str]:
    """Forget a draft; names in the store to be deleted after the commit."""
    names = [each.storage_key for each in draft.attachments]
    count_changed(session, delete(Attachment).where(Attachment.draft_id == draft.id))
    _delete(session, draft)
    return names


def delete_old_drafts(session: Session, now: datetime) -> list[str]:
    """Forget drafts nobody has touched for long; names in the file store to be deleted."""
    old = session.scalars(
        select(EnquiryDraft)
        .where(EnquiryDraft.changed_at < now - KEEP)
        .options(selectinload(EnquiryDraft.attachments))
    ).all()
    return [name for draft in old for name in discard_draft(session, draft)]


def _delete(session: Session, draft: EnquiryDraft) -> None:
    """A statement: a twin of this request may have deleted the row already."""
    count_changed(session, delete(EnquiryDraft).where(EnquiryDraft.id == draft.id))
    session.expunge(draft)
