"""gunicorn's threaded worker with timeouts for silent clients and slow headers.

gunicorn's own gives a thread to every new connection before anything has come, waits for the rest
of a header without end, lingers on closed connections in the loop that accepts new ones, and keeps
the listening socket while it drains: connections that arrive then are reset when it closes. Here
a header waits in the kernel's buffer until it is whole, and holds no thread.
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
HEADER_BYTES = 64 * 1024
HEADER_END = b"\r\n\r\n"
TICK = 0.1
"""Seconds between two looks at headers that have come in part."""
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
        self.partial_headers: dict[TConn, float] = {}
        """Connections whose header has begun to come, each with its deadline."""

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

    def enqueue_req(self, conn: TConn) -> None:
        """Give a connection to a thread when its header is whole."""
        if is_header_whole(conn):
            super().enqueue_req(conn)
        else:
            self.partial_headers[conn] = time.monotonic() + HEADER_SECONDS

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Look at the headers that have come in part, besides waiting for events."""
        super().wait_for_and_dispatch_events(TICK if self.partial_headers else timeout)
        now = time.monotonic()
        for conn, deadline in list(self.partial_headers.items()):
            if is_header_whole(conn):
                del self.partial_headers[conn]
                super().enqueue_req(conn)
            elif now > deadline:
                del self.partial_headers[conn]
                self.nr_conns -= 1
                with suppress(OSError):
                    # Closed with something unread, it would be reset.
                    conn.sock.recv(HEADER_BYTES, socket.MSG_DONTWAIT)
                conn.close()

    def handle(self, conn: TConn) -> Any:
        """Answer a request, and close in this thread."""
        is_alive = super().handle(conn)
        if is_alive is False:
            util.close_graceful(conn.sock, timeout=LINGER_SECONDS)
        return is_alive

    def _keepalive_after(self, conn: TConn, keepalive: bool) -> bool:
        """Whether another request may follow: not where the portal has left a part of the body.

        gunicorn would hold the thread for seconds to read it.
        """
        return bool(
            keepalive and conn.parser.finish_body(deadline=time.monotonic() + DRAIN_SECONDS)
        )


def is_header_whole(conn: TConn) -> bool:
    """Whether a thread can read the header without waiting; a closed connection counts, too.

    One longer than ``HEADER_BYTES`` is cut there: the thread reads what has come, and refuses it.
    """
    begun = conn.parser.unreader.buf.getvalue() if conn.parser else b""
    try:
        received = conn.sock.recv(HEADER_BYTES, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return HEADER_END in begun
    except OSError:
        return True
    if len(received) == HEADER_BYTES and HEADER_END not in received:
        with suppress(OSError):
            conn.sock.shutdown(socket.SHUT_RD)
        return True
    return not received or HEADER_END in begun + received
