"""Files, the column order of this supplier, and the streaming writer of one CSV file."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Row = tuple[str, ...]

COLUMNS: dict[str, str] = {
    "supplier.csv": (
        "name short_name inn kpp ogrn supplier_id account bic bank_name corr_account"
        " email phone address"
    ),
    "departments.csv": "active name department_id work_hours phone email address",
    "enquiry_topics.csv": "name topic_id active department_id",
    "services.csv": "unit service_code name",
    "customers.csv": (
        "full_name short_name customer_id kind kpp inn ogrn postal_address legal_address"
        " phone email account corr_account bic bank_name"
    ),
    "contracts.csv": (
        "contract_id contract_no valid_from valid_to signed_on customer_id status"
        " department_id has_advance price_category subject Комментарий edo_operator"
        " updated_at manager"
    ),
    "supply_points.csv": (
        "contract_no point_id address name voltage_level loss_percent max_power_kw"
        " reading_regime askue valid_to valid_from"
    ),
    "meters.csv": (
        "point_id meter_id model serial_no ct vt transformer_ratio next_verification_on"
        " verified_on removed_on installed_on"
    ),
    "registers.csv": "decimals digits unit direction zone meter_id",
    "readings.csv": "taken_on meter_id zone reading_id value period status kind source",
    "charges.csv": (
        "doc_no doc_date charge_id contract_no total vat_amount amount kind period"
        " edo_status corrects_charge_id"
    ),
    "charge_lines.csv": (
        "line_no charge_id service_code unit qty price amount vat_amount vat_rate total"
        " method zone meter_id point_id"
    ),
    "invoices.csv": (
        "contract_no invoice_no invoice_id total period kind vat_rate due_date invoice_date"
    ),
    "payments.csv": (
        "paid_on posted_on payment_id amount kind contract_no period doc_no payer_bic"
        " payer_account payer_inn purpose"
    ),
    "balances.csv": "period contract_no closing opening charged corrected penalty paid",
}
"""Order of load -> columns in this supplier's order; `Комментарий` is the unknown column."""

POWERS = (1, 10, 100, 1_000, 10_000, 100_000)
CRLF = frozenset({"customers.csv", "charges.csv", "invoices.csv", "balances.csv"})
WITH_BOM = "customers.csv"
WITH_BLANK_LINES = "supply_points.csv"
NO_LAST_LINE_END = "balances.csv"


def fields(name: str, values: dict[str, str]) -> Row:
    """Row of file `name` from a dict; missing columns are empty, unknown names are a bug."""
    columns = COLUMNS[name].split()
    extra = values.keys() - set(columns)
    if extra:
        raise KeyError(f"{name}: {sorted(extra)}")
    return tuple(values.get(column, "") for column in columns)


class Format:
    """Field formatting of one package: quoting, decimal mark.  Numbers come as scaled integers."""

    money: Callable[[int], str]

    def __init__(self, delimiter: str, decimal: str) -> None:
        """`delimiter` is `;`, `,` or TAB, `decimal` is `.` or `,`."""
        self.delimiter, self.decimal = delimiter, decimal
        self.wrap = '"' if delimiter == decimal else ""
        self.comma_quote = '"' if delimiter == "," else ""
        self._special = re.compile(f'[{re.escape(delimiter)}"\r\n]')
        self._tails = [[f"{decimal}{n:0{p}d}" for n in range(10**p)] for p in range(4)]
        self._cents = self._tails[2]
        self.money = self._quoted_money if self.wrap else self._money

    def text(self, value: str) -> str:
        """Quote the text if it holds the delimiter, a quote or a line end."""
        if self._special.search(value):
            return '"' + value.replace('"', '""') + '"'
        return value

    def _money(self, kopecks: int) -> str:
        if kopecks >= 0:
            return f"{kopecks // 100}{self._cents[kopecks % 100]}"
        return f"-{-kopecks // 100}{self._cents[-kopecks % 100]}"

    def _quoted_money(self, kopecks: int) -> str:
        return f'"{self._money(kopecks)}"'

    def scaled(self, value: int, places: int) -> str:
        """`value` × 10^-places (0..5), all the places written."""
        if not places:
            return str(value)
        whole, rest = divmod(abs(value), POWERS[places])
        tail = self._tails[places][rest] if places < 4 else f"{self.decimal}{rest:0{places}d}"
        sign = "-" if value < 0 else ""
        return f"{self.wrap}{sign}{whole}{tail}{self.wrap}"


@dataclass(frozen=True)
class FileInfo:
    """What the manifest says of a file: `rows` without header and blank lines, `bytes`."""

    name: str
    rows: int
    bytes: int
    sha256: str


class CsvFile:
    """Streaming writer: rows are collected in `buffer` by others and written by `flush`."""

    def __init__(self, path: Path, fmt: Format, encoding: str) -> None:
        """Open the file and write its header (and BOM, if this is that file)."""
        self.name, self.buffer = path.name, list[Row]()
        self._eol = "\r\n" if self.name in CRLF else "\n"
        self._join, self._encoding = fmt.delimiter.join, encoding
        self._rows = self._bytes = 0
        self._hash = hashlib.sha256()
        self._out = path.open("wb", buffering=1 << 20)
        if self.name == WITH_BOM and encoding == "utf-8":
            self._write("\ufeff")
        self._write(self._join(COLUMNS[self.name].split()))

    def _write(self, text: str) -> None:
        data = text.encode(self._encoding, "replace")
        self._hash.update(data)
        self._bytes += len(data)
        self._out.write(data)

    def flush(self) -> None:
        """Write the collected rows and empty the buffer (the list object stays the same)."""
        if self.buffer:
            lines = list(map(self._join, self.buffer))
            self._rows += len(lines)
            if self.name == WITH_BLANK_LINES:
                lines.insert(len(lines) // 2 + 1, "")
            self._write(self._eol + self._eol.join(lines))
            self.buffer.clear()

    def close(self) -> FileInfo:
        """Write the rest, end the last line unless this is that file, and tell the totals."""
        self.flush()
        if self.name != NO_LAST_LINE_END:
            self._write(self._eol)
        self._out.close()
        return FileInfo(self.name, self._rows, self._bytes, self._hash.hexdigest())
