"""Text messages through any gateway with an HTTP interface, described by settings.

Most gateways in use differ only in address, field names and what an answer looks like.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from urllib.parse import quote

import requests

from app.integrations.errors import SendError
from config import SmsSettings


class HttpSms:
    """Fills ``{phone}``, ``{digits}`` (the phone without +), ``{text}`` and ``{from}`` into the
    address and the body, each escaped for its place."""

    def __init__(self, settings: SmsSettings) -> None:
        self._settings = settings
        self._is_json = "json" in self._content_type().lower()

    def send(self, phone: str, text: str) -> str:
        settings = self._settings
        values = {
            "{phone}": phone,
            "{digits}": phone.lstrip("+"),
            "{text}": text,
            "{from}": settings.from_,
        }
        body = _fill(settings.http_body, values, _for_json if self._is_json else _for_url)
        try:
            answer = requests.request(
                settings.http_method,
                _fill(settings.http_url, values, _for_url),
                data=body.encode() or None,
                headers=dict(settings.http_headers),
                timeout=settings.timeout / 2,
                allow_redirects=False,
            )
        except (requests.RequestException, ValueError) as error:
            raise SendError(type(error).__name__) from None
        return self._read(answer.status_code, answer.content.decode("utf-8", "replace"))

    def _read(self, status: int, content: str) -> str:
        found = re.search(self._settings.http_success, content) if status < 300 else None
        if found is None:
            raise SendError(f"шлюз ответил {status}")
        return (found[1] or "")[:200] if found.groups() else ""

    def _content_type(self) -> str:
        for name, value in self._settings.http_headers:
            if name.lower() == "content-type":
                return value
        return ""


def _fill(template: str, values: dict[str, str], escape: Callable[[str], str]) -> str:
    # In one pass: a text that speaks of «{phone}» stays as it is.
    return re.sub("|".join(map(re.escape, values)), lambda m: escape(values[m[0]]), template)


def _for_json(value: str) -> str:
    return json.dumps(value)[1:-1]


def _for_url(value: str) -> str:
    return quote(value, safe="")
