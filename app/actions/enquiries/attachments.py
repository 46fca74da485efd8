"""Attachments of enquiries: check, scan, count and store files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.actions import rate_limits
from app.actions.enquiries.drafts import lock_draft
from app.domain.access import Viewer
from app.domain.attachments import CheckedFile, Upload, check_file
from app.domain.errors import AttachmentError, TooManyAttemptsError
from app.domain.rate_limits import LimitedAction, RateLimit
from app.integrations.antivirus import Scanner
from app.integrations.errors import ScanError, StoreError
from app.integrations.file_store import FileStore
from app.models import Account, Attachment
from app.queries.contracts import VisibleContract
from app.queries.enquiries.customer import find_draft

DAY = timedelta(days=1)
MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class FileRules:
    """Limits of files; sizes in bytes.

    Attributes:
        per_day: files that one account may send, removed since or not.
        account_bytes: size of all files of one account.
        disk_free: bytes that have to remain free.
    """

    max_bytes: int
    per_message: int
    per_day: tuple[RateLimit, ...]
    account_bytes: int
    disk_free: int

    @property
    def max_mb(self) -> int:
        """Largest file, MiB."""
        return self.max_bytes // MEBIBYTE


@dataclass(frozen=True, slots=True)
class AttachmentStorage:
    """The file store, and the scanner that every file passes first."""

    store: FileStore
    scanner: Scanner


@dataclass
class AttachResult:
    """Files that were refused, and storage keys that turned out superfluous."""

    refused: list[AttachmentError] = field(default_factory=list)
    superfluous: list[str] = field(default_factory=list)


def attach_files(
    session: Session,
    contract: VisibleContract,
    viewer: Viewer,
    enquiry_id: int,
    uploads: Iterable[Upload],
    address: str,
    storage: AttachmentStorage,
    rules: FileRules,
    now: datetime,
) -> AttachResult:
    """Store files and attach them to a draft; refused ones come back as errors.

    The bytes are scanned and stored before any row is written, so that no lock is held meanwhile:
    a crash leaves a file without a row, which is deleted later, never a row without its file. The
    session must not have written yet.
    """
    result, stored = AttachResult(), []
    draft = find_draft(session, contract, viewer, enquiry_id)
    known = {(file.name, file.sha256) for file in draft.attachments} if draft else set()
    for upload in uploads:
        try:
            checked = check_file(upload, rules.max_bytes)
            if (checked.name, _digest(checked)) in known:
                continue
            if len(known) >= rules.per_message:
                raise AttachmentError("many", checked.name)
            _count_upload(session, viewer, checked, address, storage.store, rules, now)
            stored.append(store_attachment(contract.id, viewer.account_id, checked, storage, now))
            known.add((checked.name, _digest(checked)))
        except AttachmentError as error:
            result.refused.append(error)
    if stored:
        _attach(session, contract, viewer, enquiry_id, stored, result, rules, now)
    return result


def store_files(
    contract_id: int,
    uploads: Iterable[Upload],
    storage: AttachmentStorage,
    rules: FileRules,
    now: datetime,
) -> tuple[list[Attachment], list[AttachmentError]]:
    """Scan and store the files of one message of the staff.

    Before any row is written, as ``attach_files`` does.

    Returns:
        Rows without their entry, and what was refused.
    """
    stored: dict[tuple[str, str], Attachment] = {}
    refused = []
    for upload in uploads:
        try:
            checked = check_file(upload, rules.max_bytes)
            known = (checked.name, _digest(checked))
            if known in stored:
                continue
            if len(stored) >= rules.per_message:
                raise AttachmentError("many", checked.name)
            _check_disk_space(checked, storage.store, rules)
            stored[known] = store_attachment(contract_id, None, checked, storage, now)
        except AttachmentError as error:
            refused.append(error)
    return list(stored.values()), refused


def store_attachment(
    contract_id: int,
    account_id: int | None,
    checked: CheckedFile,
    storage: AttachmentStorage,
    now: datetime,
) -> Attachment:
    """Scan and store a file; its row, without draft or entry.

    Raises:
        AttachmentError: ``virus``, ``scanner`` or ``store``.
    """
    try:
        if not storage.scanner.is_clean(checked.content):
            raise AttachmentError("virus", checked.name)
        storage_key = storage.store.save(checked.content)
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
        storage_key=storage_key,
        attached_at=now,
    )


def list_storage_keys(session: Session) -> set[str]:
    """Storage keys of all attachments."""
    return set(session.scalars(select(Attachment.storage_key)))


def _count_upload(
    session: Session,
    viewer: Viewer,
    checked: CheckedFile,
    address: str,
    store: FileStore,
    rules: FileRules,
    now: datetime,
) -> None:
    _check_disk_space(checked, store, rules)
    try:
        rate_limits.hit(
            session,
            LimitedAction.UPLOAD,
            str(viewer.account_id),
            address,
            rules.per_day,
            now,
            succeeded=True,
        )
    except TooManyAttemptsError:
        raise AttachmentError("day", checked.name) from None


def _check_disk_space(checked: CheckedFile, store: FileStore, rules: FileRules) -> None:
    free = store.free_bytes()
    if free is not None and free - len(checked.content) < rules.disk_free:
        raise AttachmentError("disk", checked.name)


def _attach(
    session: Session,
    contract: VisibleContract,
    viewer: Viewer,
    enquiry_id: int,
    stored: Sequence[Attachment],
    result: AttachResult,
    rules: FileRules,
    now: datetime,
) -> None:
    """Write the rows, one account at a time, so that requests at once respect the limit."""
    session.execute(select(Account.id).where(Account.id == viewer.account_id).with_for_update())
    draft = lock_draft(session, contract, viewer, enquiry_id, now)
    total = (
        session.scalar(
            select(func.coalesce(func.sum(Attachment.size), 0)).where(
                Attachment.account_id == viewer.account_id
            )
        )
        or 0
    )
    for attachment in stored:
        if total + attachment.size > rules.account_bytes:
            result.refused.append(AttachmentError("account", attachment.name))
            result.superfluous.append(attachment.storage_key)
            continue
        total += attachment.size
        attachment.draft_id = draft.id
        session.add(attachment)
    session.flush()


def _digest(checked: CheckedFile) -> str:
    return hashlib.sha256(checked.content).hexdigest()
