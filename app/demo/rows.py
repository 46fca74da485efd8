"""One row type per file of billing-exchange/1.0: the fields are the columns, in their order.

Money is Decimal roubles with two decimals, quantities are kWh or kW, prices roubles per unit.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from app.demo.timeline import Month

CustomerKind = Literal["ul", "ip", "fl"]
ContractStatus = Literal["active", "suspended", "terminated"]
Regime = Literal["month_end", "mkd"]
ReadingKind = Literal["regular", "initial", "final", "control"]
ChargeKind = Literal["upd", "ukd", "penalty"]
InvoiceKind = Literal["advance30", "advance40", "final"]
PaymentKind = Literal["payment", "refund", "offset"]


@dataclass(frozen=True, slots=True)
class SupplierRow:
    supplier_id: str
    name: str
    short_name: str
    inn: str
    kpp: str
    ogrn: str
    address: str
    bank_name: str
    bic: str
    account: str
    corr_account: str
    phone: str
    email: str


@dataclass(frozen=True, slots=True)
class DepartmentRow:
    department_id: str
    name: str
    address: str
    phone: str
    email: str
    work_hours: str
    active: bool = True


@dataclass(frozen=True, slots=True)
class TopicRow:
    topic_id: str
    name: str
    department_id: str
    active: bool = True


@dataclass(frozen=True, slots=True)
class ServiceRow:
    service_code: str
    name: str
    unit: str | None


@dataclass(frozen=True, slots=True)
class CustomerRow:
    customer_id: str
    kind: CustomerKind
    full_name: str
    short_name: str
    inn: str
    kpp: str | None
    ogrn: str | None
    legal_address: str
    postal_address: str
    email: str | None
    phone: str | None
    bank_name: str | None
    bic: str | None
    account: str | None
    corr_account: str | None


@dataclass(frozen=True, slots=True)
class ContractRow:
    contract_no: str
    contract_id: str
    customer_id: str
    department_id: str
    signed_on: date
    valid_from: date
    valid_to: date | None
    status: ContractStatus
    subject: str
    price_category: int
    has_advance: bool
    edo_operator: str | None
    manager: str
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class SupplyPointRow:
    point_id: str
    contract_no: str
    name: str
    address: str
    max_power_kw: Decimal
    voltage_level: str
    loss_percent: Decimal | None
    askue: bool
    reading_regime: Regime
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class MeterRow:
    meter_id: str
    point_id: str
    serial_no: str
    model: str
    installed_on: date
    removed_on: date | None
    transformer_ratio: int
    ct: int
    vt: int
    verified_on: date
    next_verification_on: date


@dataclass(frozen=True, slots=True)
class RegisterRow:
    meter_id: str
    zone: str
    direction: str
    unit: str
    digits: int
    decimals: int


@dataclass(frozen=True, slots=True)
class ReadingRow:
    reading_id: str
    meter_id: str
    zone: str
    taken_on: date
    period: Month
    value: Decimal
    kind: ReadingKind
    source: str
    status: str = "accepted"


@dataclass(frozen=True, slots=True)
class ChargeRow:
    charge_id: str
    contract_no: str
    kind: ChargeKind
    doc_no: str
    doc_date: date
    period: Month
    corrects_charge_id: str | None
    amount: Decimal
    vat_amount: Decimal
    total: Decimal
    edo_status: str


@dataclass(frozen=True, slots=True)
class ChargeLineRow:
    charge_id: str
    line_no: int
    service_code: str
    point_id: str | None
    meter_id: str | None
    zone: str | None
    qty: Decimal
    unit: str | None
    price: Decimal
    amount: Decimal
    vat_rate: int | None
    vat_amount: Decimal
    total: Decimal
    method: str


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    invoice_id: str
    contract_no: str
    kind: InvoiceKind
    invoice_no: str
    invoice_date: date
    due_date: date
    period: Month
    total: Decimal
    vat_rate: int


@dataclass(frozen=True, slots=True)
class PaymentRow:
    payment_id: str
    contract_no: str | None
    kind: PaymentKind
    paid_on: date
    posted_on: date | None
    amount: Decimal
    doc_no: str
    payer_inn: str
    payer_account: str | None
    payer_bic: str | None
    period: Month | None
    purpose: str


@dataclass(frozen=True, slots=True)
class BalanceRow:
    contract_no: str
    period: Month
    opening: Decimal
    charged: Decimal
    corrected: Decimal
    penalty: Decimal
    paid: Decimal
    closing: Decimal


@dataclass(slots=True)
class Tables:
    """All rows of a package; each field is written as ``<field>.csv``, in the order of loading."""

    supplier: list[SupplierRow] = field(default_factory=list)
    departments: list[DepartmentRow] = field(default_factory=list)
    enquiry_topics: list[TopicRow] = field(default_factory=list)
    services: list[ServiceRow] = field(default_factory=list)
    customers: list[CustomerRow] = field(default_factory=list)
    contracts: list[ContractRow] = field(default_factory=list)
    supply_points: list[SupplyPointRow] = field(default_factory=list)
    meters: list[MeterRow] = field(default_factory=list)
    registers: list[RegisterRow] = field(default_factory=list)
    readings: list[ReadingRow] = field(default_factory=list)
    charges: list[ChargeRow] = field(default_factory=list)
    charge_lines: list[ChargeLineRow] = field(default_factory=list)
    invoices: list[InvoiceRow] = field(default_factory=list)
    payments: list[PaymentRow] = field(default_factory=list)
    balances: list[BalanceRow] = field(default_factory=list)
