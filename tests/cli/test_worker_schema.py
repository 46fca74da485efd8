"""The worker works on the schema of its code only: it waits, says so, and begins by itself."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import create_engine, text

from app import create_app
from app.domain.health import HealthState
from app.extensions import db
from app.jobs import health, schema_guard
from app.jobs.schema_guard import SchemaGuard
from app.lib.schema_version import newest_migration
from config import ROOT
from tests.conftest import make_config

SECRET = "x" * 40
SECONDS = 90


@dataclass
class Worker:
    """``flask worker`` in a process of its own."""

    folder: Path
    process: subprocess.Popen[bytes] = field(init=False)

    def start(self) -> None:
        environ = {
            "PATH": os.environ["PATH"],
            "FLASK_APP": "wsgi.py",
            "INSTANCE_DIR": str(self.folder),
            "SECRET_KEY": SECRET,
            "JOBS": "queue",
        }
        flask = str(Path(sys.executable).with_name("flask"))
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen([flask, "worker"], cwd=ROOT, env=environ, stderr=log)

    def events(self) -> list[str]:
        lines = (self.folder / "log").read_text(encoding="utf-8").splitlines()
        return [json.loads(line)["event"] for line in lines if line.startswith("{")]

    def wait_for(self, beginning: str, times: int = 1) -> None:
        end = time.monotonic() + SECONDS
        while sum(event.startswith(beginning) for event in self.events()) < times:
            assert self.process.poll() is None, self.events()
            assert time.monotonic() < end, self.events()
            time.sleep(0.1)


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Worker]:
    worker = Worker(tmp_path)
    worker.start()
    yield worker
    worker.process.send_signal(signal.SIGINT)
    worker.process.wait(SECONDS)


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[Flask]:
    app = create_app(make_config(tmp_path, secret_key=SECRET, jobs="queue", fixed_now=None))
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def set_schema(app: Flask, revision: str) -> None:
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :it"), {"it": revision})


@pytest.mark.long
def test_a_worker_waits_for_migrations_and_leaves_a_schema_that_is_not_its_own(
    worker: Worker, portal: Flask
) -> None:
    newest = newest_migration(ROOT / "migrations/versions")
    worker.wait_for(f"worker waits: schema is None, it needs {newest}")
    with portal.app_context():
        upgrade()
    worker.wait_for("worker begins:")
    pid = worker.process.pid
    # An upgrade of the installation, while this process is the one of before.
    set_schema(portal, "9999")
    portal.extensions["enqueue_files"]()
    worker.wait_for(f"schema is 9999, this worker needs {newest}")
    worker.wait_for("worker waits: schema is 9999")
    with portal.app_context():
        (fault,) = [check for check in health.check_data() if check.state is HealthState.FAULT]
    assert fault.key == "schema"
    assert "новее этой версии" in fault.text
    assert "работник ждет" in fault.text
    set_schema(portal, newest)
    worker.wait_for("worker begins:", times=2)
    assert worker.process.pid == pid


def test_a_worker_that_waits_becomes_the_code_that_was_installed_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "0001_first.py").write_text('revision = "0001"\n', encoding="utf-8")
    guard = SchemaGuard(create_engine("sqlite://"), tmp_path)
    assert guard.needed == "0001"
    executed: list[list[str]] = []

    def execute(program: str, arguments: list[str]) -> None:
        executed.append(arguments)
        raise SystemExit

    monkeypatch.setattr(os, "execv", execute)
    monkeypatch.setattr(sys, "argv", ["flask", "worker"])
    tries = iter([False, True])
    monkeypatch.setattr(schema_guard, "may_renew", lambda: next(tries))
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            text = 'revision = "0002"\ndown_revision = "0001"\n'
            (tmp_path / "0002_second.py").write_text(text, encoding="utf-8")

    with pytest.raises(SystemExit):
        guard.wait(pause)
    assert len(pauses) == 6, "three until it is there, three until it loads"
    assert executed == [[sys.executable, "flask", "worker"]]


def test_jobs_are_left_alone_while_the_schema_is_another(
    make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app()
    signals: list[int] = []
    monkeypatch.setattr(os, "kill", lambda pid, number: signals.append(number))
    with app.app_context():
        guard = SchemaGuard(db.engine)
    assert guard.may_work()
    set_schema(app, "0001")
    assert not guard.may_work()
    assert signals == [], "nobody is there yet who would execute the program anew"
    monkeypatch.setattr(signal, "getsignal", lambda number: signal.default_int_handler)
    assert [guard.may_work(), guard.may_work()] == [False, False]
    assert signals == [signal.SIGHUP]
    moment = time.monotonic() + 61
    monkeypatch.setattr(time, "monotonic", lambda: moment)
    assert not guard.may_work()
    assert signals == [signal.SIGHUP] * 2, "the code on the disk may not have loaded"
