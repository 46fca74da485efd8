"""Packages load whole, into the right figures, once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.actions.imports import (
    ImportOptions,
    ImportRefusedError,
)
from app.models import AuditEvent, ImportRun
from tests.actions.import_steps import (
    SAMPLE,
    assert_same_figures,
    assert_same_texts,
    count,
    dump,
    import_package,
    portal,
    refused,
    rewrite_lines,
    run_command,
    sample,
    to_russian_dates,
)
from tests.other_supplier import write_package
from tests.other_supplier.surgery import Sheet, edit_manifest

pytest_plugins = ["tests.postgres"]
__all__ = ["portal", "sample"]


@pytest.fixture(scope="module")
def other_supplier_package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hostile package of somebody who read only the format."""
    folder = tmp_path_factory.mktemp("other_supplier")
    write_package(folder, contracts=40, months=14)
    return folder


def test_the_documented_sample_loads_without_warnings(portal: Session) -> None:
    report = import_package(portal, SAMPLE).report
    assert (report.errors, report.warnings) == ([], [])
    assert {name: counts.added for name, counts in report.counts.items()} == {
        name: counts.rows for name, counts in report.counts.items()
    }
    run = portal.scalars(select(ImportRun)).one()
    assert (run.batch_id, run.mode, run.is_verified) == ("sample-2026-10", "full", True)


def test_the_same_batch_again_writes_nothing(portal: Session) -> None:
    import_package(portal, SAMPLE)
    before = dump(portal)
    assert import_package(portal, SAMPLE).run is None
    assert dump(portal) == before


def test_the_same_rows_in_other_bytes_are_not_written(portal: Session, sample: Path) -> None:
    import_package(portal, sample)
    before = dump(portal)
    rewrite_lines(sample)
    report = import_package(portal, sample).report
    after = dump(portal)
    assert [str(fault) for fault in report.warnings] == [
        "manifest.json — нет манифеста: полнота файлов не проверена"
    ]
    for counts in report.counts.values():
        assert (counts.added, counts.changed, counts.withdrawn) == (0, 0, 0)
        assert counts.unchanged == counts.rows
    runs = after.pop("import_runs")
    assert len(runs) == len(before.pop("import_runs")) + 1
    assert after == before


def test_without_a_manifest_the_last_batch_again_writes_nothing(
    session: Session, sample: Path
) -> None:
    (sample / "manifest.json").unlink()
    assert import_package(session, sample).run is not None
    before = dump(session)
    assert import_package(session, sample).run is None
    assert dump(session) == before


def test_a_package_of_another_supplier_loads_to_the_kopeck(
    portal: Session, other_supplier_package: Path
) -> None:
    import_package(portal, other_supplier_package)
    assert_same_figures(portal, other_supplier_package)
    names = {"full_name": "full_name", "short_name": "short_name", "inn": "inn"}
    assert_same_texts(
        portal, other_supplier_package, "customers", customer_id="external_id", **names
    )
    assert_same_texts(
        portal, other_supplier_package, "payments", payment_id="external_id", purpose="purpose"
    )
    assert_same_texts(
        portal, other_supplier_package, "meters", meter_id="external_id", serial_no="serial_number"
    )
    before = dump(portal)
    assert import_package(portal, other_supplier_package).run is None
    assert dump(portal) == before


def test_a_package_of_another_supplier_again_finds_every_row_equal(
    portal: Session, other_supplier_package: Path, tmp_path: Path
) -> None:
    import_package(portal, other_supplier_package)
    again = Path(shutil.copytree(other_supplier_package, tmp_path / "again"))
    rewrite_manifest = edit_manifest(lambda manifest: manifest.update(batch_id="another"))
    rewrite_manifest(again)
    report = import_package(portal, again).report
    for name, counts in report.counts.items():
        assert (name, counts.unchanged) == (name, counts.rows)
    assert count(portal, AuditEvent) == 0


@pytest.mark.parametrize("with_manifest", [True, False])
def test_an_old_1c_export_in_cp1251_with_commas_and_russian_dates_loads(
    session: Session, tmp_path: Path, with_manifest: bool
) -> None:
    folder = tmp_path / "old"
    write_package(folder, contracts=12, months=3, encoding="cp1251", decimal=",")
    expected = tmp_path / "expected"
    shutil.copytree(folder, expected)
    to_russian_dates(folder)
    options = ImportOptions(russian_dates=True)
    if not with_manifest:
        (folder / "manifest.json").unlink()
        options = ImportOptions(encoding="cp1251", decimal=",", russian_dates=True)
    import_package(session, folder, options)
    assert_same_figures(session, expected)


@pytest.mark.parametrize("delimiter", ["\t", ","])
@pytest.mark.parametrize("with_manifest", [True, False])
def test_a_package_with_another_delimiter_loads(
    session: Session, tmp_path: Path, delimiter: str, with_manifest: bool
) -> None:
    write_package(tmp_path / "p", contracts=12, months=3, delimiter=delimiter)
    expected = Path(shutil.copytree(tmp_path / "p", tmp_path / "expected"))
    if not with_manifest:
        (tmp_path / "p" / "manifest.json").unlink()
    import_package(session, tmp_path / "p")
    assert_same_figures(session, expected)


def test_a_zip_loads_like_its_folder(
    session: Session, other_supplier_package: Path, tmp_path: Path
) -> None:
    archive = shutil.make_archive(str(tmp_path / "batch"), "zip", other_supplier_package)
    import_package(session, Path(archive))
    assert_same_figures(session, other_supplier_package)


def test_a_dry_run_reports_and_writes_nothing(
    portal: Session, other_supplier_package: Path
) -> None:
    import_package(portal, SAMPLE)
    before = dump(portal)
    with pytest.raises(ImportRefusedError):
        import_package(portal, other_supplier_package, dry_run=True)
    again = import_package(portal, SAMPLE, dry_run=True)
    assert again.run is None
    assert dump(portal) == before


def test_a_dry_run_on_an_empty_portal_leaves_it_empty(
    portal: Session, other_supplier_package: Path
) -> None:
    before = dump(portal)
    report = import_package(portal, other_supplier_package, dry_run=True).report
    assert report.counts["payments.csv"].added > 0
    assert dump(portal) == before


def test_a_batch_id_with_other_files_is_refused(session: Session, sample: Path) -> None:
    import_package(session, sample)
    before = dump(session)
    sheet = Sheet(sample, "services.csv")
    sheet.put(2, "name", "Другая услуга")
    sheet.save(fix_manifest=True)
    [fault] = refused(session, sample)
    assert fault.file == "manifest.json"
    assert "sample-2026-10" in fault.message
    assert dump(session) == before


def test_the_command_loads_and_says_so(app: Flask) -> None:
    result = run_command(app, SAMPLE)
    assert result.exit_code == 0, result.output
    assert "Загружено." in result.output
    again = run_command(app, SAMPLE)
    assert again.exit_code == 0
    assert "уже загружен" in again.output


def test_the_command_checks_without_writing(app: Flask, session: Session) -> None:
    before = dump(session)
    result = run_command(app, "--dry-run", SAMPLE)
    assert result.exit_code == 0
    assert "ничего не изменено" in result.output
    assert dump(session) == before


def test_the_command_refuses_what_is_not_there(app: Flask, tmp_path: Path) -> None:
    result = run_command(app, tmp_path / "no.zip")
    assert result.exit_code == 1
    assert "нет такой папки" in result.output
