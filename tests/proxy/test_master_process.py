"""The shipped gunicorn configuration renews itself, and replaces workers, without a gap."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from config import ROOT
from tests.proxy.servers import ACTIVATE

PORTAL = """
def app(environ, start_response):
    body = b"x" * 40_000_000 if environ["PATH_INFO"] == "/large" else b"version %d"
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
"""
SECONDS = 60


@dataclass
class Site:
    """A small application under the shipped configuration, on a socket that systemd would hold."""

    folder: Path
    listener: socket.socket
    process: subprocess.Popen[bytes] = field(init=False)

    def publish(self, source: str) -> None:
        (self.folder / "portal.py").write_text(source, encoding="utf-8")

    def start(self, workers: int, options: str = "") -> None:
        command = ACTIVATE.replace("wsgi:app", "portal:app")
        environ = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{self.folder}:{ROOT}",
            # A second version within the same second would be taken for the first.
            "PYTHONDONTWRITEBYTECODE": "1",
            "WEB_WORKERS": str(workers),
            "GUNICORN_CMD_ARGS": options,
        }
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", command, str(self.listener.fileno())],
                cwd=ROOT,
                env=environ,
                stderr=log,
                pass_fds=[self.listener.fileno()],
            )

    def ask(self, path: str = "/", seconds: float = SECONDS) -> str:
        """The answer; empty or an error where there is none in time."""
        with self.connect(path, seconds) as connection:
            parts = list(iter(lambda: connection.recv(65536), b""))
        return b"".join(parts).decode().rpartition("\r\n\r\n")[2]

    def connect(self, path: str, seconds: float = SECONDS) -> socket.socket:
        connection = socket.socket(self.listener.family)
        connection.settimeout(seconds)
        connection.connect(self.listener.getsockname())
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
        return connection

    def workers(self) -> set[str]:
        pid = self.process.pid
        return set(Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split())

    def wait_until(self, is_done: Callable[[], bool]) -> None:
        end = time.monotonic() + SECONDS
        while not is_done():
            assert self.process.poll() is None, "the master has ended"
            assert time.monotonic() < end, "it did not come to that"
            time.sleep(0.05)

    def log(self) -> str:
        return (self.folder / "log").read_text(encoding="utf-8")


@pytest.fixture(params=[socket.AF_INET, socket.AF_UNIX], ids=["TCP", "Unix"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    with socket.socket(request.param) as listener:
        is_unix = request.param == socket.AF_UNIX
        listener.bind(str(tmp_path / "socket") if is_unix else ("127.0.0.1", 0))
        listener.listen(1024)
        site = Site(tmp_path, listener)
        site.publish(PORTAL % 1)
        yield site
        site.process.terminate()
        site.process.wait(SECONDS)


def test_a_reload_runs_the_code_on_the_disk_and_every_request_is_answered(site: Site) -> None:
    site.start(workers=2)
    assert site.ask() == "version 1"
    pid, before = site.process.pid, site.workers()
    answers: list[str] = []
    is_over = threading.Event()

    def load() -> None:
        while not is_over.is_set():
            answers.append(site.ask())

    threads = [threading.Thread(target=load, daemon=True) for _ in range(3)]
    for thread in threads:
        thread.start()
    for version in (2, 3):
        site.publish(PORTAL % version)
        site.process.send_signal(signal.SIGHUP)
        site.wait_until(lambda version=version: answers[-1:] == [f"version {version}"])
        site.wait_until(lambda: len(site.workers()) == 2)
    is_over.set()
    for thread in threads:
        thread.join(SECONDS)
        assert not thread.is_alive(), "a request is still waited for"
    assert set(answers) == {"version 1", "version 2", "version 3"}
    assert site.process.pid == pid
    assert not site.workers() & before


def test_code_that_does_not_load_is_not_taken(site: Site) -> None:
    site.start(workers=1)
    assert site.ask() == "version 1"
    before = site.workers()
    site.publish("this is not Python")
    site.process.send_signal(signal.SIGHUP)
    site.wait_until(lambda: "Not reloaded" in site.log())
    assert site.ask() == "version 1"
    assert site.workers() == before


def test_the_socket_of_systemd_is_left_where_it_is(site: Site) -> None:
    site.start(workers=1)
    assert site.ask() == "version 1"
    site.publish(PORTAL % 2)
    site.process.send_signal(signal.SIGHUP)
    site.wait_until(lambda: site.ask() == "version 2")
    site.process.terminate()
    assert site.process.wait(SECONDS) == 0
    site.start(workers=1)
    assert site.ask() == "version 2", "what connects in between is answered after the restart"


def test_a_worker_that_retires_has_a_successor_while_it_waits_for_slow_clients(site: Site) -> None:
    site.start(workers=1, options="--max-requests=3 --max-requests-jitter=0 --graceful-timeout=50")
    with site.connect("/large") as slow:
        assert slow.recv(9).startswith(b"HTTP/1.1")
        before = site.workers()
        answers = [site.ask(seconds=20) for _ in range(6)]
        assert answers == ["version 1"] * 6
        assert before < site.workers(), "the slow client is still served"
    site.wait_until(lambda: len(site.workers()) == 1)
    assert site.ask() == "version 1"
