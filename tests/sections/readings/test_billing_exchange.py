"""Readings go to billing at least once, and billing's word comes back."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import update

from app.actions.billing_export import READINGS, export_for_billing
from app.actions.imports import ImportOptions, ImportRefusedError, Report, apply_import
from app.actions.readings.decisions import reject_readings
from app.domain.staff import Clerk, StaffRole
from app.extensions import db
from app.integrations.billing_files import Package
from app.integrations.file_store import FolderFileStore
from app.jobs.delivery import sweep
from app.models import Meter, SubmittedReading
from tests.conftest import NOW
from tests.factories import Factory
from tests.outbox import Outbox, part
from tests.pages import PageClient
from tests.sections.readings.steps import send, submitted, type_in


def export(app: Flask, folder: Path, minutes: int = 0) -> list[dict[str, str]]:
    """The rows of the package that is written now; its manifest is checked."""
    with app.app_context():
        exported = export_for_billing(
            db.session(), FolderFileStore(folder), NOW + timedelta(minutes=minutes)
        )
        db.session.commit()
    if exported.name is None:
        return []
    with zipfile.ZipFile(folder / exported.name) as package:
        content = package.read("readings_out.csv")
        manifest = json.loads(package.read("manifest.json"))
    assert manifest["files"] == [
        {
            "name": "readings_out.csv",
            "rows": exported.counts[READINGS],
            "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
    ]
    return list(csv.DictReader(io.StringIO(content.decode("utf-8"), newline=""), delimiter=";"))


def apply_file(app: Flask, folder: Path, name: str, text: str) -> Report:
    """Import a package of one file."""
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    (folder / name).write_text(text, encoding="utf-8")
    with app.app_context(), Package(folder) as package:
        try:
            result = apply_import(db.session(), package, ImportOptions(), NOW, lambda *_: None)
        except ImportRefusedError as error:
            db.session.rollback()
            return error.report
        db.session.commit()
        return result.report


def ack(app: Flask, folder: Path, *rows: str) -> Report:
    head = "submission_id;status;value;reason;processed_at;reading_id"
    return apply_file(app, folder, "readings_ack.csv", "\n".join((head, *rows)) + "\n")


def test_a_submission_is_handed_over_until_billing_acknowledges_it(
    app: Flask, page: PageClient, make: Factory, meter: Meter, tmp_path: Path
) -> None:
    send(page, type_in(page, meter, "1110", "5"))
    (row,) = export(app, tmp_path / "out")
    assert row["contract_no"] == "00123-ЭС"
    assert (row["meter_id"], row["serial_no"], row["zone"]) == (
        meter.external_id,
        "12345678",
        "T0",
    )
    assert (row["period"], row["taken_on"], row["value"]) == ("2026-11", "2026-11-21", "1110.50")
    assert row["submitted_at"] == "2026-11-21T12:00:00+05:00"
    assert row["channel"] == "web"
    (again,) = export(app, tmp_path / "out", 5)
    assert again == row
    report = ack(app, tmp_path / "in", f"{row['submission_id']};accepted;;;;R-1")
    assert (report.error_count, report.of("readings_ack.csv").changed) == (0, 1)
    assert export(app, tmp_path / "out", 10) == []
    assert len(list((tmp_path / "out").glob("*.zip"))) == 2
    assert not list((tmp_path / "out").glob("*.tmp"))


def test_a_refusal_with_its_reason_is_shown_and_a_new_reading_may_be_sent(
    app: Flask, page: PageClient, make: Factory, meter: Meter, tmp_path: Path, outbox: Outbox
) -> None:
    where = send(page, type_in(page, meter, "1110", "5"))
    (row,) = submitted(make)
    ack(app, tmp_path / "in", f"{row.submission_id};rejected;;Пломба сорвана;;")
    with app.app_context():
        sweep()
    (_, email) = outbox.emails("buh@example.org")
    assert "отклонено" in email["Subject"]
    assert "Причина: Пломба сорвана" in part(email, "plain")
    text = page.open(where).text
    assert "Отклонено" in text
    assert "Пломба сорвана" in text
    row = page.get("readings.index", contract_id=1).select_one("table.meters tr.meter")
    for expected in ("Отклонено", "Пломба сорвана", "Квитанция", "Передать показания"):
        assert expected in row.text
    send(page, type_in(page, meter, "1111"))
    assert [row.status for row in submitted(make)] == ["rejected", "accepted"]


def test_a_correction_is_accepted_and_said(
    app: Flask, page: PageClient, make: Factory, meter: Meter, tmp_path: Path
) -> None:
    where = send(page, type_in(page, meter, "1110", "5"))
    (row,) = submitted(make)
    ack(app, tmp_path / "in", f"{row.submission_id};corrected;1110.40;Опечатка;;")
    assert "Поставщик учел 1110,40. Опечатка" in page.open(where).text
    row_of_list = page.get("readings.index", contract_id=1).select_one("table.meters tr.meter")
    assert "1110,40" in row_of_list.text
    assert row_of_list.select_one(".use").text == "416"


def test_billing_may_take_back_a_refusal(
    app: Flask, page: PageClient, make: Factory, meter: Meter, tmp_path: Path
) -> None:
    send(page, type_in(page, meter, "1110", "5"))
    key = submitted(make)[0].submission_id
    ack(app, tmp_path / "in", f"{key};rejected;;Ошибка;;")
    report = ack(app, tmp_path / "in", f"{key};accepted;;;;R-7")
    assert (report.error_count, submitted(make)[0].status) == (0, "accepted")


def test_receipts_are_listed_whatever_became_of_them(
    page: PageClient, make: Factory, meter: Meter
) -> None:
    send(page, type_in(page, meter, "1110", "5"))
    send(page, type_in(page, meter, "1111"))
    soup = page.get("readings.index", contract_id=1)
    listed = [item.text for item in soup.select("main ul li") if "№" in item.text]
    assert ["принято" in listed[0], "заменено" in listed[1]] == [True, True]


def test_a_withdrawn_reading_stays_withdrawn_whatever_billing_says(
    app: Flask, page: PageClient, make: Factory, meter: Meter, tmp_path: Path
) -> None:
    soup = page.open(send(page, type_in(page, meter, "1110", "5")))
    page.submit(soup, action=soup.select_one("main form")["action"])
    (row,) = submitted(make)
    report = ack(app, tmp_path / "in", f"{row.submission_id};accepted;;;;")
    assert report.warning_count >= 1
    assert submitted(make)[0].status == "withdrawn"
    assert export(app, tmp_path / "out") == []


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("{id};maybe;;;;", "status"),
        ("00000000-0000-4000-8000-000000000000;accepted;;;;", "submission_id"),
        ("{id};corrected;много;;;", "value"),
        ("{id};corrected;-1;;;", "value"),
        ("{id};corrected;NaN;;;", "value"),
        ("{id};accepted", None),
    ],
)
def test_a_faulty_acknowledgement_is_named_by_line_and_column_and_nothing_is_taken(
    app: Flask,
    page: PageClient,
    make: Factory,
    meter: Meter,
    tmp_path: Path,
    row: str,
    column: str | None,
) -> None:
    send(page, type_in(page, meter, "1110", "5"))
    key = submitted(make)[0].submission_id
    report = ack(app, tmp_path / "in", f"{key};rejected;;нет;;", row.format(id=key))
    (fault,) = report.errors
    assert (fault.file, fault.line, fault.column) == ("readings_ack.csv", 3, column)
    assert submitted(make)[0].status == "accepted"


def test_the_same_reading_among_billings_own_is_an_acknowledgement(
    app: Flask, page: PageClient, make: Factory, meter: Meter, tmp_path: Path
) -> None:
    send(page, type_in(page, meter, "1110", "5"))
    apply_file(
        app,
        tmp_path / "in",
        "readings.csv",
        "reading_id;meter_id;zone;taken_on;period;value;kind;source;status\n"
        f"R-99;{meter.external_id};T0;2026-11-30;2026-11;1110.50;regular;portal;accepted\n",
    )
    (row,) = submitted(make)
    assert (row.status, row.acknowledged_at is not None) == ("accepted", True)
    assert export(app, tmp_path / "out") == []
    text = page.get("readings.index", contract_id=1).select_one("table.meters tr.meter").text
    assert "Принято" in text
    assert text.count("1110,50") == 1


def test_the_receipt_of_a_reading_stays_at_hand_when_billing_has_sent_it_back(
    app: Flask, page: PageClient, make: Factory, meter: Meter, tmp_path: Path
) -> None:
    where = send(page, type_in(page, meter, "1110", "5")).split("?")[0]
    for value in ("1110.50", "1112.00"):
        apply_file(
            app,
            tmp_path / "in",
            "readings.csv",
            "reading_id;meter_id;zone;taken_on;period;value;kind;source;status\n"
            f"R-99;{meter.external_id};T0;2026-11-30;2026-11;{value};regular;portal;accepted\n",
        )
        row = page.get("readings.index", contract_id=1).select_one("table.meters tr.meter")
        assert value.replace(".", ",") in row.text
        assert row.select_one(f"a[href='{where}']")
        assert "Исправить" not in row.text


def test_a_replaced_reading_that_billing_has_is_named_beside_the_new_one(
    app: Flask, page: PageClient, make: Factory, meter: Meter, tmp_path: Path
) -> None:
    send(page, type_in(page, meter, "1110", "5"))
    (old,) = export(app, tmp_path / "out")
    assert old["comment"] == ""
    send(page, type_in(page, meter, "1111"))
    gone, new = export(app, tmp_path / "out", 5)
    assert (new["value"], new["comment"]) == ("1111.00", f"вместо {old['submission_id']}")
    assert (gone["submission_id"], gone["status"]) == (old["submission_id"], "withdrawn")
    assert gone["comment"] == f"заменено на {new['submission_id']}"
    ack(app, tmp_path / "in", f"{new['submission_id']};accepted;;;;")
    assert export(app, tmp_path / "out", 10) == []


def test_a_reading_that_was_handed_over_goes_out_again_as_refused_until_billing_confirms_it(
    app: Flask, page: PageClient, make: Factory, meter: Meter, tmp_path: Path
) -> None:
    """An acknowledgement of the first version, which was on its way, does not undo the refusal."""
    make.staff(StaffRole.OPERATOR)
    make.commit()
    send(page, type_in(page, meter, "1110", "5"))
    (sent,) = export(app, tmp_path / "out")
    assert sent["status"] == "accepted"
    row = submitted(make)[0]
    with app.app_context():
        clerk = Clerk(1, "operator", "", StaffRole.OPERATOR)
        reject_readings(db.session(), clerk, {row.id: "accepted"}, "Пломба сорвана", NOW)
        db.session.commit()
    for minutes in (5, 10):
        (refused,) = export(app, tmp_path / "out", minutes)
        assert refused == sent | {"status": "rejected", "comment": "причина: Пломба сорвана"}
        report = ack(app, tmp_path / "in", f"{sent['submission_id']};accepted;;;;R-{minutes}")
        assert "отклонено в кабинете" in str(report.warnings[-1])
        assert submitted(make)[0].status == "rejected"
    report = ack(app, tmp_path / "in", f"{sent['submission_id']};rejected;;;;")
    assert (report.error_count, report.of("readings_ack.csv").unchanged) == (0, 1)
    assert export(app, tmp_path / "out", 15) == []
    again = submitted(make)[0]
    assert (again.status, again.reason) == ("rejected", "Пломба сорвана")


@pytest.mark.parametrize("status", ["withdrawn", "rejected"])
def test_a_withdrawal_that_crossed_its_export_goes_out_until_billing_confirms_it(
    app: Flask, page: PageClient, make: Factory, meter: Meter, tmp_path: Path, status: str
) -> None:
    soup = page.open(send(page, type_in(page, meter, "1110", "5")))
    page.submit(soup, action=soup.select_one("main form")["action"])
    make.session.execute(update(SubmittedReading).values(exported_at=NOW))
    make.commit()
    (row,) = export(app, tmp_path / "out")
    assert row["status"] == "withdrawn"
    ack(app, tmp_path / "in", f"{row['submission_id']};corrected;1;;;")
    assert submitted(make)[0].corrected_value is None
    assert len(export(app, tmp_path / "out", 5)) == 1
    ack(app, tmp_path / "in", f"{row['submission_id']};{status};;;;")
    assert export(app, tmp_path / "out", 10) == []
    assert submitted(make)[0].status == "withdrawn"


def test_nobody_but_the_customer_withdraws_a_reading(
    app: Flask, page: PageClient, make: Factory, meter: Meter, tmp_path: Path
) -> None:
    send(page, type_in(page, meter, "1110", "5"))
    (row,) = export(app, tmp_path / "out")
    report = ack(app, tmp_path / "in", f"{row['submission_id']};withdrawn;;;;")
    assert "не отозвано" in str(report.warnings[-1])
    assert submitted(make)[0].status == "accepted"
    assert len(export(app, tmp_path / "out", 5)) == 1


def test_a_late_reading_says_which_month_it_counts_for_and_is_known_again_in_that_month(
    make_app: Callable[..., Flask], make: Factory, meter: Meter, tmp_path: Path
) -> None:
    app = make_app(fixed_now=datetime(2026, 12, 5, 7, tzinfo=UTC))
    page = PageClient(app)
    page.sign_in("00123")
    send(page, type_in(page, meter, "1110", "5"))
    (row,) = export(app, tmp_path / "out")
    assert (row["period"], row["taken_on"]) == ("2026-11", "2026-12-05")
    assert row["comment"] == "после срока: учесть в 2026-12"
    apply_file(
        app,
        tmp_path / "in",
        "readings.csv",
        "reading_id;meter_id;zone;taken_on;period;value;kind;source;status\n"
        f"R-99;{meter.external_id};T0;2026-12-05;2026-12;1110.50;control;portal;accepted\n",
    )
    assert export(app, tmp_path / "out", 5) == []


def test_the_command_writes_and_lists_what_waits_for_billing(
    app: Flask, page: PageClient, make: Factory, meter: Meter, tmp_path: Path
) -> None:
    runner = app.test_cli_runner()
    out = str(tmp_path / "out")
    assert "нечего" in runner.invoke(args=["billing-export", out]).output
    send(page, type_in(page, meter, "1110", "5"))
    assert "показаний 1" in runner.invoke(args=["billing-export", out]).output
    listed = runner.invoke(args=["readings-unacknowledged"]).output
    assert submitted(make)[0].submission_id in listed
    assert "Без подтверждения: 1" in listed
