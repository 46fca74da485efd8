"""What is typed and not sent yet: kept as it is, faults and all."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from app.actions.attachments import discard_draft
from app.domain.access import Viewer
from app.integrations.database import insert_if_new
from app.models import EnquiryDraft
from app.queries.contracts import VisibleContract
from app.queries.enquiries import find_draft

KEEP = timedelta(days=30)


def save_draft(
    session: Session, contract: VisibleContract, viewer: Viewer, enquiry_id: int, key: str,
    typed: Mapping[str, str], now: datetime,
) -> EnquiryDraft:  # fmt: skip
    """Keep what was typed; one draft for a new enquiry, and one for an addition to each.

    Args:
        key: of the form, a UUID; a draft keeps the one it began with.
    """
    insert_if_new(
        session, EnquiryDraft, contract_id=contract.id, account_id=viewer.account_id,
        enquiry_id=enquiry_id, key=key or str(uuid.uuid4()), typed={}, changed_at=now,
    )  # fmt: skip
    draft = find_draft(session, contract, viewer, enquiry_id)
    if draft is None:
        raise AssertionError("a draft that was just written is there")
    if draft.typed != dict(typed):
        draft.typed = dict(typed)
        draft.changed_at = now
        session.flush()
    return draft


def delete_old_drafts(session: Session, now: datetime) -> list[str]:
    """Forget drafts nobody has touched for long; names in the file store to be deleted."""
    old = session.scalars(
        select(EnquiryDraft)
        .where(EnquiryDraft.changed_at < now - KEEP)
        .options(selectinload(EnquiryDraft.attachments))
    ).all()
    return [name for draft in old for name in discard_draft(session, draft)]
