"""Callbacks of the operators of text messages, and what staff and customers see of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from twilio.request_validator import RequestValidator

from app.actions.sms_reports import store_report
from app.domain.sms_reports import DeliveryStatus, Report
from app.domain.staff import StaffRole
from app.models import ContactChange, Message, SmsCode, SmsReport
from app.queries.sms_reports import is_code_undelivered
from config import SmsSettings
from tests.conftest import NOW
from tests.factories import Factory
from tests.pages import PageClient

TOKEN = "report-token-" + "x" * 32
GATEWAY, TWILIO = "/api/sms/status", "/api/sms/twilio"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def app(make_app: Callable[..., Flask], tmp_path: Path) -> Flask:
    sms = SmsSettings(tmp_path / "outbox", http_report_token=TOKEN, http_report_id="sms_id")
    return make_app(sms=sms)


def add_message(make: Factory, provider_id: str = "m7", **values: Any) -> Message:
    defaults = {
        "dedupe_key": f"reading_receipt:{provider_id}",
        "kind": "reading_receipt",
        "channel": "sms",
        "recipient": "+79123456789",
        "text": "Показания приняты",
        "status": "sent",
        "is_interactive": False,
        "tries": 1,
        "created_at": NOW,
        "sent_at": NOW,
        "provider_id": provider_id,
    }
    row = Message(**(defaults | values))
    make.session.add(row)
    make.commit()
    return row


def reports(session: Session) -> list[tuple[str, str, str | None]]:
    session.expire_all()
    rows = session.scalars(select(SmsReport).order_by(SmsReport.id))
    return [(row.provider_id, row.status, row.error) for row in rows]


def test_a_gateway_reports_by_form_or_json_with_the_token(app: Flask, session: Session) -> None:
    client = app.test_client()
    form = {"sms_id": "m7", "status": "expired"}
    assert client.post(GATEWAY, data=form, headers=BEARER).status_code == 204
    with_token = {"sms_id": 8, "status": "DELIVRD", "token": TOKEN}
    assert client.post(GATEWAY, json=with_token).status_code == 204
    assert reports(session) == [("m7", "undelivered", "expired"), ("8", "delivered", None)]


def test_without_the_token_nothing_is_stored_and_guessing_is_limited(
    app: Flask, session: Session
) -> None:
    client, form = app.test_client(), {"sms_id": "m7", "status": "expired", "token": "x"}
    answers = [client.post(GATEWAY, data=form).status_code for _ in range(22)]
    assert answers[:20] == [401] * 20
    assert answers[-1] == 429
    assert reports(session) == []
    # The right one is never limited.
    assert client.post(GATEWAY, data=form, headers=BEARER).status_code == 204


def test_an_unfinished_or_unreadable_report_changes_nothing(app: Flask, session: Session) -> None:
    client = app.test_client()
    for body in ({"json": {"sms_id": "m7", "status": "enroute"}}, {"json": ["x"]}, {"data": "{"}):
        assert client.post(GATEWAY, headers=BEARER, **body).status_code == 204
    assert reports(session) == []


def test_a_report_may_come_twice_in_any_order_and_delivered_is_final(session: Session) -> None:
    for status in ("undelivered", "delivered", "undelivered"):
        store_report(session, Report("m7", DeliveryStatus(status)), NOW)
    session.commit()
    assert [row[1] for row in reports(session)] == ["delivered"]


def test_twilio_signs_the_address_that_it_was_told(
    make_app: Callable[..., Flask], tmp_path: Path, session: Session
) -> None:
    sms = SmsSettings(
        tmp_path, "twilio", from_="+1", twilio_account_sid="AC1", twilio_auth_token="secret"
    )
    app = make_app(sms=sms)
    client, form = app.test_client(), {"MessageSid": "SM42", "MessageStatus": "undelivered"}
    signature = RequestValidator("secret").compute_signature(f"http://localhost{TWILIO}", form)
    assert client.post(TWILIO, data=form).status_code == 401
    headers = {"X-Twilio-Signature": signature}
    assert client.post(TWILIO, data=form | {"To": "1"}, headers=headers).status_code == 401
    assert client.post(TWILIO, data=form, headers=headers).status_code == 204
    assert reports(session) == [("SM42", "undelivered", None)]
    page = " ".join(PageClient(app).get("consents.personal_data").text.split())
    assert "Twilio" in page
    assert "за пределы России" in page


def test_twilio_is_not_heard_where_another_sender_is_set(app: Flask) -> None:
    form = {"MessageSid": "SM42", "MessageStatus": "delivered"}
    signature = RequestValidator("").compute_signature(f"http://localhost{TWILIO}", form)
    headers = {"X-Twilio-Signature": signature}
    assert app.test_client().post(TWILIO, data=form, headers=headers).status_code == 401


def test_staff_see_on_the_dashboard_and_in_the_list_what_did_not_arrive(
    page: PageClient, make: Factory, session: Session
) -> None:
    make.supplier()
    make.staff(StaffRole.OPERATOR)
    lost, arrived = add_message(make, "m7"), add_message(make, "m8")
    store_report(session, Report("m7", DeliveryStatus.UNDELIVERED, "expired"), NOW)
    store_report(session, Report("m8", DeliveryStatus.DELIVERED), NOW)
    session.commit()
    page.sign_in_staff("operator")
    task = page.get("staff.dashboard").find("a", string="Смс не доставлены за неделю")
    assert task.find_previous("b").text == "1"
    listed = page.open(task["href"]).select("tbody tr th a")
    assert [link["href"] for link in listed] == [f"/staff/messages/{lost.id}"]
    assert "Не доставлено 21.11.2026, 12:00, expired" in " ".join(
        page.get("staff.message", message_id=lost.id).text.split()
    )
    assert "Доставлено" in page.get("staff.message", message_id=arrived.id).text


def test_a_code_is_lost_when_its_message_did_not_leave_or_did_not_arrive(
    make: Factory, session: Session
) -> None:
    code = SmsCode(phone="+79123456789", created_at=NOW, expires_at=NOW, tries=0)
    session.add(code)
    session.flush()
    message = add_message(make, sms_code_id=code.id)
    assert not is_code_undelivered(session, code.id)
    store_report(session, Report("m7", DeliveryStatus.UNDELIVERED), NOW)
    assert is_code_undelivered(session, code.id)
    store_report(session, Report("m7", DeliveryStatus.DELIVERED), NOW)
    assert not is_code_undelivered(session, code.id)
    message.status = "failed"
    session.flush()
    assert is_code_undelivered(session, code.id)


def test_who_changes_a_number_is_told_that_its_code_did_not_arrive(
    page: PageClient, make: Factory, session: Session
) -> None:
    make.supplier()
    make.import_run()
    account = make.account(make.contract())
    account.email_confirmed_at = NOW
    change = ContactChange(
        account_id=account.id,
        field="phone",
        value="+79123456789",
        nonce="n",
        requested_at=NOW,
        expires_at=NOW + timedelta(minutes=10),
    )
    session.add(change)
    session.flush()
    code = SmsCode(
        contact_change_id=change.id,
        phone="+79123456789",
        created_at=NOW,
        expires_at=NOW + timedelta(minutes=10),
        tries=0,
    )
    session.add(code)
    session.flush()
    add_message(make, sms_code_id=code.id)
    page.sign_in("00123")
    assert "не доставлена" not in page.get("profile.phone", contract_id=1).text
    store_report(session, Report("m7", DeliveryStatus.UNDELIVERED), NOW)
    session.commit()
    assert "не доставлена" in page.get("profile.phone", contract_id=1).text
