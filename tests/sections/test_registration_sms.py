"""Registration by a code in a text message, as plain pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.integrations.transports import generate_code
from app.models import Account, AuditEvent, Message, RateLimitHit, SmsCode
from config import SmsSettings
from tests.factories import Factory
from tests.logs import capture_log
from tests.outbox import Outbox
from tests.pages import PARTIAL, PageClient
from tests.providers import sms_provider, twilio_created, twilio_refused
from tests.sections.registering import NUMBER, Person

SEND, AGAIN, OK = "Отправить смс", "Отправить смс еще раз", "ОК"


@pytest.fixture
def person(page: PageClient, make: Factory) -> Person:
    make.supplier()
    make.contract(NUMBER)
    make.commit()
    return Person(page, {"channel": "sms"})


def send(person: Person, soup: BeautifulSoup | None = None, **fields: str) -> BeautifulSoup:
    """The form after «Отправить смс»."""
    return person.press(soup or person.form(), SEND, **fields)


def test_code_ok_and_save_open_the_account(
    person: Person, outbox: Outbox, session: Session
) -> None:
    sent = send(person)
    assert "Код отправлен на +7 912 000-00-01" in sent.select_one("[role=status]").text
    confirmed = person.press(sent, OK, code=outbox.code())
    assert "Подтверждено" in confirmed.select_one("[role=status]").text
    home = person.page.open(person.save(confirmed).location)
    assert home.h1.text == "Главная"
    account = session.scalars(select(Account)).one()
    assert account.phone_confirmed_at is not None
    assert account.email_confirmed_at is None


def test_nothing_typed_is_lost_on_the_way(person: Person, outbox: Outbox) -> None:
    sent = send(person)
    for page in (sent, person.press(sent, OK, 422, code="000000")):
        assert page.select_one("#email")["value"] == person.details()["email"]
        assert page.select_one("#phone")["value"] == person.details()["phone"]
        assert page.select_one("[name=channel][value=sms]").has_attr("checked")
        assert page.select_one("#consent").has_attr("checked")
    # The password is kept as its hash: it need not be typed again, and does not come back.
    assert "Пароль принят" in sent.text
    person.press(sent, OK, code=outbox.code())
    person.save(sent, password="", password_again="")


def test_only_number_and_consent_are_needed_for_a_code(person: Person, outbox: Outbox) -> None:
    form = person.form()
    person.press(form, SEND, 422, consent="")
    assert not outbox.texts()
    send(person, form, email="", password="", password_again="")
    assert len(outbox.texts()) == 1


def test_save_with_a_code_typed_needs_no_ok(person: Person, outbox: Outbox) -> None:
    sent = send(person)
    person.save(sent, 422)
    assert "Отправить смс" in person.page.check_last().select_one("#error-summary").text
    person.save(sent, 422, code="000000")
    assert person.save(sent, code=outbox.code()).location.startswith("/contracts/")


def test_in_place_only_the_form_comes_back(person: Person, outbox: Outbox) -> None:
    soup = person.form()
    button = next(found for found in soup.select("button[data-hx-post]") if found.text == SEND)
    data = person.details() | {"csrf_token": soup.select_one("[name=csrf_token]")["value"]}
    answer = person.page.client.post(button["data-hx-post"], data=data, headers=PARTIAL)
    assert answer.status_code == 200
    assert answer.text.startswith('<div id="results"')
    assert len(outbox.texts()) == 1


@pytest.mark.parametrize(("minutes", "status"), [(9, 200), (10, 422), (11, 422)])
def test_a_code_works_for_ten_minutes(
    person: Person,
    outbox: Outbox,
    advance_clock: Callable[..., datetime],
    minutes: int,
    status: int,
) -> None:
    sent = send(person)
    advance_clock(minutes=minutes)
    person.press(sent, OK, status, code=outbox.code())


def test_a_code_works_once(person: Person, outbox: Outbox) -> None:
    sent = send(person)
    person.press(sent, OK, code=outbox.code())
    again = person.press(sent, OK, 422, code=outbox.code())
    assert "уже использован" in again.text


def test_five_wrong_codes_kill_the_right_one_and_a_new_one_lives(
    person: Person, outbox: Outbox, advance_clock: Callable[..., datetime]
) -> None:
    sent = send(person)
    right = outbox.code()
    for number in range(5):
        person.press(sent, OK, 422, code=f"{(int(right) + number + 1) % 10**6:06d}")
    person.press(sent, OK, 422, code=right)
    advance_clock(seconds=61)
    sent = person.press(sent, AGAIN)
    person.press(sent, OK, 422, code=right)
    person.press(sent, OK, code=outbox.code())


def test_a_new_code_kills_the_old_one(
    person: Person, outbox: Outbox, advance_clock: Callable[..., datetime]
) -> None:
    sent = send(person)
    old = outbox.code()
    advance_clock(seconds=61)
    sent = person.press(sent, AGAIN)
    person.press(sent, OK, 422, code=old)
    person.press(sent, OK, code=outbox.code())


def test_fifteen_codes_a_day_are_typed_for_one_number(
    person: Person, outbox: Outbox, advance_clock: Callable[..., datetime]
) -> None:
    sent, statuses = send(person), []
    for minute in range(0, 40, 11):
        advance_clock(minutes=minute)
        if minute:
            sent = person.press(sent, AGAIN)
        for _ in range(5):
            soup = sent
            button = f"{person.page.last.request.path.removesuffix('/check')}/check"
            data = {"csrf_token": soup.select_one("[name=csrf_token]")["value"]}
            answer = person.page.client.post(button, data=person.details() | data | {"code": "no"})
            statuses.append(answer.status_code)
    assert statuses[:15] == [422] * 15
    assert statuses[15:] == [429] * 5


def test_a_stranger_cannot_use_up_the_tries_of_a_number(
    person: Person, outbox: Outbox, app: Flask
) -> None:
    stranger = Person(PageClient(app, "192.0.2.1"), {"channel": "sms"})
    soup = stranger.form()
    for _ in range(16):
        stranger.press(soup, OK, 422, code="000000")
    person.press(send(person), OK, code=outbox.code())


def test_twenty_presses_at_once_send_at_most_one_message(
    person: Person, outbox: Outbox, app: Flask, advance_clock: Callable[..., datetime]
) -> None:
    soup = person.form()
    data = person.details() | {"csrf_token": soup.select_one("[name=csrf_token]")["value"]}
    path = person.page.last.request.path + "/code"
    cookie = person.page.client.get_cookie("kabinet")

    def press(_: int) -> int:
        client = app.test_client()
        client.set_cookie("kabinet", cookie.value)
        return client.post(path, data=data).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(press, range(20))) <= {200, 429}
    assert len(outbox.texts()) <= 1
    # Each press hashes a password, which is limited to fifteen in fifteen minutes.
    advance_clock(minutes=16)
    person.press(soup, SEND)


def test_saving_while_another_code_is_asked_for_confirms_nothing(
    person: Person, outbox: Outbox, session: Session
) -> None:
    confirmed = person.press(send(person), OK, code=outbox.code())
    # Another tab asks for a code to another number; the first one still shows «Подтверждено».
    url = confirmed.select_one("form#registration")["action"]
    other = person.details() | {"phone": "+7 912 000-00-02"}
    person.page.submit(confirmed, 200, url + "/code", **other)
    person.save(confirmed, 422)
    assert session.scalars(select(Account.id)).all() == []


def test_a_code_confirms_nothing_but_its_own_registration_and_number(
    person: Person, outbox: Outbox, app: Flask
) -> None:
    other = Person(PageClient(app), {"channel": "sms"})
    foreign = other.form()
    sent = send(person)
    other.press(foreign, OK, 422, code=outbox.code())
    person.press(sent, OK, 422, code=outbox.code(), phone="+7 912 000-00-02")
    confirmed = person.press(sent, OK, code=outbox.code())
    # Confirmed, then edited: the number that is saved has to be the one that was confirmed.
    person.save(confirmed, 422, phone="+7 912 000-00-02")


@pytest.mark.parametrize(
    "phone", ["+882 16 00000000", "+44 70 1234 5678", "+1 900 555 1234", "112", "8 800 555-35-35"]
)
def test_no_message_leaves_to_a_number_that_costs(
    person: Person, outbox: Outbox, phone: str
) -> None:
    person.press(person.form(), SEND, 422, phone=phone)
    assert not outbox.texts()


def test_another_code_needs_a_minute_of_patience(
    person: Person, outbox: Outbox, advance_clock: Callable[..., datetime]
) -> None:
    sent = send(person)
    assert sent.select_one("[data-countdown]").text == "60"
    person.press(sent, AGAIN, 429)
    advance_clock(seconds=59)
    person.press(sent, AGAIN, 429)
    assert len(outbox.texts()) == 1
    advance_clock(seconds=60)
    person.press(sent, AGAIN)
    assert len(outbox.texts()) == 2


def test_one_number_gets_three_codes_in_ten_minutes_and_five_a_day(
    person: Person, outbox: Outbox, advance_clock: Callable[..., datetime]
) -> None:
    sent = send(person)
    for minute, status, count in (
        (2, 200, 2),
        (4, 200, 3),
        (6, 429, 3),
        (11, 200, 4),
        (20, 200, 5),
        (60, 429, 5),
        (60 * 25, 200, 6),
    ):
        advance_clock(minutes=minute)
        person.press(sent, AGAIN, status)
        assert len(outbox.texts()) == count, minute


def test_one_address_asks_for_ten_codes_an_hour(person: Person, outbox: Outbox, app: Flask) -> None:
    for number in range(11):
        asking = Person(PageClient(app), {"channel": "sms", "phone": f"+7912000{number:04d}"})
        asking.press(asking.form(), SEND, 429 if number == 10 else 200)
    assert len(outbox.texts()) == 10


def test_the_daily_cap_of_all_stops_the_provider_and_alarms_staff(
    make_app: Callable[..., Flask],
    make: Factory,
    tmp_path: Path,
    session: Session,
    outbox: Outbox,
) -> None:
    make.contract(NUMBER)
    make.commit()
    app = make_app(sms=SmsSettings(tmp_path / "outbox", daily_cap=2))
    log = capture_log()
    for number, status in enumerate((200, 200, 429, 429)):
        asking = Person(
            PageClient(app, f"192.0.2.{number}"),
            {"channel": "sms", "phone": f"+7912000000{number}"},
        )
        asking.press(asking.form(), SEND, status)
    assert len(outbox.texts()) == 2
    assert (
        session.scalar(select(func.count(AuditEvent.id)).where(AuditEvent.action == "alarm")) == 1
    )
    assert log.getvalue().count('"event": "alarm", ') == 2


@pytest.fixture
def twilio(make_app: Callable[..., Flask], make: Factory, tmp_path: Path):
    """A portal whose provider is on loopback, and that provider."""
    make.contract(NUMBER)
    make.commit()
    with sms_provider() as provider:
        settings = SmsSettings(
            tmp_path / "outbox",
            sender="twilio",
            from_="+15005550006",
            timeout=1,
            twilio_account_sid="AC1",
            twilio_auth_token="t",
            twilio_api_base=provider.url,
        )
        yield make_app(sms=settings), provider


@pytest.mark.parametrize("trouble", [None, twilio_refused(500, 20500), twilio_refused(429, 20429)])
def test_a_provider_in_trouble_loses_nothing_and_sends_once_when_it_is_back(
    twilio, session: Session, trouble: tuple[int, str] | None
) -> None:
    app, provider = twilio
    provider.answers = [trouble, twilio_created()]
    person = Person(PageClient(app), {"channel": "sms"})
    failed = person.press(person.form(), SEND, 503)
    assert "не отправлено" in failed.select_one("#error-summary").text
    assert failed.select_one("#phone")["value"] == person.details()["phone"]
    sent = person.press(failed, SEND)
    assert len(provider.requests) == 2
    code = re.search(r"\d{6}", provider.forms[-1]["Body"])
    person.press(sent, OK, code=code[0])
    # Nothing of the failed try leaves later.
    states = session.scalars(select(Message.status).order_by(Message.id)).all()
    assert states == ["failed", "sent"]


def test_tries_that_did_not_leave_do_not_use_up_the_number(twilio) -> None:
    app, provider = twilio
    provider.answers = [twilio_refused(500, 20500)] * 4 + [twilio_created()]
    person = Person(PageClient(app), {"channel": "sms"})
    page = person.form()
    for _ in range(4):
        page = person.press(page, SEND, 503)
    person.press(page, SEND)


def test_a_thousand_codes_are_all_different(person: Person, session: Session, app: Flask) -> None:
    from app.actions.sms_codes import issue_code  # noqa: PLC0415
    from tests.conftest import NOW  # noqa: PLC0415

    transports = app.extensions["transports"]
    rows = [
        SmsCode(phone="+79120000001", created_at=NOW, expires_at=NOW, tries=0) for _ in range(1000)
    ]
    session.add_all(rows)
    codes = {issue_code(session, row, transports) for row in rows}
    assert len(codes) == 1000
    assert all(re.fullmatch(r"\d{6}", code) for code in codes)


def test_a_code_has_six_digits_even_when_it_begins_with_zeros() -> None:
    assert {len(generate_code()) for _ in range(2000)} == {6}


def test_no_code_and_no_password_stands_in_the_database(
    person: Person, outbox: Outbox, session: Session, tmp_path: Path
) -> None:
    sent = send(person)
    code = outbox.code()
    person.save(person.press(sent, OK, code=code))
    dump = "\n".join(session.connection().connection.dbapi_connection.iterdump())  # type: ignore[union-attr]
    assert code not in re.findall(r"(?<!\d)\d{6}(?!\d)", dump)
    assert person.details()["password"] not in dump
    assert session.scalar(select(func.count(RateLimitHit.id))) > 0
