"""Reads of prepared files."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.access import Viewer
from app.domain.errors import NotFoundError
from app.domain.prepared_files import FileStatus
from app.models import PreparedFile
from app.queries.contracts import VisibleContract


def get_file(
    session: Session, contract: VisibleContract, viewer: Viewer, file_id: int, now: datetime
) -> PreparedFile:
    """A file of this contract that the viewer has asked for.

    Raises:
        NotFoundError: absent, expired, or somebody else's.
    """
    file = session.scalars(
        select(PreparedFile).where(
            PreparedFile.id == file_id,
            PreparedFile.contract_id == contract.id,
            PreparedFile.account_id == viewer.account_id,
            PreparedFile.expires_at > now,
        )
    ).first()
    if file is None:
        raise NotFoundError
    return file


def count_before(session: Session, file: PreparedFile) -> int:
    """How many files are made before this one."""
    before = select(func.count(PreparedFile.id)).where(
        PreparedFile.status.in_((FileStatus.WAITING, FileStatus.RUNNING)),
        PreparedFile.id < file.id,
        PreparedFile.expires_at > file.created_at,
    )
    return session.scalar(before) or 0
