"""Text messages through Twilio's official client."""

from __future__ import annotations

import requests
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from app.integrations.errors import SendError
from config import SmsSettings

TOO_MANY = 429
NUMBER_ERRORS = frozenset({21211, 21214, 21217, 21408, 21610, 21612, 21614})
"""Twilio's codes for a number that cannot get messages; source: twilio.com/docs/api/errors."""


class TwilioSms:
    """``TWILIO_API_BASE`` may point the client at another host that speaks the same API."""

    def __init__(self, settings: SmsSettings, status_callback: str = "") -> None:
        # For connecting and for the answer each.
        http_client = TwilioHttpClient(timeout=settings.timeout / 2, max_retries=0)
        self._client = Client(
            settings.twilio_account_sid, settings.twilio_auth_token, http_client=http_client
        )
        if settings.twilio_api_base:
            self._client.api.base_url = settings.twilio_api_base
        self._from = settings.from_
        self._more = {"status_callback": status_callback} if status_callback else {}

    def send(self, phone: str, text: str) -> str:
        try:
            message = self._client.messages.create(
                to=phone, from_=self._from, body=text, **self._more
            )
        except TwilioRestException as error:
            is_final = error.code in NUMBER_ERRORS
            raise SendError(f"twilio {error.status}/{error.code}", is_final=is_final) from None
        except (TwilioException, requests.RequestException, ValueError, AttributeError) as error:
            # The client takes whatever is JSON for Twilio's answer.
            raise SendError(type(error).__name__) from None
        return message.sid or ""
