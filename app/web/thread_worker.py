"""gunicorn's threaded worker with timeouts for silent clients and slow headers.

gunicorn's own gives a thread to every new connection before anything has come, waits for the rest
of a header without end, lingers on closed connections in the loop that accepts new ones, and keeps
the listening socket while it drains: connections that arrive then are reset when it closes.
"""

from __future__ import annotations

import os
import signal
import socket
import time
from contextlib import suppress
from functools import partial
from selectors import EVENT_READ
from typing import Any

from gunicorn import util
from gunicorn.workers.gthread import TConn, ThreadWorker

HEADER_SECONDS = 5.0
SLOW_SECONDS = 0.5
LINGER_SECONDS = 0.5
DRAIN_SECONDS = 0.05


class Connection(TConn):
    """A connection that the thread which answers it closes."""

    def close(self, graceful: bool = False) -> None:
        """Close without an error, however often it is called.

        An error would count the connection off twice; a worker that counts too few accepts too
        many, and exits before it has answered all.
        """
        super().close()


class BoundedThreadWorker(ThreadWorker):
    """A worker that spends threads only on requests whose header arrives in time."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.headers_since: dict[TConn, float] = {}

    def accept(self, listener: socket.socket) -> None:
        """Wait for the first byte in the loop, not in a thread."""
        with suppress(BlockingIOError, ConnectionAbortedError):
            client, address = listener.accept()
            conn = Connection(self.cfg, client, address, listener.getsockname())
            conn.timeout = time.monotonic() + self.cfg.keepalive
            self.nr_conns += 1
            self.pending_conns.append(conn)
            self.poller.register(
                conn.sock, EVENT_READ, partial(self.on_pending_socket_readable, conn)
            )

    def set_accept_enabled(self, enabled: bool) -> None:
        """Drain the listen queue when the worker stops, then close the socket.

        The reverse proxy is refused at once and retries, instead of being reset later.
        """
        super().set_accept_enabled(enabled)
        if enabled or self.alive:
            return
        if self.nr >= self.max_requests:
            # A successor at once: this one may have to wait for its slow clients.
            os.kill(self.ppid, signal.SIGTTIN)
        for listener in self.sockets:
            count = -1
            while count != self.nr_conns:
                count = self.nr_conns
                self.accept(listener)
            listener.close()

    def handle(self, conn: TConn) -> Any:
        """Read a request within its time, answer it, and close in this thread."""
        self.headers_since[conn] = time.monotonic()
        try:
            is_alive = super().handle(conn)
        finally:
            self.headers_since.pop(conn, None)
        if is_alive is False:
            util.close_graceful(conn.sock, timeout=LINGER_SECONDS)
        return is_alive

    def handle_request(self, req: Any, conn: TConn) -> Any:
        """Stop timing the header, which has arrived."""
        self.headers_since.pop(conn, None)
        return super().handle_request(req, conn)

    def _keepalive_after(self, conn: TConn, keepalive: bool) -> bool:
        """Whether another request may follow: not where the portal has left a part of the body.

        gunicorn would hold the thread for seconds to read it.
        """
        return bool(
            keepalive and conn.parser.finish_body(deadline=time.monotonic() + DRAIN_SECONDS)
        )

    def murder_pending(self) -> None:
        """Every second: end connections without a request, and headers that take too long.

        Half of the threads may wait for the rest of a header; the others serve pages.
        """
        super().murder_pending()
        now = time.monotonic()
        waited = [(now - since, conn) for conn, since in list(self.headers_since.items())]
        slow = [conn for seconds, conn in waited if seconds > SLOW_SECONDS]
        late = [conn for seconds, conn in waited if seconds > HEADER_SECONDS]
        for conn in {*late, *slow[: -max(1, self.cfg.threads // 2)]}:
            with suppress(OSError):
                conn.sock.shutdown(socket.SHUT_RD)
