"""What running the portal leaves behind: backups that were made, signs of life, check results."""

from __future__ import annotations

from sqlalchemy import BigInteger, String, UniqueConstraint
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


class WorkerHeartbeat(Base):
    """A job worker, and when it was last known to live."""

    __tablename__ = "worker_heartbeats"
    __table_args__ = (UniqueConstraint("machine", "pid"),)

    id: Mapped[Key]
    machine: Mapped[str] = mapped_column(String(60))
    pid: Mapped[int]
    started_at: Mapped[Moment]
    seen_at: Mapped[Moment]


class DeliveryOutage(Base):
    """A channel of messages whose last attempt failed; a success deletes the row."""

    __tablename__ = "delivery_outages"

    id: Mapped[Key]
    channel: Mapped[str] = mapped_column(String(4), unique=True)
    since: Mapped[Moment]
    failed_at: Mapped[Moment]
    failures: Mapped[int]
    reason: Mapped[str] = mapped_column(String(300))


class HealthAlert(Base):
    """The last result of a health check, and whether staff were told of its fault."""

    __tablename__ = "health_alerts"
    __table_args__ = (UniqueConstraint("key", "machine"),)

    id: Mapped[Key]
    key: Mapped[str] = mapped_column(String(40))
    machine: Mapped[str] = mapped_column(String(60))
    """Empty: the check gives the same result on every machine."""
    state: Mapped[str] = mapped_column(String(8))
    text: Mapped[str]
    advice: Mapped[str]
    checked_at: Mapped[Moment]
    alerted_at: Mapped[Moment | None]
    """When the email about the fault left; empty: there is nothing to be told."""
