"""Lay out PDFs in processes of their own, so that they take no memory and no time from pages.

The process that serves or works starts a helper before it forks or starts threads. The helper is
asked over a socket that all its relatives share, and loads the layout engine at the first document.
Short documents it makes itself, one by one; for a long one it forks: what that needs, were it a
gigabyte, is given back when it is done. Where there is no helper, or it is gone, the document is
laid out where it is asked for.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import traceback
from contextlib import suppress
from typing import NoReturn

LONG = 40_000
"""Bytes of a request from which on a process of its own costs less than it saves."""
DONE, FAILED = b"+", b"-"
BLOCK = 64 * 1024
_LEFT_ALONE = (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)
"""Signals of a terminal or a server that are for those who ask; the helper ends when they have."""
_ENDED_BY = (signal.SIGTERM, signal.SIGABRT)


class LayoutError(Exception):
    """The document could not be laid out; the text says why, for the log."""


class LayoutEndedError(LayoutError):
    """The process that laid out a long document was killed: for its memory, or with the helper."""


class PdfHelper:
    """The side of the helper's socket that documents are sent from; threads may share it."""

    def __init__(self, control: socket.socket, pid: int) -> None:
        self._control, self.pid = control, pid

    @classmethod
    def start(cls) -> PdfHelper:
        """Fork the helper; it ends when the last process that has the socket has ended."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        if (pid := os.fork()) == 0:
            ours.close()
            _serve(theirs)
        theirs.close()
        return cls(ours, pid)

    def close(self) -> None:
        """Let the helper end, unless another process has its socket, too."""
        self._control.close()

    def lay_out(self, html: str, title: str, max_seconds: int) -> bytes | None:
        """The document; None where the helper is gone, or is killed over a short document.

        Raises:
            LayoutError: the engine reported errors.
            LayoutEndedError: the process of a long document was killed; it is not laid out here,
                where it might need as much memory again.
        """
        request = json.dumps([html, title, max_seconds], ensure_ascii=False).encode()
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                try:
                    socket.send_fds(self._control, [b"document"], [theirs.fileno()])
                except OSError:
                    return None
            with suppress(BrokenPipeError):
                ours.sendall(request)
                ours.shutdown(socket.SHUT_WR)
            answer = _read_all(ours)
        if not answer:
            if len(request) <= LONG:
                return None
            raise LayoutEndedError("the process has ended")
        if answer[:1] != DONE:
            raise LayoutError(answer[1:].decode())
        return answer[1:]


def _read_all(stream: socket.socket) -> bytes:
    with suppress(ConnectionResetError):
        return b"".join(iter(lambda: stream.recv(BLOCK), b""))
    return b""


def _serve(control: socket.socket) -> NoReturn:
    """Lay out what is asked for, until nobody can ask any more."""
    for number in _LEFT_ALONE:
        signal.signal(number, signal.SIG_IGN)
    for number in _ENDED_BY:
        signal.signal(number, signal.SIG_DFL)
    # Children that have ended are not waited for.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    # Neither the web server's port nor a client's connection is kept open by this process.
    os.dup2(control.fileno(), 3)
    control.detach()
    os.closerange(4, os.sysconf("SC_OPEN_MAX"))
    control = socket.socket(fileno=3)
    try:
        while descriptors := socket.recv_fds(control, 16, 1)[1]:
            with socket.socket(fileno=descriptors[0]) as document:
                _answer(document)
    finally:
        os._exit(0)


def _answer(document: socket.socket) -> None:
    """Lay out one document, in a process of its own if it is long."""
    request = _read_all(document)
    if is_long := len(request) > LONG:
        # Loaded here, the engine is shared by all those processes.
        from app.integrations import pdf  # noqa: F401, PLC0415 - heavy

        if os.fork() != 0:
            return
    with suppress(OSError):
        document.sendall(_lay_out(request))
    if is_long:
        sys.stderr.flush()
        os._exit(0)


def _lay_out(request: bytes) -> bytes:
    from app.integrations.pdf import PdfError, render_pdf  # noqa: PLC0415 - heavy

    try:
        return DONE + render_pdf(*json.loads(request))
    except PdfError as error:
        return FAILED + str(error).encode()
    except Exception:
        return FAILED + traceback.format_exc().encode()
