"""Text messages: one interface, three senders; settings choose one."""

from __future__ import annotations

from typing import Protocol

from app.integrations.errors import SendError
from app.integrations.sms.file import FileSms
from config import SmsSettings

__all__ = ["TWILIO_PATH", "SendError", "SmsSender", "make_sms_sender"]

TWILIO_PATH = "/api/sms/twilio"
"""Where Twilio reports what became of a message."""


class SmsSender(Protocol):
    """Sends one text message."""

    def send(self, phone: str, text: str) -> str:
        """Hand a text over to the provider.

        Args:
            phone: E.164.

        Returns:
            The provider's number of the message, where it gives one.

        Raises:
            SendError: not accepted, or no answer in time.
        """


def make_sms_sender(settings: SmsSettings, base_url: str = "") -> SmsSender:
    """The sender that the settings name; a provider's library is loaded only where it is used.

    Args:
        base_url: of the portal, for delivery reports; they come over https only.
    """
    if settings.sender == "twilio":
        from app.integrations.sms.twilio import TwilioSms  # noqa: PLC0415

        callback = f"{base_url}{TWILIO_PATH}" if base_url.startswith("https://") else ""
        return TwilioSms(settings, callback)
    if settings.sender == "http":
        from app.integrations.sms.http import HttpSms  # noqa: PLC0415

        return HttpSms(settings)
    return FileSms(settings.outbox)
