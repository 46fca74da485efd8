"""Meters, readings and identifiers of the demo package."""

from __future__ import annotations

import re
from collections import defaultdict
from decimal import Decimal
from itertools import pairwise

from stdnum.ru import inn

from tests.demo.reading import Package


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
