"""The supplier, its directories, its customers and their contracts."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import Base, Editable, Energy, ExternalId, Imported, Moment, Value


class Supplier(Editable, Imported, Base):
    """The energy supplier: requisites for documents and payment."""

    __tablename__ = "suppliers"

    external_id: Mapped[ExternalId]
    name: Mapped[str]
    short_name: Mapped[str | None]
    inn: Mapped[str] = mapped_column(String(12))
    kpp: Mapped[str | None] = mapped_column(String(9))
    ogrn: Mapped[str | None] = mapped_column(String(15))
    address: Mapped[str | None]
    bank_name: Mapped[str]
    bic: Mapped[str] = mapped_column(String(9))
    account: Mapped[str] = mapped_column(String(20))
    corr_account: Mapped[str] = mapped_column(String(20))
    phone: Mapped[str | None]
    email: Mapped[str | None]
    work_hours: Mapped[str | None]
    """The portal's own."""


class Department(Editable, Imported, Base):
    """A local office (отделение) that answers enquiries."""

    __tablename__ = "departments"

    external_id: Mapped[ExternalId]
    name: Mapped[str]
    address: Mapped[str | None]
    phone: Mapped[str | None]
    email: Mapped[str | None]
    work_hours: Mapped[str | None]
    is_active: Mapped[bool]


class EnquiryTopic(Editable, Imported, Base):
    """Вид обращения, with the department it goes to."""

    __tablename__ = "enquiry_topics"

    external_id: Mapped[ExternalId]
    name: Mapped[str]
    department_id: Mapped[int | None] = mapped_column(ForeignKey("departments.id"))
    is_active: Mapped[bool]
    answer_days: Mapped[int | None]
    """Days to the answer of this topic, set in the portal; empty: the general setting."""


class Service(Imported, Base):
    """What a charge line bills: energy, losses, capacity, correction, late interest."""

    __tablename__ = "services"

    code: Mapped[ExternalId]
    name: Mapped[str]
    unit: Mapped[str | None]


class Customer(Imported, Base):
    """A company (``ul``), a sole trader (``ip``) or an owner of premises (``fl``)."""

    __tablename__ = "customers"

    external_id: Mapped[ExternalId]
    kind: Mapped[str] = mapped_column(String(2))
    full_name: Mapped[str]
    short_name: Mapped[str | None]
    inn: Mapped[str] = mapped_column(String(12))
    kpp: Mapped[str | None] = mapped_column(String(9))
    ogrn: Mapped[str | None] = mapped_column(String(15))
    legal_address: Mapped[str | None]
    postal_address: Mapped[str | None]
    email_from_billing: Mapped[str | None]
    phone_from_billing: Mapped[str | None]
    bank_name: Mapped[str | None]
    bic: Mapped[str | None] = mapped_column(String(9))
    account: Mapped[str | None] = mapped_column(String(20))
    corr_account: Mapped[str | None] = mapped_column(String(20))

    @property
    def display_name(self) -> str:
        return self.short_name or self.full_name


class Contract(Imported, Base):
    """Договор энергоснабжения. ``number`` is as printed, ``number_key`` as sign-in reads it."""

    __tablename__ = "contracts"

    number: Mapped[ExternalId]
    number_key: Mapped[str] = mapped_column(String(64), index=True)
    external_id: Mapped[str | None] = mapped_column(String(64))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True)
    department_id: Mapped[int | None] = mapped_column(ForeignKey("departments.id"))
    signed_on: Mapped[date]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    status: Mapped[str] = mapped_column(String(10))
    subject: Mapped[str | None]
    price_category: Mapped[int | None]
    has_advance: Mapped[bool]
    edo_operator: Mapped[str | None]
    manager: Mapped[str | None]
    billing_updated_at: Mapped[Moment | None]
    terminated_on: Mapped[date | None]
    """When the portal learned that it is terminated; counts where ``valid_to`` is empty."""
    transferred_at: Mapped[Moment | None]
    """When the present customer took the contract over: what people wrote or entered in the portal
    before belongs to a former one, and only staff see it."""

    customer: Mapped[Customer] = relationship(lazy="raise")
    department: Mapped[Department | None] = relationship(lazy="raise")


class SupplyPoint(Imported, Base):
    """Точка поставки: where energy is delivered under a contract."""

    __tablename__ = "supply_points"

    external_id: Mapped[ExternalId]
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id"), index=True)
    name: Mapped[str | None]
    address: Mapped[str]
    max_power_kw: Mapped[Energy | None]
    voltage_level: Mapped[str | None] = mapped_column(String(3))
    loss_percent: Mapped[Value | None]
    is_automatic: Mapped[bool]
    reading_regime: Mapped[str] = mapped_column(String(9))
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
