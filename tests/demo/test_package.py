"""The demo package is read back and audited with arithmetic of its own."""

from __future__ import annotations

import csv
import json
import re
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from stdnum.ru import inn

from app.demo import DemoSummary, write_demo_package

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


@pytest.fixture(scope="module", params=NOWS, ids=lambda now: now.date().isoformat())
def package(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Package:
    return write(tmp_path_factory.mktemp("demo"), request.param)


@pytest.fixture(scope="module")
def leap_day(tmp_path_factory: pytest.TempPathFactory) -> Package:
    return write(tmp_path_factory.mktemp("leap"), NOWS[-1])


def kopecks(text: str) -> int:
    """Exact kopecks of a money cell; anything but two decimals is a fault."""
    assert MONEY.fullmatch(text), text
    return int(text.replace(".", ""))


def half_up(value: Decimal) -> int:
    return int((value * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


# The format


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


def test_sums_look_like_those_of_businesses(package: Package) -> None:
    bills = [kopecks(row["total"]) / 100 for row in package.rows["charges"] if row["kind"] == "upd"]
    assert min(bills) > 500
    assert max(bills) < 10_000_000
    assert 50_000 < sorted(bills)[len(bills) // 2] < 1_500_000


def test_purposes_fit_a_payment_order(package: Package) -> None:
    assert all(0 < len(row["purpose"]) <= 210 for row in package.rows["payments"])


# Meters


def test_volumes_follow_from_readings(package: Package) -> None:
    charges = package.index("charges", "charge_id")
    meters = package.index("meters", "meter_id")
    digits = {(r["meter_id"], r["zone"]): int(r["digits"]) for r in package.rows["registers"]}
    readings = defaultdict(list)
    for row in package.rows["readings"]:
        if row["status"] == "accepted" and row["kind"] != "control":
            readings[row["meter_id"], row["zone"]].append(row)
    volume: dict[tuple[str, str, str], Decimal] = {}
    estimated = set()
    for register, rows in readings.items():
        for start, end in pairwise(rows):
            turned = Decimal(end["value"]) - Decimal(start["value"])
            if turned < 0:
                turned += 10 ** digits[register]
            key = (*register, end["period"])
            volume[key] = turned * int(meters[register[0]]["transformer_ratio"])
            if end["source"] == "calc":
                estimated.add(key)
    for line in package.rows["charge_lines"]:
        if line["service_code"] == "EE":
            key = line["meter_id"], line["zone"], charges[line["charge_id"]]["period"]
            assert Decimal(line["qty"]) == volume.pop(key), line
            assert line["method"] == ("estimated" if key in estimated else "meter")
    assert not volume, "readings that were never billed"
    assert estimated


def test_readings_fit_their_registers(package: Package) -> None:
    registers = {(row["meter_id"], row["zone"]): row for row in package.rows["registers"]}
    for row in package.rows["readings"]:
        register = registers[row["meter_id"], row["zone"]]
        whole, _, fraction = row["value"].partition(".")
        assert len(whole) <= int(register["digits"])
        assert len(fraction) == int(register["decimals"])


def test_consumption_is_possible_with_the_power_allowed(package: Package) -> None:
    power = {r["point_id"]: Decimal(r["max_power_kw"]) for r in package.rows["supply_points"]}
    month: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for line in package.rows["charge_lines"]:
        if line["service_code"] == "EE":
            month[line["charge_id"], line["point_id"]] += Decimal(line["qty"])
    assert all(0 <= kwh <= power[point] * 28 * 24 for (_, point), kwh in month.items())


def test_multipliers_are_the_product_of_transformers(package: Package) -> None:
    for row in package.rows["meters"]:
        assert int(row["transformer_ratio"]) == int(row["ct"]) * int(row["vt"]) <= 6000


# Identifiers


def test_identifiers_have_right_control_digits(package: Package) -> None:
    parties = [*package.rows["supplier"], *package.rows["customers"]]
    for row in parties:
        kind = row.get("kind", "ul")
        assert inn.is_valid(row["inn"])
        assert len(row["inn"]) == (10 if kind == "ul" else 12)
        assert bool(re.fullmatch(r"\d{4}[0-9A-Z]{2}\d{3}", row["kpp"])) == (kind == "ul")
        length, divisor = {"ul": (13, 11), "ip": (15, 13), "fl": (0, 1)}[kind]
        assert len(row["ogrn"]) == length
        if length:
            assert int(row["ogrn"][:-1]) % divisor % 10 == int(row["ogrn"][-1])
        if row["bic"]:
            assert account_is_valid(row["bic"][-3:], row["account"])
            assert account_is_valid(f"0{row['bic'][4:6]}", row["corr_account"])
    for row in package.rows["payments"]:
        assert inn.is_valid(row["payer_inn"])
    inns = [row["inn"] for row in parties]
    assert len(set(inns)) == len(inns)


def account_is_valid(prefix: str, account: str) -> bool:
    weights = (7, 1, 3) * 8
    digits = map(int, prefix + account)
    weighed = sum(d * w for d, w in zip(digits, weights, strict=False))
    return len(account) == 20 and weighed % 10 == 0


def test_contacts_lead_to_nobody(package: Package) -> None:
    for table in ("supplier", "departments", "customers"):
        for row in package.rows[table]:
            assert re.fullmatch(r"([\w.-]+@example\.(com|org))?", row["email"])
            assert re.fullmatch(r"(\+7 900 000-\d\d-\d\d)?", row["phone"])


# Stories


def test_the_debtor_stopped_paying_four_months_ago(package: Package) -> None:
    no = package.summary.debtor
    last_paid = max(date.fromisoformat(row["paid_on"]) for row in package.of("payments", no))
    assert 90 < (package.now.date() - last_paid).days < 190
    assert package.closing(no) > 1_000_000
    assert any(row["kind"] == "penalty" for row in package.of("charges", no))


def test_the_contract_with_many_meters_has_eight_in_place(package: Package) -> None:
    meters = package.meters_of(package.summary.many_meters)
    assert sum(not row["removed_on"] for row in meters) == 8
    assert sum(bool(row["removed_on"]) for row in meters) == 1
    today = package.now.date().isoformat()
    overdue = [m for m in meters if not m["removed_on"] and m["next_verification_on"] < today]
    assert len(overdue) == 1


def test_balances_are_what_the_summary_promises(package: Package) -> None:
    summary = package.summary
    assert package.closing(summary.overpaid) < 0
    assert package.closing(summary.closed) == 0
    assert package.closing(summary.terminated) == 0
    assert package.closing(summary.suspended) > 0
    customers = package.index("customers", "customer_id")
    contracts = package.index("contracts", "contract_no")
    for sign_in in summary.sign_ins:
        customer = customers[contracts[sign_in.contract_no]["customer_id"]]
        assert (sign_in.inn, sign_in.email) == (customer["inn"], customer["email"])
        assert sign_in.balance == package.closing(sign_in.contract_no)
    assert summary.sign_ins[0].contract_no == summary.debtor
    assert customers[contracts[summary.sole_trader]["customer_id"]]["kind"] == "ip"
    assert customers[contracts[summary.mkd_owner]["customer_id"]]["kind"] == "fl"
    assert {row["reading_regime"] for row in package.of("supply_points", summary.mkd_owner)} == {
        "mkd"
    }
    first, second = summary.two_contracts
    assert contracts[first]["customer_id"] == contracts[second]["customer_id"]


def test_rare_operations_occur_once(package: Package) -> None:
    payments = package.rows["payments"]
    refunds = [row for row in payments if row["kind"] == "refund"]
    assert [row["contract_no"] for row in refunds] == [package.summary.terminated]
    assert kopecks(refunds[0]["amount"]) < 0
    offsets = [row for row in payments if row["kind"] == "offset"]
    assert [row["contract_no"] for row in offsets] == [package.summary.offset]
    assert sum(not row["contract_no"] for row in payments) == 1


def test_corrections_go_both_ways(package: Package) -> None:
    rows = package.of("charges", package.summary.corrections)
    signs = {row["total"].startswith("-") for row in rows if row["kind"] == "ukd"}
    assert signs == {True, False}


def test_both_vat_rates_meet_in_one_month_of_2026(leap_day: Package) -> None:
    rates = defaultdict(set)
    charges = leap_day.index("charges", "charge_id")
    for line in leap_day.rows["charge_lines"]:
        charge = charges[line["charge_id"]]
        if charge["contract_no"] == leap_day.summary.corrections:
            rates[charge["doc_date"][:7]].add(line["vat_rate"])
    assert rates["2026-01"] == {"20", "22"}


def test_one_register_turned_over(package: Package) -> None:
    meters = {row["meter_id"] for row in package.meters_of(package.summary.roll_over)}
    rows = [r for r in package.rows["readings"] if r["meter_id"] in meters]
    falls = [
        (a, b)
        for a, b in pairwise(rows)
        if a["meter_id"] == b["meter_id"] and Decimal(b["value"]) < Decimal(a["value"])
    ]
    assert falls


# The generator


def test_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    first, second = (write(tmp_path / name, NOWS[0]) for name in "ab")
    assert files_of(first.folder) == files_of(second.folder)
    assert first.summary == second.summary


def test_another_seed_gives_other_figures(tmp_path: Path) -> None:
    first, second = (write(tmp_path / str(seed), NOWS[0], seed) for seed in (7, 8))
    assert first.rows["charges"] != second.rows["charges"]


@pytest.mark.parametrize(
    "call",
    [
        lambda folder: write_demo_package(folder, datetime(2026, 1, 5)),  # noqa: DTZ001 - naive on purpose
        lambda folder: write_demo_package(folder, NOWS[0], contracts=3),
        lambda folder: write_demo_package(folder, NOWS[0], months=5),
    ],
    ids=["naive time", "no room for the cast", "no room for the stories"],
)
def test_arguments_that_make_no_sense_are_refused(
    call: Callable[[Path], object], tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=r"aware|at least"):
        call(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_package_is_written_within_three_seconds(tmp_path: Path) -> None:
    started = time.process_time()
    write_demo_package(tmp_path, NOWS[0])
    assert time.process_time() - started < 3
