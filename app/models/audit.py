"""Imports of billing data, and the append-only audit log."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Key, Moment
from app.models.claims import Claimable


class ImportRun(Base):
    """A billing batch that was imported, or refused with its errors."""

    __tablename__ = "import_runs"

    id: Mapped[Key]
    batch_id: Mapped[str | None] = mapped_column(String(200), index=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    mode: Mapped[str] = mapped_column(String(5))
    source: Mapped[str]
    is_verified: Mapped[bool]
    is_demo: Mapped[bool]
    as_of: Mapped[Moment | None]
    """The moment for which billing vouches for money with this batch; empty: for none. The last
    one that is not empty is «Данные на»."""
    created_at: Mapped[Moment | None]
    """When billing made the batch, as its manifest says."""
    started_at: Mapped[Moment]
    finished_at: Mapped[Moment]
    counts: Mapped[dict[str, Any]] = mapped_column(JSON)
    warnings: Mapped[list[str]] = mapped_column(JSON)
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    """Who had it loaded; empty: the command line, or billing itself."""


class ImportJob(Claimable, Base):
    """A batch on its way: checked, loaded, or refused with its faults.

    A running job holds the claim of the whole installation: the unique index lets one run at a
    time, whatever process or machine runs it, and a holder that died is known by its lease.
    """

    __tablename__ = "import_jobs"
    __table_args__ = (
        Index(None, "status"),
        Index(None, "batch_id"),
        Index(
            "uq_import_jobs_running",
            "status",
            unique=True,
            sqlite_where=text("status = 'running'"),
            postgresql_where=text("status = 'running'"),
        ),
    )

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(200))
    storage_key: Mapped[str | None] = mapped_column(String(36), unique=True)
    """Name in the file store; empty: deleted, or named to a command."""
    size: Mapped[int] = mapped_column(BigInteger)
    channel: Mapped[str] = mapped_column(String(7))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    """Empty: billing itself, with the token, or a command."""
    batch_id: Mapped[str | None] = mapped_column(String(200))
    goal: Mapped[str] = mapped_column(String(5))
    status: Mapped[str] = mapped_column(String(8))
    options: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[Moment]
    started_at: Mapped[Moment | None]
    finished_at: Mapped[Moment | None]
    bytes_total: Mapped[int] = mapped_column(BigInteger)
    bytes_done: Mapped[int] = mapped_column(BigInteger)
    message: Mapped[str | None] = mapped_column(String(500))
    error_count: Mapped[int]
    warning_count: Mapped[int]
    counts: Mapped[dict[str, Any]] = mapped_column(JSON)
    findings: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    """The first errors and warnings."""
    run_id: Mapped[int | None] = mapped_column(ForeignKey("import_runs.id"))


class AuditEvent(Base):
    """One change, or one access to personal data: who, from where, which object, values before and
    after. Written once; nothing changes or deletes it."""

    __tablename__ = "audit_events"
    __table_args__ = (
        Index(None, "subject_key", "subject"),
        Index(None, "happened_at"),
        Index(None, "staff_id", "id"),
        Index(None, "account_id", "id"),
        Index(None, "contract_id", "id"),
        # Imports write most events by far, and these questions are never about them.
        *(
            Index(
                f"ix_audit_events_{column}_id",
                column,
                "id",
                sqlite_where=text("import_run_id IS NULL"),
                postgresql_where=text("import_run_id IS NULL"),
            )
            for column in ("actor_kind", "action")
        ),
        Index(
            "ix_audit_events_people",
            "id",
            sqlite_where=text("import_run_id IS NULL"),
            postgresql_where=text("import_run_id IS NULL"),
        ),
    )

    id: Mapped[Key]
    happened_at: Mapped[Moment]
    action: Mapped[str] = mapped_column(String(40))
    actor_kind: Mapped[str] = mapped_column(String(12))
    """An ``ActorKind`` of ``app.domain.audit_log``."""
    contract_id: Mapped[int | None] = mapped_column(ForeignKey("contracts.id"))
    """The one contract that the event is about; empty: an account, or nothing of a customer's."""
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    """The customer's account that acted, or that somebody else acted upon."""
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    address: Mapped[str | None] = mapped_column(String(45))
    import_run_id: Mapped[int | None] = mapped_column(ForeignKey("import_runs.id"))
    subject: Mapped[str] = mapped_column(String(40))
    subject_key: Mapped[str] = mapped_column(String(200))
    changes: Mapped[dict[str, Any]] = mapped_column(JSON)
