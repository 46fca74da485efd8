"""Read emails and text messages that a portal under test wrote instead of sending."""

from __future__ import annotations

import email
import re
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import cast


class Outbox:
    """The folder of written messages, oldest first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def emails(self, to: str | None = None) -> list[EmailMessage]:
        messages = [
            cast(EmailMessage, email.message_from_bytes(file.read_bytes(), policy=policy.default))
            for file in sorted(self.folder.glob("*.eml"))
        ]
        return [message for message in messages if to is None or message["To"].endswith(to)]

    def texts(self, to: str | None = None) -> list[str]:
        files = sorted(self.folder.glob("*.txt"))
        return [file.read_text(encoding="utf-8") for file in files if to is None or to in file.name]

    def link(self, to: str | None = None) -> str:
        """The address in the newest email, as a path."""
        return path_in(part(self.emails(to)[-1], "plain"))

    def code(self, to: str | None = None) -> str:
        """The code in the newest text message."""
        found = re.search(r"(?<!\d)\d{6}(?!\d)", self.texts(to)[-1].partition("\n\n")[2])
        assert found
        return found[0]


def part(message: EmailMessage, subtype: str) -> str:
    """The plain or html part of an email."""
    body = message.get_body((subtype,))
    assert body is not None
    return cast(str, body.get_content())


def path_in(text: str) -> str:
    """The path of the portal's address in a text."""
    found = re.search(r"http://localhost(/[\w./-]*)", text)
    assert found, text
    return found[1]
