"""Mailings to a chosen list of contracts, and what became of each recipient."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Amount, Base, Key, Moment
from app.models.claims import Claimable


class Mailing(Claimable, Base):
    """A message of the supplier to a list of contracts that was chosen once.

    ``criteria`` says how it was chosen. Its text is not changed once it is being sent.
    """

    __tablename__ = "mailings"
    __table_args__ = (Index(None, "status", "id"),)

    id: Mapped[Key]
    idempotency_key: Mapped[str] = mapped_column(String(36), unique=True)
    status: Mapped[str] = mapped_column(String(10))
    audience: Mapped[str] = mapped_column(String(12))
    criteria: Mapped[dict[str, Any]] = mapped_column(JSON)
    subject: Mapped[str] = mapped_column(String(150))
    text: Mapped[str] = mapped_column(Text)
    sms_text: Mapped[str] = mapped_column(String(300))
    """To those who have confirmed a telephone only; empty: they get nothing."""
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    created_at: Mapped[Moment]
    started_at: Mapped[Moment | None]
    finished_at: Mapped[Moment | None]


class MailingRecipient(Base):
    """A contract that a mailing goes to; ``account_id`` is its owner when it was chosen.

    ``message_id`` is set in the transaction that queues the message: whoever is killed before has
    queued nothing.
    """

    __tablename__ = "mailing_recipients"
    __table_args__ = (
        UniqueConstraint("mailing_id", "contract_id"),
        Index(None, "mailing_id", "state", "id"),
        Index(None, "account_id", "contract_id"),
        Index(None, "message_id"),
    )

    id: Mapped[Key]
    mailing_id: Mapped[int] = mapped_column(ForeignKey("mailings.id"))
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    overdue_amount: Mapped[Amount | None]
    overdue_since: Mapped[date | None]
    restrict_on: Mapped[date | None]
    """From which day the supply is to be restricted, where the message warns of that."""
    state: Mapped[str] = mapped_column(String(10))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id", ondelete="SET NULL"))
    """None again once the message is past its retention."""
    sent_text: Mapped[str | None] = mapped_column(Text)
    """Subject and text of a warning as it was queued; it outlives the message, as proof."""
    text_sha256: Mapped[str | None] = mapped_column(String(64))
    opened_at: Mapped[Moment | None]
    """When the owner first opened it in the portal."""
