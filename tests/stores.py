"""Fake services on loopback: a virus scanner and an S3-compatible store."""

from __future__ import annotations

import re
import socketserver
import struct
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

from tests.providers import POLL_SECONDS


@contextmanager
def clamd(answer: str | None) -> Iterator[tuple[str, list[bytes]]]:
    """A virus scanner that accepts INSTREAM and answers ``answer``; None: it hangs up.

    Yields its address and what it was given.
    """
    seen: list[bytes] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            if answer is None:
                return
            assert self.rfile.read(10) == b"zINSTREAM\0"
            content = b""
            while size := struct.unpack("!I", self.rfile.read(4))[0]:
                content += self.rfile.read(size)
            seen.append(content)
            self.wfile.write(answer.encode() + b"\0")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(POLL_SECONDS,), daemon=True)
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_address[1]}", seen
        finally:
            server.shutdown()
            thread.join()


class QuietServer(ThreadingHTTPServer):
    """One whose clients may be killed."""

    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


@contextmanager
def s3(bucket: str) -> Iterator[str]:
    """An object store in memory that speaks as much of S3 as the file store needs."""
    objects: dict[str, bytes] = {}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
            self.send_response(status)
            self.send_header("Content-Length", headers.pop("length", str(len(body))))
            self.send_header("Last-Modified", formatdate(usegmt=True))
            self.send_header("ETag", '"x"')
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        @property
        def key(self) -> str:
            assert "AWS4-HMAC-SHA256 Credential=key/" in self.headers["Authorization"]
            return unquote(urlsplit(self.path).path).removeprefix(f"/{bucket}").strip("/")

        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if "aws-chunked" in self.headers.get("Content-Encoding", ""):
                body = _unchunk(body)
            if self.headers.get("If-None-Match") == "*" and self.key in objects:
                self.answer(412, b"<Error><Code>PreconditionFailed</Code></Error>")
                return
            objects[self.key] = body
            self.answer(200)

        def do_HEAD(self) -> None:
            found = objects.get(self.key)
            self.answer(404) if found is None else self.answer(200, length=str(len(found)))

        def do_GET(self) -> None:
            query = parse_qs(urlsplit(self.path).query)
            if "list-type" in query:
                self.answer(200, self.listing(query.get("prefix", [""])[0]))
                return
            found = objects.get(self.key)
            if found is None:
                self.answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
            else:
                self.answer(200, found)

        def do_DELETE(self) -> None:
            objects.pop(self.key, None)
            self.answer(204)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            for key in re.findall("<Key>(.*?)</Key>", body):
                objects.pop(key, None)
            self.answer(200, b"<DeleteResult></DeleteResult>")

        def listing(self, prefix: str) -> bytes:
            now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
            found = "".join(
                f"<Contents><Key>{key}</Key><LastModified>{now}</LastModified>"
                f"<Size>{len(body)}</Size><StorageClass>STANDARD</StorageClass></Contents>"
                for key, body in objects.items()
                if key.startswith(prefix)
            )
            return (
                f"<ListBucketResult><Name>{bucket}</Name><Prefix>{prefix}</Prefix>"
                f"<IsTruncated>false</IsTruncated>{found}</ListBucketResult>"
            ).encode()

    server = QuietServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(POLL_SECONDS,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _unchunk(body: bytes) -> bytes:
    """The content of an «aws-chunked» body."""
    content = b""
    while True:
        size, _, body = body.partition(b"\r\n")
        length = int(size.split(b";")[0], 16)
        if not length:
            return content
        content, body = content + body[:length], body[length + 2 :]
