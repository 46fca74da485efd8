"""``flask check``: what is wrong is told and never crashes the command; on both databases."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from app import create_app
from app.extensions import db
from app.jobs import health
from app.lib.clock import Clock
from app.models import HealthAlert, WorkerHeartbeat
from config import ROOT, MailSettings, SmsSettings
from tests.conftest import NOW, ZONE, make_config
from tests.providers import free_port, mail_server

pytest_plugins = ["tests.postgres"]


@pytest.fixture(params=["sqlite", "postgresql"])
def portal(request: pytest.FixtureRequest) -> Flask:
    """An installation on either database."""
    app: Flask = request.getfixturevalue("app" if request.param == "sqlite" else "postgres_app")
    return app


def check(app: Flask, *options: str) -> Result:
    return app.test_cli_runner().invoke(args=["check", *options])


def checks_of(result: Result) -> dict[str, dict[str, str]]:
    return {item["key"]: item for item in json.loads(result.stdout)["checks"]}


def test_every_check_is_told_and_the_worst_decides_the_exit_code(portal: Flask) -> None:
    told = check(portal, "--json")
    assert json.loads(told.stdout)["state"] == "fault"
    assert told.exit_code == 2
    states = {key: item["state"] for key, item in checks_of(told).items()}
    # Nobody serves this portal, and it is for tests.
    assert {key for key, state in states.items() if state == "fault"} == {"site"}
    assert {"database", "schema", "clock", "worker", "queue", "backup", "file_store"} <= set(states)
    name = "SQLite 3." if db_name(portal) == "sqlite" else "PostgreSQL 1"
    assert checks_of(told)["database"]["text"].startswith(f"База: {name}")
    plain = check(portal)
    assert plain.exit_code == 2
    assert "неисправно  http://localhost: не отвечает" in plain.stdout
    assert "→ Сделайте копию" in plain.stdout


def db_name(app: Flask) -> str:
    with app.app_context():
        return db.engine.dialect.name


def test_warnings_alone_are_exit_code_one(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "check_services", list)
    assert check(app).exit_code == 1


def test_results_are_stored_for_the_page(portal: Flask) -> None:
    check(portal)
    check(portal)
    with portal.app_context():
        rows = db.session.scalars(select(HealthAlert)).all()
        assert len({(row.key, row.machine) for row in rows}) == len(rows)
        stored = {row.key: (row.machine, row.state) for row in rows}
        assert stored["site"] == (health.this_machine(), "fault")
        assert stored["backup"] == ("", "warning")


def test_a_dead_database_is_a_line_and_the_rest_is_checked(tmp_path: Path) -> None:
    url = f"postgresql+psycopg://kabinet:t0psecret@127.0.0.1:{free_port()}/kabinet"
    told = check(create_app(make_config(tmp_path, database_url=url)), "--json")
    assert told.exit_code == 2, told.output
    checks = checks_of(told)
    assert checks["database"]["state"] == "fault"
    assert "Connection refused" in checks["database"]["text"]
    assert checks["file_store"]["state"] == "ok"
    assert "t0psecret" not in told.output


def test_a_database_without_tables_is_a_line(tmp_path: Path) -> None:
    told = check(create_app(make_config(tmp_path)), "--json")
    assert told.exit_code == 2, told.output
    assert checks_of(told)["database"]["state"] == "ok"
    assert checks_of(told)["schema"]["text"].startswith("Схема базы: база пуста")


def test_a_mail_server_that_is_dead_or_refuses_the_login_is_a_fault(
    make_app: Callable[..., Flask], tmp_path: Path
) -> None:
    with mail_server() as server:
        mail = MailSettings(tmp_path, "127.0.0.1", server.port, use_tls=False, timeout=2)
        told = check(make_app(mail=mail), "--json", "--send-mail", "admin@example.org")
        assert checks_of(told)["mail"]["state"] == "ok"
        assert checks_of(told)["mail_test"]["state"] == "ok"
        assert server.recipients == ["admin@example.org"]
        login = MailSettings(
            tmp_path, "127.0.0.1", server.port, use_tls=False, username="u", password="t0p"
        )
        assert checks_of(check(make_app(mail=login), "--json"))["mail"]["state"] == "fault"
    dead = check(make_app(mail=mail), "--json", "--send-mail", "admin@example.org")
    assert checks_of(dead)["mail"]["state"] == "fault"
    assert checks_of(dead)["mail_test"]["state"] == "fault"


def test_a_text_message_is_sent_when_asked_for(
    make_app: Callable[..., Flask], tmp_path: Path
) -> None:
    app = make_app(sms=SmsSettings(tmp_path / "sms"))
    told = check(app, "--json", "--send-sms", "8 900 123-45-67")
    assert checks_of(told)["sms_test"]["state"] == "ok"
    (sent,) = (tmp_path / "sms").iterdir()
    assert "Это пробное сообщение" in sent.read_text(encoding="utf-8")
    assert check(app, "--send-sms", "кот").exit_code == 2


def test_a_file_store_that_cannot_be_written_is_a_fault(
    make_app: Callable[..., Flask], tmp_path: Path
) -> None:
    (tmp_path / "not-a-folder").write_text("")
    told = check(make_app(files_url=str(tmp_path / "not-a-folder/files")), "--json")
    assert checks_of(told)["file_store"]["state"] == "fault"
    assert checks_of(told)["database"]["state"] == "ok"


def test_the_probe_leaves_nothing_in_the_file_store(app: Flask, tmp_path: Path) -> None:
    assert checks_of(check(app, "--json"))["file_store"]["state"] == "ok"
    assert [path for path in (tmp_path / "files").rglob("*") if path.is_file()] == []


def test_a_worker_gives_signs_of_life_in_one_row(portal: Flask) -> None:
    portal.extensions["clock"] = Clock(ZONE, NOW)
    with portal.app_context():
        beat = health.give_sign_of_life()
    beat()
    portal.extensions["clock"] = Clock(ZONE, NOW + timedelta(minutes=2))
    beat()
    portal.extensions["clock"] = Clock(ZONE, NOW)
    with portal.app_context():
        (row,) = db.session.scalars(select(WorkerHeartbeat)).all()
        assert (row.started_at, row.seen_at) == (NOW, NOW + timedelta(minutes=2))


def test_a_worker_that_fell_silent_is_a_fault(make_app: Callable[..., Flask]) -> None:
    app = make_app(jobs="queue")
    assert checks_of(check(app, "--json"))["worker"]["state"] == "fault"
    with app.app_context():
        beat = health.give_sign_of_life()
    beat()
    assert checks_of(check(app, "--json"))["worker"]["state"] == "ok"
    app.extensions["clock"] = Clock(ZONE, NOW + timedelta(minutes=4))
    assert checks_of(check(app, "--json"))["worker"]["state"] == "fault"


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"METRICS_TOKEN": "short"}, "METRICS_TOKEN: нужно не меньше 32 знаков"),
        ({"INSTANCE_DIR": "/proc/nowhere"}, "INSTANCE_DIR: "),
    ],
)
def test_settings_that_do_not_load_are_the_exit_code_of_faults(
    tmp_path: Path, changes: dict[str, str], line: str
) -> None:
    environ = {
        "PATH": os.environ["PATH"],
        "FLASK_APP": "wsgi.py",
        "INSTANCE_DIR": str(tmp_path),
        "SECRET_KEY": "x" * 40,
    }
    told = subprocess.run(
        [sys.executable, "-m", "flask", "check"],
        cwd=ROOT,
        env=environ | changes,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 2
    assert told.stderr.startswith(f"Настройки не приняты:\n  {line}")
    assert "Traceback" not in told.stderr


def test_a_redis_that_does_not_answer_is_a_fault_without_its_password(
    make_app: Callable[..., Flask],
) -> None:
    url = f"redis://:t0psecret@127.0.0.1:{free_port()}/0"
    told = check(make_app(redis_url=url), "--json")
    assert checks_of(told)["redis"]["state"] == "fault"
    assert "t0psecret" not in told.output


def test_several_machines_with_what_is_local_are_refused(make_app: Callable[..., Flask]) -> None:
    told = checks_of(check(make_app(web_machines=2), "--json"))
    refused = {key for key, item in told.items() if key.startswith("machines_")}
    assert refused == {
        f"machines_{name}" for name in ("database", "files", "queue", "mail", "sms", "proxies")
    }
    assert all(told[key]["state"] == "fault" and told[key]["advice"] for key in refused)
