"""Drafts of enquiries and additions: save, move, discard, expire."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session, selectinload

from app.domain.access import Viewer
from app.domain.enquiries import MAX_DRAFT_TEXT, truncate_draft
from app.domain.errors import DraftFullError
from app.lib.database import count_changed, insert_or_ignore
from app.models import Attachment, EnquiryDraft, EnquiryEntry
from app.queries.contracts import VisibleContract
from app.queries.enquiries.customer import find_draft

NEW = 0
"""Enquiry id of the draft of a new enquiry."""


def save_draft(
    session: Session,
    contract: VisibleContract,
    viewer: Viewer,
    enquiry_id: int,
    typed: Mapping[str, str],
    now: datetime,
) -> EnquiryDraft:
    """Save what was typed, valid or not, as far as a draft holds it.

    There is one draft for a new enquiry, and one for an addition to each enquiry.
    """
    draft = lock_draft(session, contract, viewer, enquiry_id, now)
    truncated = truncate_draft(typed)
    if draft.typed != truncated:
        draft.typed = truncated
        draft.changed_at = now
        session.flush()
    return draft


def lock_draft(
    session: Session, contract: VisibleContract, viewer: Viewer, enquiry_id: int, now: datetime
) -> EnquiryDraft:
    """Insert the draft if there is none, and lock it until the transaction ends."""
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


def move_files_to_entry(
    session: Session,
    contract: VisibleContract,
    viewer: Viewer,
    enquiry_id: int,
    entry: EnquiryEntry,
) -> None:
    """Move the draft's files to the entry that was sent, and delete the draft."""
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
    """Move the draft of an addition to a closed enquiry into the draft of a new one.

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
    """Remove a file from a draft; storage keys to be deleted after the commit."""
    keys = [file.storage_key for file in draft.attachments if file.id == attachment_id]
    wanted = (Attachment.id == attachment_id) & (Attachment.draft_id == draft.id)
    count_changed(session, delete(Attachment).where(wanted))
    return keys


def discard_draft(session: Session, draft: EnquiryDraft) -> list[str]:
    """Delete a draft; storage keys to be deleted after the commit."""
    keys = [file.storage_key for file in draft.attachments]
    count_changed(session, delete(Attachment).where(Attachment.draft_id == draft.id))
    _delete(session, draft)
    return keys


def delete_old_drafts(session: Session, before: datetime) -> list[str]:
    """Delete drafts that have not changed since a moment; storage keys to be deleted."""
    old = session.scalars(
        select(EnquiryDraft)
        .where(EnquiryDraft.changed_at < before)
        .options(selectinload(EnquiryDraft.attachments))
    ).all()
    return [key for draft in old for key in discard_draft(session, draft)]


def _delete(session: Session, draft: EnquiryDraft) -> None:
    """Delete by statement: the same request sent twice may have deleted the row already."""
    count_changed(session, delete(EnquiryDraft).where(EnquiryDraft.id == draft.id))
    session.expunge(draft)
