"""Contracts that changed hands: what billing sent, and what a clerk decided."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.audit import ImportRun
from app.models.base import Base, Key, Moment
from app.models.contracts import Contract
from app.models.staff import StaffMember

IS_OPEN = text("decided_at IS NULL")


class ContractTransfer(Base):
    """One change of a contract's customer, or of that customer's ИНН, found by an import.

    Both parties are stored as they were then: the row of a customer may be overwritten by the very
    batch that brings the change. Several undecided changes of one contract are decided together.
    """

    __tablename__ = "contract_transfers"
    __table_args__ = (
        Index(None, "contract_id", "id"),
        Index(None, "import_run_id"),
        Index(
            "ix_contract_transfers_open",
            "contract_id",
            sqlite_where=IS_OPEN,
            postgresql_where=IS_OPEN,
        ),
    )

    id: Mapped[Key]
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id"))
    import_run_id: Mapped[int] = mapped_column(ForeignKey("import_runs.id"))
    detected_at: Mapped[Moment]
    file: Mapped[str] = mapped_column(String(40))
    line: Mapped[int]
    """Where the batch says so."""
    former_customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    former_external_id: Mapped[str] = mapped_column(String(64))
    former_name: Mapped[str]
    former_inn: Mapped[str] = mapped_column(String(12))
    former_kpp: Mapped[str | None] = mapped_column(String(9))
    former_email: Mapped[str | None]
    former_phone: Mapped[str | None]
    """Contacts as billing had them, unread."""
    new_customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    new_external_id: Mapped[str] = mapped_column(String(64))
    new_name: Mapped[str]
    new_inn: Mapped[str] = mapped_column(String(12))
    new_kpp: Mapped[str | None] = mapped_column(String(9))
    decision: Mapped[str | None] = mapped_column(String(10))
    """See ``domain.transfers.Decision``."""
    decided_at: Mapped[Moment | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    """Empty: nobody had access, so there was nothing to decide."""

    contract: Mapped[Contract] = relationship(lazy="raise")
    import_run: Mapped[ImportRun] = relationship(lazy="raise")
    decided_by: Mapped[StaffMember | None] = relationship(lazy="raise")
