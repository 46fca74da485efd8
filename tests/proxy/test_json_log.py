"""Every line of a server's log is a JSON object: gunicorn's own, tracebacks and warnings, too."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from config import ROOT
from tests.providers import free_port
from tests.proxy.servers import wait_for_port

FAULTY = """
import logging, threading, warnings
from wsgi import app as portal

def fail():
    raise LookupError("in a thread")

def app(environ, start_response):
    if environ["PATH_INFO"].startswith("/t0psecret"):
        raise ValueError("outside the portal")
    if environ["PATH_INFO"] == "/thread":
        warnings.warn("old habit", stacklevel=1)
        logging.getLogger("somebody").warning("a library speaks")
        thread = threading.Thread(target=fail)
        thread.start()
        thread.join()
    return portal(environ, start_response)
"""


def ask(port: int, path: str) -> None:
    with socket.create_connection(("127.0.0.1", port), 60) as connection:
        connection.sendall(f"GET {path} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n".encode())
        while connection.recv(65536):
            pass


@pytest.fixture
def lines(tmp_path: Path) -> list[dict[str, Any]]:
    """What a server has written from its start to its end, with faults of every kind between."""
    (tmp_path / "faulty.py").write_text(FAULTY)
    port = free_port()
    environ = {
        "PATH": os.environ["PATH"],
        "PORT": str(port),
        "INSTANCE_DIR": str(tmp_path / "instance"),
        "WEB_WORKERS": "1",
        "PYTHONPATH": f"{tmp_path}:{ROOT}",
    }
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "faulty:app"], cwd=ROOT, env=environ, stderr=log
        )
        try:
            wait_for_port(port)
            for path in ("/health", "/t0psecret", "/thread"):
                ask(port, path)
        finally:
            server.send_signal(signal.SIGTERM)
            assert server.wait(60) == 0
    written = (tmp_path / "log").read_text()
    assert "t0psecret" not in written
    return [json.loads(line) for line in written.splitlines()]


def test_every_line_of_a_server_is_json(lines: list[dict[str, Any]]) -> None:
    events = {line["event"]: line for line in lines}
    assert all({"time", "level", "event"} <= set(line) for line in lines)
    assert any(event.startswith("Starting gunicorn") for event in events)
    outside = events["error outside the portal while a request was handled"]
    assert "ValueError: outside the portal" in outside["trace"]
    assert "LookupError: in a thread" in events["uncaught LookupError"]["trace"]
    assert events["a library speaks"]["level"] == "WARNING"
    assert any("old habit" in event for event in events)
    assert {line["status"] for line in lines if line["event"] == "request"} == {200, 404}
