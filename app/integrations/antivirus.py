"""A virus scanner in front of the files: clamd, over TCP or a socket file; off by default."""

from __future__ import annotations

import socket
import struct

from app.integrations.errors import ScanError

CHUNK = 64 * 1024
TIMEOUT = 20.0


class Scanner:
    """Asks clamd by its INSTREAM command.

    Args:
        address: ``host:port``, the path of a socket, or empty: nothing is scanned.
    """

    def __init__(self, address: str, timeout: float = TIMEOUT) -> None:
        self._address = address
        self._timeout = timeout

    def is_clean(self, content: bytes) -> bool:
        """Whether nothing was found.

        Raises:
            ScanError: no answer, or none that says so; the file must not be accepted then.
        """
        if not self._address:
            return True
        try:
            answer = self._ask(content)
        except OSError as error:
            raise ScanError(type(error).__name__) from error
        if answer.endswith("FOUND"):
            return False
        if answer.endswith("OK"):
            return True
        raise ScanError(answer[:100] or "no answer")

    def _ask(self, content: bytes) -> str:
        with self._connect() as connection:
            connection.sendall(b"zINSTREAM\0")
            for start in range(0, len(content), CHUNK):
                part = content[start : start + CHUNK]
                connection.sendall(struct.pack("!I", len(part)) + part)
            connection.sendall(struct.pack("!I", 0))
            answer = b""
            while not answer.endswith(b"\0") and (more := connection.recv(4096)):
                answer += more
        return answer.rstrip(b"\0\n").decode("utf-8", "replace")

    def _connect(self) -> socket.socket:
        if self._address.startswith("/"):
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.settimeout(self._timeout)
            connection.connect(self._address)
            return connection
        host, _, port = self._address.rpartition(":")
        return socket.create_connection((host, int(port)), timeout=self._timeout)
