"""Files made by the worker: ordered, claimed, finished, deleted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.actions import claims
from app.domain.access import Viewer
from app.domain.errors import TooManyAttemptsError
from app.domain.prepared_files import FileStatus
from app.models import PreparedFile
from app.queries.contracts import VisibleContract

MAX_TRIES = 2
JOBS = claims.JobKind(
    PreparedFile, FileStatus.WAITING, FileStatus.RUNNING, FileStatus.FAILED, MAX_TRIES
)
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


def request_file(
    session: Session,
    contract: VisibleContract,
    viewer: Viewer,
    wanted: WantedFile,
    lifetime: timedelta,
    now: datetime,
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
        expires_at=now + lifetime,
        name=wanted.name,
    )
    session.add(file)
    session.flush()
    return file, True


def requeue_expired(session: Session, now: datetime) -> None:
    """Put files whose maker died back into the queue; what died twice is given up."""
    claims.requeue_expired(session, JOBS, now, {}, lambda file: {"finished_at": now})


def claim_next(session: Session, claimant: str, now: datetime) -> claims.Claim | None:
    """Claim the file that has waited longest; None if there is none. Commit at once."""
    is_wanted = PreparedFile.expires_at > now
    return claims.claim_next(session, JOBS, claimant, now, is_wanted, started_at=now)


def finish_file(
    session: Session, claim: claims.Claim, storage_key: str | None, now: datetime
) -> None:
    """Store under which name the file lies in the store; None: it could not be made.

    Raises:
        ClaimLostError: another process makes it now.
    """
    status = FileStatus.READY if storage_key else FileStatus.FAILED
    claims.finish_job(session, JOBS, claim, status=status, storage_key=storage_key, finished_at=now)


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
