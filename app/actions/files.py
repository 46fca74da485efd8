"""Files made by the worker: asked for, taken, finished, deleted.

A worker that dies leaves its file to the next: what has been running too long is taken again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from app.domain.access import Viewer
from app.domain.errors import TooManyAttemptsError
from app.domain.prepared import FileStatus
from app.integrations.database import count_changed
from app.models import PreparedFile
from app.queries.contracts import VisibleContract

LEASE = timedelta(minutes=40)
KEEP = timedelta(days=2)
MAX_TRIES = 2
MAX_WAITING = 3
"""Of one account at a time."""


@dataclass(frozen=True, slots=True)
class WantedFile:
    """What a person wants to have prepared."""

    document: str
    extension: str
    options: dict[str, Any]
    rows: int
    name: str


def order_file(
    session: Session, contract: VisibleContract, viewer: Viewer, wanted: WantedFile, now: datetime
) -> tuple[PreparedFile, bool]:
    """The file, and whether it is new: the same one that is on its way is not made twice.

    Raises:
        TooManyAttemptsError: this account waits for several already.
    """
    unfinished = session.scalars(
        select(PreparedFile)
        .where(
            PreparedFile.account_id == viewer.account_id,
            PreparedFile.contract_id == contract.id,
            PreparedFile.status.in_((FileStatus.WAITING, FileStatus.RUNNING)),
            PreparedFile.expires_at > now,
        )
        .order_by(PreparedFile.id)
    ).all()
    for file in unfinished:
        same = (file.document, file.extension, file.options)
        if same == (wanted.document, wanted.extension, wanted.options):
            return file, False
    if len(unfinished) >= MAX_WAITING:
        raise TooManyAttemptsError(60)
    file = PreparedFile(
        contract_id=contract.id,
        account_id=viewer.account_id,
        document=wanted.document,
        extension=wanted.extension,
        options=wanted.options,
        row_count=wanted.rows,
        status=FileStatus.WAITING,
        tries=0,
        created_at=now,
        expires_at=now + KEEP,
        name=wanted.name,
    )
    session.add(file)
    session.flush()
    return file, True


def claim_file(session: Session, file_id: int, now: datetime) -> PreparedFile | None:
    """Take a file to make it; None if another worker has it, or it is done. Commit at once."""
    is_free = or_(
        PreparedFile.status == FileStatus.WAITING,
        (PreparedFile.status == FileStatus.RUNNING) & (PreparedFile.started_at < now - LEASE),
    )
    claimed = count_changed(
        session,
        update(PreparedFile)
        .where(PreparedFile.id == file_id, is_free, PreparedFile.tries < MAX_TRIES)
        .values(status=FileStatus.RUNNING, started_at=now, tries=PreparedFile.tries + 1),
    )
    if not claimed:
        return None
    return session.get_one(PreparedFile, file_id, populate_existing=True)


def settle_file(session: Session, file: PreparedFile, stored_as: str | None, now: datetime) -> None:
    """It lies in the folder under this name, or could not be made."""
    file.status = FileStatus.READY if stored_as else FileStatus.FAILED
    file.stored_as = stored_as
    file.finished_at = now


def list_left(session: Session, now: datetime) -> list[int]:
    """Files that nobody works on although somebody should."""
    minute_ago = now - timedelta(minutes=1)
    return list(
        session.scalars(
            select(PreparedFile.id)
            .where(
                or_(
                    (PreparedFile.status == FileStatus.WAITING)
                    & (PreparedFile.created_at < minute_ago),
                    (PreparedFile.status == FileStatus.RUNNING)
                    & (PreparedFile.started_at < now - LEASE),
                ),
            )
            .order_by(PreparedFile.id)
        )
    )


def delete_expired(session: Session, now: datetime) -> list[str]:
    """Delete the rows past their time; the names of files to be removed after the commit."""
    expired = session.scalars(select(PreparedFile).where(PreparedFile.expires_at <= now)).all()
    for file in expired:
        session.delete(file)
    session.flush()
    return [file.stored_as for file in expired if file.stored_as]
