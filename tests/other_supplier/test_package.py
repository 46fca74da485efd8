"""The generator, its reference and its faults agree with each other."""

from __future__ import annotations

import hashlib
import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from tests.other_supplier import write_package
from tests.other_supplier.broken import FAULTS, WARNINGS, Fault
from tests.other_supplier.identifiers import contract_number
from tests.other_supplier.reference import load, read_rows
from tests.other_supplier.surgery import Sheet

CATALOGUE = [*FAULTS, *WARNINGS]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The base package of the faults."""
    folder = tmp_path_factory.mktemp("good")
    write_package(folder, contracts=12, months=12)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """Bytes of every file."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def disagreements(folder: Path) -> list[str]:
    """Files that the manifest describes wrongly (sizes, hashes, and rows where countable)."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    found = []
    for item in manifest["files"]:
        path = folder / item["name"]
        data = path.read_bytes() if path.exists() else b""
        if (item["bytes"], item["sha256"]) != (len(data), hashlib.sha256(data).hexdigest()):
            found.append(path.name)
    return found


@pytest.mark.parametrize(
    "dialect",
    [
        {},
        {"delimiter": ",", "decimal": ","},
        {"delimiter": "\t", "decimal": ",", "encoding": "cp1251"},
        {"delimiter": ",", "hostile": False},
    ],
)
def test_identities_hold(tmp_path: Path, dialect: dict[str, object]) -> None:
    """Lines make documents, operations make balances, every month is there."""
    write_package(tmp_path, contracts=60, months=14, **dialect)  # type: ignore[arg-type]
    ref = load(tmp_path)
    assert ref.problems() == []
    assert disagreements(tmp_path) == []
    assert len(ref.balances) == 60
    assert ref.unallocated
    manifest = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    for item in manifest["files"]:
        assert item["rows"] == sum(1 for _ in read_rows(tmp_path, item["name"])), item


def test_same_arguments_same_bytes(tmp_path: Path) -> None:
    """Deterministic by seed, and another seed is another supplier."""
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        write_package(tmp_path / name, contracts=9, months=5, seed=seed)
    assert contents(tmp_path / "a") == contents(tmp_path / "b") != contents(tmp_path / "c")


def test_tail_continues_the_earlier_package(tmp_path: Path) -> None:
    """12 months and a delta of the 13th give what 13 months give."""
    write_package(tmp_path / "old", contracts=50, months=12, last_month="2026-09")
    write_package(tmp_path / "new", contracts=50, months=13, mode="delta", tail=1)
    write_package(tmp_path / "all", contracts=50, months=13)
    for name, key in (("payments.csv", "payment_id"), ("charges.csv", "charge_id")):
        rows = {
            part: {row[key]: row for row in read_rows(tmp_path / part, name)}
            for part in ("old", "new", "all")
        }
        assert rows["old"] | rows["new"] == rows["all"]


def test_a_hundred_thousand_contracts_and_more_have_numbers_of_their_own() -> None:
    numbers = [contract_number(index, seed=1) for index in range(120_000)]
    assert len(set(numbers)) == 120_000
    assert (min(numbers), max(numbers[:99_999])) == (1, 99_999)
    assert min(numbers[99_999:]) >= 100_000
    assert max(numbers) <= 999_999


def test_turnover_of_cut_months(good: Path) -> None:
    """A period that begins and ends mid-month: opening before it, both ends included."""
    ref = load(good)
    for contract_no in ref.contracts:
        sheet = ref.turnover(contract_no, date(2026, 2, 10), date(2026, 4, 20))
        before = ref.turnover(contract_no, date(2025, 11, 1), date(2026, 2, 9))
        assert sheet.opening == before.closing
        assert sheet.closing == sheet.opening + sheet.debit - sheet.credit
        assert [row.period for row in sheet.months] == ["2026-02", "2026-03", "2026-04"]


def test_names_of_faults_are_unique() -> None:
    """A test report names the fault."""
    assert len({fault.name for fault in CATALOGUE}) == len(CATALOGUE)


@pytest.mark.parametrize("fault", CATALOGUE, ids=lambda fault: fault.name)
def test_fault_changes_one_thing(fault: Fault, good: Path, tmp_path: Path) -> None:
    """One file changes, at the promised line, and the manifest agrees unless it is the fault."""
    folder = tmp_path / "broken"
    shutil.copytree(good, folder)
    fault.damage(folder)
    before, after = contents(good), contents(folder)
    changed = {name for name in before | after if before.get(name) != after.get(name)}
    assert fault.file in changed or fault.stale_manifest
    assert changed <= {fault.file, "manifest.json"}
    if fault.line is not None:
        line = fault.line - 1
        assert Sheet(good, fault.file).lines[line] != Sheet(folder, fault.file).lines[line]
    if fault.line and fault.line > 1 and fault.column:
        assert fault.column in Sheet(good, fault.file).columns()
    if not fault.stale_manifest and (folder / "manifest.json").exists():
        assert disagreements(folder) == []
