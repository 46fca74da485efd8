"""A catalogue of single faults: each damages one thing in a good package, in a known place.

The base package is `write_package(folder, contracts=12, months=12)` or larger, in the default
dialect, hostile or not: its first contract is ordinary, so the first records of every file take
one physical line each.  `line` counts physical lines from 1 (the header); `line` or `column` None
means that the format does not say, so a test should not ask.  Some faults drag others along (a
rejected customer takes its contracts with it): ask that the expected place is among the reported.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.other_supplier.surgery import Damage, Sheet, edit, edit_manifest, put

KIB = 1024


@dataclass(frozen=True)
class Fault:
    """One damage and the place where the importer must report it."""

    name: str
    damage: Damage
    file: str
    line: int | None = None
    column: str | None = None
    stale_manifest: bool = False
    """True: the manifest is not made to agree with the damage, for it is part of the fault."""
    cross_check: bool = False
    """True: the format lists it among cross-checks (foreign keys: a warning unless strict)."""


def _field(name: str, file: str, line: int, column: str, value: str) -> Fault:
    return Fault(name, put(file, line, column, value), file, line, column)


def _reference(name: str, file: str, line: int, column: str, value: str) -> Fault:
    return Fault(name, put(file, line, column, value), file, line, column, cross_check=True)


_MONEY = {
    "bad-decimal": "12.3.4",
    "letters-in-money": "сто",
    "three-decimals": "12.345",
    "null-in-money": "NULL",
    "dash-in-money": "-",
    "nan": "NaN",
    "infinity": "Infinity",
    "1e400": "1e400",
    "exponent": "1e3",
    "thousands-comma": "1,234.50",
    "thousands-space": "1 234.50",
    "nbsp-in-number": "1\u00a0234.50",
    "narrow-nbsp-in-number": "1\u202f234.50",
    "decimal-comma": "1234,50",
    "underscore": "1_234.50",
    "arabic-digits": "١٢٣.50",
    "unicode-minus": "−12.50",
    "currency": "1234.50 ₽",
}
_DATES = {
    "zero-date": "0000-00-00",
    "february-30": "2026-02-30",
    "month-13-date": "2026-13-01",
    "russian-date": "31.10.2026",
    "compact-date": "20261031",
    "week-date": "2026-W44-6",
    "datetime-in-date": "2026-10-31T00:00:00",
    "short-date": "2026-1-5",
}
_PERIODS = {
    "month-13": "2026-13",
    "month-00": "2026-00",
    "short-period": "2026-1",
    "russian-period": "10.2026",
    "date-in-period": "2026-10-01",
}


def _values() -> list[Fault]:
    """A field that cannot be parsed."""
    pay, lines, people = "payments.csv", "charge_lines.csv", "customers.csv"
    found = [_field(n, "invoices.csv", 3, "total", v) for n, v in _MONEY.items()]
    found += [_field(n, pay, 2, "paid_on", v) for n, v in _DATES.items()]
    found += [_field(n, "balances.csv", 3, "period", v) for n, v in _PERIODS.items()]
    return [
        *found,
        _field("null-in-optional-date", pay, 2, "posted_on", "NULL"),
        _field("dash-in-optional-date", pay, 2, "posted_on", "-"),
        _field("null-in-text", pay, 2, "doc_no", "NULL"),
        _field("dash-in-text", pay, 2, "doc_no", "-"),
        _field("datetime-without-offset", "contracts.csv", 2, "updated_at", "2026-10-31T21:00:00"),
        _field("four-decimals-in-quantity", lines, 3, "qty", "1.2345"),
        _field("six-decimals-in-price", lines, 3, "price", "7.123456"),
        _field("five-decimals-in-reading", "readings.csv", 3, "value", "1.23456"),
        _field("fraction-in-integer", lines, 3, "line_no", "1.5"),
        _field("bool-da", "enquiry_topics.csv", 2, "active", "да"),
        _field("bool-true", "enquiry_topics.csv", 2, "active", "true"),
        _field("bad-enum", "charges.csv", 3, "kind", "акт"),
        _field("bad-enum-cyrillic", "supply_points.csv", 2, "voltage_level", "НН"),
        _field("bad-enum-case", "invoices.csv", 3, "kind", "FINAL"),
        _field("price-category-7", "contracts.csv", 2, "price_category", "7"),
        _field("inn-of-9-digits", people, 2, "inn", "740104729"),
        _field("inn-of-11-digits", people, 2, "inn", "21234567890"),
        _field("inn-with-letter", people, 2, "inn", "74010472О5"),
        _field("kpp-of-8-digits", people, 2, "kpp", "74150100"),
        _field("bad-id-characters", pay, 2, "payment_id", "PAY 1;*"),
        _field("id-with-newline", pay, 2, "payment_id", "PAY\n1"),
        _field("id-of-65-characters", pay, 2, "payment_id", "7" * 65),
        _field("missing-value", pay, 2, "amount", ""),
        _field("missing-key", pay, 2, "payment_id", ""),
        _field("blank-value", "invoices.csv", 3, "invoice_no", "   "),
        _field("field-over-8-kib", pay, 2, "purpose", "x" * (8 * KIB + 1)),
        _field("field-over-8-kib-in-bytes", "invoices.csv", 3, "invoice_no", "№" * (8 * KIB)),
    ]


def _references() -> list[Fault]:
    """A row that refers to something absent; contract 00000-ЭС never exists."""
    return [
        _reference("unknown-contract", "payments.csv", 2, "contract_no", "00000-ЭС"),
        _reference("unknown-contract-of-charge", "charges.csv", 3, "contract_no", "00000-ЭС"),
        _reference("unknown-contract-of-balance", "balances.csv", 3, "contract_no", "00000-ЭС"),
        _reference("unknown-charge", "charge_lines.csv", 3, "charge_id", "dead-beef"),
        _reference("unknown-meter", "readings.csv", 3, "meter_id", "dead-beef"),
        _reference("unknown-zone", "readings.csv", 3, "zone", "T3"),
        _reference("unknown-customer", "contracts.csv", 2, "customer_id", "dead-beef"),
        _reference("unknown-service", "charge_lines.csv", 3, "service_code", "XX"),
    ]


def _copy(file: str, at: int, column: str | None, name: str) -> Fault:
    """The record of line 2 a second time, as line `at`."""

    def change(sheet: Sheet) -> None:
        sheet.insert(at, sheet.dump(sheet.record(2), 2))

    return Fault(name, edit(file, change), file, at, column)


def _too_few(sheet: Sheet) -> None:
    sheet.lines[1] = sheet.dump(sheet.record(2)[:-1], 2)


def _too_many(sheet: Sheet) -> None:
    sheet.lines[1] = sheet.dump([*sheet.record(2), "лишнее"], 2)


def _nul(sheet: Sheet) -> None:
    sheet.put(2, "purpose", "Оплата\0")


def _bad_byte(sheet: Sheet) -> None:
    """0x98 is neither UTF-8 nor cp1251."""
    sheet.put(2, "purpose", "Byte @@")
    sheet.lines[1] = sheet.lines[1].replace(b"@@", b"\x98")


def _half_character(sheet: Sheet) -> None:
    """A name cut in the middle of a two-byte character."""
    sheet.put(2, "purpose", "Half @@")
    sheet.lines[1] = sheet.lines[1].replace(b"@@", b"\xd0")


def _open_quote(sheet: Sheet) -> None:
    """A quote opened in the first field of line 3 of a file without quotes: runs to the end."""
    sheet.lines[2] = b'"' + sheet.lines[2]


def _open_quote_last(sheet: Sheet) -> None:
    """The file ends inside a quoted field of its last record, line 4."""
    sheet.cut_after(4)
    body = sheet.lines[3].rstrip(b"\r\n")
    head, mark, tail = body.rpartition(sheet.delimiter.encode())
    sheet.lines[3] = head + mark + b'"' + tail


def _cut_record(sheet: Sheet) -> None:
    """The file ends in the middle of line 4."""
    sheet.cut_after(4)
    sheet.lines[3] = sheet.lines[3][: len(sheet.lines[3]) // 2]


def _without_amount(sheet: Sheet) -> None:
    place = sheet.columns().index("amount")
    sheet.rewrite(lambda _, row: row[:place] + row[place + 1 :])


def _long_line(sheet: Sheet) -> None:
    """Nine unknown columns of 8000 bytes: each field is allowed, the line is not."""
    names = [f"extra{n}" for n in range(9)]
    long = ["x" * 8000] * 9
    sheet.rewrite(lambda n, row: row + (names if n == 0 else long if n == 1 else [""] * 9))


def _rows() -> list[Fault]:
    """A record or a file whose shape is wrong."""
    pay, invoices, balances = "payments.csv", "invoices.csv", "balances.csv"
    return [
        _copy(invoices, 3, "invoice_id", "duplicate-key"),
        _copy(balances, 30, None, "duplicate-key-far-away"),
        _copy("charge_lines.csv", 4, None, "duplicate-line-no"),
        Fault("missing-column", edit(pay, _without_amount), pay, 1, "amount"),
        Fault("too-few-fields", edit(pay, _too_few), pay, 2),
        Fault("too-many-fields", edit(pay, _too_many), pay, 2),
        Fault("line-over-64-kib", edit("services.csv", _long_line), "services.csv", 2),
        Fault("nul-byte", edit(pay, _nul), pay, 2),
        Fault("invalid-utf-8", edit(pay, _bad_byte), pay, 2),
        Fault("half-a-character", edit(pay, _half_character), pay, 2),
        Fault("open-quote", edit(balances, _open_quote, drop_manifest=True), balances, 3),
        Fault("open-quote-last", edit(invoices, _open_quote_last, drop_manifest=True), invoices, 4),
        Fault("cut-record", edit(invoices, _cut_record), invoices, 4),
        Fault("empty-file", edit(pay, _empty), pay),
    ]


def _empty(sheet: Sheet) -> None:
    """No header, no rows, no bytes."""
    sheet.cut_after(1)
    sheet.lines.clear()


def _item(manifest: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(item for item in manifest["files"] if item["name"] == name)
    return found


def _set_item(key: str, value: object) -> Damage:
    return edit_manifest(lambda m: _item(m, "payments.csv").__setitem__(key, value))


def _add_row(manifest: dict[str, Any]) -> None:
    _item(manifest, "payments.csv")["rows"] += 1


def _truncate(folder: Path) -> None:
    """The last third of the file did not arrive."""
    data = (folder / "payments.csv").read_bytes()
    (folder / "payments.csv").write_bytes(data[: len(data) * 2 // 3])


def _lost(folder: Path) -> None:
    (folder / "payments.csv").unlink()


def _half_json(folder: Path) -> None:
    path = folder / "manifest.json"
    path.write_bytes(path.read_bytes()[:-40])


def _same_size(sheet: Sheet) -> None:
    """Another value of the same length: only the hash tells."""
    value = sheet.get(2, "paid_on")
    sheet.put(2, "paid_on", value[:-1] + ("1" if value[-1] != "1" else "2"))


def _manifests() -> list[Fault]:
    """The manifest does not agree with the files, or is itself bad."""
    pay, manifest_file = "payments.csv", "manifest.json"
    changed = edit(pay, _same_size, fix_manifest=False)
    head = {
        "manifest-format": ("format", "billing-exchange/2.0"),
        "manifest-mode": ("mode", "полный"),
        "manifest-period": ("period_to", "2026-13"),
        "manifest-encoding": ("encoding", "koi8-r"),
        "manifest-delimiter": ("delimiter", "|"),
    }
    return [
        Fault("hash-mismatch", changed, pay, stale_manifest=True),
        Fault("hash-wrong", _set_item("sha256", "0" * 64), pay, stale_manifest=True),
        Fault("row-count-mismatch", edit_manifest(_add_row), pay, stale_manifest=True),
        Fault("truncated-file", _truncate, pay, stale_manifest=True),
        Fault("listed-file-missing", _lost, pay, stale_manifest=True),
        Fault(
            "manifest-path",
            _set_item("name", "../payments.csv"),
            manifest_file,
            stale_manifest=True,
        ),
        Fault("manifest-not-json", _half_json, manifest_file, stale_manifest=True),
        *(
            Fault(
                name,
                edit_manifest(_setter(*pair)),
                manifest_file,
                None,
                pair[0],
                stale_manifest=True,
            )
            for name, pair in head.items()
        ),
    ]


def _setter(key: str, value: str) -> Any:
    return lambda manifest: manifest.__setitem__(key, value)


def _bump(file: str, line: int, *columns: str) -> Damage:
    """One kopeck more in each of the columns."""

    def change(sheet: Sheet) -> None:
        for column in columns:
            value = sheet.get(line, column).replace(sheet.decimal, "")
            more = f"{int(value) + 1:04d}"
            sheet.put(line, column, f"{more[:-2]}{sheet.decimal}{more[-2:]}")

    return edit(file, change)


def _digit(name: str, column: str, place: int) -> Fault:
    """The control digit at `place` is wrong by one."""

    def change(sheet: Sheet) -> None:
        digits = list(sheet.get(2, column))
        digits[place] = str((int(digits[place]) + 1) % 10)
        sheet.put(2, column, "".join(digits))

    return Fault(name, edit("customers.csv", change), "customers.csv", 2, column)


def _note_column(sheet: Sheet) -> None:
    sheet.rewrite(lambda n, row: [*row, "Примечание" if n == 0 else ""])


def _note_file(folder: Path) -> None:
    (folder / "заметки.csv").write_text("a;b\n1;2\n", encoding="utf-8")


FAULTS: list[Fault] = [*_values(), *_references(), *_rows(), *_manifests()]
"""Errors: the row (or the batch) is refused."""

WARNINGS: list[Fault] = [
    _digit("inn-control-digit", "inn", -1),
    _digit("ogrn-control-digit", "ogrn", -1),
    _digit("account-control-digit", "account", 8),
    _digit("corr-account-control-digit", "corr_account", 8),
    Fault("unknown-column", edit("invoices.csv", _note_column), "invoices.csv", 1, "Примечание"),
    Fault("unknown-file", _note_file, "заметки.csv"),
    Fault("lines-mismatch", _bump("charge_lines.csv", 2, "amount", "total"), "charge_lines.csv"),
    Fault("balance-identity", _bump("balances.csv", 2, "charged"), "balances.csv", 2),
    Fault("balance-continuity", _bump("balances.csv", 2, "opening", "closing"), "balances.csv"),
]
"""Loaded all the same and listed in the report (unless strict)."""
