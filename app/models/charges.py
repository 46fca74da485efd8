"""What billing charges and asks for: documents, their lines, invoices, monthly balances."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Amount, Base, Energy, ExternalId, Imported, Key, Period, Price, Value


class Charge(Imported, Base):
    """A document (УПД, УКД, пени). Posted to the ledger on ``doc_date``.

    ``corrects_external_id`` names the document corrected; that one may lie outside the portal's
    history, so it is no foreign key.
    """

    __tablename__ = "charges"
    __table_args__ = (Index(None, "contract_id", "doc_date"),)

    external_id: Mapped[ExternalId]
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id"))
    kind: Mapped[str] = mapped_column(String(13))
    doc_number: Mapped[str]
    doc_date: Mapped[date]
    period: Mapped[Period]
    corrects_external_id: Mapped[str | None] = mapped_column(String(64))
    net_amount: Mapped[Amount]
    vat_amount: Mapped[Amount]
    gross_amount: Mapped[Amount]
    edo_status: Mapped[str | None] = mapped_column(String(8))


class ChargeLine(Base):
    """One line of a document; the VAT rate belongs to the line, empty means no VAT.

    Billing replaces the lines of a document as a set, so a line has no life of its own.
    """

    __tablename__ = "charge_lines"
    __table_args__ = (UniqueConstraint("charge_id", "line_number"),)

    id: Mapped[Key]
    charge_id: Mapped[int] = mapped_column(ForeignKey("charges.id"))
    line_number: Mapped[int]
    service_id: Mapped[int] = mapped_column(ForeignKey("services.id"))
    supply_point_id: Mapped[int | None] = mapped_column(ForeignKey("supply_points.id"))
    meter_id: Mapped[int | None] = mapped_column(ForeignKey("meters.id"))
    zone: Mapped[str | None] = mapped_column(String(2))
    quantity: Mapped[Energy]
    unit: Mapped[str | None]
    price: Mapped[Price]
    net_amount: Mapped[Amount]
    vat_rate: Mapped[Value | None]
    vat_amount: Mapped[Amount]
    gross_amount: Mapped[Amount]
    method: Mapped[str | None] = mapped_column(String(9))


class Invoice(Imported, Base):
    """Счет на оплату: a request to pay by ``due_on``; it posts nothing to the ledger."""

    __tablename__ = "invoices"
    __table_args__ = (Index(None, "contract_id", "due_on"),)

    external_id: Mapped[ExternalId]
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id"))
    kind: Mapped[str] = mapped_column(String(9))
    number: Mapped[str]
    issued_on: Mapped[date]
    due_on: Mapped[date]
    period: Mapped[Period]
    total_amount: Mapped[Amount]
    vat_rate: Mapped[Value | None]


class MonthlyBalance(Imported, Base):
    """Billing's own month: ``closing = opening + charged + corrected + late_interest − paid``."""

    __tablename__ = "monthly_balances"
    __table_args__ = (UniqueConstraint("contract_id", "period"),)

    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id"))
    period: Mapped[Period]
    opening_amount: Mapped[Amount]
    charged_amount: Mapped[Amount]
    corrected_amount: Mapped[Amount]
    late_interest_amount: Mapped[Amount]
    paid_amount: Mapped[Amount]
    closing_amount: Mapped[Amount]
