"""Delivery reports of text messages: what an operator says, and whether it is the operator."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class DeliveryStatus(StrEnum):
    """Whether a text message has reached its telephone."""

    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"


@dataclass(frozen=True, slots=True)
class Report:
    """What was reported of one message, by the provider's number of it."""

    provider_id: str
    status: DeliveryStatus
    error: str = ""


_TWILIO = {
    "delivered": DeliveryStatus.DELIVERED,
    "undelivered": DeliveryStatus.UNDELIVERED,
    "failed": DeliveryStatus.UNDELIVERED,
}


def read_twilio(fields: Mapping[str, str]) -> Report | None:
    """Read a status callback of Twilio; None: the message is still on its way.

    Source: twilio.com/docs/messaging/guides/track-outbound-message-status.
    """
    status = _TWILIO.get(fields.get("MessageStatus", ""))
    provider_id = fields.get("MessageSid", "")[:200]
    if status is None or not provider_id:
        return None
    code = fields.get("ErrorCode", "")[:20]
    return Report(provider_id, status, f"twilio {code}" if code else "")


def is_signed_by_twilio(
    auth_token: str, url: str, fields: Iterable[tuple[str, str]], signature: str
) -> bool:
    """Whether a callback carries Twilio's signature: HMAC-SHA1 of the address and sorted fields.

    Args:
        url: the address that Twilio was told, as it sees it.
        fields: of the form, repeated ones included.

    Source: twilio.com/docs/usage/security, «Validating requests».
    """
    if not auth_token:
        return False
    text = url + "".join(name + value for name, value in sorted(set(fields)))
    mac = hmac.new(auth_token.encode(), text.encode(), hashlib.sha1).digest()
    return hmac.compare_digest(base64.b64encode(mac), signature.encode("utf-8", "replace"))


def read_gateway(provider_id: str, status: str, delivered: str, undelivered: str) -> Report | None:
    """Read a callback of a gateway; None: the message is still on its way, or has no number.

    Args:
        delivered, undelivered: regular expressions of the settings that the whole status matches.
    """
    if not provider_id:
        return None
    if re.fullmatch(delivered, status):
        return Report(provider_id[:200], DeliveryStatus.DELIVERED)
    if re.fullmatch(undelivered, status):
        return Report(provider_id[:200], DeliveryStatus.UNDELIVERED, status[:100])
    return None
