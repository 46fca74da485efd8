"""``kill -HUP`` of the worker: it becomes the code on the disk, if that loads, or works on."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import select

from app import create_app
from app.actions.messages import Outgoing, queue_message
from app.extensions import db
from app.integrations.message_templates import MessageContent
from app.models import Message
from config import ROOT
from tests.conftest import make_config

SECRET = "x" * 40
SECONDS = 90
PROGRAM = """
import sys
from pathlib import Path
sys.path.insert(0, {root!r})
from wsgi import app
with Path(__file__).with_name("loaded").open("a") as file:
    file.write("{version} " + sys.argv[-1] + chr(10))
"""


@dataclass
class Site:
    """A worker in a process of its own, of a program that can be published anew."""

    folder: Path
    process: subprocess.Popen[bytes] = field(init=False)
    count: int = 0

    def publish(self, text: str) -> None:
        (self.folder / "program.py").write_text(text, encoding="utf-8")

    def start(self) -> None:
        environ = {
            "PATH": os.environ["PATH"],
            "FLASK_APP": str(self.folder / "program.py"),
            "INSTANCE_DIR": str(self.folder),
            "SECRET_KEY": SECRET,
            "JOBS": "queue",
        }
        flask = str(Path(sys.executable).with_name("flask"))
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen([flask, "worker"], cwd=ROOT, env=environ, stderr=log)

    def loaded(self) -> list[str]:
        """Versions that began to work, in order; a check is none."""
        file = self.folder / "loaded"
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        return [line.split()[0] for line in lines if line.endswith(" worker")]

    def told(self, beginning: str) -> bool:
        lines = (self.folder / "log").read_text(encoding="utf-8").splitlines()
        events = [json.loads(line)["event"] for line in lines if line.startswith("{")]
        return any(event.startswith(beginning) for event in events)

    def wait_until(self, is_so: Callable[[], bool]) -> None:
        end = time.monotonic() + SECONDS
        while not is_so():
            assert self.process.poll() is None, (self.folder / "log").read_text(encoding="utf-8")
            assert time.monotonic() < end, (self.folder / "log").read_text(encoding="utf-8")
            time.sleep(0.1)

    def works(self) -> None:
        """An email that is queued now is sent."""
        self.count += 1
        app = create_app(make_config(self.folder, secret_key=SECRET, jobs="queue", fixed_now=None))
        with app.app_context():
            session = db.session()
            content = MessageContent("Тема", "Текст", None)
            message = Outgoing(
                "password_changed", "mail", "buh@example.org", content, str(self.count)
            )
            now = app.extensions["clock"].now()
            message_id = queue_message(session, message, now)
            session.commit()
            app.extensions["enqueue_delivery"](message_id)

            def is_sent() -> bool:
                session.rollback()
                wanted = select(Message.status).where(Message.id == message_id)
                return session.scalar(wanted) == "sent"

            self.wait_until(is_sent)
            session.rollback()
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def site(tmp_path: Path, empty_database: Path) -> Iterator[Site]:
    shutil.copy(empty_database, tmp_path / "kabinet.sqlite3")
    site = Site(tmp_path)
    yield site
    site.process.send_signal(signal.SIGINT)
    site.process.wait(SECONDS)


@pytest.mark.long
def test_a_worker_becomes_the_code_on_the_disk_only_if_that_loads(site: Site) -> None:
    site.publish(PROGRAM.format(root=str(ROOT), version="first"))
    site.start()
    site.works()
    pid = site.process.pid
    site.publish("this is not Python")
    site.process.send_signal(signal.SIGHUP)
    site.wait_until(lambda: site.told("worker not reloaded"))
    site.works()
    assert site.loaded() == ["first"]
    site.publish(PROGRAM.format(root=str(ROOT), version="second"))
    site.process.send_signal(signal.SIGHUP)
    site.wait_until(lambda: site.loaded() == ["first", "second"])
    site.works()
    assert site.process.pid == pid


@pytest.mark.long
def test_a_stop_that_comes_during_the_check_is_a_stop(site: Site) -> None:
    site.publish(PROGRAM.format(root=str(ROOT), version="first"))
    site.start()
    site.works()
    slow = "import time\ntime.sleep(3)\n" + PROGRAM.format(root=str(ROOT), version="second")
    site.publish(slow)
    site.process.send_signal(signal.SIGHUP)
    time.sleep(0.7)
    site.process.send_signal(signal.SIGINT)
    assert site.process.wait(SECONDS) == 0
    assert site.loaded() == ["first"]
