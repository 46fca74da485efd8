"""What is typed is kept first, whatever becomes of it then: drafts and their files."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from flask import g, request, session

from app.actions.attachments import attach_files, discard_draft, remove_attachment
from app.actions.drafts import save_draft
from app.domain.access import Permission, Viewer
from app.domain.errors import AccessDeniedError, AttachmentError, NotFoundError
from app.extensions import db
from app.models import EnquiryDraft
from app.queries.accounts import find_expired_session
from app.queries.contracts import VisibleContract, get_visible
from app.queries.enquiries import find_draft
from app.web.rules import file_rules
from app.web.session import clock, config, current_viewer
from app.web.uploads import cabinet, delete_stored, read_uploads

REMOVE = "remove-"


@dataclass(frozen=True, slots=True)
class Kept:
    """A draft after what the form brought; files that were not taken."""

    draft: EnquiryDraft
    refused: list[AttachmentError]


def keep_typed(enquiry_id: int, key: str, typed: Mapping[str, str]) -> Kept:
    """Save the draft of the signed-in viewer, with the files that came. Commits."""
    return _keep(g.contract, current_viewer(), enquiry_id, key, typed)


def discard(enquiry_id: int) -> None:
    """Forget a draft and its files. Commits."""
    draft = find_draft(db.session(), g.contract, current_viewer(), enquiry_id)
    names = discard_draft(db.session(), draft) if draft else []
    db.session.commit()
    delete_stored(names)


def discard_twin(draft: EnquiryDraft) -> None:
    """Another process was quicker with this very form: what it left behind goes. Commits."""
    twin = find_draft(db.session(), g.contract, current_viewer())
    if twin is not None and twin.key == draft.key:
        discard(0)


def rescue(contract_id: int, enquiry_id: int, key: str, typed: Mapping[str, str]) -> bool:
    """Keep what was typed in a session that has run out; its cookie still says whose it is.

    Only a draft is written: the person reads and sends it after signing in again.
    """
    row = find_expired_session(db.session(), session.get("_user_id", ""), clock().now())
    if row is None:
        return False
    viewer = Viewer(row)
    with suppress(NotFoundError, AccessDeniedError):
        contract = get_visible(db.session(), viewer, contract_id, Permission.SEND_ENQUIRIES)
        _keep(contract, viewer, enquiry_id, key, typed)
        return True
    return False


def _keep(
    contract: VisibleContract, viewer: Viewer, enquiry_id: int, key: str, typed: Mapping[str, str]
) -> Kept:
    now, pressed = clock().now(), request.form.get("do", "")
    draft = save_draft(db.session(), contract, viewer, enquiry_id, key, typed, now)
    names = []
    if pressed.startswith(REMOVE) and pressed.removeprefix(REMOVE).isdecimal():
        wanted = int(pressed.removeprefix(REMOVE)[:18])
        names = remove_attachment(db.session(), draft, wanted)
        db.session().expire(draft, ["attachments"])
    refused = attach_files(
        db.session(), draft, read_uploads(), cabinet(), file_rules(config()), now
    )
    db.session.commit()
    delete_stored(names)
    found = find_draft(db.session(), contract, viewer, enquiry_id)
    return Kept(found or draft, refused)
