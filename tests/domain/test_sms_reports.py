"""Delivery reports: whose they are and what they say."""

from __future__ import annotations

import pytest
from twilio.request_validator import RequestValidator

from app.domain.sms_reports import (
    DeliveryStatus,
    Report,
    is_signed_by_twilio,
    read_gateway,
    read_twilio,
)

URL = "https://lk.example.ru/api/sms/twilio"
FIELDS = {"MessageSid": "SM42", "MessageStatus": "delivered", "To": "+79123456789"}
PATTERNS = ("(?i)deliver(ed|d)|delivrd", "(?i)undeliv(ered|erable)?|expired|rejected|failed")


def test_a_signature_is_the_one_that_the_library_of_twilio_makes() -> None:
    signature = RequestValidator("secret").compute_signature(URL, FIELDS)
    assert is_signed_by_twilio("secret", URL, FIELDS.items(), signature)
    for token, url, fields, given in (
        ("other", URL, FIELDS, signature),
        ("secret", URL + "x", FIELDS, signature),
        ("secret", URL, FIELDS | {"MessageStatus": "failed"}, signature),
        ("secret", URL, FIELDS, ""),
        ("secret", URL, FIELDS, "ё"),
    ):
        assert not is_signed_by_twilio(token, url, fields.items(), given)


def test_without_a_secret_nothing_is_signed() -> None:
    signature = RequestValidator("").compute_signature(URL, FIELDS)
    assert not is_signed_by_twilio("", URL, FIELDS.items(), signature)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("delivered", DeliveryStatus.DELIVERED),
        ("undelivered", DeliveryStatus.UNDELIVERED),
        ("failed", DeliveryStatus.UNDELIVERED),
        ("sent", None),
        ("", None),
    ],
)
def test_only_an_end_counts_at_twilio(status: str, expected: DeliveryStatus | None) -> None:
    found = read_twilio({"MessageSid": "SM42", "MessageStatus": status, "ErrorCode": "30003"})
    assert (found.status if found else None) == expected
    assert found is None or found.error == "twilio 30003"


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("Delivered", DeliveryStatus.DELIVERED),
        ("DELIVRD", DeliveryStatus.DELIVERED),
        ("UNDELIV", DeliveryStatus.UNDELIVERED),
        ("undelivered", DeliveryStatus.UNDELIVERED),
        ("expired", DeliveryStatus.UNDELIVERED),
        ("enroute", None),
        ("not delivered", None),
    ],
)
def test_the_whole_status_of_a_gateway_is_compared(
    status: str, expected: DeliveryStatus | None
) -> None:
    found = read_gateway("m7", status, *PATTERNS)
    assert (found.status if found else None) == expected
    assert read_gateway("", status, *PATTERNS) is None


def test_a_number_of_the_provider_is_no_longer_than_its_column() -> None:
    assert read_gateway("9" * 300, "delivered", *PATTERNS) == Report(
        "9" * 200, DeliveryStatus.DELIVERED
    )
