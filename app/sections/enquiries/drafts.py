"""What is typed is kept first, whatever becomes of it then: drafts and their files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from flask import request, session

from app.actions.enquiries.attachments import attach_files
from app.actions.enquiries.drafts import NEW, discard_draft, remove_attachment, save_draft
from app.domain.access import Permission, Viewer
from app.domain.attachments import clean_name
from app.domain.enquiries import MAX_DRAFT_TEXT
from app.domain.errors import AccessDeniedError, AttachmentError, NotFoundError
from app.extensions import db
from app.models import EnquiryDraft, EnquiryEntry
from app.queries.accounts import find_expired_session
from app.queries.contracts import VisibleContract, get_visible
from app.queries.enquiries.customer import find_draft, get_enquiry
from app.web.context import clock
from app.web.policies import file_rules
from app.web.session import access_window, current_browser
from app.web.uploads import FIELD, cabinet, delete_stored, read_uploads

REMOVE = re.compile(r"remove-([0-9]{1,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Kept:
    """A draft after what the form brought; files that were not taken."""

    draft: EnquiryDraft | None
    refused: list[AttachmentError]
    is_cut: bool = False
    """The draft holds the beginning of the text only."""


def keep_typed(contract: VisibleContract, enquiry_id: int, typed: Mapping[str, str]) -> Kept:
    """Save the draft of the signed-in viewer, with the files that came. Commits."""
    return _keep(contract, contract.viewer, enquiry_id, typed)


def discard(contract: VisibleContract, enquiry_id: int) -> None:
    """Forget a draft and its files. Commits."""
    draft = find_draft(db.session(), contract, contract.viewer, enquiry_id)
    names = discard_draft(db.session(), draft) if draft else []
    db.session.commit()
    delete_stored(names)


def discard_twin(contract: VisibleContract, enquiry_id: int, text: str) -> None:
    """Forget what a repeated form has left behind, and nothing that was typed since. Commits."""
    draft = find_draft(db.session(), contract, contract.viewer, enquiry_id)
    if draft is not None and draft.typed.get("text", "").strip() == text.strip():
        discard(contract, enquiry_id)


def is_repeat(entry: EnquiryEntry, text: str) -> bool:
    """Whether a form brings what an entry has already: its words, and no file besides."""
    names = {each.name for each in entry.attachments}
    brought = {clean_name(part.filename) for part in request.files.getlist(FIELD) if part.filename}
    return entry.text == text.strip() and brought <= names


def rescue(contract_id: int, enquiry_id: int, typed: Mapping[str, str]) -> Kept | None:
    """Keep what was typed in a session that has run out; its cookie still says whose it is.

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
        return _keep(contract, viewer, enquiry_id, typed)
    return None


def _keep(
    contract: VisibleContract, viewer: Viewer, enquiry_id: int, typed: Mapping[str, str]
) -> Kept:
    now, names = clock().now(), []
    draft = save_draft(db.session(), contract, viewer, enquiry_id, typed, now)
    if pressed := REMOVE.fullmatch(request.form.get("do", "")):
        names = remove_attachment(db.session(), draft, int(pressed[1]))
    # What was typed stands before any file is looked at.
    db.session.commit()
    taken = attach_files(
        db.session(),
        contract,
        viewer,
        enquiry_id,
        read_uploads(),
        current_browser().address,
        cabinet(),
        file_rules(),
        now,
    )
    db.session.commit()
    delete_stored([*names, *taken.superfluous])
    is_cut = len(typed.get("text", "")) > MAX_DRAFT_TEXT
    return Kept(find_draft(db.session(), contract, viewer, enquiry_id), taken.refused, is_cut)
