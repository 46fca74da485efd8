"""The demo package agrees with the format and with itself."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256

import pytest

from tests.demo.reading import COLUMNS, KEYS, MONEY, MONEY_COLUMNS, Package, half_up, kopecks


def test_manifest_vouches_for_every_file(package: Package) -> None:
    manifest = json.loads((package.folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["format"] == "billing-exchange/1.0"
    assert manifest["mode"] == "full"
    assert manifest["supplier_inn"] == package.rows["supplier"][0]["inn"]
    assert manifest["created_at"] == package.now.isoformat()
    assert manifest["period_to"] == f"{package.now:%Y-%m}"
    assert [entry["name"] for entry in manifest["files"]] == [f"{name}.csv" for name in COLUMNS]
    for entry in manifest["files"]:
        content = (package.folder / entry["name"]).read_bytes()
        assert entry["bytes"] == len(content)
        assert entry["sha256"] == sha256(content).hexdigest()
        assert entry["rows"] == len(package.rows[entry["name"].removesuffix(".csv")])


@pytest.mark.parametrize("table", COLUMNS)
def test_columns_are_those_of_the_format(package: Package, table: str) -> None:
    header = (package.folder / f"{table}.csv").read_text(encoding="utf-8").split("\n", 1)[0]
    assert header.split(";") == COLUMNS[table].split()


@pytest.mark.parametrize("table", KEYS)
def test_keys_are_unique(package: Package, table: str) -> None:
    keys = [tuple(row[part] for part in KEYS[table].split()) for row in package.rows[table]]
    assert len(set(keys)) == len(keys) > 0


@pytest.mark.parametrize("table", MONEY_COLUMNS)
def test_money_has_two_decimals(package: Package, table: str) -> None:
    for row in package.rows[table]:
        for column in MONEY_COLUMNS[table].split():
            assert MONEY.fullmatch(row[column]), row


def test_every_reference_leads_somewhere(package: Package) -> None:
    references = [
        ("enquiry_topics", "department_id", "departments"),
        ("contracts", "customer_id", "customers"),
        ("contracts", "department_id", "departments"),
        ("supply_points", "contract_no", "contracts"),
        ("meters", "point_id", "supply_points"),
        ("registers", "meter_id", "meters"),
        ("readings", "meter_id", "meters"),
        ("charges", "contract_no", "contracts"),
        ("charge_lines", "charge_id", "charges"),
        ("charge_lines", "service_code", "services"),
        ("charge_lines", "point_id", "supply_points"),
        ("charge_lines", "meter_id", "meters"),
        ("invoices", "contract_no", "contracts"),
        ("payments", "contract_no", "contracts"),
        ("balances", "contract_no", "contracts"),
    ]
    for table, column, target in references:
        known = {row[KEYS[target]] for row in package.rows[target]}
        used = {row[column] for row in package.rows[table]} - {""}
        assert used <= known, (table, column)
    corrected = {row["corrects_charge_id"] for row in package.rows["charges"]} - {""}
    assert corrected <= set(package.index("charges", "charge_id"))


# Time


def test_nothing_is_dated_after_now(package: Package) -> None:
    today = package.now.date()
    past = {
        "contracts": "signed_on valid_from valid_to",
        "supply_points": "valid_from valid_to",
        "meters": "installed_on removed_on verified_on",
        "readings": "taken_on",
        "charges": "doc_date",
        "invoices": "invoice_date",
        "payments": "paid_on posted_on",
    }
    for table, columns in past.items():
        for row in package.rows[table]:
            for column in columns.split():
                assert not row[column] or date.fromisoformat(row[column]) <= today, row
    for row in package.rows["contracts"]:
        assert datetime.fromisoformat(row["updated_at"]) <= package.now
    for table in ("readings", "charges"):
        assert max(row["period"] for row in package.rows[table]) < f"{package.now:%Y-%m}"
    for table in ("invoices", "payments", "balances"):
        assert max(row["period"] for row in package.rows[table]) <= f"{package.now:%Y-%m}"


def test_every_month_has_its_document_and_balance(package: Package) -> None:
    for contract in package.rows["contracts"]:
        bills = package.of("charges", contract["contract_no"])
        periods = [row["period"] for row in bills if row["kind"] == "upd"]
        assert len(periods) == (30 if contract["status"] == "terminated" else 36)
        assert periods == sorted(set(periods))
        balances = [row["period"] for row in package.of("balances", contract["contract_no"])]
        assert len(balances) == 37
        assert balances[-1] == f"{package.now:%Y-%m}"


def test_posting_follows_payment_within_three_days(package: Package) -> None:
    for row in package.rows["payments"]:
        if row["posted_on"]:
            delay = date.fromisoformat(row["posted_on"]) - date.fromisoformat(row["paid_on"])
            assert 0 <= delay.days <= 3, row


# Money


def test_balances_follow_from_the_operations(package: Package) -> None:
    turnover: dict[tuple[str, str, str], int] = defaultdict(int)
    column = {"upd": "charged", "other": "charged", "ukd": "corrected", "penalty": "penalty"}
    for row in package.rows["charges"]:
        key = row["contract_no"], row["doc_date"][:7], column[row["kind"]]
        turnover[key] += kopecks(row["total"])
    for row in package.rows["payments"]:
        if row["contract_no"]:
            month = (row["posted_on"] or row["paid_on"])[:7]
            turnover[row["contract_no"], month, "paid"] += kopecks(row["amount"])
    for row in package.rows["balances"]:
        for name in ("charged", "corrected", "penalty", "paid"):
            wanted = turnover.pop((row["contract_no"], row["period"], name), 0)
            assert kopecks(row[name]) == wanted, (row, name)
    assert not turnover, "operations outside of all balances"


def test_balances_carry_over(package: Package) -> None:
    closing: dict[str, int] = {}
    for row in package.rows["balances"]:
        sums = {name: kopecks(row[name]) for name in MONEY_COLUMNS["balances"].split()}
        assert sums["opening"] == closing.get(row["contract_no"], sums["opening"])
        debit = sums["charged"] + sums["corrected"] + sums["penalty"]
        assert sums["closing"] == sums["opening"] + debit - sums["paid"]
        closing[row["contract_no"]] = sums["closing"]


def test_documents_are_the_sums_of_their_lines(package: Package) -> None:
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for line in package.rows["charge_lines"]:
        for place, column in enumerate(("amount", "vat_amount", "total")):
            sums[line["charge_id"]][place] += kopecks(line[column])
    for row in package.rows["charges"]:
        stated = [kopecks(row[column]) for column in ("amount", "vat_amount", "total")]
        assert stated == sums[row["charge_id"]]
        assert stated[0] + stated[1] == stated[2]


def test_lines_are_volume_times_price_with_the_rate_of_the_delivery(package: Package) -> None:
    charges = package.index("charges", "charge_id")
    for line in package.rows["charge_lines"]:
        charge = charges[line["charge_id"]]
        assert Decimal(line["price"]).as_tuple().exponent == -5
        assert -3 <= int(Decimal(line["qty"]).as_tuple().exponent) <= 0
        amount = half_up(Decimal(line["qty"]) * Decimal(line["price"]))
        assert kopecks(line["amount"]) == amount
        if charge["kind"] == "penalty":
            assert line["vat_rate"] == ""
            assert kopecks(line["vat_amount"]) == 0
            continue
        rate = 20 if charge["period"] <= "2025-12" else 22
        assert line["vat_rate"] == str(rate)
        assert kopecks(line["vat_amount"]) == half_up(Decimal(amount * rate) / 10_000)


def test_invoices_of_a_billed_month_add_up_to_its_document(package: Package) -> None:
    invoiced: dict[tuple[str, str], int] = defaultdict(int)
    for row in package.rows["invoices"]:
        assert kopecks(row["total"]) > 0
        assert row["due_date"] >= row["invoice_date"]
        invoiced[row["contract_no"], row["period"]] += kopecks(row["total"])
    for row in package.rows["charges"]:
        if row["kind"] == "upd":
            assert invoiced[row["contract_no"], row["period"]] == kopecks(row["total"])


def test_advances_of_the_running_month_are_invoiced(package: Package) -> None:
    month = f"{package.now:%Y-%m}"
    for contract in package.rows["contracts"]:
        kinds = [
            row["kind"]
            for row in package.of("invoices", contract["contract_no"])
            if row["period"] == month
        ]
        wanted = ["advance30", "advance40"] if contract["has_advance"] == "1" else []
        assert kinds == wanted


def test_sums_resemble_those_of_businesses(package: Package) -> None:
    bills = [kopecks(row["total"]) / 100 for row in package.rows["charges"] if row["kind"] == "upd"]
    assert min(bills) > 500
    assert max(bills) < 10_000_000
    assert 50_000 < sorted(bills)[len(bills) // 2] < 1_500_000


def test_purposes_fit_a_payment_order(package: Package) -> None:
    assert all(0 < len(row["purpose"]) <= 210 for row in package.rows["payments"])


# Meters
