"""The shipped gunicorn configuration counts exactly: over its processes, their ends, a reload."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.proxy.servers import Servers

TOKEN = "the-token-of-prometheus-0123456789abcdef"
SECONDS = 90


@pytest.fixture
def servers(empty_database: Path, tmp_path: Path) -> Iterator[Servers]:
    """A portal of two processes that counts, without a reverse proxy."""
    shutil.copy(empty_database, tmp_path / "kabinet.sqlite3")
    settings = {"METRICS_TOKEN": TOKEN, "WEB_WORKERS": "2"}
    servers = Servers(tmp_path, "", settings=settings)
    servers.start_gunicorn()
    yield servers
    servers.stop_gunicorn()
    assert servers.listener is not None
    servers.listener.close()


def ask(servers: Servers, path: str, **headers: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", servers.port, timeout=SECONDS)
    connection.request("GET", path, headers={"Host": "localhost"} | headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    assert answer.status == 200, text
    return text


def counted(servers: Servers) -> float:
    """How often the page was answered, as Prometheus reads it."""
    text = ask(servers, "/metrics", Authorization=f"Bearer {TOKEN}")
    return sum(
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "kabinet_requests_total" and sample.labels["endpoint"] == "auth.sign_in"
    )


def processes(servers: Servers) -> set[int]:
    """Those that have files of their own."""
    names = (path.stem for path in (servers.folder / "metrics").glob("counter_*.db"))
    return {int(name.split("_")[1]) for name in names} - {0}


def wait_until(is_done: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not is_done():
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.mark.long
def test_counts_are_exact_over_processes_their_ends_and_a_reload(servers: Servers) -> None:
    wait_until(lambda: len(processes(servers)) == 2)
    for _ in range(20):
        ask(servers, "/sign-in")
    assert counted(servers) == 20
    before = processes(servers)
    os.kill(min(before), signal.SIGKILL)
    wait_until(lambda: min(before) not in processes(servers) and len(processes(servers)) == 2)
    assert counted(servers) == 20
    for _ in range(10):
        ask(servers, "/sign-in")
    assert counted(servers) == 30
    before = processes(servers)
    assert servers.gunicorn is not None
    servers.gunicorn.send_signal(signal.SIGHUP)
    wait_until(lambda: not before & processes(servers) and len(processes(servers)) == 2)
    for _ in range(10):
        ask(servers, "/sign-in")
    assert counted(servers) == 40
    servers.stop_gunicorn()
    servers.start_gunicorn()
    assert counted(servers) == 0, "a start begins from nought"
