"""Clients: those that send slowly, and one that looks whether pages are still answered."""

from __future__ import annotations

import asyncio
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from statistics import median

ANY = ssl.create_default_context()
ANY.check_hostname = False
ANY.verify_mode = ssl.CERT_NONE


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, list[str]]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


class Connection(http.client.HTTPSConnection):
    """To a port of this machine under the name of the certificate."""

    def connect(self) -> None:
        http.client.HTTPConnection.connect(self)
        self.sock = ANY.wrap_socket(self.sock, server_hostname="localhost")


def ask(
    port: int, path: str, method: str = "GET", body: object = None, *, tls: bool = True,
    timeout: float = 30, **headers: str,
) -> Answer:  # fmt: skip
    """One request over a connection of its own."""
    kind = Connection if tls else http.client.HTTPConnection
    connection = kind("127.0.0.1", port, timeout=timeout)
    sent = {"Host": "localhost"} | {name.replace("_", "-"): text for name, text in headers.items()}
    try:
        connection.request(method, path, body, sent)  # type: ignore[arg-type]
        answer = connection.getresponse()
        found: dict[str, list[str]] = {}
        for name, text in answer.getheaders():
            found.setdefault(name.lower(), []).append(text)
        return Answer(answer.status, found, answer.read())
    finally:
        connection.close()


@dataclass
class Probe:
    """How long pages took to be answered, and what the answers were."""

    seconds: list[float] = field(default_factory=list)
    statuses: set[object] = field(default_factory=set)

    def look(self, page: Callable[[], Answer]) -> None:
        began = time.monotonic()
        try:
            self.statuses.add(page().status)
        except OSError as error:
            self.statuses.add(repr(error))
        self.seconds.append(time.monotonic() - began)


def probe(pages: list[Callable[[], Answer]], seconds: float) -> Probe:
    """Open pages in turn for a while."""
    found, end = Probe(), time.monotonic() + seconds
    while time.monotonic() < end:
        for page in pages:
            found.look(page)
        time.sleep(0.05)
    return found


def check_probe(found: Probe, quiet: Probe) -> None:
    """Every page was answered, and within a second more than it takes when nobody attacks."""
    assert found.statuses == {200}
    slowest, usual = max(found.seconds), median(found.seconds)
    assert usual < 1 + 2 * median(quiet.seconds), (usual, slowest)
    assert slowest < 1 + 3 * max(quiet.seconds), (usual, slowest)


@contextmanager
def slow_clients(
    port: int, count: int, begin: bytes, *, tls: bool = True, fast: int = 0
) -> Iterator[list[bytes]]:
    """So many connections that send ``begin``, ``fast`` bytes at once, and then one at a time.

    Yields:
        What was answered to those that have ended.
    """
    ended: list[bytes] = []

    async def trickle() -> None:
        options = {"ssl": ANY, "server_hostname": "localhost"} if tls else {}
        reader, writer = await asyncio.open_connection("127.0.0.1", port, **options)
        try:
            if begin:
                writer.write(begin + b"x" * fast)
            answer = asyncio.ensure_future(reader.read(64 * 1024))
            while not answer.done():
                await asyncio.wait([answer], timeout=0.5)
                if begin:
                    writer.write(b"x")
            # Not even an answer: the connection was reset.
            ended.append(b"" if answer.exception() else answer.result())
        finally:
            writer.transport.abort()

    async def attack() -> None:
        await asyncio.gather(*(trickle() for _ in range(count)), return_exceptions=True)

    loop = asyncio.new_event_loop()
    task = loop.create_task(attack())

    def run() -> None:
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(task)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        time.sleep(0.5)
        yield ended
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join()
        for left in asyncio.all_tasks(loop):
            left.cancel()
        loop.run_until_complete(asyncio.sleep(0.2))
        loop.close()


@contextmanager
def slow_readers(port: int, count: int, path: str, cookie: str) -> Iterator[None]:
    """So many connections that ask for something and do not take what they are sent."""
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n".encode()
    readers: list[socket.socket] = []
    try:
        for _ in range(count):
            plain = socket.socket()
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            plain.settimeout(30)
            plain.connect(("127.0.0.1", port))
            readers.append(ANY.wrap_socket(plain, server_hostname="localhost"))
            readers[-1].sendall(request)
        time.sleep(0.5)
        yield
    finally:
        for reader in readers:
            reader.close()
