"""A load that did not succeed is told to people: by email, on «Сегодня», in the list of loads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.actions.imports.jobs import NewBatch, start_job
from app.domain.imports import Channel, JobGoal
from app.domain.staff import StaffRole
from app.extensions import db
from app.jobs.retention import delete_expired
from app.models import ImportJob
from tests.actions.import_steps import run_command
from tests.conftest import NOW
from tests.factories import Factory
from tests.outbox import Outbox, part
from tests.pages import PageClient
from tests.sections.staff.billing_steps import (
    SAMPLE,
    archive,
    press,
    sent,
    stored,
    work,
    zipped,
)

TOKEN = "the-token-of-unattended-loads-0123456789"
WATCHERS = ("billing@example.org", "it@example.org")
MANIFEST = '{"format": "billing-exchange/1.0", "batch_id": "ночь-17"}'
BROKEN = archive(
    {"departments.csv": "department_id;name;active\nD-1;Отделение;yes\n", "manifest.json": MANIFEST}
)


@pytest.fixture
def app(make_app) -> Flask:
    return make_app(import_token=TOKEN, staff_alert_emails=WATCHERS)


@pytest.fixture
def manager(page: PageClient, make: Factory) -> PageClient:
    make.staff(StaffRole.MANAGER)
    make.commit()
    page.sign_in_staff("manager")
    return page


def submit(app: Flask, content: bytes, **query: str) -> None:
    client: FlaskClient = app.test_client()
    headers = {"Authorization": f"Bearer {TOKEN}"}
    answer = client.post("/api/import", data=content, query_string=query, headers=headers)
    assert answer.status_code == 202


def subjects(outbox: Outbox, address: str = WATCHERS[0]) -> list[str]:
    return [str(email["Subject"]) for email in outbox.emails(address)]


def red_line(page: PageClient) -> str:
    """What «Сегодня» says of the billing data; the first line is red where a load failed."""
    soup = page.get("staff.dashboard")
    return " ".join(
        soup.select_one("h2:-soup-contains('Данные биллинга')").find_next("p").text.split()
    )


def test_a_refused_load_of_a_program_is_told_to_everybody_who_watches(
    app: Flask, manager: PageClient, outbox: Outbox
) -> None:
    submit(app, BROKEN, name="ночь.zip")
    for address in WATCHERS:
        (email,) = outbox.emails(address)
        assert email["Subject"] == "Данные биллинга не загружены: ночь.zip"
        text = part(email, "plain")
        assert "batch_id ночь-17" in text
        assert "departments.csv:2:active" in text
        assert "запросом POST /api/import" in text
        assert "http://localhost/staff/billing/jobs/1" in text
    line = red_line(manager)
    assert "Загрузка не принята" in line
    assert "batch_id ночь-17" in line
    soup = manager.open(
        manager.get("staff.dashboard").select_one("a:-soup-contains('исправить')")["href"]
    )
    assert "departments.csv" in soup.select_one("table").text


def test_the_same_failure_on_the_same_day_is_told_once(
    app: Flask, outbox: Outbox, advance_clock: Callable[..., object]
) -> None:
    for _ in range(3):
        submit(app, BROKEN)
    assert len(subjects(outbox)) == 1
    advance_clock(days=1)
    submit(app, BROKEN)
    assert len(subjects(outbox)) == 2


def test_a_refused_load_of_a_command_is_on_record_with_its_errors(
    app: Flask, manager: PageClient, session: Session, outbox: Outbox, tmp_path: Path
) -> None:
    path = tmp_path / "ночь.zip"
    path.write_bytes(BROKEN)
    assert run_command(app, path).exit_code == 1
    assert subjects(outbox) == ["Данные биллинга не загружены: ночь.zip"]
    assert "Загрузка не принята" in red_line(manager)
    soup = manager.get("staff.billing", q="ночь-17")
    row = soup.select_one("table:has(caption:-soup-contains('Пакеты')) tbody tr")
    assert "командная строка" in row.text
    soup = manager.open(row.a["href"])
    assert (
        "departments.csv" in soup.select_one("table:has(caption:-soup-contains('исправить'))").text
    )
    assert not soup.select("a[href*='/errors.']")
    assert not soup.select("button:-soup-contains('Проверить')")
    assert session.scalars(select(ImportJob.batch_id)).one() == "ночь-17"


def test_a_package_that_cannot_be_read_is_on_record_too(
    app: Flask, session: Session, outbox: Outbox, tmp_path: Path
) -> None:
    assert run_command(app, tmp_path / "нет.zip").exit_code == 1
    (job,) = session.scalars(select(ImportJob))
    assert (job.name, job.status, job.error_count) == ("нет.zip", "refused", 1)
    assert subjects(outbox) == ["Данные биллинга не загружены: нет.zip"]


def test_the_line_stays_until_a_load_succeeds(
    app: Flask, manager: PageClient, advance_clock: Callable[..., object]
) -> None:
    submit(app, BROKEN)
    advance_clock(minutes=1)
    submit(app, zipped(SAMPLE), check="1")
    assert "не принята" in red_line(manager)
    advance_clock(minutes=2)
    submit(app, zipped(SAMPLE))
    assert "не принята" not in red_line(manager)
    advance_clock(minutes=4)
    submit(app, BROKEN)
    assert "не принята" in red_line(manager)


def test_a_check_that_finds_errors_alarms_nobody_for_somebody_waits_for_it(
    app: Flask, manager: PageClient, outbox: Outbox, tmp_path: Path, session: Session
) -> None:
    sent(manager, BROKEN)
    submit(app, BROKEN, check="1")
    path = tmp_path / "ночь.zip"
    path.write_bytes(BROKEN)
    assert run_command(app, "--dry-run", path).exit_code == 1
    assert subjects(outbox) == []
    assert "не принята" not in red_line(manager)
    assert len(session.scalars(select(ImportJob.id)).all()) == 2


def test_a_load_that_breaks_off_by_our_fault_is_told(
    app: Flask, manager: PageClient, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("app.jobs.imports.apply_import", broken)
    result = run_command(app, SAMPLE)
    assert (result.exit_code, "secret" in result.output) == (3, False)
    submit(app, zipped(SAMPLE), name="ночь.zip")
    first, second = outbox.emails(WATCHERS[0])
    assert "загрузка не завершилась" in part(first, "plain")
    assert "командой flask billing-import" in part(first, "plain")
    assert "ночь.zip" in str(second["Subject"])
    assert "Загрузка не удалась" in red_line(manager)


def test_a_load_whose_process_was_killed_is_told_when_it_is_given_up(
    app: Flask, manager: PageClient, outbox: Outbox, advance_clock: Callable[..., object]
) -> None:
    batch = NewBatch("ночь.zip", None, 1, {}, JobGoal.LOAD, Channel.COMMAND)
    with app.app_context():
        assert start_job(db.session(), batch, "dead", NOW)
        db.session.commit()
    work(app)
    assert subjects(outbox) == []
    advance_clock(minutes=3)
    work(app)
    assert "процесс загрузки остановился" in part(outbox.emails(WATCHERS[0])[0], "plain")
    assert "Загрузка не удалась" in red_line(manager)


def test_a_refused_load_stays_on_record_when_its_batch_is_deleted(
    app: Flask, session: Session, advance_clock: Callable[..., object]
) -> None:
    submit(app, BROKEN)
    assert len(stored(app)) == 1
    advance_clock(days=8)
    with app.app_context():
        delete_expired()
    assert stored(app) == []
    (job,) = session.scalars(select(ImportJob))
    assert (job.status, job.storage_key, job.batch_id) == ("refused", None, "ночь-17")
    session.rollback()
    advance_clock(days=401)
    with app.app_context():
        delete_expired()
    assert session.scalars(select(ImportJob)).all() == []


def test_a_clerk_whose_load_is_refused_is_not_the_only_one_who_knows(
    app: Flask, manager: PageClient, outbox: Outbox, advance_clock: Callable[..., object]
) -> None:
    """Between check and load the data have changed."""
    soup = sent(manager, zipped(SAMPLE))
    other = (SAMPLE / "supplier.csv").read_text("utf-8").replace("9600000016", "7415000007")
    submit(app, archive({"supplier.csv": other}))
    assert subjects(outbox) == []
    advance_clock(minutes=1)
    soup = press(manager, soup, "Загрузить")
    assert subjects(outbox) == ["Данные биллинга не загружены: batch.zip"]
    assert "на странице «Загрузка»" in part(outbox.emails(WATCHERS[0])[0], "plain")
    press(manager, soup, "Отказаться")
    assert stored(app) == []
    assert "Загрузка не принята" in red_line(manager)
    assert "Пакетов в работе" not in manager.get("staff.dashboard").text
    assert not manager.get("staff.billing_job", job_id=1).select("button:-soup-contains('Отказ')")
