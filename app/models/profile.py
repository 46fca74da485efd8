"""What customers keep in the cabinet themselves; billing never overwrites it."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
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
