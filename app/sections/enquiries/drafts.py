"""Save drafts of enquiries with their files, before anything else is done with a form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from flask import request, session

from app.actions.enquiries.attachments import attach_files
from app.actions.enquiries.drafts import NEW, discard_draft, remove_attachment, save_draft
from app.domain.access import Permission, Viewer
from app.domain.enquiries import MAX_DRAFT_TEXT
from app.domain.errors import AccessDeniedError, AttachmentError, NotFoundError
from app.extensions import db
from app.models import EnquiryDraft
from app.queries.accounts import find_expired_session
from app.queries.contracts import VisibleContract, get_visible
from app.queries.enquiries.customer import find_draft, get_enquiry
from app.web.context import clock
from app.web.policies import file_rules
from app.web.session import access_window, current_browser
from app.web.uploads import attachment_storage, delete_stored, read_uploads

REMOVE = re.compile(r"remove-([0-9]{1,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class SavedDraft:
    """A draft after it was saved.

    Attributes:
        refused: files that were not accepted.
        is_truncated: the draft has only the beginning of the text.
    """

    draft: EnquiryDraft | None
    refused: list[AttachmentError]
    is_truncated: bool = False


def save_typed(contract: VisibleContract, enquiry_id: int, typed: Mapping[str, str]) -> SavedDraft:
    """Save the draft of the signed-in viewer, with the files that came. Commits."""
    return _save(contract, contract.viewer, enquiry_id, typed)


def discard(contract: VisibleContract, enquiry_id: int) -> None:
    """Delete a draft and its files. Commits."""
    draft = find_draft(db.session(), contract, contract.viewer, enquiry_id)
    keys = discard_draft(db.session(), draft) if draft else []
    db.session.commit()
    delete_stored(keys)


def discard_repeated(contract: VisibleContract, enquiry_id: int, text: str) -> None:
    """Delete the draft that a repeated form has saved, if nothing was typed since. Commits."""
    draft = find_draft(db.session(), contract, contract.viewer, enquiry_id)
    if draft is not None and draft.typed.get("text", "").strip() == text.strip():
        discard(contract, enquiry_id)


def save_after_expiry(
    contract_id: int, enquiry_id: int, typed: Mapping[str, str]
) -> SavedDraft | None:
    """Save what was typed in a session that has expired; its cookie still says whose it is.

    Only a draft is written: the person reads and sends it after signing in again.
    """
    account_id = find_expired_session(db.session(), session.get("_user_id", ""), clock().now())
    if account_id is None:
        return None
    viewer = Viewer(account_id)
    with suppress(NotFoundError, AccessDeniedError):
        contract = get_visible(
            db.session(), viewer, contract_id, Permission.SEND_ENQUIRIES, access_window()
        )
        if enquiry_id != NEW:
            get_enquiry(db.session(), contract, enquiry_id)
        return _save(contract, viewer, enquiry_id, typed)
    return None


def _save(
    contract: VisibleContract, viewer: Viewer, enquiry_id: int, typed: Mapping[str, str]
) -> SavedDraft:
    now, removed = clock().now(), []
    draft = save_draft(db.session(), contract, viewer, enquiry_id, typed, now)
    if pressed := REMOVE.fullmatch(request.form.get("do", "")):
        removed = remove_attachment(db.session(), draft, int(pressed[1]))
    # What was typed is saved before any file is read.
    db.session.commit()
    result = attach_files(
        db.session(),
        contract,
        viewer,
        enquiry_id,
        read_uploads(),
        current_browser().address,
        attachment_storage(),
        file_rules(),
        now,
    )
    db.session.commit()
    delete_stored([*removed, *result.superfluous])
    is_truncated = len(typed.get("text", "")) > MAX_DRAFT_TEXT
    return SavedDraft(
        find_draft(db.session(), contract, viewer, enquiry_id), result.refused, is_truncated
    )
