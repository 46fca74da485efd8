"""``flask serve``, which is ``make run``: web server and worker begin and end as one."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from app import create_app
from app.actions.messages import Outgoing, queue_message
from app.extensions import db
from app.integrations.message_templates import MessageContent
from config import ROOT
from tests.conftest import NOW, make_config
from tests.factories import Factory
from tests.proxy.clients import ask
from tests.proxy.servers import SECRET, free_port

SECONDS = 60


@pytest.fixture
def folder(tmp_path: Path, empty_database: Path) -> Path:
    """An installation that holds data, and a message that waits for the worker."""
    shutil.copy(empty_database, tmp_path / "kabinet.sqlite3")
    app = create_app(make_config(tmp_path, secret_key=SECRET, jobs="queue"))
    with app.app_context():
        make = Factory(db.session())
        make.supplier()
        make.contract("00123-ЭС")
        content = MessageContent("Тема", "Текст", None)
        message = Outgoing("password_changed", "mail", "buh@example.org", content, "1")
        message_id = queue_message(db.session(), message, NOW)
        make.commit()
        app.extensions["enqueue_delivery"](message_id)
        db.session.remove()
        db.engine.dispose()
    return tmp_path


@pytest.fixture
def process(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "FLASK_APP": "wsgi.py",
        "PORT": str(free_port()),
        "SECRET_KEY": SECRET,
        "INSTANCE_DIR": str(folder),
        "FIXED_NOW": NOW.isoformat(),
        "JOBS": "queue",
    }
    (folder / "port").write_text(environ["PORT"], encoding="ascii")
    with (folder / "log").open("ab") as log:
        command = [sys.executable, "-m", "flask", "serve"]
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=log, stderr=log)
    yield process
    process.kill()
    process.wait(SECONDS)


def wait_until(is_so: Callable[[], object], message: str) -> None:
    end = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < end, message
        time.sleep(0.05)


def descendants(pid: int) -> set[int]:
    found = set()
    for text in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split():
        found |= {int(text)} | descendants(int(text))
    return found


def is_answered(port: int) -> bool:
    with suppress(OSError):
        return ask(port, "/health", tls=False).status == 200
    return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_whatever_ends_the_web_server_ends_every_process(
    folder: Path, process: subprocess.Popen[bytes], number: signal.Signals
) -> None:
    port = int((folder / "port").read_text(encoding="ascii"))
    wait_until(lambda: is_answered(port), "nobody answers")
    wait_until(lambda: len(descendants(process.pid)) == 4, "two of the web, worker and PDF helper")
    pids = descendants(process.pid)
    process.send_signal(number)
    process.wait(SECONDS)
    wait_until(
        lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids), "a process is left over"
    )


def test_the_worker_sends_what_waits(folder: Path, process: subprocess.Popen[bytes]) -> None:
    port = int((folder / "port").read_text(encoding="ascii"))
    wait_until(lambda: is_answered(port), "nobody answers")
    wait_until(lambda: list((folder / "outbox").glob("*")), "the message is not sent")
