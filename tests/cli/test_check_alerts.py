"""``flask check --alert``: staff are told once of a fault, again after a day, and of its end."""

from __future__ import annotations

import email
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from email import policy
from pathlib import Path

import pytest
from flask import Flask

from app import create_app
from app.actions.health import claim_fault, store_results
from app.domain.health import HealthCheck, HealthState
from app.extensions import db
from app.jobs import health, health_alerts
from app.lib.clock import Clock
from app.queries.health import list_results
from config import MailSettings
from tests.conftest import NOW, ZONE, make_config
from tests.providers import free_port, mail_server

pytest_plugins = ["tests.postgres"]
ADMIN = "admin@example.org"
BACKUP_OLD = HealthCheck("backup", HealthState.FAULT, "Резервная копия: старая", "Сделайте")
BACKUP_NEW = replace(BACKUP_OLD, state=HealthState.OK, text="Резервная копия: свежая")
BACKUP_LATE = replace(BACKUP_OLD, state=HealthState.WARNING)


@pytest.fixture(params=["sqlite", "postgresql"])
def portal(request: pytest.FixtureRequest) -> Iterator[Flask]:
    """An installation on either database that writes its alerts to files."""
    app: Flask = request.getfixturevalue("app" if request.param == "sqlite" else "postgres_app")
    config = app.extensions["config"]
    app.extensions["config"] = replace(config, staff_alert_emails=(ADMIN,))
    # The portal on PostgreSQL has served other tests before.
    for path in config.mail.outbox.glob("*.eml"):
        path.unlink()
    yield app
    app.extensions["config"] = config


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> list[HealthCheck]:
    """What the checks of the portal find, instead of what is."""
    checks: list[HealthCheck] = []
    monkeypatch.setattr(health, "check_data", lambda: checks)
    monkeypatch.setattr(health, "check_machine", list)
    monkeypatch.setattr(health, "check_services", list)
    return checks


def alert(app: Flask, now: datetime = NOW) -> int:
    app.extensions["clock"] = Clock(ZONE, now)
    try:
        with app.app_context():
            return health_alerts.alert()
    finally:
        app.extensions["clock"] = Clock(ZONE, NOW)


def outbox(app: Flask) -> list[str]:
    """Subjects and texts of the emails that were written, oldest first."""
    folder: Path = app.extensions["config"].mail.outbox
    emails = [
        email.message_from_bytes(path.read_bytes(), policy=policy.default)
        for path in sorted(folder.glob("*.eml"))
    ]
    assert {sent["To"] for sent in emails} <= {ADMIN}
    texts = [sent.get_body(("plain",)) for sent in emails]
    for path in folder.glob("*.eml"):
        path.unlink()
    return [
        f"{sent['Subject']}\n{text.get_content() if text else ''}"
        for sent, text in zip(emails, texts, strict=True)
    ]


def test_a_fault_is_told_once_and_again_after_a_day_and_its_end_once(
    portal: Flask, found: list[HealthCheck]
) -> None:
    found[:] = [BACKUP_OLD]
    assert alert(portal) == 1
    (sent,) = outbox(portal)
    assert sent.startswith("Неисправность: localhost\n")
    assert "Неисправно. Резервная копия: старая. Сделайте" in sent
    assert "http://localhost/staff/health" in sent
    assert alert(portal, NOW + timedelta(hours=23)) == 0
    assert alert(portal, NOW + timedelta(hours=24)) == 1
    assert len(outbox(portal)) == 1
    found[:] = [BACKUP_LATE]
    assert alert(portal, NOW + timedelta(hours=25)) == 0
    found[:] = [BACKUP_NEW]
    assert alert(portal, NOW + timedelta(hours=26)) == 1
    (sent,) = outbox(portal)
    assert sent.startswith("Снова в порядке: localhost\n")
    assert "Снова в порядке. Резервная копия: свежая." in sent
    assert alert(portal, NOW + timedelta(hours=27)) == 0
    assert outbox(portal) == []


def test_a_warning_is_told_to_nobody(portal: Flask, found: list[HealthCheck]) -> None:
    found[:] = [BACKUP_LATE]
    assert alert(portal) == 0
    assert outbox(portal) == []


def test_of_two_machines_that_see_the_same_fault_one_tells_it(
    portal: Flask, found: list[HealthCheck]
) -> None:
    with portal.app_context():
        store_results(db.session(), [BACKUP_OLD], "other", NOW)
        db.session.commit()
        (result,) = list_results(db.session())
        db.session.expunge(result)
        assert claim_fault(db.session(), result, NOW)
        db.session.commit()
        # What it had read before the other one claimed is no longer so.
        result.alerted_at = None
        assert not claim_fault(db.session(), result, NOW)
    found[:] = [BACKUP_OLD]
    assert alert(portal) == 0


def test_each_machine_tells_of_its_own_disk(
    portal: Flask, found: list[HealthCheck], monkeypatch: pytest.MonkeyPatch
) -> None:
    found[:] = [HealthCheck("disk", HealthState.FAULT, "Диск: полон")]
    assert alert(portal) == 1
    monkeypatch.setattr(health, "this_machine", lambda: "other")
    assert alert(portal) == 1
    found[:] = [HealthCheck("disk", HealthState.OK, "Диск: свободен")]
    assert alert(portal) == 1
    assert len(outbox(portal)) == 3


def test_an_alert_that_could_not_leave_is_tried_again(
    make_app: Callable[..., Flask], tmp_path: Path, found: list[HealthCheck]
) -> None:
    mail = MailSettings(tmp_path, "127.0.0.1", free_port(), use_tls=False, timeout=1)
    found[:] = [BACKUP_OLD]
    assert alert(make_app(mail=mail, staff_alert_emails=(ADMIN,))) == 0
    with mail_server() as server:
        app = make_app(mail=replace(mail, port=server.port), staff_alert_emails=(ADMIN,))
        assert alert(app) == 1
        assert server.recipients == [ADMIN]
        assert alert(app) == 0


def test_the_network_is_asked_by_one_of_timer_and_worker(
    portal: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds: list[int] = []

    def services() -> list[HealthCheck]:
        rounds.append(1)
        return [HealthCheck("site", HealthState.OK, "x")]

    monkeypatch.setattr(health, "check_services", services)
    for minutes in (0, 1, 5):
        alert(portal, NOW + timedelta(minutes=minutes))
    assert len(rounds) == 2


def test_a_dead_database_is_told_without_it_and_its_return_too(
    make_app: Callable[..., Flask], tmp_path: Path
) -> None:
    with mail_server() as server:
        mail = MailSettings(tmp_path, "127.0.0.1", server.port, use_tls=False)
        settings = {"mail": mail, "staff_alert_emails": (ADMIN,)}
        url = f"postgresql+psycopg://x@127.0.0.1:{free_port()}/x"
        dead = create_app(make_config(tmp_path, database_url=url, **settings))
        told = dead.test_cli_runner().invoke(args=["check", "--alert"])
        assert told.exit_code == 0, told.output
        assert (alert(dead), len(server.accepted)) == (0, 1)
        assert alert(make_app(**settings)) > 0
        subjects = [
            email.message_from_bytes(content, policy=policy.default)["Subject"]
            for content in server.accepted
        ]
        assert subjects[:2] == ["Неисправность: localhost", "Снова в порядке: localhost"]
