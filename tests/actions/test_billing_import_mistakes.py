"""Mistakes of a whole export: each is named once, with its place and its cure, or is harmless."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.actions.imports import ImportOptions
from app.models import Customer, Payment
from tests.actions.import_steps import (
    PAID,
    SAMPLE,
    assert_same_figures,
    count,
    get_only,
    import_package,
    portal,
    refusal,
    run_command,
    sample,
    to_russian_dates,
    write_batch,
)
from tests.other_supplier.surgery import Sheet, edit_manifest, read_manifest, write_manifest

pytest_plugins = ["tests.postgres"]
__all__ = ["portal", "sample"]

CASES = Path(__file__).parent / "billing_cases"
ROW = "О-{};00001-ЭС;payment;{};{}"


def rows(folder: Path, name: str) -> int:
    return len((folder / name).read_bytes().splitlines()) - 1


def reencode(folder: Path, encoding: str, *names: str) -> None:
    """Write files in another encoding; no manifest speaks of them."""
    for name in names:
        text = (folder / name).read_text(encoding="utf-8")
        (folder / name).write_bytes(text.encode(encoding))
    (folder / "manifest.json").unlink(missing_ok=True)


def as_zip(folder: Path, target: Path, name_of: Callable[[str], str], **extra: bytes) -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.iterdir()):
            archive.writestr(name_of(path.name), path.read_bytes())
        for name, content in extra.items():
            archive.writestr(name, content)
    return target


def test_utf_8_that_is_said_to_be_windows_1251_is_refused(session: Session) -> None:
    """Else every name would be loaded as «РћРћРћ»."""
    import_package(session, SAMPLE)
    [fault] = refusal(session, CASES / "mojibake").errors
    assert (fault.file, fault.line) == ("customers.csv", 1)
    assert "файл в UTF-8, а указана windows-1251" in fault.message
    assert '"encoding": "utf-8"' in fault.message


def test_rows_of_separators_from_excel_are_skipped_and_counted(portal: Session) -> None:
    import_package(portal, SAMPLE)
    report = import_package(portal, CASES / "blank-rows-from-excel").report
    assert report.counts["customers.csv"].added == 1
    assert get_only(portal, Customer, external_id="C903").inn == "9600000930"
    [warning] = [w for w in report.warnings if w.file == "customers.csv"]
    assert str(warning) == "customers.csv:3 — строк из одних разделителей пропущено: 2"


def test_windows_1251_without_a_word_about_it_is_one_line_with_the_cure(
    session: Session, sample: Path
) -> None:
    reencode(sample, "cp1251", *(path.name for path in sample.glob("*.csv")))
    report = refusal(session, sample)
    [fault] = [f for f in report.errors if "windows-1251" in f.message]
    assert (fault.file, fault.line, fault.column) == ("supplier.csv", 2, "name")
    assert '"encoding": "windows-1251"' in fault.message
    assert "Акционерное общество" in fault.message
    assert report.errors == [fault]
    assert report.error_count == fault.count > 50


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [("utf-16", "UTF-16"), ("utf-16-le", "UTF-16"), ("utf-8-sig", "начинается с BOM")],
)
def test_a_file_in_another_encoding_is_refused_in_one_line(
    session: Session, sample: Path, encoding: str, expected: str
) -> None:
    reencode(sample, "cp1251", *(path.name for path in sample.glob("*.csv")))
    shutil.copy(SAMPLE / "customers.csv", sample)
    reencode(sample, encoding, "customers.csv")
    [fault] = refusal(session, sample, ImportOptions(encoding="cp1251")).errors
    assert (fault.file, fault.line) == ("customers.csv", 1)
    assert expected in fault.message


def test_dates_of_another_form_are_one_line_with_the_places_of_a_few(
    session: Session, sample: Path
) -> None:
    (sample / "manifest.json").unlink()
    to_russian_dates(sample)
    report = refusal(session, sample)
    [fault] = report.errors
    assert (fault.file, fault.line, fault.column) == ("contracts.csv", 2, "signed_on")
    assert '"date_format": "DD.MM.YYYY"' in fault.message
    assert "contracts.csv:3:signed_on" in fault.message
    assert report.error_count == fault.count > 100


def test_the_manifest_says_how_dates_are_written(session: Session, sample: Path) -> None:
    expected = Path(shutil.copytree(SAMPLE, sample.parent / "expected"))
    to_russian_dates(sample)
    edit_manifest(lambda manifest: manifest.update(date_format="DD.MM.YYYY"))(sample)
    import_package(session, sample)
    assert_same_figures(session, expected)


def test_the_command_outvotes_the_dates_of_the_manifest(app: Flask, sample: Path) -> None:
    edit_manifest(lambda manifest: manifest.update(date_format="DD.MM.YYYY"))(sample)
    assert run_command(app, sample).exit_code == 1
    assert run_command(app, sample, "--date-format", "YYYY-MM-DD").exit_code == 0


def test_a_decimal_comma_is_one_line_and_the_true_number_is_said(
    app: Flask, session: Session, tmp_path: Path
) -> None:
    import_package(session, SAMPLE)
    paid = [PAID, *(ROW.format(n, "2026-11-02", f"{n},50") for n in range(1, 3001))]
    folder = write_batch(tmp_path / "1", payments=paid)
    result = run_command(app, folder, "--max-errors", "5")
    errors = [line for line in result.output.splitlines() if line.startswith("ошибка:")]
    assert len(errors) == 1
    assert errors[0].startswith("ошибка: payments.csv:2:amount — «1,50»")
    assert '"decimal": ","' in errors[0]
    assert "Ошибок: 3000" in result.output
    assert "… и еще ошибок" not in result.output


def test_a_file_that_was_left_out_is_one_line(portal: Session, sample: Path) -> None:
    """Not a line for each of the thousands of rows that refer to it."""
    (sample / "manifest.json").unlink()
    (sample / "contracts.csv").unlink()
    report = refusal(portal, sample)
    [fault] = report.errors
    assert (fault.file, fault.line, fault.column) == ("supply_points.csv", 2, "contract_no")
    assert "нет записи «00001-ЭС» в базе, а файла contracts.csv в пакете нет" in fault.message
    assert "добавьте его в пакет" in fault.message
    files = ("supply_points", "charges", "invoices", "payments", "balances")
    assert report.error_count == sum(rows(sample, f"{name}.csv") for name in files)


def test_documents_that_were_left_out_of_a_delta_are_one_line(
    portal: Session, tmp_path: Path
) -> None:
    import_package(portal, SAMPLE)
    head = (SAMPLE / "charge_lines.csv").read_text(encoding="utf-8").splitlines()
    lines = [head[1].replace("НЧ-2025-12-00001", f"НОВЫЙ-{n}") for n in range(40)]
    second = lines[0].replace("-0;1;", "-0;2;")
    assert len({head[1], lines[0], second}) == 3
    report = refusal(portal, write_batch(tmp_path / "1", charge_lines=[head[0], *lines, second]))
    kinds = [fault for fault in report.errors if "charges.csv" in fault.message]
    assert [(f.file, f.line, f.column, f.count) for f in kinds] == [
        ("charge_lines.csv", 2, "charge_id", 41)
    ]


def test_an_unknown_key_is_named_once_with_where_it_was_sought(
    portal: Session, sample: Path, tmp_path: Path
) -> None:
    import_package(portal, SAMPLE)
    paid = [PAID, *(f"О-{n};00009-ЭС;payment;2026-11-02;5.00" for n in range(3))]
    paid.append("О-9;00001-ЭC;payment;2026-11-02;5.00")
    report = refusal(portal, write_batch(tmp_path / "1", payments=paid))
    assert [str(fault) for fault in report.errors] == [
        "payments.csv:2:contract_no — нет записи «00009-ЭС» в базе, а файла contracts.csv в "
        "пакете нет (и еще в 2 строках)",
        "payments.csv:5:contract_no — нет записи «00001-ЭC» в базе, а файла contracts.csv в "
        "пакете нет; в ключе русские и латинские буквы вместе: «C» латинская",
    ]
    assert report.error_count == 4
    head = "contract_no;customer_id;signed_on;valid_from;status"
    contract = [head, "00009-ЭС;НЕТ;2026-11-01;2026-11-01;active"]
    customer = ["customer_id;kind;full_name;inn", "К-1;ul;ООО «Новое»;9600000023"]
    folder = write_batch(tmp_path / "2", contracts=contract, customers=customer)
    [fault] = refusal(portal, folder).errors
    assert str(fault) == (
        "contracts.csv:2:customer_id — нет записи «НЕТ» ни в customers.csv пакета, ни в базе"
    )


def test_a_file_without_its_columns_is_not_followed_by_faults_of_others(
    session: Session, sample: Path
) -> None:
    (sample / "manifest.json").unlink()
    text = (sample / "contracts.csv").read_text(encoding="utf-8")
    (sample / "contracts.csv").write_text(text.replace(";", "|"), encoding="utf-8")
    [fault] = refusal(session, sample).errors
    assert (fault.file, fault.line) == ("contracts.csv", 1)


def test_another_delimiter_than_said_is_one_line(session: Session, sample: Path) -> None:
    edit_manifest(lambda manifest: manifest.update(delimiter=","))(sample)
    report = refusal(session, sample)
    assert {fault.line for fault in report.errors} == {1}
    assert all("разделитель «;»" in fault.message for fault in report.errors)


def test_sep_from_excel_is_passed_over(session: Session, sample: Path) -> None:
    (sample / "manifest.json").unlink()
    path = sample / "payments.csv"
    lines = path.read_bytes().splitlines(keepends=True)
    lines[3] = lines[3].replace(b"156000.00", "сто".encode())
    path.write_bytes(b"\xef\xbb\xbfsep=;\r\n" + b"".join(lines))
    [fault] = refusal(session, sample).errors
    assert (fault.file, fault.line, fault.column) == ("payments.csv", 5, "amount")
    shutil.copy(SAMPLE / "payments.csv", path)
    path.write_bytes(b"sep=;\r\n" + path.read_bytes())
    [warning] = [w for w in import_package(session, sample).report.warnings if w.line]
    assert str(warning) == "payments.csv:1 — строка «sep=» от Excel пропущена"
    assert_same_figures(session, SAMPLE)


def test_names_in_capitals_or_with_cyrillic_characters_are_read_with_a_warning(
    portal: Session, sample: Path
) -> None:
    (sample / "manifest.json").unlink()
    for name, old, new in (
        ("payments.csv", b"purpose", "рurpose".encode()),
        ("customers.csv", b"customer_id;kind", b"CUSTOMER_ID;Kind"),
    ):
        raw = (sample / name).read_bytes()
        assert raw.count(old) == 1
        (sample / name).write_bytes(raw.replace(old, new))
    (sample / "payments.csv").rename(sample / "рayments.CSV")
    (sample / ".DS_Store").write_bytes(b"\0")
    warnings = [str(w) for w in import_package(portal, sample).report.warnings]
    assert warnings[1:] == [
        "рayments.CSV — буква «р» русская, а нужна латинская; файл прочитан как payments.csv",
        "customers.csv:1:CUSTOMER_ID — «CUSTOMER_ID», «Kind»: нужны строчные буквы; столбец "
        "прочитан",
        "payments.csv:1:рurpose — «рurpose»: буква «р» русская, а нужна латинская; столбец "
        "прочитан",
    ]
    assert get_only(portal, Payment, external_id="ПЛ-000001").purpose
    assert count(portal, Payment) == rows(SAMPLE, "payments.csv")


def test_two_files_or_columns_of_one_name_are_refused(session: Session, sample: Path) -> None:
    (sample / "manifest.json").unlink()
    shutil.copy(sample / "payments.csv", sample / "Payments.csv")
    [fault] = refusal(session, sample).errors
    assert "таких два" in fault.message
    (sample / "Payments.csv").unlink()
    sheet = Sheet(sample, "payments.csv")
    sheet.rewrite(lambda n, row: [*row, "рurpose" if n == 0 else ""])
    sheet.save(fix_manifest=False)
    [fault] = refusal(session, sample).errors
    assert (fault.file, fault.line, fault.column) == ("payments.csv", 1, "рurpose")


def test_a_manifest_names_files_as_their_system_wrote_them(session: Session, sample: Path) -> None:
    manifest = read_manifest(sample)
    assert manifest is not None
    for item in manifest["files"]:
        (sample / item["name"]).rename(sample / item["name"].upper())
        item["name"] = item["name"].upper()
    write_manifest(sample, manifest)
    result = import_package(session, sample)
    assert result.run is not None
    assert result.run.is_verified
    assert_same_figures(session, SAMPLE)


def test_an_archive_made_on_another_computer_is_read(session: Session, tmp_path: Path) -> None:
    extra = {
        "__MACOSX/vygruzka/._payments.csv": b"\0",
        "vygruzka/.DS_Store": b"\0",
        "vygruzka/Thumbs.db": b"\0",
        "vygruzka/": b"",
    }
    path = as_zip(SAMPLE, tmp_path / "batch.zip", lambda name: f"vygruzka/{name}", **extra)
    report = import_package(session, path).report
    assert [str(w) for w in report.warnings] == [
        "vygruzka/ — файлы лежат в папке архива, прочитаны из нее"
    ]
    assert_same_figures(session, SAMPLE)
