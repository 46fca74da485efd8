"""Money received, refunded and offset."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Amount, Base, ExternalId, Imported, Period


class Payment(Imported, Base):
    """A payment, refund (negative) or offset; without a contract it is shown to staff only.

    ``posted_on`` is the ledger's date: billing's posting date, or the day of payment where billing
    sent none.
    """

    __tablename__ = "payments"
    __table_args__ = (Index(None, "contract_id", "posted_on"),)

    external_id: Mapped[ExternalId]
    contract_id: Mapped[int | None] = mapped_column(ForeignKey("contracts.id"))
    kind: Mapped[str] = mapped_column(String(7))
    paid_on: Mapped[date]
    posted_on: Mapped[date]
    amount: Mapped[Amount]
    doc_number: Mapped[str | None]
    payer_inn: Mapped[str | None] = mapped_column(String(12))
    payer_account: Mapped[str | None] = mapped_column(String(20))
    payer_bic: Mapped[str | None] = mapped_column(String(9))
    period: Mapped[Period | None]
    purpose: Mapped[str | None]
