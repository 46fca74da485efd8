"""Events of contracts, and how far each person has read them."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Key, Moment


class ContractEvent(Base):
    """Something that happened under a contract or is due, as its people are told of it.

    ``dedupe_key`` makes it one row, however often it is found. The facts are those of its moment:
    a sentence about it says the same for ever.
    """

    __tablename__ = "contract_events"
    __table_args__ = (Index(None, "contract_id", "id"), Index(None, "created_at"))

    id: Mapped[Key]
    dedupe_key: Mapped[str] = mapped_column(String(120), unique=True)
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id"))
    kind: Mapped[str] = mapped_column(String(20))
    happened_on: Mapped[date]
    """In the supplier's zone."""
    created_at: Mapped[Moment]
    subject_id: Mapped[int | None] = mapped_column(BigInteger)
    """Of the invoice, document, receipt, enquiry, meter … that the kind speaks of."""
    days_before: Mapped[int | None]
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)


class NotificationSettings(Base):
    """A person's settings of the events of one contract."""

    __tablename__ = "notification_settings"
    __table_args__ = (UniqueConstraint("account_id", "contract_id"),)

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id"), index=True)
    seen_event_id: Mapped[int] = mapped_column(BigInteger)
    """The newest event that the person has marked as read; 0: none."""


class EventDay(Base):
    """A day whose events the daily task has found, all of them."""

    __tablename__ = "event_days"

    id: Mapped[Key]
    day: Mapped[date] = mapped_column(unique=True)
    finished_at: Mapped[Moment]
