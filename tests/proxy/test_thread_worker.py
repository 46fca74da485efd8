"""How the threaded worker counts and closes its connections; real sockets, no server."""

from __future__ import annotations

import contextlib
import logging
import os
import selectors
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from gunicorn.config import Config

from app.web import thread_worker
from app.web.thread_worker import HEADER_BYTES, BoundedThreadWorker


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
        worker.murder_keepalived(force=True)
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


def turn(worker: Worker, times: int = 3) -> None:
    for _ in range(times):
        worker.wait_for_and_dispatch_events(timeout=0.01)


def idle_threads(worker: Worker) -> bool:
    return worker.tpool._work_queue.empty() and not worker.tpool._threads


def test_a_header_in_parts_holds_no_thread_and_is_answered_when_it_is_whole(worker: Worker) -> None:
    with connect(worker, b"GET / HTTP/1.1\r\nHost: a\r\nConn") as client:
        worker.turn_until(lambda: worker.partial_headers)
        turn(worker)
        assert idle_threads(worker)
        client.sendall(b"ection: close\r\n\r")
        turn(worker)
        assert idle_threads(worker)
        client.sendall(b"\n")
        worker.turn_until(lambda: worker.nr_conns == 0)
        assert client.recv(1000).startswith(b"HTTP/1.1 413")
    assert not worker.partial_headers


def test_a_header_that_takes_too_long_ends_the_connection(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thread_worker, "HEADER_SECONDS", 0.0)
    with connect(worker, b"GET / HTTP/1.1\r\nHost: a\r\n") as client:
        worker.turn_until(lambda: worker.nr_conns == 1)
        worker.turn_until(lambda: worker.nr_conns == 0)
        assert client.recv(1000) == b""
    assert not worker.partial_headers
    assert idle_threads(worker)


def test_a_header_without_end_is_cut_and_holds_no_thread(worker: Worker) -> None:
    with connect(worker, b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * HEADER_BYTES) as client:
        began = time.monotonic()
        worker.turn_until(lambda: worker.nr_conns == 1)
        worker.turn_until(lambda: worker.nr_conns == 0)
        assert time.monotonic() - began < 3
        answer = client.recv(1000)
        assert b"413" not in answer, "it is no request"


def test_the_next_request_of_a_connection_may_come_in_parts(worker: Worker) -> None:
    whole = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    with connect(worker, whole) as client:
        worker.turn_until(lambda: worker.keepalived_conns)
        assert client.recv(1000).startswith(b"HTTP/1.1 413")
        client.sendall(whole[:20])
        worker.turn_until(lambda: worker.partial_headers)
        client.sendall(whole[20:])
        worker.turn_until(lambda: worker.keepalived_conns)
        assert client.recv(1000).startswith(b"HTTP/1.1 413")


def test_requests_sent_at_once_are_answered_one_after_the_other(worker: Worker) -> None:
    whole = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    with connect(worker, whole * 2 + whole[:-1]) as client:
        answers = b""

        def are_two_answered() -> bool:
            nonlocal answers
            client.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                answers += client.recv(1000)
            return answers.count(b"HTTP/1.1 413") == 2

        worker.turn_until(are_two_answered)
        client.setblocking(True)
        client.sendall(whole[-1:])
        worker.turn_until(lambda: worker.keepalived_conns)
        assert client.recv(1000).startswith(b"HTTP/1.1 413")
