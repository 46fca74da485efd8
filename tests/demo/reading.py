"""Reads a demo package back, with arithmetic of its own."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from app.demo.package import write_demo_package
from app.demo.summary import DemoSummary

ZONE = ZoneInfo("Asia/Yekaterinburg")
NOWS = (
    datetime(2026, 1, 5, 9, 0, tzinfo=ZONE),
    datetime(2026, 3, 1, 0, 0, tzinfo=ZONE),
    datetime(2026, 11, 22, 15, 4, 5, tzinfo=ZONE),
    datetime(2028, 2, 29, 23, 59, 59, tzinfo=ZONE),
)
# Section 4 of the format, typed in anew.
COLUMNS = {
    "supplier": "supplier_id name short_name inn kpp ogrn address bank_name bic account "
    "corr_account phone email",
    "departments": "department_id name address phone email work_hours active",
    "enquiry_topics": "topic_id name department_id active",
    "services": "service_code name unit",
    "customers": "customer_id kind full_name short_name inn kpp ogrn legal_address "
    "postal_address email phone bank_name bic account corr_account",
    "contracts": "contract_no contract_id customer_id department_id signed_on valid_from "
    "valid_to status subject price_category has_advance edo_operator manager updated_at",
    "supply_points": "point_id contract_no name address max_power_kw voltage_level "
    "loss_percent askue reading_regime valid_from valid_to",
    "meters": "meter_id point_id serial_no model installed_on removed_on transformer_ratio "
    "ct vt verified_on next_verification_on",
    "registers": "meter_id zone direction unit digits decimals",
    "readings": "reading_id meter_id zone taken_on period value kind source status",
    "charges": "charge_id contract_no kind doc_no doc_date period corrects_charge_id amount "
    "vat_amount total edo_status",
    "charge_lines": "charge_id line_no service_code point_id meter_id zone qty unit price "
    "amount vat_rate vat_amount total method",
    "invoices": "invoice_id contract_no kind invoice_no invoice_date due_date period total "
    "vat_rate",
    "payments": "payment_id contract_no kind paid_on posted_on amount doc_no payer_inn "
    "payer_account payer_bic period purpose",
    "balances": "contract_no period opening charged corrected penalty paid closing",
}
KEYS = {
    "supplier": "supplier_id",
    "departments": "department_id",
    "enquiry_topics": "topic_id",
    "services": "service_code",
    "customers": "customer_id",
    "contracts": "contract_no",
    "supply_points": "point_id",
    "meters": "meter_id",
    "registers": "meter_id zone direction",
    "readings": "reading_id",
    "charges": "charge_id",
    "charge_lines": "charge_id line_no",
    "invoices": "invoice_id",
    "payments": "payment_id",
    "balances": "contract_no period",
}
MONEY = re.compile(r"-?\d+\.\d\d")
MONEY_COLUMNS = {
    "charges": "amount vat_amount total",
    "charge_lines": "amount vat_amount total",
    "invoices": "total",
    "payments": "amount",
    "balances": "opening charged corrected penalty paid closing",
}

Row = dict[str, str]


@dataclass(frozen=True)
class Package:
    """A written package, read back as text."""

    folder: Path
    now: datetime
    summary: DemoSummary
    rows: dict[str, list[Row]]

    def index(self, table: str, column: str) -> dict[str, Row]:
        return {row[column]: row for row in self.rows[table]}

    def of(self, table: str, contract_no: str) -> list[Row]:
        return [row for row in self.rows[table] if row["contract_no"] == contract_no]

    def meters_of(self, contract_no: str) -> list[Row]:
        points = {row["point_id"] for row in self.of("supply_points", contract_no)}
        return [row for row in self.rows["meters"] if row["point_id"] in points]

    def closing(self, contract_no: str) -> Decimal:
        return Decimal(self.of("balances", contract_no)[-1]["closing"])


def write(folder: Path, now: datetime, seed: int = 7) -> Package:
    summary = write_demo_package(folder, now, seed=seed)
    rows = {}
    for table in COLUMNS:
        with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
            rows[table] = list(csv.DictReader(file, delimiter=";"))
    return Package(folder, now, summary, rows)


def kopecks(text: str) -> int:
    """Exact kopecks of a money cell; anything but two decimals is a fault."""
    assert MONEY.fullmatch(text), text
    return int(text.replace(".", ""))


def half_up(value: Decimal) -> int:
    return int((value * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


# The format
