"""Mail, SMS and signed links of one installation: everything that is sent to a person."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from flask_mail import Mail

from app.integrations.mailer import Mailer, make_mailer
from app.integrations.sms import SmsSender, make_sms_sender
from app.lib.signed_links import Links
from config import Config

CODE_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Transports:
    """How one installation reaches people."""

    mailer: Mailer
    sms: SmsSender
    links: Links
    host: str
    """Right side of message ids."""
    code_key: bytes

    def hash_code(self, code: str) -> str:
        """Hash a code for the table; without the key of this installation, six digits could
        be found again by trying them all."""
        return hmac.new(self.code_key, code.encode(), hashlib.sha256).hexdigest()


def generate_code() -> str:
    """A code of six digits."""
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"


def make_transports(mail: Mail, config: Config) -> Transports:
    """Build the transports that the settings describe."""
    return Transports(
        mailer=make_mailer(mail, config.mail),
        sms=make_sms_sender(config.sms, config.base_url),
        links=Links(config.secret_key, config.base_url),
        host=config.host or "localhost",
        code_key=hashlib.sha256(f"kabinet.sms-code:{config.secret_key}".encode()).digest(),
    )
