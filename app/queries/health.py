"""Read what health checks ask the database: signs of life, ages of queues, stored results."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import DateTime, exists, func, select, text
from sqlalchemy.orm import Session

from app.domain.health import Outage
from app.domain.imports import JobStatus
from app.domain.prepared_files import FileStatus
from app.models import (
    DeliveryOutage,
    HealthAlert,
    ImportJob,
    ImportRun,
    Message,
    PreparedFile,
    WorkerHeartbeat,
)


def find_worker_seen(session: Session) -> datetime | None:
    """When any worker last gave a sign of life; None: never."""
    return session.scalar(select(func.max(WorkerHeartbeat.seen_at)))


def list_waiting_since(session: Session, now: datetime) -> dict[str, datetime | None]:
    """From when the oldest job of each kind could have been done; None: none waits.

    A message that was not accepted waits for its next try. A batch behind a running one waits for
    nobody's fault.
    """
    messages = select(func.min(Message.next_try_at)).where(
        Message.status == "waiting",
        Message.next_try_at <= now,
        Message.is_interactive.is_(False),
    )
    files = select(func.min(PreparedFile.created_at)).where(
        PreparedFile.status == FileStatus.WAITING, PreparedFile.expires_at > now
    )
    imports = select(func.min(ImportJob.created_at)).where(
        ImportJob.status == JobStatus.WAITING,
        ~exists().where(ImportJob.status == JobStatus.RUNNING).correlate(None),
    )
    row = session.execute(
        select(messages.scalar_subquery(), files.scalar_subquery(), imports.scalar_subquery())
    ).one()
    return dict(zip(("messages", "files", "imports"), row, strict=True))


def count_messages(session: Session) -> dict[str, int]:
    """Messages by their state."""
    rows = session.execute(select(Message.status, func.count()).group_by(Message.status))
    return {row.status: row[1] for row in rows}


def count_import_jobs(session: Session) -> dict[str, int]:
    """Billing batches by their state."""
    rows = session.execute(select(ImportJob.status, func.count()).group_by(ImportJob.status))
    return {row.status: row[1] for row in rows}


def find_last_import(session: Session) -> datetime | None:
    """When the last batch had been loaded; None: never."""
    return session.scalar(select(func.max(ImportRun.finished_at)))


def list_outages(session: Session) -> dict[str, Outage]:
    """Channels of messages whose last attempt failed."""
    rows = session.scalars(select(DeliveryOutage)).all()
    return {row.channel: Outage(row.since, row.failures, row.reason) for row in rows}


def list_results(session: Session, keys: Sequence[str] = ()) -> Sequence[HealthAlert]:
    """Stored results of checks, on all machines; ``keys``: of these checks only."""
    statement = select(HealthAlert).order_by(HealthAlert.id)
    if keys:
        statement = statement.where(HealthAlert.key.in_(keys))
    return session.scalars(statement).all()


def find_last_round(session: Session, machine: str) -> datetime | None:
    """When a machine last checked its way through the network; None: never."""
    return session.scalar(
        select(HealthAlert.checked_at).where(
            HealthAlert.machine == machine, HealthAlert.key == "site"
        )
    )


def find_database_version(session: Session) -> str:
    """Name and version of the database."""
    connection = session.connection()
    version = ".".join(map(str, connection.dialect.server_version_info or ()))
    name = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[connection.dialect.name]
    session.execute(text("SELECT 1"))
    return f"{name} {version}"


def find_clock_offset(session: Session, now: datetime) -> timedelta | None:
    """How far the clock of the database server is ahead; None: the database has none of its own."""
    if session.get_bind().dialect.name != "postgresql":
        return None
    theirs = session.scalar(select(func.clock_timestamp(type_=DateTime(timezone=True))))
    return theirs - now if theirs else None
