"""Send emails: by SMTP through Flask-Mail, or as ``.eml`` files where no server is set."""

from __future__ import annotations

import smtplib
import ssl
import time
from contextlib import suppress
from dataclasses import dataclass
from email.charset import BASE64, Charset
from email.header import Header
from email.mime.base import MIMEBase
from email.mime.text import MIMEText
from email.policy import compat32
from types import TracebackType
from typing import Any, Protocol

from flask_mail import BadHeaderError, Connection, Mail, Message

from app.integrations.errors import SendError
from app.integrations.outbox_folder import write_outbox_file
from config import MailSettings

REFUSED_FOR_GOOD = range(500, 600)


@dataclass(frozen=True, slots=True)
class Mailing:
    """An email ready to be sent: both parts, and an id that stays the same over all tries."""

    recipient: str
    subject: str
    text: str
    html: str
    message_id: str
    sender_name: str
    unsubscribe_url: str = ""
    """Where a POST ends such emails (RFC 8058); empty: nobody can refuse this one."""


class Mailer(Protocol):
    """Sends one email."""

    def send(self, mailing: Mailing) -> str:
        """Hand an email to the server; its message id, or the name of the file.

        Raises:
            SendError: not accepted, or no answer in time.
        """

    def check_login(self) -> None:
        """Connect and log in without sending anything.

        Raises:
            SendError: the server does not let the portal in.
        """


class SmtpMailer:
    """Flask-Mail builds and sends; needs an application context."""

    def __init__(self, mail: Mail, settings: MailSettings) -> None:
        self._mail = mail
        self._settings = settings

    def send(self, mailing: Mailing) -> str:
        message = _build_message(mailing, self._settings)
        try:
            with _Connection(self._mail, self._settings) as connection:
                connection.send(message)
        except smtplib.SMTPRecipientsRefused as error:
            codes = {code for code, _ in error.recipients.values()}
            is_final = codes <= set(REFUSED_FOR_GOOD)
            raise SendError(f"SMTP {sorted(codes)}", is_final=is_final) from None
        except smtplib.SMTPResponseException as error:
            # Whatever it is about, it is not this email: the server may think better of it.
            raise SendError(f"SMTP {error.smtp_code}") from None
        except (smtplib.SMTPException, OSError, ValueError, BadHeaderError) as error:
            raise SendError(type(error).__name__) from None
        return mailing.message_id

    def check_login(self) -> None:
        try:
            with _Connection(self._mail, self._settings) as connection:
                if connection.host is not None:
                    connection.host.noop()
        except smtplib.SMTPResponseException as error:
            raise SendError(f"SMTP {error.smtp_code}") from None
        except (smtplib.SMTPException, OSError, ValueError) as error:
            raise SendError(type(error).__name__) from None


class FileMailer:
    """Writes each email to ``INSTANCE_DIR/outbox``."""

    def __init__(self, settings: MailSettings) -> None:
        self._settings = settings

    def send(self, mailing: Mailing) -> str:
        message = _build_message(mailing, self._settings).as_bytes()
        return write_outbox_file(self._settings.outbox, "mail", mailing.recipient, ".eml", message)

    def check_login(self) -> None:
        """There is no server."""


def make_mailer(mail: Mail, settings: MailSettings) -> Mailer:
    """The mailer that the settings describe."""
    return SmtpMailer(mail, settings) if settings.server else FileMailer(settings)


class _Punctual(smtplib.SMTP):
    """SMTP with one deadline for the whole conversation: a person may be waiting.

    smtplib's own limit is for each reply, of which there are up to ten.
    """

    def __init__(self, server: str, port: int, seconds: int, **options: Any) -> None:
        self._deadline = time.monotonic() + seconds
        # A name may have two addresses to try.
        super().__init__(server, port, timeout=seconds / 2, **options)

    def getreply(self) -> tuple[int, bytes]:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        if self.sock is not None:
            self.sock.settimeout(left)
        return super().getreply()


class _PunctualOverTls(_Punctual, smtplib.SMTP_SSL):
    """The same, encrypted from the first byte."""


class _Connection(Connection):
    """Flask-Mail's connection, with a time limit and certificates that are checked."""

    def __init__(self, mail: Mail, settings: MailSettings) -> None:
        super().__init__(mail)
        self._settings = settings

    def configure_host(self) -> smtplib.SMTP:
        settings = self._settings
        context = ssl.create_default_context()
        if settings.use_ssl:
            host: smtplib.SMTP = _PunctualOverTls(
                settings.server, settings.port, settings.timeout, context=context
            )
        else:
            host = _Punctual(settings.server, settings.port, settings.timeout)
        try:
            if settings.use_tls:
                host.starttls(context=context)
            if settings.username:
                host.login(settings.username, settings.password)
        except BaseException:
            # Nobody else holds it yet.
            host.close()
            raise
        return host

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        # The email is accepted, or the error is on its way already: saying goodbye changes neither.
        with suppress(smtplib.SMTPException, OSError):
            if self.host is not None:
                self.host.quit()


_BASE64 = Charset("utf-8")
_BASE64.body_encoding = BASE64


class _MailMessage(Message):
    """Flask-Mail's message, repaired: a sender's name may hold commas and quotes, and the
    subject keeps its spaces. (Python 3.11 to 3.13 lose one where they fold a long Russian subject
    anew under the policy that Flask-Mail sets.)"""

    sender_name: str

    def _mimetext(self, text: str | None, subtype: str = "plain") -> MIMEText:
        # Flask-Mail leaves the text as it is, and a paragraph may be longer than a line may be.
        return MIMEText(text or "", subtype, _BASE64)  # type: ignore[arg-type]

    def _message(self) -> MIMEBase:
        message = super()._message()
        message.policy = compat32.clone(linesep="\r\n", max_line_length=None)
        name = Header(self.sender_name, "utf-8").encode()
        message.replace_header("From", f"{name} <{self.sender}>")
        return message


def _build_message(mailing: Mailing, settings: MailSettings) -> Message:
    message = _MailMessage(
        subject=_one_line(mailing.subject),
        recipients=[mailing.recipient],
        body=mailing.text,
        html=mailing.html,
        sender=settings.sender,
        extra_headers={"Auto-Submitted": "auto-generated"} | _unsubscribe_headers(mailing),
    )
    message.sender_name = _one_line(mailing.sender_name)
    message.msgId = mailing.message_id
    return message


def _unsubscribe_headers(mailing: Mailing) -> dict[str, str]:
    if not mailing.unsubscribe_url:
        return {}
    return {
        "List-Unsubscribe": f"<{mailing.unsubscribe_url}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def _one_line(text: str) -> str:
    return " ".join(text.split())
