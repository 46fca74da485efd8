"""Read which backups were made."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Backup


def find_last_backup(session: Session) -> Backup | None:
    """The newest finished backup; None: there has been none."""
    return session.scalars(select(Backup).order_by(Backup.finished_at.desc()).limit(1)).first()
