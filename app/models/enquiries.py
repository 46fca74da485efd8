"""Enquiries of customers: threads with entries and attachments, and drafts."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Base, Key, Moment
from app.models.contracts import Contract, Department, EnquiryTopic, SupplyPoint
from app.models.staff import StaffMember


class PremisesKind(Base):
    """Вид помещения; a directory of the portal."""

    __tablename__ = "premises_kinds"

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(200))
    position: Mapped[int]
    is_active: Mapped[bool]


class Enquiry(Base):
    """Обращение: what was asked, by whom, and by when it is answered.

    ``idempotency_key`` comes with the form, so that a form sent twice makes one enquiry.
    """

    __tablename__ = "enquiries"
    __table_args__ = (
        Index(None, "contract_id", "registered_at"),
        Index(None, "status", "answer_due_on"),
        Index("ix_enquiries_open", "exported_at", "id"),
        Index(None, "assignee_id", "status"),
    )

    id: Mapped[Key]
    idempotency_key: Mapped[str] = mapped_column(String(36), unique=True)
    number: Mapped[str | None] = mapped_column(String(20), unique=True)
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    """Who has sent it; None: a clerk has entered it, and nobody had registered."""
    topic_id: Mapped[int] = mapped_column(ForeignKey("enquiry_topics.id"))
    department_id: Mapped[int | None] = mapped_column(ForeignKey("departments.id"))
    premises_kind_id: Mapped[int] = mapped_column(ForeignKey("premises_kinds.id"))
    organisation: Mapped[str] = mapped_column(String(300))
    phone: Mapped[str] = mapped_column(String(32))
    """E.164, with «;ext=» before an extension."""
    email: Mapped[str] = mapped_column(String(254))
    address: Mapped[str] = mapped_column(String(500))
    supply_point_id: Mapped[int | None] = mapped_column(ForeignKey("supply_points.id"))
    """What it is about; None: the whole contract."""
    details: Mapped[dict[str, Any]] = mapped_column(JSON)
    """Fields that only some topics have, by their names."""
    source_label: Mapped[str | None] = mapped_column(String(300))
    """Label of the page that it was opened from: a document, a meter, a requisite."""
    source_path: Mapped[str | None] = mapped_column(String(200))
    channel: Mapped[str] = mapped_column(String(10))
    status: Mapped[str] = mapped_column(String(13))
    registered_at: Mapped[Moment]
    answer_due_on: Mapped[date]
    answered_at: Mapped[Moment | None]
    closed_at: Mapped[Moment | None]
    rating: Mapped[int | None]
    rating_comment: Mapped[str | None] = mapped_column(String(1000))
    exported_at: Mapped[Moment | None]
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))

    contract: Mapped[Contract] = relationship(lazy="raise")
    topic: Mapped[EnquiryTopic] = relationship(lazy="raise")
    department: Mapped[Department | None] = relationship(lazy="raise")
    premises_kind: Mapped[PremisesKind] = relationship(lazy="raise")
    supply_point: Mapped[SupplyPoint | None] = relationship(lazy="raise")
    assignee: Mapped[StaffMember | None] = relationship(lazy="raise")
    entries: Mapped[list[EnquiryEntry]] = relationship(lazy="raise", order_by="EnquiryEntry.id")


class EnquiryEntry(Base):
    """One thing in a thread: a message, an event, or both. ``status`` is the one it led to."""

    __tablename__ = "enquiry_entries"
    __table_args__ = (Index(None, "enquiry_id", "id"),)

    id: Mapped[Key]
    idempotency_key: Mapped[str] = mapped_column(String(36), unique=True)
    enquiry_id: Mapped[int] = mapped_column(ForeignKey("enquiries.id"))
    written_at: Mapped[Moment]
    author: Mapped[str] = mapped_column(String(8))
    author_name: Mapped[str | None] = mapped_column(String(200))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    text: Mapped[str]
    status: Mapped[str | None] = mapped_column(String(13))
    is_internal: Mapped[bool]

    attachments: Mapped[list[Attachment]] = relationship(lazy="raise", order_by="Attachment.id")


class EnquiryDraft(Base):
    """What a person has typed and not sent: a new enquiry (``enquiry_id`` 0), or an addition."""

    __tablename__ = "enquiry_drafts"
    __table_args__ = (UniqueConstraint("contract_id", "account_id", "enquiry_id"),)

    id: Mapped[Key]
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    enquiry_id: Mapped[int] = mapped_column(BigInteger)
    typed: Mapped[dict[str, Any]] = mapped_column(JSON)
    changed_at: Mapped[Moment]

    attachments: Mapped[list[Attachment]] = relationship(lazy="raise", order_by="Attachment.id")


class Attachment(Base):
    """A file of a draft or of an entry; its bytes lie in the file store as ``storage_key``."""

    __tablename__ = "attachments"
    __table_args__ = (
        CheckConstraint("(draft_id IS NULL) <> (entry_id IS NULL)", name="one_owner"),
        Index(None, "draft_id"),
        Index(None, "entry_id"),
        Index(None, "account_id", "attached_at"),
    )

    id: Mapped[Key]
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    draft_id: Mapped[int | None] = mapped_column(ForeignKey("enquiry_drafts.id"))
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("enquiry_entries.id"))
    name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    storage_key: Mapped[str] = mapped_column(String(36), unique=True)
    attached_at: Mapped[Moment]
