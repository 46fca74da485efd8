"""Ask the portal for an answer over the network, as a visitor's browser would."""

from __future__ import annotations

import json
import ssl
from contextlib import closing
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from app.domain.health_services import SiteFacts

PATH = "/health/live"
TOKEN_HEADER = "X-Kabinet-Probe"  # noqa: S105 - the name of a header
FORGED_ADDRESS = "203.0.113.77"
"""Set aside for documentation: nobody asks from it, so the portal must not believe it."""
MAX_ANSWER = 10_000


def probe_site(base_url: str, token: str, seconds: float) -> SiteFacts:
    """GET ``/health/live`` at BASE_URL; never raises.

    Args:
        token: by which the portal knows that it may tell how it has understood the request.
        seconds: limit of each step.
    """
    parts = urlsplit(base_url)
    host, until = parts.hostname or "", None
    try:
        connection: HTTPConnection
        if parts.scheme == "https":
            context = ssl.create_default_context()
            connection = HTTPSConnection(host, parts.port, timeout=seconds, context=context)
        else:
            connection = HTTPConnection(host, parts.port, timeout=seconds)
        with closing(connection):
            connection.connect()
            until = _find_end(connection)
            headers = {TOKEN_HEADER: token, "X-Forwarded-For": FORGED_ADDRESS}
            connection.request("GET", PATH, headers=headers)
            answer = connection.getresponse()
            return _read_answer(answer.status, answer.read(MAX_ANSWER), until)
    except ssl.SSLCertVerificationError as error:
        return SiteFacts(fault="сертификат не принят", certificate_fault=error.verify_message)
    except (OSError, HTTPException) as error:
        reason = str(error) or type(error).__name__
        return SiteFacts(fault=reason[:200], certificate_until=until)


def _find_end(connection: HTTPConnection) -> datetime | None:
    if not isinstance(connection.sock, ssl.SSLSocket):
        return None
    certificate = connection.sock.getpeercert() or {}
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)


def _read_answer(status: int, body: bytes, until: datetime | None) -> SiteFacts:
    try:
        told = json.loads(body)
        scheme, was_forged = str(told["scheme"]), bool(told["address_was_forged"])
    except (ValueError, KeyError, TypeError):
        return SiteFacts(status=status, certificate_until=until)
    return SiteFacts(
        status=status,
        certificate_until=until,
        is_ours=True,
        scheme=scheme,
        address_was_forged=was_forged,
    )
