"""What is taken with a warning, what is refused beside the catalogue, what counts as verified."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app.models import Contract
from tests.actions.import_steps import (
    LINE,
    SAMPLE,
    change_field,
    get_only,
    import_package,
    portal,
    refused,
    sample,
    write_batch,
)
from tests.other_supplier.surgery import Sheet, read_manifest, write_manifest

pytest_plugins = ["tests.postgres"]
__all__ = ["portal", "sample"]


def test_contracts_that_sign_in_cannot_tell_apart_are_a_warning(
    session: Session, sample: Path
) -> None:
    number = Sheet(sample, "contracts.csv").get(2, "contract_no")
    with_latin = number.replace("С", "C")
    assert with_latin != number
    (sample / "manifest.json").unlink()
    sheet = Sheet(sample, "contracts.csv")
    record = sheet.record(2)
    record[sheet.columns().index("contract_no")] = with_latin
    sheet.insert(3, sheet.dump(record, 2))
    sheet.save(fix_manifest=False)
    warnings = [found for found in import_package(session, sample).report.warnings if found.line]
    assert [(found.file, found.line) for found in warnings] == [
        ("contracts.csv", 2),
        ("contracts.csv", 3),
    ]


def test_payments_without_the_column_of_contracts_are_refused(
    session: Session, tmp_path: Path
) -> None:
    """Else a forgotten column would take every payment from its contract."""
    folder = write_batch(
        tmp_path / "1", payments=["payment_id;kind;paid_on;amount", "1;payment;2026-09-17;5.00"]
    )
    [fault] = refused(session, folder)
    assert str(fault).startswith("payments.csv:1:contract_no — ")


def test_a_column_of_directions_in_readings_is_not_loaded(session: Session, sample: Path) -> None:
    sheet = Sheet(sample, "readings.csv")
    sheet.rewrite(lambda n, row: [*row, "direction" if n == 0 else "приём"])
    sheet.save(fix_manifest=True)
    [warning] = import_package(session, sample).report.warnings
    assert (warning.file, warning.line, warning.column) == ("readings.csv", 1, "direction")


def test_an_unknown_department_is_a_warning_and_stays_empty(portal: Session, sample: Path) -> None:
    change_field(sample, "contracts.csv", 2, "department_id", "нет-такого")
    number = Sheet(sample, "contracts.csv").get(2, "contract_no")
    [warning] = import_package(portal, sample).report.warnings
    assert (warning.file, warning.line, warning.column) == ("contracts.csv", 2, "department_id")
    assert get_only(portal, Contract, number=number).department_id is None


@pytest.mark.parametrize(
    ("file", "column", "value", "place"),
    [
        ("charge_lines.csv", "vat_amount", "1.00", ("charge_lines.csv", 2, "total")),
        ("charges.csv", "amount", "1.00", ("charges.csv", 2, "total")),
        ("balances.csv", "paid", "1.00", ("balances.csv", 2, "closing")),
        ("customers.csv", "kind", "ip", ("customers.csv", 2, "inn")),
        ("supplier.csv", "account", "40702810000000000002", ("supplier.csv", 2, "account")),
    ],
)
def test_sums_that_do_not_agree_are_warnings(
    portal: Session,
    sample: Path,
    file: str,
    column: str,
    value: str,
    place: tuple[str, int, str],
) -> None:
    change_field(sample, file, 2, column, value)
    warnings = import_package(portal, sample).report.warnings
    assert place in [(found.file, found.line, found.column) for found in warnings]


def test_lines_alone_are_compared_with_the_document_that_is_there(
    session: Session, tmp_path: Path
) -> None:
    import_package(session, SAMPLE)
    line = "НЧ-2026-10-00001;1;EE;1.000;1.00;1.00;22;0.22;1.22"
    report = import_package(session, write_batch(tmp_path / "1", charge_lines=[LINE, line])).report
    [warning] = [found for found in report.warnings if found.line]
    assert (warning.file, warning.line) == ("charge_lines.csv", 2)
    assert "1.22" in warning.message


@pytest.mark.parametrize("with_files", [True, False])
def test_a_batch_without_claims_of_hashes_is_not_verified(
    session: Session, sample: Path, with_files: bool
) -> None:
    manifest = read_manifest(sample)
    assert manifest is not None
    files = [{"name": file["name"], "rows": file["rows"]} for file in manifest["files"]]
    write_manifest(sample, manifest | {"files": files if with_files else []})
    result = import_package(session, sample)
    assert result.run is not None
    assert result.run.is_verified is False
