"""«Данные на», and batches that come again."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.actions.imports import ImportOptions, ImportResult
from app.models import AuditEvent, Department, ImportRun, Payment
from app.queries.contracts import find_data_moment, get_site_context
from tests.actions.import_steps import (
    SAMPLE,
    change_field,
    count,
    dump,
    get_only,
    import_package,
    portal,
    refused,
    remove_records,
    rewrite_lines,
    run_command,
    sample,
    write_batch,
)
from tests.conftest import NOW
from tests.other_supplier.surgery import Sheet, edit_manifest

pytest_plugins = ["tests.postgres"]
__all__ = ["portal", "sample"]

SAMPLE_MOMENT = datetime(2026, 11, 5, 1, tzinfo=UTC)
FORCED = ImportOptions(is_forced=True)


def another(folder: Path, created_at: str | None, name: str) -> Path:
    """A copy of the sample with another moment and name, and one payment of its own."""
    shutil.copytree(SAMPLE, folder)
    change_field(folder, "payments.csv", 2, "purpose", name)
    edit_manifest(lambda manifest: manifest.update(created_at=created_at, batch_id=name))(folder)
    return folder


def moment(session: Session) -> datetime | None:
    """What pages show; the one query of all of them."""
    session.rollback()
    shown = get_site_context(session, NOW).as_of
    assert shown == find_data_moment(session)
    return shown


def warnings(result: ImportResult, file: str = "manifest.json") -> str:
    return " ".join(str(fault) for fault in result.report.warnings if fault.file == file)


def test_a_verified_batch_with_balances_says_of_which_moment_the_figures_are(
    portal: Session, tmp_path: Path
) -> None:
    assert moment(portal) is None
    import_package(portal, SAMPLE)
    assert moment(portal) == SAMPLE_MOMENT
    import_package(portal, another(tmp_path / "next", "2026-11-20T06:00:00+05:00", "next"))
    assert moment(portal) == datetime(2026, 11, 20, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("readings_ack.csv", "submission_id;status\n"),
        ("services.csv", "service_code;name\nEE;Энергия\n"),
        (
            "balances.csv",
            "contract_no;period;opening;charged;corrected;penalty;paid;closing\n"
            "00003-ЭС;2026-10;1.00;0.00;0.00;0.00;0.00;1.00\n",
        ),
    ],
)
def test_a_single_file_leaves_the_moment_alone(
    session: Session, tmp_path: Path, name: str, text: str
) -> None:
    import_package(session, SAMPLE)
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / name).write_text(text, encoding="utf-8")
    run = import_package(session, tmp_path / "one").run
    assert run is not None
    assert run.as_of is None
    assert moment(session) == SAMPLE_MOMENT


def without_hashes(folder: Path) -> None:
    edit_manifest(lambda manifest: [file.pop("sha256") for file in manifest["files"]])(folder)


def without_a_moment(folder: Path) -> None:
    edit_manifest(lambda manifest: manifest.pop("created_at"))(folder)


def without_balances(folder: Path) -> None:
    (folder / "balances.csv").unlink()
    edit_manifest(
        lambda manifest: manifest.update(
            files=[file for file in manifest["files"] if file["name"] != "balances.csv"]
        )
    )(folder)


def without_rows_of_balances(folder: Path) -> None:
    sheet = Sheet(folder, "balances.csv")
    sheet.cut_after(1)
    sheet.save(fix_manifest=True)


@pytest.mark.parametrize(
    "change", [without_hashes, without_a_moment, without_balances, without_rows_of_balances]
)
def test_a_batch_that_does_not_vouch_for_money_leaves_the_moment_empty(
    session: Session, sample: Path, change
) -> None:
    change(sample)
    assert import_package(session, sample).run is not None
    assert moment(session) is None


def test_an_older_batch_loads_with_a_warning_and_sets_the_moment_back_only_by_force(
    portal: Session, tmp_path: Path
) -> None:
    import_package(portal, another(tmp_path / "new", "2026-11-20T06:00:00+05:00", "new"))
    late = another(tmp_path / "late", "2026-11-19T06:00:00+05:00", "late")
    result = import_package(portal, late)
    assert result.run is not None
    assert "«Данные на» не меняется" in warnings(result)
    assert "данные на 20.11.2026 01:00 UTC" in warnings(result)
    assert moment(portal) == datetime(2026, 11, 20, 1, tzinfo=UTC)
    result = import_package(portal, late, FORCED)
    assert "переведено назад" in warnings(result)
    assert moment(portal) == datetime(2026, 11, 19, 1, tzinfo=UTC)


def test_a_moment_in_the_future_is_the_moment_of_the_load(session: Session, tmp_path: Path) -> None:
    result = import_package(session, another(tmp_path / "1", "2027-11-20T06:00:00+05:00", "future"))
    assert "в будущем" in warnings(result)
    assert moment(session) == NOW


def test_a_superseded_batch_says_so_and_is_loaded_again_by_force(
    portal: Session, sample: Path
) -> None:
    import_package(portal, SAMPLE)
    change_field(sample, "payments.csv", 2, "amount", "77.01")
    key = Sheet(sample, "payments.csv").get(2, "payment_id")
    import_package(portal, sample)
    before = dump(portal)
    result = import_package(portal, SAMPLE)
    assert result.run is None
    assert result.already_loaded is not None
    assert [run.batch_id for run in result.already_loaded.followed_by] == ["sample-2026-10+"]
    assert dump(portal) == before
    assert import_package(portal, SAMPLE, FORCED).report.counts["payments.csv"].changed == 1
    assert str(get_only(portal, Payment, external_id=key).amount) != "77.01"
    again = import_package(portal, SAMPLE)
    assert again.already_loaded is not None
    assert again.already_loaded.followed_by == ()


def test_acknowledgements_and_batches_without_a_change_supersede_nothing(
    session: Session, sample: Path, tmp_path: Path
) -> None:
    import_package(session, SAMPLE)
    rewrite_lines(sample)
    assert import_package(session, sample).run is not None
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "readings_ack.csv").write_text("submission_id;status\n", encoding="utf-8")
    import_package(session, tmp_path / "one")
    known = import_package(session, SAMPLE).already_loaded
    assert known is not None
    assert known.followed_by == ()


def test_a_superseded_batch_without_a_manifest_is_loaded_again_with_a_warning(
    portal: Session, tmp_path: Path
) -> None:
    import_package(portal, SAMPLE)
    head = "service_code;name;unit"
    first = write_batch(tmp_path / "1", services=[head, "EE;Первое;"])
    import_package(portal, first)
    assert import_package(portal, first).run is None
    import_package(portal, write_batch(tmp_path / "2", services=[head, "EE;Второе;"]))
    result = import_package(portal, first)
    assert "после него загружены другие" in warnings(result)
    assert result.report.counts["services.csv"].changed == 1
    assert import_package(portal, first, FORCED).run is not None


@pytest.mark.parametrize("name", [None, "nightly"])
def test_the_same_figures_with_a_newer_moment_move_the_moment(
    portal: Session, tmp_path: Path, name: str | None
) -> None:
    """A night without an operation is news, too: until then the figures hold."""
    folder = another(tmp_path / "1", "2026-11-18T06:00:00+05:00", "nightly")
    edit_manifest(lambda manifest: manifest.update(batch_id=name))(folder)
    import_package(portal, folder)
    newer = "2026-11-19T06:00:00+05:00"
    edit_manifest(lambda manifest: manifest.update(created_at=newer))(folder)
    assert import_package(portal, folder).run is not None
    assert moment(portal) == datetime.fromisoformat(newer)
    assert import_package(portal, folder).run is None
    edit_manifest(lambda manifest: manifest.update(created_at=SAMPLE_MOMENT.isoformat()))(folder)
    assert import_package(portal, folder).run is None


def test_the_same_batch_is_another_one_when_it_is_to_deactivate_what_is_absent(
    app: Flask, session: Session, sample: Path
) -> None:
    run_command(app, SAMPLE)
    remove_records(sample, "departments.csv", "002")
    for name in ("contracts.csv", "enquiry_topics.csv"):
        (sample / name).write_text(
            (sample / name).read_text("utf-8").replace(";002;", ";;"), "utf-8"
        )
    manifest = {"format": "billing-exchange/1.0", "mode": "full", "batch_id": "all"}
    (sample / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    assert "Загружено." in run_command(app, sample).output
    assert "изменений нет" in run_command(app, sample).output
    deactivated = run_command(app, sample, "--deactivate-absent").output
    assert "Загружено." in deactivated
    assert get_only(session, Department, external_id="002").withdrawn_at is not None
    assert "изменений нет" in run_command(app, sample, "--deactivate-absent").output


def test_a_record_given_back_since_makes_the_same_batch_another_one(session: Session) -> None:
    import_package(session, SAMPLE)
    session.add(
        AuditEvent(
            happened_at=NOW + timedelta(hours=1),
            action="department.given_back",
            actor_kind="staff",
            subject="departments",
            subject_key="001",
            changes={},
        )
    )
    session.commit()
    assert import_package(session, SAMPLE).run is not None


def test_force_does_not_let_other_files_in_under_the_same_name(
    session: Session, sample: Path
) -> None:
    import_package(session, SAMPLE)
    sheet = Sheet(sample, "services.csv")
    sheet.put(2, "name", "Другая услуга")
    sheet.save(fix_manifest=True)
    [fault] = refused(session, sample, FORCED)
    assert "уже загружен с другими файлами" in fault.message
    assert count(session, ImportRun) == 1
    assert session.scalars(select(ImportRun.batch_id)).all() == ["sample-2026-10"]
