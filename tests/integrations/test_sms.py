"""Text messages against servers on loopback that answer like providers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.integrations.errors import SendError
from app.integrations.sms import make_sms_sender
from config import SmsSettings
from tests.outbox import Outbox
from tests.providers import (
    SmsProvider,
    free_port,
    sms_provider,
    twilio_created,
    twilio_refused,
)

PHONE = "+79123456789"
TEXT = 'Код 012345: «ОК» & "кавычки" {phone}'
FORM = (("Content-Type", "application/x-www-form-urlencoded"),)


@pytest.fixture
def provider() -> Iterator[SmsProvider]:
    with sms_provider() as provider:
        yield provider


def twilio(provider: SmsProvider) -> SmsSettings:
    return SmsSettings(
        Path("unused"),
        sender="twilio",
        from_="+15005550006",
        timeout=1,
        twilio_account_sid="AC123",
        twilio_auth_token="secret",
        twilio_api_base=provider.url,
    )


def gateway(provider: SmsProvider, **changes: object) -> SmsSettings:
    values: dict[str, object] = {
        "sender": "http",
        "from_": "Energo",
        "timeout": 1,
        "http_url": provider.url + "/send",
        "http_body": "to={digits}&text={text}&from={from}",
        "http_headers": FORM,
        "http_success": r'"id": *"(\w+)"',
    }
    return SmsSettings(Path("unused"), **(values | changes))  # type: ignore[arg-type]


def test_twilio_is_asked_as_its_api_wants_it(provider: SmsProvider) -> None:
    provider.answers = [twilio_created("SM42")]
    assert make_sms_sender(twilio(provider)).send(PHONE, TEXT) == "SM42"
    (request,) = provider.requests
    assert request["path"] == "/2010-04-01/Accounts/AC123/Messages.json"
    assert request["headers"]["Authorization"].startswith("Basic ")
    assert provider.forms == [{"To": PHONE, "From": "+15005550006", "Body": TEXT}]


@pytest.mark.parametrize(
    ("answer", "is_final"),
    [
        (twilio_refused(400, 21211), True),
        (twilio_refused(400, 21408), True),
        (twilio_refused(429, 20429), False),
        (twilio_refused(500, 20500), False),
        ((500, "<html>oops</html>"), False),
        ((201, "<html>oops</html>"), False),
        ((200, "[]"), False),
        (None, False),
    ],
)
def test_twilio_refusing_or_silent_is_an_error(
    provider: SmsProvider, answer: tuple[int, str] | None, is_final: bool
) -> None:
    provider.answers = [answer]
    with pytest.raises(SendError) as failed:
        make_sms_sender(twilio(provider)).send(PHONE, TEXT)
    assert failed.value.is_final is is_final
    assert len(provider.requests) == 1


def test_a_gateway_gets_its_form_and_gives_its_number(provider: SmsProvider) -> None:
    provider.answers = [(200, '{"status": "ok", "id": "m7"}')]
    assert make_sms_sender(gateway(provider)).send(PHONE, TEXT) == "m7"
    assert provider.forms == [{"to": "79123456789", "text": TEXT, "from": "Energo"}]


def test_a_gateway_that_wants_json_gets_it(provider: SmsProvider) -> None:
    provider.answers = [(201, '{"id": "m8"}')]
    settings = gateway(
        provider,
        http_body='{"messages": [{"to": "{phone}", "text": "{text}"}]}',
        http_headers=(("Content-Type", "application/json"), ("X-Key", "secret")),
    )
    assert make_sms_sender(settings).send(PHONE, TEXT + "\n") == "m8"
    (request,) = provider.requests
    assert json.loads(request["body"]) == {"messages": [{"to": PHONE, "text": TEXT + "\n"}]}
    assert request["headers"]["X-Key"] == "secret"


def test_a_gateway_may_be_asked_by_its_address_alone(provider: SmsProvider) -> None:
    provider.answers = [(200, "OK;17")]
    settings = gateway(
        provider,
        http_method="GET",
        http_url=provider.url + "/get?phone={phone}&mes={text}",
        http_body="",
        http_headers=(),
        http_success=r"^OK;(\d+)",
    )
    assert make_sms_sender(settings).send(PHONE, "Код 1&2") == "17"
    (request,) = provider.requests
    assert request["method"] == "GET"
    assert request["path"] == "/get?phone=%2B79123456789&mes=%D0%9A%D0%BE%D0%B4%201%262"


@pytest.mark.parametrize(
    "answer", [(200, '{"error": "no money"}'), (500, '{"id": "x1"}'), (302, '{"id": "x1"}'), None]
)
def test_a_gateway_that_does_not_say_success_has_not_sent(
    provider: SmsProvider, answer: tuple[int, str] | None
) -> None:
    provider.answers = [answer]
    with pytest.raises(SendError):
        make_sms_sender(gateway(provider)).send(PHONE, TEXT)


def test_no_provider_at_all_is_an_error_without_its_address(provider: SmsProvider) -> None:
    settings = gateway(provider, http_url=f"http://127.0.0.1:{free_port()}/?key=secret")
    with pytest.raises(SendError) as failed:
        make_sms_sender(settings).send(PHONE, TEXT)
    assert "secret" not in str(failed.value)


def test_without_settings_messages_are_files(tmp_path: Path) -> None:
    make_sms_sender(SmsSettings(tmp_path)).send(PHONE, TEXT)
    assert Outbox(tmp_path).texts(PHONE) == [f"Кому: {PHONE}\n\n{TEXT}\n"]
