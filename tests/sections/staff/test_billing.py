"""«Загрузка»: a batch is sent, checked, loaded; or refused, and nothing of it stays."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.domain.imports import JobStatus
from app.domain.staff import StaffRole
from app.jobs.retention import delete_expired
from app.models import AuditEvent, Contract, ImportJob, ImportRun, Payment
from tests.conftest import NOW
from tests.factories import Factory
from tests.logs import capture_log
from tests.other_supplier.surgery import Sheet
from tests.pages import PARTIAL, PageClient
from tests.sections.staff.billing_steps import (
    MEBIBYTE,
    SAMPLE,
    archive,
    busy,
    multipart,
    press,
    sent,
    status_of,
    stored,
    upload,
    without_worker,
    work,
    zipped,
)


@pytest.fixture
def manager(page: PageClient, make: Factory) -> PageClient:
    """The browser of a manager, in a portal without data."""
    make.staff(StaffRole.MANAGER, name="Иванова Мария")
    make.commit()
    page.sign_in_staff("manager")
    return page


def count(session: Session, model: type) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(model)) or 0


def test_a_batch_is_checked_then_loaded_and_stands_in_the_history(
    app: Flask, manager: PageClient, session: Session
) -> None:
    soup = sent(manager, zipped(SAMPLE), "октябрь.zip")
    assert "Проверен" in status_of(soup)
    cells = [cell.text for cell in soup.select("tr:has(th:-soup-contains('payments.csv')) td")]
    assert cells == ["15", "15", "0", "0", "0", "0"]
    assert count(session, ImportRun) == count(session, Payment) == 0
    log = capture_log()
    soup = press(manager, soup, "Загрузить")
    assert "Загружен" in status_of(soup)
    assert count(session, Payment) == 15
    run = session.scalars(select(ImportRun)).one()
    assert (run.source, run.staff_id is not None) == ("октябрь.zip", True)
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    (line,) = [line for line in lines if line["event"] == "billing import"]
    assert (line["run"], line["by"], line["added"] > 9) == (run.id, run.staff_id, True)
    assert stored(app) == []
    row = manager.get("staff.billing").select_one("table:has(caption:-soup-contains('Загрузки'))")
    assert "октябрь.zip" in row.text
    assert "Иванова Мария" in row.text
    soup = manager.open(row.select_one("tbody a")["href"])
    assert "sample-2026-10" in soup.text
    actions = set(session.scalars(select(AuditEvent.action).where(AuditEvent.staff_id == 1)))
    assert {"import.sent", "import.load", "import.loaded"} <= actions


def test_errors_are_shown_with_their_places_and_all_of_them_can_be_fetched(
    manager: PageClient, session: Session
) -> None:
    head = "customer_id;kind;full_name;inn"
    rows = [f"K-{number};ul;=Фирма;96000000{number:02d}x" for number in range(150)]
    soup = sent(manager, archive({"customers.csv": "\n".join((head, *rows)) + "\n"}))
    assert "Ошибок: 150" in status_of(soup)
    table = soup.select_one("table:has(caption:-soup-contains('исправить'))")
    assert len(table.select("tbody tr")) == 100
    first = [cell.text for cell in table.select_one("tbody tr").select("th, td")]
    assert first[:3] == ["customers.csv", "2", "inn"]
    assert count(session, ImportRun) == 0
    links = {link.text: link["href"] for link in soup.select("a[href*='/errors.']")}
    text = manager.client.get(links["CSV"]).data.decode("utf-8-sig")
    found = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert len(found) == 151
    assert [row[:3] for row in found[1:]] == [
        ["customers.csv", str(line), "inn"] for line in range(2, 152)
    ]
    sheet = openpyxl.load_workbook(io.BytesIO(manager.client.get(links["XLSX"]).data)).active
    assert sheet.max_row == 151
    assert [cell.value for cell in sheet[151]][:3] == ["customers.csv", 151, "inn"]


def test_the_same_batch_again_changes_nothing(
    app: Flask, manager: PageClient, session: Session
) -> None:
    press(manager, sent(manager, zipped(SAMPLE)), "Загрузить")
    soup = sent(manager, zipped(SAMPLE))
    assert "Уже загружен раньше" in status_of(soup)
    assert "после него ничего не менялось: изменений нет" in status_of(soup)
    assert count(session, ImportRun) == 1
    soup = press(manager, soup, "Загрузить снова")
    assert "Загружен" in status_of(soup)
    assert count(session, ImportRun) == 2
    assert stored(app) == []


def test_a_superseded_batch_is_named_with_what_came_after_it_and_may_be_forced_at_once(
    app: Flask, manager: PageClient, session: Session
) -> None:
    press(manager, sent(manager, zipped(SAMPLE)), "Загрузить")
    services = archive({"services.csv": "service_code;name\nEE;Другое имя\n"})
    press(manager, sent(manager, services, "услуги.zip"), "Загрузить")
    soup = sent(manager, zipped(SAMPLE))
    assert "после него загружены: услуги.zip (21.11.2026, 12:00)" in status_of(soup)
    assert "изменений нет" not in status_of(soup)
    soup = sent(manager, zipped(SAMPLE), force="y")
    assert "Проверен" in status_of(soup)
    assert "Загружен" in status_of(press(manager, soup, "Загрузить"))
    assert count(session, ImportRun) == 3


def test_loads_are_found_by_their_batch_id(manager: PageClient, make: Factory) -> None:
    press(manager, sent(manager, zipped(SAMPLE)), "Загрузить")
    broken = {"manifest.json": '{"format": "billing-exchange/1.0", "batch_id": "ночь_%1"}'}
    sent(manager, archive(broken | {"services.csv": "x\n"}), "ночь.zip")
    found = {
        text: [link.text.strip() for link in rows.select("tbody th a")]
        for text in ("2026-10", "ночь_%", "НОЧЬ.Zip", "нет такого")
        for rows in [manager.get("staff.billing", q=text)]
    }
    assert [len(found[text]) for text in found] == [1, 1, 1, 0]
    assert found["ночь_%"] == ["ночь.zip"]
    soup = manager.get("staff.billing", q="2026-10")
    assert "sample-2026-10" in soup.select_one("table").text
    assert soup.select_one("#q")["value"] == "2026-10"


def test_a_batch_that_is_given_up_is_deleted(
    app: Flask, manager: PageClient, session: Session
) -> None:
    soup = sent(manager, zipped(SAMPLE))
    assert len(stored(app)) == 1
    soup = press(manager, soup, "Отказаться")
    assert "ничего из него не загружено" in soup.text
    assert stored(app) == []
    assert count(session, ImportJob) == count(session, ImportRun) == 0


def test_two_clicks_load_once(app: Flask, manager: PageClient, session: Session) -> None:
    soup = sent(manager, zipped(SAMPLE))
    without_worker(app)
    press(manager, soup, "Загрузить")
    soup = press(manager, soup, "Загрузить")
    assert "В очереди" in status_of(soup)
    assert len(session.scalars(select(AuditEvent).filter_by(action="import.load")).all()) == 1
    work(app)
    assert count(session, ImportRun) == 1


def test_a_batch_waits_for_the_one_before_and_its_page_follows(
    app: Flask, manager: PageClient, session: Session
) -> None:
    with busy(app):
        soup = sent(manager, zipped(SAMPLE))
        section = soup.select_one("#results[data-poll]")
        assert "В очереди" in status_of(soup)
        assert soup.select_one("head noscript meta[http-equiv=refresh]")
        seen = manager.client.get(section["data-hx-get"], headers=PARTIAL | {"X-Poll": "1"})
        assert seen.status_code == 204
    work(app)
    answer = manager.client.get(section["data-hx-get"], headers=PARTIAL | {"X-Poll": "1"})
    assert "Проверен" in answer.text
    assert "data-poll" not in answer.text


def test_how_much_is_read_is_told_while_it_is_read(
    app: Flask, manager: PageClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    def watch(*arguments: object, **more: object) -> None:
        session.rollback()
        job = session.scalars(select(ImportJob)).one()
        told.append(f"{job.status} {job.bytes_done == job.bytes_total > 0}")

    monkeypatch.setattr("app.actions.imports.apply.run_cross_checks", watch)
    sent(manager, zipped(SAMPLE))
    assert told == ["running True"]


@pytest.mark.parametrize(
    ("name", "content", "phrase"),
    [
        ("выгрузка.rar", b"Rar!", "нужен ZIP"),
        ("readings_ack (1).csv", b"x", "нужен ZIP"),
        ("batch.zip", b"", "файл пустой"),
        ("", b"x", "выберите файл"),
    ],
)
def test_a_file_of_another_kind_is_refused_beside_the_field(
    app: Flask, manager: PageClient, name: str, content: bytes, phrase: str
) -> None:
    upload(manager, content, name, 422)
    soup = manager.check_last()
    assert phrase in soup.select_one("#file-error").text
    assert soup.title.text.startswith("Ошибка")
    assert stored(app) == []


HOSTILE: dict[str, Callable[[], bytes]] = {
    "no archive": lambda: b"PK\x03\x04 and nothing more",
    "cut": lambda: zipped(SAMPLE)[:-300],
    "path": lambda: archive({"../payments.csv": "x"}),
    "folder": lambda: archive({"in/day/payments.csv": "x"}),
    "bomb": lambda: archive({"payments.csv": b"0" * (30 * MEBIBYTE)}),
    "nothing of ours": lambda: archive({"hello.txt": "x"}),
    "encrypted": lambda: archive({"payments.csv": "x" * 50}).replace(
        b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01"
    ),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_archive_is_refused_in_words(
    app: Flask, manager: PageClient, session: Session, kind: str
) -> None:
    soup = sent(manager, HOSTILE[kind](), "hostile.zip")
    assert "Не принят" in status_of(soup)
    row = soup.select_one("table:has(caption:-soup-contains('исправить')) tbody tr")
    assert "hostile.zip" in row.text
    assert count(session, ImportRun) == 0
    assert {path.name for path in stored(app)[0].iterdir()} <= {
        "batch.zip",
        "findings.json",
        "errors.csv",
        "errors.xlsx",
    }


def test_what_is_stored_nobody_else_reads(app: Flask, manager: PageClient) -> None:
    sent(manager, zipped(SAMPLE))
    (folder,) = stored(app)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert folder.parent.stat().st_mode & 0o777 == 0o700


def test_a_name_that_cannot_be_shown_is_shown_as_far_as_it_can(manager: PageClient) -> None:
    name = "../in\u202e<img src=x>" + "д" * 300 + ".zip"
    soup = sent(manager, zipped(SAMPLE), name)
    shown = soup.h1.text.removeprefix("Пакет ")
    assert shown.startswith("in<img src=x>д")
    assert len(shown) == 200


def test_what_is_too_large_is_refused_unread(make_app, make: Factory) -> None:
    make.staff(StaffRole.MANAGER)
    make.commit()
    app = make_app(import_max_mb=1)
    page = PageClient(app)
    page.sign_in_staff("manager")
    upload(page, os.urandom(2 * MEBIBYTE), status=413)
    assert "больше 1 МБ" in page.check_last().select_one("#file-error").text
    assert stored(app) == []


def test_a_full_disk_is_said(make_app, make: Factory) -> None:
    make.staff(StaffRole.MANAGER)
    make.commit()
    app = make_app(disk_free_mb=10**9)
    page = PageClient(app)
    page.sign_in_staff("manager")
    upload(page, zipped(SAMPLE), status=503)
    assert "мало места" in page.check_last().select_one("#file-error").text
    assert stored(app) == []


@pytest.mark.parametrize("login", ["", "operator"])
def test_only_who_may_load_may_send_much(app: Flask, make: Factory, login: str) -> None:
    make.staff(StaffRole.OPERATOR)
    make.commit()
    page = PageClient(app)
    if login:
        page.sign_in_staff(login)
    body, kind = multipart({}, os.urandom(2 * MEBIBYTE), "batch.zip")
    answer = page.client.post(page.url("staff.billing_upload"), data=body, content_type=kind)
    assert answer.status_code == 413
    assert stored(app) == []


def test_a_form_without_its_token_leaves_nothing_on_the_disk(
    app: Flask, manager: PageClient
) -> None:
    body, kind = multipart({}, zipped(SAMPLE), "batch.zip")
    url = manager.url("staff.billing_upload")
    answer = manager.client.post(url, data=body, content_type=kind)
    assert answer.status_code == 400
    assert stored(app) == []


def test_the_options_are_obeyed(manager: PageClient, session: Session, tmp_path: Path) -> None:
    files = ("supplier.csv", "services.csv", "customers.csv", "contracts.csv", "payments.csv")
    for name in files:
        shutil.copy(SAMPLE / name, tmp_path)
    sheet = Sheet(tmp_path, "payments.csv")
    sheet.rewrite(lambda number, row: [_other(value) for value in row])
    sheet.save(fix_manifest=False)
    content = {
        name: (tmp_path / name).read_text("utf-8").encode("cp1251") for name in files[:-1]
    } | {"payments.csv": (tmp_path / "payments.csv").read_text("utf-8").encode("cp1251")}
    assert "Не принят" in status_of(sent(manager, archive(content)))
    soup = sent(manager, archive(content), encoding="cp1251", decimal=",")
    press(manager, soup, "Загрузить")
    assert count(session, Payment) == 15
    upload(manager, b"x", status=422, encoding="koi8-r")
    assert "Кодировка" in manager.check_last().select_one("#error-summary").text


def _other(value: str) -> str:
    return value.replace(".", ",") if value.replace(".", "").lstrip("-").isdigit() else value


def test_a_fault_of_ours_leaves_the_old_figures_and_can_be_tried_again(
    app: Flask, manager: PageClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    soup = sent(manager, zipped(SAMPLE))
    with monkeypatch.context() as patch:

        def fail(*arguments: object) -> None:
            raise RuntimeError("no")

        patch.setattr("app.actions.imports.apply.run_cross_checks", fail)
        log = capture_log()
        soup = press(manager, soup, "Загрузить")
    assert "Ничего не записано" in status_of(soup)
    assert "RuntimeError" in log.getvalue()
    assert count(session, Contract) == count(session, ImportRun) == 0
    soup = press(manager, press(manager, soup, "Проверить еще раз"), "Загрузить")
    assert "Загружен" in status_of(soup)
    assert count(session, ImportRun) == 1


def test_what_died_twice_is_given_up_in_words(
    app: Flask, manager: PageClient, session: Session
) -> None:
    without_worker(app)
    where = upload(manager, zipped(SAMPLE)).headers["Location"]
    died = update(ImportJob).values(status=JobStatus.RUNNING, tries=2)
    session.execute(died)
    session.commit()
    work(app)
    assert "прервана, ничего не записано" in status_of(manager.open(where))
    assert count(session, ImportRun) == 0


def test_batches_that_nobody_loads_are_deleted_after_a_week(
    app: Flask, manager: PageClient, session: Session, advance_clock: Callable[..., object]
) -> None:
    sent(manager, zipped(SAMPLE))
    lost = app.extensions["config"].instance_dir / "imports" / "incoming-lost"
    lost.write_bytes(b"x")
    old = (NOW + timedelta(days=4)).timestamp()
    os.utime(lost, (old, old))
    advance_clock(days=6)
    with app.app_context():
        delete_expired()
    assert len(stored(app)) == count(session, ImportJob) == 1
    advance_clock(days=7)
    with app.app_context():
        delete_expired()
    assert stored(app) == []
    assert count(session, ImportJob) == 0


def test_a_missing_job_or_run_is_not_found(manager: PageClient) -> None:
    for endpoint, name in (("staff.billing_job", "job_id"), ("staff.billing_run", "run_id")):
        for number in (99, 2**70):
            manager.get(endpoint, 404, **{name: number})
