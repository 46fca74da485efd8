"""Benchmark the processes of ``make run``: start, first pages, memory before and after PDFs.

The yardstick is a bare Flask application under the same gunicorn, with as many workers.
"""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from app import create_app
from app.demo.entries import DEMO_PASSWORD, list_demo_sign_ins
from app.extensions import db
from config import ROOT, Config
from tests.bench.figures import head, show
from tests.pages import PageClient

STARTS = 3
DOCUMENTS = 10
WORKERS = 2
SECONDS = 60.0
YARDSTICK = "flask, sqlalchemy.orm, flask_sqlalchemy, flask_wtf, flask_login"
BARE = """
from flask import Flask
app = Flask("bare")
app.add_url_rule("/health", view_func=lambda: "ok")
"""


@dataclass(frozen=True)
class Customer:
    """A signed-in customer of the demo, and the page «Главная» of the contract."""

    cookie: str
    home: str


@dataclass(frozen=True)
class Start:
    """What one start took.

    Attributes:
        answered: seconds to the first answer.
        cpu: the same as seconds of CPU, of all processes, ended ones too.
        first: milliseconds to the first «Главная», wall and CPU.
        again: the best of those that follow.
        idle: MiB before a page was opened; ``used`` when «Главная» had been.
        documents: MiB after ten PDFs; zero where none were made.
    """

    answered: float
    cpu: float
    first: tuple[float, float]
    again: tuple[float, float]
    idle: float
    used: float
    documents: float


def report(folder: Path) -> None:
    """Start what ``make run`` starts some times over; leaves nothing running."""
    place = folder / "processes"
    place.mkdir()
    environ = environment(place)
    subprocess.run(
        [sys.executable, "-m", "flask", "prepare"],
        cwd=ROOT,
        env=environ,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    customer = signed_in(environ)
    bare = min(start_bare(place, environ) for _ in range(STARTS))
    # The first one compiles the templates, as after an upgrade.
    starts = [start_portal(environ, customer, number == STARTS - 1) for number in range(STARTS)]
    report_start(environ, starts, bare[0])
    used, idle = (min(getattr(start, name) for start in starts) for name in ("used", "idle"))
    head("memory of make run, PSS of all its processes")
    show("bare Flask under gunicorn, as many workers", bare[1], unit="MiB")
    show("before the first page", idle, unit="MiB")
    show("after pages", used, 220, "MiB")
    show(f"after {DOCUMENTS} PDFs", starts[-1].documents, 260, "MiB")


def report_start(environ: dict[str, str], starts: list[Start], bare: float) -> None:
    """Figures of time."""
    head("start of make run, with data and compiled templates")
    show("import flask, sqlalchemy, flask_wtf, flask_login", cpu_of_import(environ, YARDSTICK))
    show("import wsgi, CPU", cpu_of_import(environ, "wsgi"), 800)
    show("bare Flask under gunicorn to first answer", bare * 1000)
    show("to first answer", min(start.answered for start in starts) * 1000, 1000)
    show("  of that CPU, all processes", min(start.cpu for start in starts) * 1000)
    first, again = min(start.first for start in starts), min(start.again for start in starts)
    show("first «Главная»", first[0], 40)
    show("  of that CPU", first[1])
    show("once more", again[0])


def cpu_of_import(environ: dict[str, str], names: str) -> float:
    """Milliseconds of CPU of an import in a fresh process, the best of some."""
    code = f"import time; import {names}; print(time.process_time() * 1000)"
    return min(
        float(
            subprocess.run(
                [sys.executable, "-c", code],
                cwd=ROOT,
                env=environ,
                check=True,
                capture_output=True,
                text=True,
            ).stdout.split()[-1]
        )
        for _ in range(STARTS)
    )


def environment(folder: Path) -> dict[str, str]:
    """Settings of a portal of its own in ``folder``, on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    return {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(folder),
        "PORT": str(port),
        "INSTANCE_DIR": str(folder),
        "WEB_WORKERS": str(WORKERS),
        "FLASK_APP": "wsgi.py",
        "JOBS": "queue",
    }


def signed_in(environ: dict[str, str]) -> Customer:
    """Sign in without asking the web server anything: its first page shall be «Главная»."""
    app = create_app(Config.from_env(environ | {"JOBS": "inline"}))
    with app.app_context():
        number = list_demo_sign_ins(db.session())[0][0]
    page = PageClient(app)
    home = page.sign_in(number, DEMO_PASSWORD).location
    cookie = page.client.get_cookie("kabinet")
    assert cookie is not None
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    return Customer(f"kabinet={cookie.value}", home)


def start_portal(environ: dict[str, str], customer: Customer, with_documents: bool) -> Start:
    """One start, its first pages and documents; an account may have ten PDFs a minute."""
    # The virtual environment is the one that runs this; nothing is to be installed.
    command = ["make", "--silent", "--old-file=.venv/.run", "run"]
    with running(command, ROOT, environ) as (pid, port, answered):
        cpu = cpu_of_session(pid)
        wait_for_workers(pid)
        idle = pss(pid)
        first, *again = (open_home(pid, port, customer) for _ in range(3 * WORKERS))
        used, documents = pss(pid), 0.0
        if with_documents:
            for _ in range(DOCUMENTS):
                timed_get(port, f"{customer.home}settlements/statement.pdf", customer.cookie)
            documents = pss(pid)
        return Start(answered, cpu, first, min(again), idle, used, documents)


def open_home(pid: int, port: int, customer: Customer) -> tuple[float, float]:
    """Milliseconds to «Главная», wall and CPU."""
    used = nanoseconds_of_tree(pid)
    waited = timed_get(port, customer.home, customer.cookie)
    return waited, (nanoseconds_of_tree(pid) - used) / 1e6


def start_bare(folder: Path, environ: dict[str, str]) -> tuple[float, float]:
    """Seconds to the first answer, and MiB, of a bare Flask application."""
    (folder / "bare.py").write_text(BARE, encoding="utf-8")
    (folder / "empty.py").touch()
    command = [sys.executable, "-m", "gunicorn", "--config", "empty.py", "--workers", str(WORKERS)]
    command += ["--bind", f"127.0.0.1:{environ['PORT']}", "bare:app"]
    with running(command, folder, environ) as (pid, _, answered):
        wait_for_workers(pid)
        return answered, pss(pid)


@contextmanager
def running(
    command: list[str], folder: Path, environ: dict[str, str]
) -> Iterator[tuple[int, int, float]]:
    """Run a server while the block lasts: (process, port, seconds to the first answer)."""
    port, began = int(environ["PORT"]), time.monotonic()
    with (Path(environ["INSTANCE_DIR"]) / "processes.log").open("ab") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=environ, stdout=log, stderr=log, start_new_session=True
        )
    try:
        while True:
            assert process.poll() is None, "the server has ended; see processes.log"
            assert time.monotonic() - began < SECONDS, "nobody answers"
            with suppress(OSError):
                timed_get(port, "/health")
                break
            time.sleep(0.005)
        yield process.pid, port, time.monotonic() - began
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(SECONDS)


def timed_get(port: int, path: str, cookie: str = "") -> float:
    """Milliseconds until a page has come whole."""
    began = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    try:
        connection.request("GET", path, headers={"Cookie": cookie})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200, (path, answer.status)
    finally:
        connection.close()
    return (time.perf_counter() - began) * 1000


def tree(pid: int) -> list[int]:
    """The processes of Python that a process has started, and it."""
    found, waiting = [], [pid]
    while waiting:
        current = waiting.pop()
        with suppress(OSError):
            children = Path(f"/proc/{current}/task/{current}/children").read_text(encoding="ascii")
            waiting += [int(child) for child in children.split()]
            if b"python" in Path(f"/proc/{current}/exe").readlink().name.encode():
                found.append(current)
    return found


def wait_for_workers(pid: int) -> None:
    """Until the processes use no CPU any more: every one has started."""
    used, end = -1, time.monotonic() + SECONDS
    while (now := nanoseconds_of_tree(pid)) - used > 10_000_000 and time.monotonic() < end:
        used = now
        time.sleep(0.7)


def pss(pid: int) -> float:
    """Memory of a tree of processes, MiB; what processes share counts once."""
    total = 0
    for process in tree(pid):
        text = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii")
        total += next(int(line.split()[1]) for line in text.splitlines() if line[:4] == "Pss:")
    return total / 1024


def cpu_of_session(pid: int) -> float:
    """Seconds of CPU of all processes of a session, with those that have been waited for."""
    ticks = 0
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            fields = (process / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            if int(fields[3]) == pid:
                ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def nanoseconds_of_tree(pid: int) -> int:
    """CPU of the processes of a tree that live, exactly."""
    total = 0
    for process in tree(pid):
        for thread in Path(f"/proc/{process}/task").glob("*"):
            with suppress(OSError):
                total += int((thread / "schedstat").read_text(encoding="ascii").split()[0])
    return total
