"""Events of contracts, and how far each person has read them."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Key, Moment


class ContractEvent(Base):
    """Something that happened under a contract or is due, as its people are told of it.

    ``dedupe_key`` makes it one row, however often it is found. The facts are those of its moment:
    a sentence about it says the same for ever.
    """

    __tablename__ = "contract_events"
    __table_args__ = (
        Index(None, "contract_id", "id"),
        Index(None, "created_at"),
        Index(
            "ix_contract_events_untold",
            "id",
            sqlite_where=text("told_at IS NULL"),
            postgresql_where=text("told_at IS NULL"),
        ),
    )

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
    told_account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    """Who has done it, or got a message of its own, and needs no other."""
    told_at: Mapped[Moment | None]
    """When messages about it were queued."""


class NotificationSettings(Base):
    """A person's settings of the events of one contract."""

    __tablename__ = "notification_settings"
    __table_args__ = (UniqueConstraint("account_id", "contract_id"),)

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id"), index=True)
    seen_event_id: Mapped[int] = mapped_column(BigInteger)
    """The newest event that the person has marked as read; 0: none."""
    choices: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """``domain.notifications.Preferences.as_choices``; None: the defaults of the role."""
    hidden_kinds: Mapped[str] = mapped_column(String(300), default="")
    """Kinds that the list leaves out, as ``,due,works,``: the count of new events asks for it."""
    digest_hour: Mapped[int | None]
    quiet_from: Mapped[int | None]
    quiet_until: Mapped[int | None]
    digested_on: Mapped[date | None]
    """Day of the last digest, in the supplier's zone."""


class DigestItem(Base):
    """An event that waits for the next digest of a person."""

    __tablename__ = "digest_items"
    __table_args__ = (UniqueConstraint("membership_id", "event_id"),)

    id: Mapped[Key]
    membership_id: Mapped[int] = mapped_column(ForeignKey("memberships.id"))
    event_id: Mapped[int] = mapped_column(
        ForeignKey("contract_events.id", ondelete="CASCADE"), index=True
    )


class EventDay(Base):
    """A day whose events the daily task has found, all of them."""

    __tablename__ = "event_days"

    id: Mapped[Key]
    day: Mapped[date] = mapped_column(unique=True)
    finished_at: Mapped[Moment]
