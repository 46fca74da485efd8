"""What staff write for their own work: ready answers, notes and calls of customers."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Key, Moment


class AnswerTemplate(Base):
    """A ready answer to enquiries, with placeholders; without a topic it fits all of them."""

    __tablename__ = "answer_templates"

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(200))
    topic_id: Mapped[int | None] = mapped_column(ForeignKey("enquiry_topics.id"))
    text: Mapped[str] = mapped_column(Text)
    is_active: Mapped[bool]


class CustomerNote(Base):
    """A note on a customer, or a telephone call with one; never changed once written.

    It belongs to the customer, so that whoever takes the contract over brings no old ones.
    ``idempotency_key`` comes with the form.
    """

    __tablename__ = "customer_notes"
    __table_args__ = (Index(None, "customer_id", "happened_at"),)

    id: Mapped[Key]
    idempotency_key: Mapped[str] = mapped_column(String(36), unique=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id"))
    kind: Mapped[str] = mapped_column(String(8))
    happened_at: Mapped[Moment]
    person: Mapped[str | None] = mapped_column(String(200))
    phone: Mapped[str | None] = mapped_column(String(32))
    text: Mapped[str] = mapped_column(Text)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    written_at: Mapped[Moment]
