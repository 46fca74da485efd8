"""What running the portal leaves behind: backups that were made."""

from __future__ import annotations

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Key, Moment


class Backup(Base):
    """A finished and verified backup; monitoring asks how old the last one is."""

    __tablename__ = "backups"

    id: Mapped[Key]
    started_at: Mapped[Moment]
    finished_at: Mapped[Moment]
    place: Mapped[str] = mapped_column(String(500))
    """Path on the machine that made it."""
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    row_count: Mapped[int] = mapped_column(BigInteger)
    file_count: Mapped[int] = mapped_column(BigInteger)
