"""Slow-client protection: limit how many threads wait for request bodies, and how long.

A thread that reads a body waits for its client. A slow sender must not occupy every thread of
a worker: reading below a minimum rate ends, and so do the slowest where too many are slow at once.
The reverse proxy does the same; this holds without it. A thread that sends an answer
waits for its client, too, as soon as the buffers on the way are full, and no proxy buffers a whole
attachment: of too many that do not read their answer, the longest blocked are cut.

Pages themselves are made in turn: threads that make pages at the same time wait for each other's
interpreter lock at every row of the database, which costs a twentieth of a page and helps nobody.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from threading import Condition, Lock, Thread
from typing import IO, TYPE_CHECKING, Self

from gunicorn.http.errors import ParseException
from werkzeug.exceptions import (
    BadRequest,
    ClientDisconnected,
    RequestTimeout,
    ServiceUnavailable,
)
from werkzeug.wsgi import ClosingIterator

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

BLOCK = 16 * 1024
BLOCK_SECONDS = 15.0
"""Deadline of every block."""
GRACE_SECONDS = 20.0
MIN_RATE = 4 * 1024
"""Bytes a second on the average, after ``GRACE_SECONDS``."""
SLOW_SECONDS = 0.3
"""A thread that has waited longer for a block counts as blocked by its client."""
TICK = 0.1
LARGE = 1_000_000
RETRY_AFTER = 30
TURN_SECONDS = 0.02
"""How long a request waits for its turn; one that waits for something else holds up nobody."""
ANSWER_BLOCK = 64 * 1024
ANSWER_BLOCK_SECONDS = 120.0
"""Deadline for a client to read a block: buffers on the way empty in large steps."""


class TooManyUploads(ServiceUnavailable):
    """Every thread that may wait for a body is busy with another."""


class SlowBodies:
    """WSGI middleware of one worker that watches what its threads read and send.

    Args:
        threads: of the worker; half of them may be blocked by bodies, half by answers, and three
            quarters by both, the others serve pages.
    """

    def __init__(self, app: WSGIApplication, threads: int) -> None:
        self.app = app
        self.held_up = self.large = max(1, threads // 2)
        self.held_up_by_both = max(1, threads * 3 // 4)
        self.changed = Condition()
        self.reading: set[Body] = set()
        self.uploads: set[Body] = set()
        self.sending: set[Answer] = set()
        self.page_lock = Lock()
        self.watcher: Thread | None = None

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        connection = environ.get("gunicorn.socket")
        has_body = environ.get("CONTENT_LENGTH") not in (None, "", "0")
        if connection is None:
            return self.app(environ, start_response)
        with Turn(self.page_lock) as turn:
            if not (has_body or "HTTP_TRANSFER_ENCODING" in environ):
                return Answer(self.app(environ, start_response), connection, self)
            body = Body(environ["wsgi.input"], connection, self, turn)
            environ["wsgi.input"] = body
            parts = ClosingIterator(self.app(environ, start_response), lambda: self.end(body))
            return Answer(parts, connection, self)

    def begin_block(self, body: Body) -> None:
        """Watch a thread that begins to wait.

        Raises:
            TooManyUploads: so many large bodies are on their way already.
        """
        with self.changed:
            if body.count > LARGE and body not in self.uploads:
                if len(self.uploads) >= self.large:
                    raise TooManyUploads(retry_after=RETRY_AFTER)
                self.uploads.add(body)
            body.since = time.monotonic()
            self.reading.add(body)
            self._wake_watcher()

    def end_block(self, body: Body) -> None:
        """Stop watching a block; ``body.cut`` says whether it was cut."""
        with self.changed:
            self.reading.discard(body)

    def end(self, body: Body) -> None:
        """The request is over."""
        with self.changed:
            self.uploads.discard(body)

    def begin_send(self, answer: Answer) -> None:
        """Watch a thread that begins to send a block."""
        with self.changed:
            answer.since = time.monotonic()
            self.sending.add(answer)
            self._wake_watcher()

    def end_send(self, answer: Answer) -> None:
        """The block is on its way, or will never be."""
        with self.changed:
            self.sending.discard(answer)

    def _wake_watcher(self) -> None:
        if self.watcher is None:
            # In the worker: a thread does not survive the fork.
            self.watcher = Thread(target=self._watch, name="slow bodies", daemon=True)
            self.watcher.start()
        self.changed.notify()

    def _watch(self) -> None:
        while True:
            with self.changed:
                while not self.reading and not self.sending:
                    self.changed.wait()
                self._cut_slow(time.monotonic())
            time.sleep(TICK)

    def _cut_slow(self, now: float) -> None:
        for body in [body for body in self.reading if body.is_late(now)]:
            self._cut(body, RequestTimeout())
        slow = sorted(
            (body for body in self.reading if now - body.since > SLOW_SECONDS),
            key=lambda body: (body.rate(now), body.started),
        )
        for body in slow[: max(0, len(slow) - self.held_up)]:
            self._cut(body, TooManyUploads(retry_after=RETRY_AFTER))
        self._cut_slow_answers(now, min(len(slow), self.held_up))

    def _cut_slow_answers(self, now: float, bodies: int) -> None:
        slow = sorted(
            (answer for answer in self.sending if now - answer.since > SLOW_SECONDS),
            key=lambda answer: answer.since,
        )
        left = min(self.held_up, max(0, self.held_up_by_both - bodies))
        late = {answer for answer in slow if now - answer.since > ANSWER_BLOCK_SECONDS}
        for answer in {*late, *slow[: max(0, len(slow) - left)]}:
            self.sending.discard(answer)
            with suppress(OSError):
                answer.connection.shutdown(socket.SHUT_RDWR)

    def _cut(self, body: Body, error: RequestTimeout | TooManyUploads) -> None:
        """Wake the thread: nothing more is received, an answer can still be sent."""
        self.reading.discard(body)
        body.cut = error
        with suppress(OSError):
            body.connection.shutdown(socket.SHUT_RD)


class Turn:
    """A request's turn at making its page; it goes on without one that does not come soon."""

    def __init__(self, lock: Lock) -> None:
        self._lock = lock
        self._is_held = False

    def __enter__(self) -> Self:
        self._is_held = self._lock.acquire(timeout=TURN_SECONDS)
        return self

    def __exit__(self, *error: object) -> None:
        self.end()

    def end(self) -> None:
        """Let the next one begin: this one is done, or waits for its client."""
        if self._is_held:
            self._is_held = False
            self._lock.release()


class Body:
    """A body that is watched while somebody waits for it."""

    def __init__(
        self, stream: IO[bytes], connection: socket.socket, bodies: SlowBodies, turn: Turn
    ) -> None:
        self.stream, self.connection, self.bodies, self.turn = stream, connection, bodies, turn
        self.count = 0
        self.started = self.since = time.monotonic()
        self.cut: RequestTimeout | TooManyUploads | None = None

    def rate(self, now: float) -> float:
        """Bytes a second so far."""
        return self.count / max(now - self.started, TICK)

    def is_late(self, now: float) -> bool:
        """Whether the client has had its time."""
        allowed = GRACE_SECONDS + self.count / MIN_RATE
        return now - self.since > BLOCK_SECONDS or now - self.started > allowed

    def read(self, size: int = -1) -> bytes:
        """One block; all that is left where no size is asked for.

        Raises:
            RequestTimeout: it came too slowly.
            TooManyUploads: too many came at once.
            BadRequest: its chunks are ill-formed, or the client has left before its end.
        """
        if size is None or size < 0:
            return b"".join(iter(self._block, b""))
        return self._block(min(size, BLOCK))

    def readline(self, size: int = -1) -> bytes:
        """Bytes up to a line break; nobody asks for lines of a body."""
        line = bytearray()
        while (size < 0 or len(line) < size) and (byte := self._block(1)):
            line += byte
            if byte == b"\n":
                break
        return bytes(line)

    def __iter__(self) -> Iterable[bytes]:
        return iter(self.readline, b"")

    def _block(self, size: int = BLOCK) -> bytes:
        if self.cut:
            raise self.cut
        self.turn.end()
        self.bodies.begin_block(self)
        try:
            block = self.stream.read(size)
        except Exception as error:
            if self.cut:
                raise self.cut from None
            if isinstance(error, OSError):
                raise ClientDisconnected from error
            if isinstance(error, ParseException):
                raise BadRequest from error
            raise
        finally:
            self.bodies.end_block(self)
        if self.cut:
            raise self.cut
        self.count += len(block)
        return block


class Answer:
    """An answer that is watched while its client reads it."""

    def __init__(
        self, parts: Iterable[bytes], connection: socket.socket, bodies: SlowBodies
    ) -> None:
        self.parts, self.connection, self.bodies = parts, connection, bodies
        self.since = 0.0

    def __iter__(self) -> Iterator[bytes]:
        for part in self.parts:
            for start in range(0, len(part), ANSWER_BLOCK):
                self.bodies.begin_send(self)
                # The server comes back for more when it has sent this.
                yield part[start : start + ANSWER_BLOCK]
                self.bodies.end_send(self)

    def close(self) -> None:
        """Nothing is sent any more, whether all of it was or not."""
        self.bodies.end_send(self)
        close = getattr(self.parts, "close", None)
        if close is not None:
            close()
