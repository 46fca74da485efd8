"""Outgoing emails and text messages: a row each, written by the transaction that causes it."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Key, Moment
from app.models.claims import Claimable


class Message(Claimable, Base):
    """An email or text message with its text and delivery status.

    Links and codes are not in the text: they are made when the message is sent, so that nothing
    in this table opens anything.
    """

    __tablename__ = "messages"
    __table_args__ = (
        Index(None, "status", "next_try_at"),
        Index(
            "ix_messages_sms",
            "contract_id",
            "created_at",
            sqlite_where=text("channel = 'sms'"),
            postgresql_where=text("channel = 'sms'"),
        ),
    )

    id: Mapped[Key]
    dedupe_key: Mapped[str] = mapped_column(String(120), unique=True)
    kind: Mapped[str] = mapped_column(String(40))
    channel: Mapped[str] = mapped_column(String(4))
    recipient: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str | None]
    text: Mapped[str]
    html: Mapped[str | None]
    status: Mapped[str] = mapped_column(String(10))
    is_interactive: Mapped[bool]
    """Somebody waits for it on the page: one attempt at once, no retry later."""
    created_at: Mapped[Moment]
    next_try_at: Mapped[Moment | None]
    expires_at: Mapped[Moment | None]
    sent_at: Mapped[Moment | None]
    provider_id: Mapped[str | None] = mapped_column(String(200))
    last_error: Mapped[str | None] = mapped_column(String(300))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    contract_id: Mapped[int | None] = mapped_column(ForeignKey("contracts.id"))
    link_purpose: Mapped[str | None] = mapped_column(String(20))
    link_key: Mapped[str | None] = mapped_column(String(64))
    sms_code_id: Mapped[int | None] = mapped_column(ForeignKey("sms_codes.id"))
