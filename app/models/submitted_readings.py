"""Readings that customers submit; what billing sends never overwrites them."""

from __future__ import annotations

from datetime import date

from sqlalchemy import JSON, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Base, Energy, Key, Moment, Period, Value

IS_LIVE = text("status IN ('sent', 'accepted')")


class ReadingReceipt(Base):
    """Proof that readings were submitted: a number, the server's time, and who it was.

    ``idempotency_key`` comes with the form, so that a form sent twice makes one receipt.
    """

    __tablename__ = "reading_receipts"
    __table_args__ = (Index(None, "contract_id", "submitted_at"),)

    id: Mapped[Key]
    idempotency_key: Mapped[str] = mapped_column(String(36), unique=True)
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    """Who took it down by telephone."""
    submitted_at: Mapped[Moment]
    address: Mapped[str] = mapped_column(String(45))

    readings: Mapped[list[SubmittedReading]] = relationship(
        lazy="raise", order_by="SubmittedReading.id", back_populates="receipt"
    )


class SubmittedReading(Base):
    """One register's reading as submitted; a register has one that is live for each month.

    ``submission_id`` is a UUID, by which billing acknowledges it.
    """

    __tablename__ = "submitted_readings"
    __table_args__ = (
        Index(
            "uq_submitted_readings_live",
            "register_id",
            "period",
            unique=True,
            sqlite_where=IS_LIVE,
            postgresql_where=IS_LIVE,
        ),
        Index(None, "receipt_id"),
        Index(None, "register_id", "taken_on"),
        Index("ix_submitted_readings_open", "acknowledged_at", "id"),
        Index(None, "status", "period"),
    )

    id: Mapped[Key]
    submission_id: Mapped[str] = mapped_column(String(36), unique=True)
    receipt_id: Mapped[int] = mapped_column(ForeignKey("reading_receipts.id"))
    register_id: Mapped[int] = mapped_column(ForeignKey("registers.id"))
    period: Mapped[Period]
    taken_on: Mapped[date]
    value: Mapped[Value]
    corrected_value: Mapped[Value | None]
    """The value that billing accepted instead."""
    previous_value: Mapped[Value | None]
    previous_on: Mapped[date | None]
    consumption_kwh: Mapped[Energy | None]
    rolled_over: Mapped[bool]
    is_late: Mapped[bool]
    doubts: Mapped[list[str]] = mapped_column(JSON)
    """Codes of what the person confirmed (``Doubt``) and of what staff look at (``Remark``)."""
    source: Mapped[str] = mapped_column(String(9))
    status: Mapped[str] = mapped_column(String(9))
    reason: Mapped[str | None] = mapped_column(String(300))
    decided_at: Mapped[Moment | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    """The clerk; empty: the rule of the portal, billing, or the customer."""
    exported_at: Mapped[Moment | None]
    acknowledged_at: Mapped[Moment | None]

    receipt: Mapped[ReadingReceipt] = relationship(lazy="raise", back_populates="readings")
