"""What an import leaves of the money of a contract, so that pages do not compute it again."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Amount, Base, Key, Period


class OpenItemSnapshot(Base):
    """Open items of a contract, the same on all days from ``valid_from`` to ``valid_to``.

    Nothing here is known only here: whatever is missing, of another ``format`` or of other days is
    computed from the ledger. The texts are written by ``domain.snapshot_texts``.
    """

    __tablename__ = "open_item_snapshots"
    # What is missing or outdated is found without reading the texts.
    __table_args__ = (Index(None, "valid_to", "valid_from", "format", "contract_id"),)

    contract_id: Mapped[Key] = mapped_column(ForeignKey("contracts.id"))
    format: Mapped[int]
    valid_from: Mapped[date]
    valid_to: Mapped[date]
    balance_amount: Mapped[Amount]
    energy_credit_amount: Mapped[Amount]
    interest_credit_amount: Mapped[Amount]
    prepaid_amount: Mapped[Amount]
    last_charge_on: Mapped[date | None]
    last_charge_number: Mapped[str | None]
    last_charge_period: Mapped[Period | None]
    last_charge_amount: Mapped[Amount | None]
    last_payment_on: Mapped[date | None]
    last_payment_number: Mapped[str | None]
    last_payment_amount: Mapped[Amount | None]
    interest_corrections: Mapped[str] = mapped_column(Text)
    unpaid: Mapped[str] = mapped_column(Text)
    balances: Mapped[str] = mapped_column(Text)
    """Of every invoice and document: the longest, and last."""
