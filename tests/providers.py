"""Fake providers on loopback: a mail server, and an HTTP server that acts as an SMS provider."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

POLL_SECONDS = 0.02
"""How often a server sees whether it is to end; ``socketserver`` takes half a second."""


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@dataclass
class MailServer:
    """What it has accepted, and how it answers: a reply to the recipient, or seconds of silence."""

    port: int = 0
    accepted: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    reply: str = "250 OK"
    silence: float = 0
    pause: float = 0
    """Seconds before each reply."""

    async def handle_MAIL(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        await asyncio.sleep(self.pause)
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        await asyncio.sleep(self.pause)
        if self.reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.reply

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.silence:
            await asyncio.sleep(self.silence)
            return "451 too late"
        self.accepted.append(envelope.content)
        self.recipients += envelope.rcpt_tos
        return "250 OK"


class DrainingController(Controller):
    """Ends its connections before its event loop.

    aiosmtpd stops the loop and leaves open what has not been closed yet. The garbage collector
    warns of that socket later, and the warning fails whichever test is running then.
    """

    def __init__(self, handler: MailServer, **options: Any) -> None:
        super().__init__(handler, **options)
        self.sessions: list[SMTP] = []

    def factory(self) -> SMTP:
        session: SMTP = super().factory()
        self.sessions.append(session)
        return session

    async def drain(self) -> None:
        assert self.server is not None
        self.server.close()
        for session in self.sessions:
            if session.transport is not None:
                session.transport.abort()
        if handlers := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(handlers)
        # The sockets themselves are closed in the next turn of the loop.
        await asyncio.sleep(0)

    def stop(self, no_assert: bool = False) -> None:
        asyncio.run_coroutine_threadsafe(self.drain(), self.loop).result()
        super().stop(no_assert)


@contextmanager
def mail_server(**options: Any) -> Iterator[MailServer]:
    """A mail server on loopback."""
    server = MailServer(port=free_port())
    controller = DrainingController(server, hostname="127.0.0.1", port=server.port, **options)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()


@dataclass
class SmsProvider:
    """Answers of a provider, in turn; the last one stays. ``None`` is silence."""

    url: str = ""
    answers: list[tuple[int, str] | None] = field(default_factory=lambda: [(200, "OK")])
    requests: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, request: dict[str, Any]) -> tuple[int, str] | None:
        self.requests.append(request)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    @property
    def forms(self) -> list[dict[str, str]]:
        """The fields of each request that came as a form."""
        return [
            {name: values[0] for name, values in parse_qs(request["body"]).items()}
            for request in self.requests
        ]


def twilio_created(sid: str = "SM0123") -> tuple[int, str]:
    """Twilio's answer to a message it took."""
    return 201, json.dumps({"sid": sid, "status": "queued", "num_segments": "1"})


def twilio_refused(status: int, code: int) -> tuple[int, str]:
    """Twilio's answer to a message it refused."""
    return status, json.dumps({"code": code, "message": "refused", "status": status})


@contextmanager
def sms_provider() -> Iterator[SmsProvider]:
    """An HTTP server on loopback that answers as it is told."""
    provider = SmsProvider()
    done = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            answer = provider.answer(
                {
                    "method": self.command,
                    "path": self.path,
                    "headers": dict(self.headers),
                    "body": body,
                }
            )
            if answer is None:
                done.wait(20)
                return
            status, text = answer
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        do_GET = do_POST  # noqa: N815 - http.server's name

        def log_message(self, *args: Any) -> None:
            """Nothing on the screen."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    provider.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(POLL_SECONDS,))
    thread.start()
    try:
        yield provider
    finally:
        done.set()
        server.shutdown()
        thread.join()
        server.server_close()
