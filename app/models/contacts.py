"""Bank details and contacts that customers enter in the portal; billing never overwrites them."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Key, Moment


class BankDetails(Base):
    """The customer's own account, for payment orders."""

    __tablename__ = "bank_details"

    id: Mapped[Key]
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id"), unique=True)
    account: Mapped[str] = mapped_column(String(20))
    bic: Mapped[str] = mapped_column(String(9))
    bank_name: Mapped[str] = mapped_column(String(200))
    corr_account: Mapped[str] = mapped_column(String(20))
    changed_at: Mapped[Moment]
    changed_by: Mapped[int] = mapped_column(ForeignKey("accounts.id"))


class ContactChange(Base):
    """A new address or number of an account; it counts once its link or code has come back."""

    __tablename__ = "contact_changes"
    __table_args__ = (Index(None, "account_id", "field", "requested_at"),)

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    field: Mapped[str] = mapped_column(String(5))
    value: Mapped[str] = mapped_column(String(254))
    nonce: Mapped[str] = mapped_column(String(32))
    requested_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    confirmed_at: Mapped[Moment | None]
    ended_at: Mapped[Moment | None]
    """Confirmed, replaced by a newer one, or given up."""


class ContactUpdate(Base):
    """A changed contact of a customer, to be exported to billing."""

    __tablename__ = "contact_updates"
    __table_args__ = (Index(None, "exported_at", "id"),)

    id: Mapped[Key]
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id"), index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    field: Mapped[str] = mapped_column(String(20))
    old: Mapped[str] = mapped_column(String(254))
    new: Mapped[str] = mapped_column(String(254))
    changed_at: Mapped[Moment]
    exported_at: Mapped[Moment | None]
