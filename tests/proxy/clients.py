"""Clients for proxy tests: slow senders, and a probe that checks whether pages are answered."""

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
    port: int,
    path: str,
    method: str = "GET",
    body: object = None,
    *,
    tls: bool = True,
    timeout: float = 30,
    **headers: str,
) -> Answer:
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

    def probe(self, page: Callable[[], Answer]) -> None:
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
            found.probe(page)
        time.sleep(0.05)
    return found


def check_probes(attack: Callable[[], Probe], quiet: Probe) -> None:
    """Every page is answered, and within a second more than when nobody attacks.

    The best of three attacks counts: a machine that is busy with something else slows one of them,
    an attack that stops pages all.
    """
    windows = []
    for _ in range(3):
        found = attack()
        assert found.statuses == {200}
        typical, slowest = median(found.seconds), max(found.seconds)
        windows.append((typical, slowest))
        if typical < 1 + 2 * median(quiet.seconds) and slowest < 1 + 3 * max(quiet.seconds):
            return
    raise AssertionError(f"typical and slowest seconds of each attack: {windows}")


@contextmanager
def slow_clients(
    port: int, count: int, begin: bytes, *, tls: bool = True, fast: int = 0
) -> Iterator[list[bytes]]:
    """So many connections that send ``begin``, ``fast`` bytes at once, and then one at a time.

    Their event loop begins and ends in a separate thread: that of the test already has a
    running loop where a browser test of the same process has left Playwright's.

    Yields:
        What was answered to those that have ended.
    """
    ended: list[bytes] = []
    connected: list[int] = []
    is_over = threading.Event()

    async def trickle(number: int) -> None:
        options = {"ssl": ANY, "server_hostname": "localhost"} if tls else {}
        reader, writer = await asyncio.open_connection("127.0.0.1", port, **options)
        connected.append(number)
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
        clients = asyncio.gather(
            *(trickle(number) for number in range(count)), return_exceptions=True
        )
        while not is_over.is_set():
            await asyncio.sleep(0.05)
        clients.cancel()
        with suppress(asyncio.CancelledError):
            await clients
        # What was aborted is closed a turn of the loop later.
        await asyncio.sleep(0.2)

    thread = threading.Thread(target=lambda: asyncio.run(attack()), daemon=True)
    thread.start()
    try:
        end = time.monotonic() + 20
        while len(connected) < count and time.monotonic() < end:
            time.sleep(0.05)
        assert len(connected) == count, "there is no attack"
        time.sleep(0.5)
        yield ended
    finally:
        is_over.set()
        thread.join(20)
        assert not thread.is_alive()


@contextmanager
def slow_readers(port: int, count: int, path: str, cookie: str) -> Iterator[None]:
    """So many connections that ask for something and do not read what they are sent."""
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
