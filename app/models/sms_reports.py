"""What the operators of text messages report of their delivery."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Key, Moment


class SmsReport(Base):
    """The last report of one text message, by the provider's number of it.

    A row of its own: a report may come before the portal has stored that the message has left.
    """

    __tablename__ = "sms_reports"

    id: Mapped[Key]
    provider_id: Mapped[str] = mapped_column(String(200), unique=True)
    status: Mapped[str] = mapped_column(String(12))
    error: Mapped[str | None] = mapped_column(String(100))
    reported_at: Mapped[Moment]
