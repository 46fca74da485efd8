"""An independent reader of a package: what settlements must look like, without project code.

All money is in integer kopecks.  Rules (domain, section 2): a charge is posted on `doc_date`, a
payment on `posted_on`, else `paid_on`; the opening of a period counts operations dated before
its first day; the turnover counts both ends.  A negative correction is a negative debit and a
refund is a negative credit: an operation never changes its side.
"""

from __future__ import annotations

import csv
import json
import unicodedata
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple


class Op(NamedTuple):
    """One operation; `kind` as in the package, `period` YYYY-MM or empty, money in kopecks."""

    date: date
    kind: str
    doc_no: str
    period: str
    debit_kopecks: int
    credit_kopecks: int


class MonthTurnover(NamedTuple):
    """A row of the turnover sheet, in kopecks: + the customer owes, − overpaid."""

    period: str
    opening: int
    debit: int
    credit: int
    closing: int


class Turnover(NamedTuple):
    """Totals of a period in kopecks and its months, the first and last perhaps cut."""

    opening: int
    debit: int
    credit: int
    closing: int
    months: list[MonthTurnover]


class Balance(NamedTuple):
    """A row of balances.csv in kopecks."""

    opening: int
    charged: int
    corrected: int
    penalty: int
    paid: int
    closing: int


@dataclass
class Reference:
    """A whole package in memory: meant for small ones."""

    contracts: list[str] = field(default_factory=list)
    """Contract numbers in file order."""
    ops: dict[str, list[Op]] = field(default_factory=dict)
    """Operations by contract in order of date, debits first."""
    balances: dict[str, dict[str, Balance]] = field(default_factory=dict)
    """Balances by contract and period."""
    unallocated: list[Op] = field(default_factory=list)
    """Payments without a contract: they belong to no balance."""
    lines: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    """Sums of charge lines by charge_id: amount, VAT, total."""
    charges: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    """Amount, VAT, total of the documents."""

    def operations(self, contract_no: str) -> list[Op]:
        """Operations of the contract in order of date."""
        return list(self.ops.get(contract_no, ()))

    def opening(self, contract_no: str) -> int:
        """Opening balance of the first month of the package (0 if it has none)."""
        rows = self.balances.get(contract_no)
        return rows[min(rows)].opening if rows else 0

    def closing(self, contract_no: str) -> int:
        """Balance after every operation."""
        moved = sum(op.debit_kopecks - op.credit_kopecks for op in self.ops.get(contract_no, ()))
        return self.opening(contract_no) + moved

    def turnover(self, contract_no: str, first: date, last: date) -> Turnover:
        """Turnover sheet of `first`..`last`, both included, one row per calendar month."""
        ops = self.ops.get(contract_no, [])
        opening = self.opening(contract_no)
        opening += sum(op.debit_kopecks - op.credit_kopecks for op in ops if op.date < first)
        months, balance = [], opening
        for start, end in _months(first, last):
            inside = [op for op in ops if start <= op.date <= end]
            debit = sum(op.debit_kopecks for op in inside)
            credit = sum(op.credit_kopecks for op in inside)
            closing = balance + debit - credit
            months.append(MonthTurnover(f"{start:%Y-%m}", balance, debit, credit, closing))
            balance = closing
        return Turnover(
            opening, sum(m.debit for m in months), sum(m.credit for m in months), balance, months
        )

    def problems(self) -> list[str]:
        """Identities that do not hold; empty for a good package that covers its whole range."""
        found = []
        for charge_id, sums in self.charges.items():
            if self.lines.get(charge_id) != sums or sums[0] + sums[1] != sums[2]:
                found.append(f"charge {charge_id}: lines {self.lines.get(charge_id)} != {sums}")
        found += [f"lines of unknown {key}" for key in self.lines.keys() - self.charges.keys()]
        for contract_no in self.contracts:
            found += self._balance_problems(contract_no)
        return found

    def _balance_problems(self, contract_no: str) -> Iterator[str]:
        rows = sorted(self.balances.get(contract_no, {}).items())
        if not rows:
            return
        first = date.fromisoformat(rows[0][0] + "-01")
        year, month = int(rows[-1][0][:4]), int(rows[-1][0][5:])
        last = date(year, month, monthrange(year, month)[1])
        sheet = self.turnover(contract_no, first, last)
        if [period for period, _ in rows] != [m.period for m in sheet.months]:
            yield f"{contract_no}: months are missing"
            return
        outside = [op for op in self.ops.get(contract_no, ()) if not first <= op.date <= last]
        if outside:
            yield f"{contract_no}: operations outside the range: {outside}"
        for (period, row), month_row in zip(rows, sheet.months, strict=True):
            debit = row.charged + row.corrected + row.penalty
            if row.opening + debit - row.paid != row.closing:
                yield f"{contract_no} {period}: {row} does not add up"
            if (row.opening, debit, row.paid, row.closing) != month_row[1:]:
                yield f"{contract_no} {period}: {row} != {month_row}"


def _months(first: date, last: date) -> Iterator[tuple[date, date]]:
    """First and last day of every month of the period, cut at its ends."""
    start = first
    while start <= last:
        end = date(start.year, start.month, monthrange(start.year, start.month)[1])
        yield start, min(end, last)
        start = date.fromordinal(end.toordinal() + 1)


def read_rows(folder: Path, name: str) -> Iterator[dict[str, str]]:
    """Rows of one file as dicts, texts in NFC and trimmed; nothing if the file is missing."""
    manifest = _manifest(folder)
    path = folder / name
    if not path.exists():
        return
    encoding = manifest.get("encoding", "utf-8").replace("utf-8", "utf-8-sig")
    with path.open(encoding=encoding, newline="") as stream:
        delimiter = manifest.get("delimiter")
        if not delimiter:
            header = stream.readline()
            delimiter = max(";,\t", key=header.count)
            stream.seek(0)
        rows = csv.reader(stream, delimiter=delimiter, strict=True)
        columns = next(rows)
        for row in rows:
            if row:
                clean = (unicodedata.normalize("NFC", value).strip() for value in row)
                yield dict(zip(columns, clean, strict=True))


def load(folder: Path) -> Reference:
    """Read the operations and balances of a package."""
    mark = _manifest(folder).get("decimal", ".")
    ref = Reference([row["contract_no"] for row in read_rows(folder, "contracts.csv")])

    def kopecks(value: str) -> int:
        number = Decimal(value.replace(mark, ".")) * 100
        if number != number.to_integral_value():
            raise ValueError(value)
        return int(number)

    def money(row: dict[str, str]) -> tuple[int, int, int]:
        return kopecks(row["amount"]), kopecks(row["vat_amount"]), kopecks(row["total"])

    for row in read_rows(folder, "charges.csv"):
        sums = ref.charges[row["charge_id"]] = money(row)
        day = date.fromisoformat(row["doc_date"])
        op = Op(day, row["kind"], row["doc_no"], row["period"], sums[2], 0)
        ref.ops.setdefault(row["contract_no"], []).append(op)
    for row in read_rows(folder, "charge_lines.csv"):
        old, new = ref.lines.get(row["charge_id"], (0, 0, 0)), money(row)
        ref.lines[row["charge_id"]] = (old[0] + new[0], old[1] + new[1], old[2] + new[2])
    for row in read_rows(folder, "payments.csv"):
        day = date.fromisoformat(row["posted_on"] or row["paid_on"])
        op = Op(day, row["kind"], row["doc_no"], row["period"], 0, kopecks(row["amount"]))
        known = row["contract_no"]
        (ref.ops.setdefault(known, []) if known else ref.unallocated).append(op)
    for row in read_rows(folder, "balances.csv"):
        values = Balance(*(kopecks(row[name]) for name in Balance._fields))
        ref.balances.setdefault(row["contract_no"], {})[row["period"]] = values
    for ops in ref.ops.values():
        ops.sort(key=lambda op: (op.date, op.credit_kopecks != 0, op.doc_no))
    return ref


def operations(folder: Path, contract_no: str) -> list[Op]:
    """Operations of one contract, read from the folder."""
    return load(folder).operations(contract_no)


def opening(folder: Path, contract_no: str) -> int:
    """Opening balance of the first month in kopecks, read from the folder."""
    return load(folder).opening(contract_no)


def turnover(folder: Path, contract_no: str, first: date, last: date) -> Turnover:
    """Turnover of one contract for `first`..`last`, read from the folder."""
    return load(folder).turnover(contract_no, first, last)


def _manifest(folder: Path) -> dict[str, str]:
    path = folder / "manifest.json"
    if not path.exists():
        return {}
    values = json.loads(path.read_text(encoding="utf-8"))
    return {key: value for key, value in values.items() if isinstance(value, str)}
