"""Serve the visit as ``make run`` serves it and count all processor time, beside bare WSGI.

Four connections, kept open, as browsers keep them. What counts is the processor time of all server
processes by the kernel's own account, so that the kernel's part of a request is in it; on
PostgreSQL its processes count, too. The load is made by this process, which does not count.
"""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from config import ROOT
from tests.bench.figures import show
from tests.conftest import NOW, make_config
from tests.proxy.servers import free_port

CONNECTIONS = 4
ROUNDS = 5
MOST_TIMES_BARE = 18
BARE = """
PAGE = b"x" * 10_240
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/html"), ("Content-Length", "10240")])
    return [PAGE]
"""
READY = "/health"
"""Asked until anything at all answers."""
TICKS = os.sysconf("SC_CLK_TCK")


def report(folder: Path, requests: list[tuple[str, str]], **settings: str) -> float:
    """Milliseconds of a page of the visit, all processes together.

    Args:
        requests: Cookie header and address of each page.
        settings: further ones of the portal, as environment variables.
    """
    bare = bare_wsgi(folder, len(requests))
    show("bare WSGI answer of 10 KB, sync worker", bare)
    with portal(folder, settings) as (port, pid):
        run(port, requests)
        tries = []
        for _ in range(ROUNDS):
            before = cpu_of(pid, settings)
            run(port, requests)
            tries.append((cpu_of(pid, settings) - before) / len(requests) * 1000)
    page = min(tries)
    show("page of the visit as served", page)
    show("  as bare WSGI answers", page / bare, MOST_TIMES_BARE, "×")
    return page


def bare_wsgi(folder: Path, count: int) -> float:
    """Milliseconds of the yardstick."""
    (folder / "bare_wsgi.py").write_text(BARE, encoding="utf-8")
    command = [sys.executable, "-m", "gunicorn", "-c", os.devnull, "--no-control-socket"]
    command += ["--chdir", str(folder), "bare_wsgi:app"]
    with _served(command, folder, dict(os.environ)) as (port, pid):
        run(port, [("", "/")] * count)
        tries = []
        for _ in range(ROUNDS):
            before = cpu_of(pid, {})
            run(port, [("", "/")] * count * 4)
            tries.append((cpu_of(pid, {}) - before) / count / 4 * 1000)
    return min(tries)


@contextmanager
def portal(folder: Path, settings: dict[str, str]) -> Iterator[tuple[int, int]]:
    """The portal under the shipped gunicorn configuration: its port and the master's pid."""
    config = make_config(folder)
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "SECRET_KEY": config.secret_key,
        "INSTANCE_DIR": str(folder),
        "BASE_URL": config.base_url,
        "FIXED_NOW": NOW.isoformat(),
        "JOBS": "inline",
        "SUPPLIER_TIMEZONE": str(NOW.tzinfo),
    }
    command = [sys.executable, "-m", "gunicorn", "wsgi:app"]
    with _served(command, folder, environ | settings) as served:
        yield served


@contextmanager
def _served(command: list[str], folder: Path, environ: dict[str, str]) -> Iterator[tuple[int, int]]:
    port = free_port()
    with (folder / "served.log").open("ab") as log:
        server = subprocess.Popen(
            [*command, "--bind", f"127.0.0.1:{port}"],
            cwd=ROOT,
            env=environ | {"PORT": str(port)},
            stdout=log,
            stderr=log,
        )
    try:
        _wait(port)
        yield port, server.pid
    finally:
        server.terminate()
        server.wait(60)


def _wait(port: int) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            run(port, [("", READY)])
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"nothing answers on port {port}")


def run(port: int, requests: list[tuple[str, str]]) -> None:
    """Send the requests over four connections that stay open."""
    shares = [share for n in range(CONNECTIONS) if (share := requests[n::CONNECTIONS])]
    with ThreadPoolExecutor(len(shares)) as pool:
        list(pool.map(lambda share: _send(port, share), shares))


def _send(port: int, requests: list[tuple[str, str]]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for cookie, url in requests:
        headers = {"Host": "localhost", "Cookie": cookie, "Accept-Encoding": "br, gzip"}
        connection.request("GET", url, headers=headers)
        try:
            answer = connection.getresponse()
        except http.client.RemoteDisconnected:
            # On a busy machine the connection was idle for as long as gunicorn keeps it open.
            connection.close()
            connection.request("GET", url, headers=headers)
            answer = connection.getresponse()
        answer.read()
        if answer.status != 200 and url != READY:
            raise AssertionError(f"{url}: {answer.status}")
    connection.close()


def cpu_of(pid: int, settings: dict[str, str]) -> float:
    """Seconds that a server and its children have computed; PostgreSQL's where it is used."""
    pids = [pid, *_children(pid)]
    if "DATABASE_URL" in settings:
        pids += list_backends(settings["DATABASE_URL"].rpartition("/")[2])
    return sum(map(seconds_of, pids))


def seconds_of(pid: int) -> float:
    """User and system time of a process, and of its children that have ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except FileNotFoundError:
        return 0.0
    return sum(map(int, fields[11:15])) / TICKS


def _children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(child) for child in text.split()]


def list_backends(database: str) -> list[int]:
    """Processes of PostgreSQL that serve one database; their titles name it."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            title = (folder / "cmdline").read_bytes() if folder.name.isdigit() else b""
        except (FileNotFoundError, ProcessLookupError):
            continue
        if title.startswith(b"postgres: ") and f" {database} ".encode() in title:
            found.append(int(folder.name))
    return found
