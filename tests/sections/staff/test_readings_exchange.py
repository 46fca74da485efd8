"""Packages for billing that clerks make, and readings that wait for its answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app.actions.accounts.notifications import notify_reading_refused
from app.integrations.exchange_out import list_packages, write_package
from app.integrations.file_store import FolderFileStore
from app.models import Account, AuditEvent, Contract, Message, Meter
from app.web.file_stores import outgoing_store
from tests.conftest import NOW
from tests.factories import Factory
from tests.pages import PageClient
from tests.sections.staff.reading_rows import meter_of, package_rows, press, submit


@pytest.fixture
def meter(make: Factory, contract: Contract) -> Meter:
    meter = meter_of(make, contract)
    make.commit()
    return meter


def test_a_package_is_made_listed_fetched_and_audited(
    clerk: PageClient, make: Factory, meter: Meter, contract: Contract, tmp_path: Path
) -> None:
    by_phone = submit(make, meter, "1110.50", source="staff", staff_id=1, is_late=True)
    submit(make, meter_of(make, contract, "99"), "1120", account_id=1, status="accepted")
    submit(make, meter_of(make, contract, "98"), "1130", status="rejected")
    make.commit()
    assert press(clerk) == ("Пакет готов: out-20261121-120000-1.zip. Передайте его в биллинг.")
    first, second = package_rows(tmp_path)
    assert (first["submission_id"], first["value"]) == (by_phone.submission_id, "1110.50")
    assert (first["channel"], first["submitted_by"]) == ("web", "operator")
    assert first["comment"] == "по телефону; после срока: учесть в 2026-12"
    assert (second["submitted_by"], second["comment"]) == ("1", "")
    soup = clerk.get("staff.reading_exchange")
    (row,) = [row for row in soup.select("tbody tr") if "out-" in row.text]
    assert "21.11.2026, 12:00" in row.text
    answer = clerk.client.get(row.a["href"])
    assert answer.data == (tmp_path / "for-billing" / row.a.text).read_bytes()
    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Content-Disposition"].startswith("attachment; ")
    assert "out-20261121-120000-1.zip" in answer.headers["Content-Disposition"]
    (line,) = make.session.scalars(select(AuditEvent).filter_by(action="billing.exported"))
    assert (line.staff_id, line.subject_key) == (1, row.a.text)
    assert line.changes == {"readings_out.csv": 2}


def test_without_anything_new_there_is_nothing_to_hand_over(
    clerk: PageClient, make: Factory, meter: Meter, tmp_path: Path
) -> None:
    assert press(clerk) == "Выгружать нечего: биллинг знает обо всем."
    assert not (tmp_path / "for-billing").exists()
    assert not make.session.scalars(select(AuditEvent).filter_by(action="billing.exported")).all()


def test_the_command_and_the_staff_page_share_a_folder(
    app: Flask, clerk: PageClient, make: Factory, meter: Meter
) -> None:
    submit(make, meter, "1110")
    make.commit()
    assert "показаний 1" in app.test_cli_runner().invoke(args=["billing-export"]).output
    press(clerk)
    names = [row.a.text for row in clerk.get("staff.reading_exchange").select("tbody tr") if row.a]
    assert [name for name in names if name.startswith("out-")] == [
        "out-20261121-120000-2.zip",
        "out-20261121-120000-1.zip",
    ]


@pytest.mark.parametrize(
    "name",
    [
        "kabinet.sqlite3",
        "..%2Fkabinet.sqlite3",
        "%2e%2e%2fsecret.zip",
        "out-1.zip",
        "..%2Ffor-billing%2Fout-20261121-120000-1.zip",
        "out-20261121-120000-1.zip%00.txt",
        "out-20261121-120000-1.zip.tmp",
        "out-20261121-120000-1.zip%0A",
        "",
        "..%5Csecret.zip",
        "out-20261121-120000-%D9%A1.zip",
        "o" * 5000,
        "out-20261121-120000-9.zip",
    ],
)
def test_no_other_file_is_given_away(
    clerk: PageClient, make: Factory, meter: Meter, tmp_path: Path, name: str
) -> None:
    submit(make, meter, "1110")
    make.commit()
    press(clerk)
    folder = tmp_path / "for-billing"
    (tmp_path / "secret.zip").write_bytes(b"secret")
    (folder / "out-1.zip").write_bytes(b"secret")
    (folder / "out-20261121-120000-1.zip.tmp").write_bytes(b"secret")
    answer = clerk.client.get(f"/staff/readings/exchange/{name}")
    assert answer.status_code == 404
    assert b"secret" not in answer.data


def test_what_is_no_package_is_not_listed(clerk: PageClient, tmp_path: Path) -> None:
    folder = tmp_path / "for-billing"
    folder.mkdir()
    for name in ("out-20261121-120000-1.zip.tmp", "notes.zip", "out-99999999-999999-1.zip"):
        (folder / name).write_bytes(b"x")
    (folder / "out-20261121-120000-2.zip").mkdir()
    text = clerk.get("staff.reading_exchange").text
    assert "notes" not in text
    assert "120000" not in text
    assert "out-99999999-999999-1.zip" in text


def test_two_packages_of_one_second_have_two_names(tmp_path: Path) -> None:
    files = {"a.csv": (("x",), [("1",)])}
    (tmp_path / "out-20261121-120000-1.zip.part").touch()
    names = [write_package(FolderFileStore(tmp_path), files, NOW) for _ in range(2)]
    assert names == ["out-20261121-120000-2.zip", "out-20261121-120000-3.zip"]


def test_with_a_common_store_every_machine_has_the_package_and_those_of_before(
    make_app: Callable[..., Flask], make: Factory, meter: Meter, tmp_path: Path
) -> None:
    submit(make, meter, "1110")
    make.commit()
    common = str(tmp_path / "common")
    first, second = (
        make_app(files_url=common, instance_dir=tmp_path / name) for name in ("one", "two")
    )
    before = tmp_path / "one" / "for-billing" / "out-20260101-000000-1.zip"
    before.parent.mkdir()
    before.write_bytes(b"of before")
    done = first.test_cli_runner().invoke(args=["billing-export"])
    assert "out-20261121-120000-1.zip: показаний 1" in done.output
    with second.app_context():
        names = [package.name for package in list_packages(outgoing_store())]
    assert names == ["out-20261121-120000-1.zip", before.name]
    assert not before.exists()


def test_what_billing_has_not_answered_is_listed_with_its_age(
    clerk: PageClient, make: Factory, contract: Contract
) -> None:
    old = datetime(2026, 11, 16, tzinfo=UTC)
    for number in range(51):
        moment = old + timedelta(minutes=number)
        submit(make, meter_of(make, contract, f"S{number}"), "1110", exported_at=moment)
    submit(make, meter_of(make, contract, "DONE"), "1", exported_at=old, acknowledged_at=old)
    submit(make, meter_of(make, contract, "NEW"), "1")
    submit(make, meter_of(make, contract, "NO"), "1", exported_at=old, status="rejected")
    make.commit()
    soup = clerk.get("staff.reading_exchange")
    assert soup.select_one("#status").text == "Без ответа: 51 показание, показано 1–50."
    listed = [row for row in soup.select("tbody tr") if "1110,00" in row.text]
    assert len(listed) == 50
    assert "S0 ·" in listed[0].text
    assert "5 дней" in listed[0].text
    soup = clerk.get("staff.reading_exchange", page=2)
    assert [re.search("S[0-9]+", row.text)[0] for row in soup.select("tbody tr")] == ["S50"]


def test_the_age_counts_from_the_first_package(
    clerk: PageClient, make: Factory, meter: Meter
) -> None:
    first = datetime(2026, 11, 16, tzinfo=UTC)
    row = submit(make, meter, "1110", exported_at=first)
    make.commit()
    press(clerk)
    make.session.refresh(row)
    assert row.exported_at == first


def test_the_way_for_answers_is_shown_to_whoever_may_load_them(
    clerk: PageClient, admin: PageClient
) -> None:
    billing = admin.url("staff.billing")
    assert admin.get("staff.reading_exchange").select_one(f"main a[href='{billing}']")
    soup = clerk.get("staff.reading_exchange")
    assert not soup.select_one(f"main a[href='{billing}']")
    assert "загружает руководитель" in soup.text


def test_a_refusal_of_billing_reaches_the_owner_of_what_was_taken_by_telephone(
    make: Factory, meter: Meter
) -> None:
    make.session.get_one(Account, 1).email_confirmed_at = datetime(2026, 11, 1, tzinfo=UTC)
    row = submit(make, meter, "1110", source="staff", staff_id=1)
    notify_reading_refused(make.session, row, "Ошибка", NOW)
    make.commit()
    (message,) = make.session.scalars(select(Message)).all()
    assert (message.kind, message.recipient) == ("reading_refused", "buh@example.org")
