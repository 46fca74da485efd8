"""Readings of another supplier: its figures and ours agree, roll-overs and replacements too."""

from __future__ import annotations

import csv
import io
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app.domain.period import Month
from app.domain.readings import KnownReading, Scale, build_consumption, sum_by_month
from app.extensions import db
from app.models import Meter, Register
from app.queries.readings.known_readings import list_known
from tests.loading import load_database
from tests.other_supplier import write_package


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("other-supplier-readings")
    write_package(folder, contracts=60, months=18, seed=7)
    return folder


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory, empty_database: Path, package: Path) -> Path:
    return load_database(tmp_path_factory.mktemp("loaded"), empty_database, package)


@pytest.fixture
def app(make_app: Callable[..., Flask], tmp_path: Path, loaded: Path) -> Flask:
    shutil.copy(loaded, tmp_path)
    return make_app()


def rows(package: Path, name: str) -> list[dict[str, str]]:
    text = (package / f"{name}.csv").read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))


def test_consumption_by_register_is_what_the_system_of_another_supplier_charged(
    app: Flask, package: Path
) -> None:
    periods = {row["charge_id"]: row for row in rows(package, "charges") if row["kind"] == "upd"}
    charged: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for row in rows(package, "charge_lines"):
        if row["charge_id"] in periods and row["meter_id"] and row["method"] == "meter":
            period = periods[row["charge_id"]]["period"]
            charged[row["meter_id"], row["zone"], period] += Decimal(row["qty"])
    ours: dict[tuple[str, str, str], Decimal] = {}
    with app.app_context():
        for register, meter, scale, known in registers():
            for month, kwh in sum_by_month(build_consumption(known, scale)).items():
                ours[meter.external_id, register.zone, str(month)] = kwh
    compared = [key for key in charged if key in ours]
    assert len(compared) > 200
    assert {key: ours[key] for key in compared} == {key: charged[key] for key in compared}


def test_a_register_that_passes_zero_shows_the_same_consumption(app: Flask) -> None:
    """Turning the digits of a whole register changes nothing but where it passes zero."""
    passed = 0
    with app.app_context():
        for _, _, scale, known in registers():
            top = Decimal(10) ** scale.digits
            middle = known[len(known) // 2].value
            turned = [
                replace(reading, value=(reading.value - middle + top) % top) for reading in known
            ]
            row = build_consumption(turned, scale)
            passed += sum(item.rolled_over for item in row)
            assert sum_by_month(row) == sum_by_month(build_consumption(known, scale))
    assert passed > 20


def test_a_meter_replaced_within_a_month_leaves_the_months_consumption_as_it_is(app: Flask) -> None:
    """The old meter ends in the middle of a month, the new one goes on from other digits."""
    replaced = 0
    with app.app_context():
        for _, _, scale, unordered in registers():
            known = [item.reading for item in build_consumption(unordered, scale)]
            at = len(known) // 2
            before, after = known[at - 1], known[at]
            if at < 1 or after.value < before.value:
                continue
            turned_to = before.value + ((after.value - before.value) / 3).quantize(before.value)
            day = after.period.first.replace(day=14)
            final = replace(
                before, period=after.period, taken_on=day, value=turned_to, kind="final"
            )
            initial = replace(final, value=Decimal(7), kind="initial")
            rest = [replace(reading, value=reading.value - turned_to + 7) for reading in known[at:]]
            if any(reading.value < 0 for reading in rest):
                continue  # passes zero later; that has its own test
            replaced += 1
            old = sum_by_month(build_consumption([*known[:at], final], scale))
            new = sum_by_month(build_consumption([initial, *rest], scale))
            both = {month: old.get(month, 0) + new.get(month, 0) for month in {**old, **new}}
            assert both == sum_by_month(build_consumption(known, scale))
    assert replaced > 50


def test_meters_that_were_replaced_and_great_ratios_are_among_them(app: Flask) -> None:
    with app.app_context():
        found = list(registers())
    assert any(meter.removed_on for _, meter, _, _ in found)
    assert max(meter.multiplier for _, meter, _, _ in found) == 6000
    assert {register.zone for register, _, _, _ in found} >= {"T0", "T1", "T2", "T3"}


def registers() -> Iterator[tuple[Register, Meter, Scale, list[KnownReading]]]:
    """Every register with its meter, its scale and the readings that count."""
    session = db.session()
    pairs = session.execute(
        select(Register, Meter)
        .join(Meter, Meter.id == Register.meter_id)
        .where(Register.direction == "A+")
    ).all()
    known = list_known(session, [register.id for register, _ in pairs], Month(2020, 1))
    for register, meter in pairs:
        if known[register.id]:
            scale = Scale(register.digits, register.decimals, meter.multiplier)
            yield register, meter, scale, known[register.id]
