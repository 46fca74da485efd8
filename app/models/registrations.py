"""Registrations, codes by text message, password recoveries, consents."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Base, Key, Moment
from app.models.contracts import Contract


class Registration(Base):
    """One person's way from the first entry to an account; see ``domain.registration``."""

    __tablename__ = "registrations"
    __table_args__ = (
        Index(None, "contract_id", "state"),
        Index("ix_registrations_state", "state", "confirmed_at"),
    )

    id: Mapped[Key]
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id"))
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id"))
    customer_inn: Mapped[str | None] = mapped_column(String(12))
    """The customer whose number and ИНН were typed; another one under the contract ends it."""
    state: Mapped[str] = mapped_column(String(12))
    created_at: Mapped[Moment]
    address: Mapped[str] = mapped_column(String(45))
    user_agent: Mapped[str] = mapped_column(String(200))

    channel: Mapped[str | None] = mapped_column(String(4))
    email: Mapped[str | None] = mapped_column(String(254))
    phone: Mapped[str | None] = mapped_column(String(16))
    password_hash: Mapped[str | None]
    nonce: Mapped[str | None] = mapped_column(String(32))
    """Part of the link in the latest email; a newer one makes older links invalid."""
    saved_at: Mapped[Moment | None]
    confirm_until: Mapped[Moment | None]
    confirmed_phone: Mapped[str | None] = mapped_column(String(16))
    confirmed_at: Mapped[Moment | None]

    proof: Mapped[str | None] = mapped_column(String(10))
    decided_at: Mapped[Moment | None]
    decided_by: Mapped[str | None] = mapped_column(String(60))
    reason: Mapped[str | None]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    attach_to_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    """The account that the contract is to be attached to; no other one is opened."""

    contract: Mapped[Contract] = relationship(lazy="raise")


class SmsCode(Base):
    """A code of six digits sent to a telephone, stored as a keyed hash."""

    __tablename__ = "sms_codes"

    id: Mapped[Key]
    registration_id: Mapped[int | None] = mapped_column(ForeignKey("registrations.id"), index=True)
    recovery_id: Mapped[int | None] = mapped_column(ForeignKey("recoveries.id"), index=True)
    contact_change_id: Mapped[int | None] = mapped_column(
        ForeignKey("contact_changes.id"), index=True
    )
    phone: Mapped[str] = mapped_column(String(16))
    code_hash: Mapped[str | None] = mapped_column(String(64), index=True)
    created_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    tries: Mapped[int]
    ended_at: Mapped[Moment | None]
    """Used, replaced by a newer one, or never delivered."""


class Recovery(Base):
    """A forgotten password. ``account_id`` is empty where nobody is known by that login: whoever
    asks sees no difference."""

    __tablename__ = "recoveries"

    id: Mapped[Key]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    channel: Mapped[str] = mapped_column(String(4))
    nonce: Mapped[str] = mapped_column(String(32))
    account_mark: Mapped[str | None] = mapped_column(String(64))
    """Hash of password and address when it was asked for; another one now makes the link dead."""
    created_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    ended_at: Mapped[Moment | None]


class Consent(Base):
    """Consent to the processing of personal data: what exactly, when, from where. Never edited;
    ``withdrawn_at`` is the only thing ever added by its giver."""

    __tablename__ = "consents"

    id: Mapped[Key]
    purpose: Mapped[str] = mapped_column(String(40))
    version: Mapped[str] = mapped_column(String(20))
    text_sha256: Mapped[str] = mapped_column(String(64))
    form: Mapped[str] = mapped_column(String(40))
    given_at: Mapped[Moment]
    address: Mapped[str] = mapped_column(String(45))
    user_agent: Mapped[str] = mapped_column(String(200))
    registration_id: Mapped[int | None] = mapped_column(ForeignKey("registrations.id"), index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    enquiry_id: Mapped[int | None] = mapped_column(ForeignKey("enquiries.id"), index=True)
    access_request_id: Mapped[int | None] = mapped_column(
        ForeignKey("access_requests.id"), index=True
    )
    withdrawn_at: Mapped[Moment | None]
    ended_at: Mapped[Moment | None]
    """When the enquiry that it was given with was deleted; for an account, its access tells."""
