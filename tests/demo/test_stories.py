"""The contracts that the summary names are what it says of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from app.demo.package import write_demo_package
from tests.demo.reading import NOWS, Package, files_of, kopecks, write


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
