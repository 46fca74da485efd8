"""Files made by the worker: asked for, taken, finished, deleted.

One at a time on a machine; a worker that dies leaves its file to the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.domain.access import Viewer
from app.domain.errors import TooManyAttemptsError
from app.domain.prepared_files import FileStatus
from app.models import PreparedFile
from app.queries.contracts import VisibleContract

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


def recover_dead(session: Session, now: datetime) -> None:
    """Give back what a worker that died was making; what died twice is given up.

    Only whoever holds the one place where files are made may call this: nobody else is at work.
    """
    died = PreparedFile.status == FileStatus.RUNNING
    session.execute(
        update(PreparedFile)
        .where(died, PreparedFile.tries >= MAX_TRIES)
        .values(status=FileStatus.FAILED, finished_at=now)
    )
    session.execute(update(PreparedFile).where(died).values(status=FileStatus.WAITING))


def claim_next(session: Session, now: datetime) -> PreparedFile | None:
    """Take the file that has waited longest; None if there is none. Commit at once."""
    file = session.scalars(
        select(PreparedFile)
        .where(PreparedFile.status == FileStatus.WAITING, PreparedFile.expires_at > now)
        .order_by(PreparedFile.id)
        .limit(1)
    ).first()
    if file is not None:
        file.status = FileStatus.RUNNING
        file.started_at = now
        file.tries += 1
    return file


def settle_file(
    session: Session, file: PreparedFile, storage_key: str | None, now: datetime
) -> None:
    """It lies in the folder under this name, or could not be made."""
    file.status = FileStatus.READY if storage_key else FileStatus.FAILED
    file.storage_key = storage_key
    file.finished_at = now


def delete_expired(session: Session, now: datetime) -> list[str]:
    """Delete the rows past their time; the names of files to be removed after the commit."""
    expired = session.scalars(select(PreparedFile).where(PreparedFile.expires_at <= now)).all()
    for file in expired:
        session.delete(file)
    session.flush()
    return [file.storage_key for file in expired if file.storage_key]


def list_names(session: Session) -> set[str]:
    """Names of all files that rows still speak of."""
    return {name for name in session.scalars(select(PreparedFile.storage_key)) if name}
