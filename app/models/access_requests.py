"""Requests for access to contracts that have an owner."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Base, Key, Moment
from app.models.contracts import Contract


class AccessRequest(Base):
    """Somebody with number and ИНН asks the owner of a contract for access; one open at a time."""

    __tablename__ = "access_requests"
    __table_args__ = (
        Index(
            "uq_access_requests_open",
            "contract_id",
            "email",
            unique=True,
            sqlite_where=text("decided_at IS NULL"),
            postgresql_where=text("decided_at IS NULL"),
        ),
    )

    id: Mapped[Key]
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id"))
    email: Mapped[str] = mapped_column(String(254))
    """In lower case; nobody has confirmed it."""
    person_name: Mapped[str] = mapped_column(String(80))
    created_at: Mapped[Moment]
    address: Mapped[str] = mapped_column(String(45))
    decided_at: Mapped[Moment | None]
    is_granted: Mapped[bool | None]

    contract: Mapped[Contract] = relationship(lazy="raise")
