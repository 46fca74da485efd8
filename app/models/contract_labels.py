"""What a person calls a contract, and the group they put it into."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.domain.contract_totals import MAX_LABEL
from app.models.base import Base


class ContractLabel(Base):
    """A name and a group of one's own; colleagues and other customers do not see them."""

    __tablename__ = "contract_labels"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id"), primary_key=True)
    name: Mapped[str | None] = mapped_column(String(MAX_LABEL))
    group_name: Mapped[str | None] = mapped_column(String(MAX_LABEL))
