"""Files that a worker prepares because a browser should not wait for them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Key, Moment
from app.models.claims import Claimable


class PreparedFile(Claimable, Base):
    """A file the worker makes, or has made, for one account; retained until ``expires_at``."""

    __tablename__ = "prepared_files"
    __table_args__ = (
        Index(None, "status", "created_at"),
        Index(None, "contract_id", "account_id", "created_at"),
    )

    id: Mapped[Key]
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    document: Mapped[str] = mapped_column(String(20))
    extension: Mapped[str] = mapped_column(String(4))
    options: Mapped[dict[str, Any]] = mapped_column(JSON)
    """Period and options of the statement, as ``StatementType`` takes them."""
    row_count: Mapped[int]
    status: Mapped[str] = mapped_column(String(8))
    created_at: Mapped[Moment]
    started_at: Mapped[Moment | None]
    finished_at: Mapped[Moment | None]
    expires_at: Mapped[Moment]
    storage_key: Mapped[str | None] = mapped_column(String(64))
    """Name in the file store; random."""
    name: Mapped[str]
    """Name for the person, without its extension."""
