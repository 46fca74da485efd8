"""How the threaded worker counts and closes its connections; real sockets, no server."""

from __future__ import annotations

import logging
import os
import selectors
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from gunicorn.config import Config

from app.web.thread_worker import BoundedThreadWorker


class Worker(BoundedThreadWorker):
    """One whose loop is turned by the test."""

    def turn_until(self, is_done: Any) -> None:
        end = time.monotonic() + 20
        while not is_done():
            assert time.monotonic() < end, "it did not come to that"
            self.wait_for_and_dispatch_events(timeout=0.1)


@pytest.fixture
def worker() -> Iterator[Worker]:
    config = Config()
    config.set("threads", 2)
    log = logging.getLogger("gunicorn of a test")
    log.access = lambda *args: None  # type: ignore[attr-defined]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        worker = Worker(0, os.getppid(), [listener], None, 30, config, log)
        worker.wsgi = refuse_unread
        worker.tpool = worker.get_thread_pool()
        worker.poller = selectors.DefaultSelector()
        worker.method_queue.init()
        worker.poller.register(
            worker.method_queue.fileno(), selectors.EVENT_READ, worker.method_queue.run_callbacks
        )
        worker.set_accept_enabled(True)
        yield worker
        worker.tpool.shutdown()
        worker.poller.close()
        worker.method_queue.close()
        worker.tmp.close()


def refuse_unread(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    start_response("413 Too Large", [("Content-Length", "2")])
    return [b"no"]


def connect(worker: Worker, request: bytes) -> socket.socket:
    client = socket.create_connection(worker.sockets[0].getsockname(), 20)
    client.sendall(request)
    return client


def test_a_connection_is_counted_off_once(worker: Worker) -> None:
    with connect(worker, b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n") as client:
        worker.turn_until(lambda: worker.nr_conns == 1)
        worker.turn_until(lambda: worker.nr_conns != 1)
        assert client.recv(1000).startswith(b"HTTP/1.1 413")
    assert worker.nr_conns == 0, (
        "a worker that counts too few accepts too many, and stops too early"
    )


def test_no_thread_is_held_by_what_is_left_of_a_refused_body(worker: Worker) -> None:
    with connect(worker, b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 900000000\r\n\r\nx"):
        worker.turn_until(lambda: worker.nr_conns == 1)
        began = time.monotonic()
        worker.turn_until(lambda: worker.nr_conns == 0)
        assert time.monotonic() - began < 3, "gunicorn's own would wait for five seconds"
