"""Files of enquiries: checked, scanned, counted, kept; what no row speaks of is deleted."""

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
    """Limits; sizes in bytes. ``per_day`` counts what one account has sent, removed or not."""

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
class Cabinet:
    """Where files go, and who looks at them first."""

    store: FileStore
    scanner: Scanner


@dataclass
class Taken:
    """What became of files: those refused, and names in the store that turned out superfluous."""

    refused: list[AttachmentError] = field(default_factory=list)
    superfluous: list[str] = field(default_factory=list)


def attach_files(
    session: Session,
    contract: VisibleContract,
    viewer: Viewer,
    enquiry_id: int,
    uploads: Iterable[Upload],
    address: str,
    cabinet: Cabinet,
    rules: FileRules,
    now: datetime,
) -> Taken:
    """Put files into a draft that stands; those that are not taken come back as errors.

    The bytes are scanned and written before any row, while nobody waits for the database: a crash
    leaves a file nobody speaks of, which is deleted later, never a row without its file. The
    session must not have written yet.
    """
    taken, made = Taken(), []
    draft = find_draft(session, contract, viewer, enquiry_id)
    known = {(each.name, each.sha256) for each in draft.attachments} if draft else set()
    for upload in uploads:
        try:
            checked = check_file(upload, rules.max_bytes)
            if (checked.name, _digest(checked)) in known:
                continue
            if len(known) >= rules.per_message:
                raise AttachmentError("many", checked.name)
            _admit(session, viewer, checked, address, cabinet.store, rules, now)
            made.append(make_attachment(contract.id, viewer.account_id, checked, cabinet, now))
            known.add((checked.name, _digest(checked)))
        except AttachmentError as error:
            taken.refused.append(error)
    if made:
        _write(session, contract, viewer, enquiry_id, made, taken, rules, now)
    return taken


def keep_files(
    contract_id: int, uploads: Iterable[Upload], cabinet: Cabinet, rules: FileRules, now: datetime
) -> tuple[list[Attachment], list[AttachmentError]]:
    """Scan and keep the files of one message of the supplier's; rows without their entry, and
    what is not taken.

    Before anything is written, while nobody waits for the database, as ``attach_files`` does.
    """
    made: dict[tuple[str, str], Attachment] = {}
    refused = []
    for upload in uploads:
        try:
            checked = check_file(upload, rules.max_bytes)
            known = (checked.name, _digest(checked))
            if known in made:
                continue
            if len(made) >= rules.per_message:
                raise AttachmentError("many", checked.name)
            _leave_room(checked, cabinet.store, rules)
            made[known] = make_attachment(contract_id, None, checked, cabinet, now)
        except AttachmentError as error:
            refused.append(error)
    return list(made.values()), refused


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
        storage_key = cabinet.store.save(checked.content)
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


def list_stored(session: Session) -> set[str]:
    """Names in the store that rows speak of."""
    return set(session.scalars(select(Attachment.storage_key)))


def _admit(
    session: Session,
    viewer: Viewer,
    checked: CheckedFile,
    address: str,
    store: FileStore,
    rules: FileRules,
    now: datetime,
) -> None:
    _leave_room(checked, store, rules)
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


def _leave_room(checked: CheckedFile, store: FileStore, rules: FileRules) -> None:
    free = store.free_bytes()
    if free is not None and free - len(checked.content) < rules.disk_free:
        raise AttachmentError("disk", checked.name)


def _write(
    session: Session,
    contract: VisibleContract,
    viewer: Viewer,
    enquiry_id: int,
    made: Sequence[Attachment],
    taken: Taken,
    rules: FileRules,
    now: datetime,
) -> None:
    """The rows, one person at a time: what is full for one request is full for the next."""
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
    for attachment in made:
        if total + attachment.size > rules.account_bytes:
            taken.refused.append(AttachmentError("account", attachment.name))
            taken.superfluous.append(attachment.storage_key)
            continue
        total += attachment.size
        attachment.draft_id = draft.id
        session.add(attachment)
    session.flush()


def _digest(checked: CheckedFile) -> str:
    return hashlib.sha256(checked.content).hexdigest()
