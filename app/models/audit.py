"""What happened, for staff and for disputes: imports and an append-only audit trail."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Key, Moment


class ImportRun(Base):
    """A billing batch that was taken; ``as_of`` is the moment its data speak of."""

    __tablename__ = "import_runs"

    id: Mapped[Key]
    batch_id: Mapped[str | None] = mapped_column(String(200), index=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    mode: Mapped[str] = mapped_column(String(5))
    source: Mapped[str]
    is_verified: Mapped[bool]
    is_demo: Mapped[bool]
    as_of: Mapped[Moment]
    started_at: Mapped[Moment]
    finished_at: Mapped[Moment]
    counts: Mapped[dict[str, Any]] = mapped_column(JSON)
    warnings: Mapped[list[str]] = mapped_column(JSON)


class AuditEvent(Base):
    """One change: who or what, which object, and the values before and after."""

    __tablename__ = "audit_events"
    __table_args__ = (Index(None, "subject", "subject_key"),)

    id: Mapped[Key]
    happened_at: Mapped[Moment]
    action: Mapped[str] = mapped_column(String(40))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    import_run_id: Mapped[int | None] = mapped_column(ForeignKey("import_runs.id"))
    subject: Mapped[str] = mapped_column(String(40))
    subject_key: Mapped[str] = mapped_column(String(200))
    changes: Mapped[dict[str, Any]] = mapped_column(JSON)
