"""Files of enquiries: checked, scanned, counted, kept; what no row speaks of is deleted."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.attachments import CheckedFile, Upload, check_file
from app.domain.errors import AttachmentError
from app.integrations.antivirus import Scanner
from app.integrations.errors import ScanError, StoreError
from app.integrations.file_store import FileStore
from app.models import Attachment, EnquiryDraft

DAY = timedelta(days=1)
MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class FileRules:
    """Limits; sizes in bytes."""

    max_bytes: int
    per_message: int
    per_day: int
    account_bytes: int
    disk_free: int


@dataclass(frozen=True, slots=True)
class Cabinet:
    """Where files go, and who looks at them first."""

    store: FileStore
    scanner: Scanner


def attach_files(
    session: Session, draft: EnquiryDraft, uploads: Iterable[Upload], cabinet: Cabinet,
    rules: FileRules, now: datetime,
) -> list[AttachmentError]:  # fmt: skip
    """Put files into a draft; those that are not taken come back as errors, the others stay.

    The bytes are written before the row: a crash leaves a file nobody speaks of, which is deleted
    later, never a row without its file.
    """
    refused = []
    for upload in uploads:
        try:
            checked = check_file(upload, rules.max_bytes)
            if any(_is_same(known, checked) for known in draft.attachments):
                continue
            _check_room(session, draft, checked, cabinet.store, rules, now)
            draft.attachments.append(
                make_attachment(draft.contract_id, draft.account_id, checked, cabinet, now)
            )
            session.flush()
        except AttachmentError as error:
            refused.append(error)
    return refused


def make_attachment(
    contract_id: int, account_id: int | None, checked: CheckedFile, cabinet: Cabinet, now: datetime
) -> Attachment:
    """Scan and keep a file; the row that speaks of it, without its owner.

    Raises:
        AttachmentError: ``virus``, ``scanner`` or ``store``.
    """
    try:
        if not cabinet.scanner.is_clean(checked.content):
            raise AttachmentError("virus", checked.name)
        stored_as = cabinet.store.save(checked.content)
    except ScanError:
        raise AttachmentError("scanner", checked.name) from None
    except StoreError:
        raise AttachmentError("store", checked.name) from None
    return Attachment(
        contract_id=contract_id,
        account_id=account_id,
        name=checked.name,
        media_type=checked.media_type,
        size=len(checked.content),
        sha256=_digest(checked),
        stored_as=stored_as,
        attached_at=now,
    )


def remove_attachment(session: Session, draft: EnquiryDraft, attachment_id: int) -> list[str]:
    """Take a file out of a draft; names in the store to be deleted after the commit."""
    removed = [each for each in draft.attachments if each.id == attachment_id]
    return _remove(session, removed)


def discard_draft(session: Session, draft: EnquiryDraft) -> list[str]:
    """Forget a draft; names in the store to be deleted after the commit."""
    names = _remove(session, draft.attachments)
    session.delete(draft)
    session.flush()
    return names


def list_stored(session: Session) -> set[str]:
    """Names in the store that rows speak of."""
    return set(session.scalars(select(Attachment.stored_as)))


def _remove(session: Session, attachments: Sequence[Attachment]) -> list[str]:
    names = [each.stored_as for each in attachments]
    for each in attachments:
        session.delete(each)
    session.flush()
    return names


def _check_room(
    session: Session, draft: EnquiryDraft, checked: CheckedFile, store: FileStore,
    rules: FileRules, now: datetime,
) -> None:  # fmt: skip
    if len(draft.attachments) >= rules.per_message:
        raise AttachmentError("many", checked.name)
    owned = Attachment.account_id == draft.account_id
    today, total = session.execute(
        select(
            func.count().filter(Attachment.attached_at > now - DAY),
            func.coalesce(func.sum(Attachment.size), 0),
        ).where(owned)
    ).one()
    if today >= rules.per_day:
        raise AttachmentError("day", checked.name)
    if total + len(checked.content) > rules.account_bytes:
        raise AttachmentError("account", checked.name)
    free = store.free_bytes()
    if free is not None and free - len(checked.content) < rules.disk_free:
        raise AttachmentError("disk", checked.name)


def _is_same(known: Attachment, checked: CheckedFile) -> bool:
    """The same file chosen twice is one."""
    return known.name == checked.name and known.sha256 == _digest(checked)


def _digest(checked: CheckedFile) -> str:
    return hashlib.sha256(checked.content).hexdigest()
