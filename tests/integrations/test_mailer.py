"""Letters against a real mail server on loopback, and as files."""

from __future__ import annotations

import email
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from email import policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from pathlib import Path
from typing import cast

import pytest
from flask import Flask

from app.extensions import mail
from app.integrations.errors import SendError
from app.integrations.mailer import Mailing, make_mailer
from config import MailSettings
from tests.conftest import need
from tests.outbox import Outbox, part
from tests.providers import MailServer, free_port, mail_server

MAILING = Mailing(
    recipient="buh@example.org",
    subject="Попытка регистрации по вашему договору № 00777-ЭС",
    text="Здравствуйте!\n",
    html="<p>Здравствуйте!</p>",
    message_id="<kabinet-1@example.org>",
    sender_name='АО «Пример-Энерго», филиал "Миасс"',
)


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


def settings(tmp_path: Path, port: int, **changes: object) -> MailSettings:
    values = {"server": "127.0.0.1", "port": port, "use_tls": False, "timeout": 1}
    return MailSettings(tmp_path / "outbox", **(values | changes))  # type: ignore[arg-type]


def send(app: Flask, settings: MailSettings, sent_email: Mailing = MAILING) -> str:
    with app.app_context():
        return make_mailer(mail, settings).send(sent_email)


def test_an_email_arrives_with_both_parts(app: Flask, tmp_path: Path, server: MailServer) -> None:
    send(app, settings(tmp_path, server.port))
    sent_email = cast(
        EmailMessage, email.message_from_bytes(server.accepted[0], policy=policy.default)
    )
    assert server.recipients == ["buh@example.org"]
    assert sent_email["Subject"] == MAILING.subject
    sender = email.message_from_bytes(server.accepted[0])["From"]
    assert str(make_header(decode_header(sender))) == f"{MAILING.sender_name} <kabinet@localhost>"
    assert sent_email["Message-ID"] == MAILING.message_id
    assert sent_email["Auto-Submitted"] == "auto-generated"
    assert part(sent_email, "plain").strip() == "Здравствуйте!"
    assert part(sent_email, "html").strip() == MAILING.html


@pytest.mark.parametrize(
    ("reply", "is_final"), [("550 no such user", True), ("451 try later", False)]
)
def test_a_refusal_is_final_only_where_the_server_says_so(
    app: Flask, tmp_path: Path, server: MailServer, reply: str, is_final: bool
) -> None:
    server.reply = reply
    with pytest.raises(SendError) as refused:
        send(app, settings(tmp_path, server.port))
    assert refused.value.is_final is is_final
    assert not server.accepted


def test_a_silent_server_is_not_waited_for(app: Flask, tmp_path: Path, server: MailServer) -> None:
    server.silence = 3
    with pytest.raises(SendError) as failed:
        send(app, settings(tmp_path, server.port))
    assert not failed.value.is_final


def test_a_slow_server_is_not_waited_for_reply_by_reply(
    app: Flask, tmp_path: Path, server: MailServer
) -> None:
    server.pause = 0.6
    with pytest.raises(SendError):
        send(app, settings(tmp_path, server.port))


def test_a_server_that_greets_with_a_refusal_is_tried_again(app: Flask, tmp_path: Path) -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    def greet() -> None:
        connection, _ = listener.accept()
        connection.sendall(b"554 not now\r\n")
        connection.close()

    thread = threading.Thread(target=greet)
    thread.start()
    with pytest.raises(SendError) as refused:
        send(app, settings(tmp_path, listener.getsockname()[1]))
    thread.join()
    listener.close()
    assert not refused.value.is_final


def test_long_paragraphs_are_sent_in_lines_that_servers_take(
    app: Flask, tmp_path: Path, server: MailServer
) -> None:
    send(app, settings(tmp_path, server.port), replace(MAILING, text="Ж" * 5000, html="<p>Ж</p>"))
    assert max(map(len, server.accepted[0].splitlines())) < 998


def test_no_server_is_an_error_that_passes(app: Flask, tmp_path: Path) -> None:
    with pytest.raises(SendError) as failed:
        send(app, settings(tmp_path, free_port()))
    assert not failed.value.is_final


def test_a_server_that_nobody_vouches_for_gets_no_email(app: Flask, tmp_path: Path) -> None:
    need(shutil.which("openssl") is not None, "openssl")
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=127.0.0.1",
            "-keyout",
            str(key),
            "-out",
            str(certificate),
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with mail_server(tls_context=context) as server:
        with pytest.raises(SendError):
            send(app, settings(tmp_path, server.port, use_tls=True))
        assert not server.accepted


def test_line_breaks_in_names_make_no_headers(
    app: Flask, tmp_path: Path, server: MailServer
) -> None:
    hostile = "ACME\r\nBcc: victim@example.org"
    send(
        app,
        settings(tmp_path, server.port),
        replace(MAILING, sender_name=hostile, subject=hostile),
    )
    assert server.recipients == ["buh@example.org"]
    assert "Bcc" not in email.message_from_bytes(server.accepted[0])


def test_without_a_server_emails_are_files_that_only_their_owner_reads(
    app: Flask, tmp_path: Path
) -> None:
    name = send(app, settings(tmp_path, 25, server=""))
    (sent_email,) = Outbox(tmp_path / "outbox").emails()
    assert sent_email["Subject"] == MAILING.subject
    assert (tmp_path / "outbox" / name).stat().st_mode & 0o777 == 0o600
