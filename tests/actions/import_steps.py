"""Load packages in tests, and compare what is in the tables with what is in the files."""

from __future__ import annotations

import re
import shutil
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.actions.imports import (
    Fault,
    ImportOptions,
    ImportRefusedError,
    ImportResult,
    Report,
    apply_import,
)
from app.extensions import db
from app.integrations.billing_files import Package
from app.models import AuditEvent, Base, Charge, Contract, MonthlyBalance, Payment
from tests.conftest import NOW
from tests.other_supplier.reference import Balance, Op, load, read_rows
from tests.other_supplier.surgery import Sheet, edit_manifest, write_manifest

SAMPLE = Path(__file__).parents[2] / "docs" / "billing-exchange-sample"
KINDS = {"correction": "ukd", "late_interest": "penalty"}
Dump = dict[str, list[tuple[Any, ...]]]


def import_package(
    session: Session, path: Path, options: ImportOptions | None = None, *, dry_run: bool = False
) -> ImportResult:
    """Load a package as the command does."""
    try:
        with Package(path) as package:
            options = options or ImportOptions()
            result = apply_import(session, package, options, NOW, lambda name, done: None)
    except Exception:
        session.rollback()
        raise
    (session.rollback if dry_run else session.commit)()
    return result


def refusal(session: Session, path: Path, options: ImportOptions | None = None) -> Report:
    """The report of a package that is refused."""
    with pytest.raises(ImportRefusedError) as caught:
        import_package(session, path, options)
    assert caught.value.report.error_count
    return caught.value.report


def refused(session: Session, path: Path, options: ImportOptions | None = None) -> list[Fault]:
    """The errors of a package that is refused."""
    return refusal(session, path, options).errors


def dump(session: Session) -> Dump:
    """Every row of every table, in the order they were written."""
    rows = {}
    for table in Base.metadata.sorted_tables:
        columns = list(table.primary_key.columns)
        rows[table.name] = [tuple(row) for row in session.execute(select(table).order_by(*columns))]
    session.rollback()
    return rows


def run_command(app: Flask, *arguments: object) -> Result:
    """``flask billing-import`` with these arguments."""
    with app.app_context():
        runner = app.test_cli_runner()
        result = runner.invoke(args=["billing-import", *map(str, arguments)])
        db.session.remove()
    return result


def count(session: Session, model: type[Base]) -> int:
    return session.scalar(select(func.count()).select_from(model)) or 0


def rewrite_lines(folder: Path) -> None:
    """Other bytes, same rows: another line end and an empty line; the manifest goes."""
    for path in folder.glob("*.csv"):
        text = path.read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        path.write_bytes(text + b"\r\n")
    (folder / "manifest.json").unlink(missing_ok=True)


def kopecks(amount: Any) -> int:
    return int(amount * 100)


def tables_figures(session: Session) -> tuple[dict[str, list[Op]], dict[str, dict[str, Balance]]]:
    """Operations and balances by contract, as the tables have them."""
    numbers = {contract.id: contract.number for contract in session.scalars(select(Contract))}
    ops: dict[str, list[Op]] = defaultdict(list)
    for charge in session.scalars(select(Charge)):
        kind, total = KINDS.get(charge.kind, charge.kind), kopecks(charge.gross_amount)
        op = Op(charge.doc_date, kind, charge.doc_number, str(charge.period), total, 0)
        ops[numbers[charge.contract_id]].append(op)
    for paid in session.scalars(select(Payment)):
        period, total = str(paid.period or ""), kopecks(paid.amount)
        op = Op(paid.posted_on, paid.kind, paid.doc_number or "", period, 0, total)
        ops[numbers.get(paid.contract_id or 0, "")].append(op)
    balances: dict[str, dict[str, Balance]] = defaultdict(dict)
    for row in session.scalars(select(MonthlyBalance)):
        names = ("opening", "charged", "corrected", "late_interest", "paid", "closing")
        values = (kopecks(getattr(row, f"{name}_amount")) for name in names)
        balances[numbers[row.contract_id]][str(row.period)] = Balance(*values)
    return ops, balances


def assert_same_figures(session: Session, folder: Path, dates: Callable[[str], str] = str) -> None:
    """The tables hold what an independent reader finds in the package."""
    expected = load(folder)
    ops, balances = tables_figures(session)
    assert balances == expected.balances
    assert sorted(ops.pop("", [])) == sorted(expected.unallocated)
    assert {key: sorted(found) for key, found in ops.items()} == {
        key: sorted(found) for key, found in expected.ops.items()
    }
    assert set(session.scalars(select(Contract.number))) == set(expected.contracts)


def assert_same_texts(session: Session, folder: Path, table: str, **columns: str) -> None:
    """Columns of a table hold the texts of the file's columns, whatever they are."""
    target = Base.metadata.tables[table]
    found = session.execute(select(*(target.c[name] for name in columns.values())))
    file = {"customers": "customers.csv", "payments": "payments.csv", "meters": "meters.csv"}[table]
    expected = [tuple(row[n] or None for n in columns) for row in read_rows(folder, file)]
    assert sorted(map(repr, map(tuple, found))) == sorted(map(repr, expected))


@pytest.fixture(params=["sqlite", "postgresql"])
def portal(request: pytest.FixtureRequest) -> Session:
    """A session on an empty portal, on either database."""
    name = "session" if request.param == "sqlite" else "postgres_session"
    found: Session = request.getfixturevalue(name)
    return found


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """A copy of the documented sample that a test may damage."""
    return Path(shutil.copytree(SAMPLE, tmp_path / "sample"))


LINE = "charge_id;line_no;service_code;qty;price;amount;vat_rate;vat_amount;total"
PAID = "payment_id;contract_no;kind;paid_on;amount"


def write_batch(folder: Path, **files: Sequence[str]) -> Path:
    """A delta made by hand, without a manifest: lines of each file, the header first."""
    folder.mkdir()
    for name, lines in files.items():
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def change_field(folder: Path, name: str, line: int, column: str, value: str) -> None:
    """Change one field of a package that keeps its manifest right, as a batch of its own."""
    sheet = Sheet(folder, name)
    sheet.put(line, column, value)
    sheet.save(fix_manifest=True)
    edit_manifest(lambda manifest: manifest.update(batch_id=manifest["batch_id"] + "+"))(folder)


def remove_records(folder: Path, name: str, *keys: str) -> None:
    """Remove records from a file of a package without a manifest."""
    path = folder / name
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    left = [line for line in lines if not line.startswith(tuple(f"{key};" for key in keys))]
    assert len(left) == len(lines) - len(keys)
    path.write_text("".join(left), encoding="utf-8")


def declare_full(folder: Path) -> None:
    """Give a folder a manifest that claims nothing but its mode and name."""
    claims = {"format": "billing-exchange/1.0", "mode": "full", "batch_id": "full-1"}
    write_manifest(folder, claims)


def list_events(session: Session, action: str) -> list[AuditEvent]:
    """Audit events of an action."""
    return list(session.scalars(select(AuditEvent).filter_by(action=action)))


def get_only(session: Session, model: type[Base], **values: Any) -> Any:
    """The one row with these values, read anew."""
    session.expire_all()
    return session.scalars(select(model).filter_by(**values)).one()


def to_russian_dates(folder: Path) -> None:
    """Rewrite every date of a package as DD.MM.YYYY."""
    for path in folder.glob("*.csv"):
        sheet = Sheet(folder, path.name)
        sheet.rewrite(
            lambda _, row: [
                re.sub(r"^(\d{4})-(\d\d)-(\d\d)$", r"\3.\2.\1", value, flags=re.ASCII)
                for value in row
            ]
        )
        sheet.save(fix_manifest=True)
