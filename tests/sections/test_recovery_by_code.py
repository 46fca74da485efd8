"""«Забыли пароль?» by a code in a text message."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Account, AuditEvent
from config import SmsSettings
from tests.outbox import Outbox
from tests.pages import PageClient
from tests.sections.test_recovery import NEW, NO_MAIL, NUMBER, PHONE, UNKNOWN, account, ask

__all__ = ["account"]


def by_code(page: PageClient, login: str = NUMBER):
    return page.open(ask(page, login, "sms").location)


def type_code(page: PageClient, soup, code: str, status: int = 303, password: str = NEW):
    return page.submit(soup, status, code=code, password=password, password_again=password)


def test_a_code_sets_a_password(
    page: PageClient, account: Account, outbox: Outbox, app: Flask
) -> None:
    type_code(page, by_code(page), outbox.code(PHONE))
    PageClient(app).sign_in(NUMBER, NEW)


def test_a_wrong_code_and_an_unknown_login_get_the_same_answer(
    page: PageClient, account: Account, outbox: Outbox
) -> None:
    pages = set()
    for login in (NUMBER, UNKNOWN, NO_MAIL):
        soup = by_code(page, login)
        for _ in range(6):
            type_code(page, soup, "no", 422)
            text = re.sub(r'name="csrf_token"[^>]*|/recovery/code/[^"]*', "", page.last.text)
            # What was typed stands there for the password manager.
            pages.add(text.replace(f'value="{login}" autocomplete="username"', ""))
    assert len(pages) == 1
    assert len(outbox.texts()) == 1


def test_five_wrong_codes_kill_the_right_one(
    page: PageClient, account: Account, outbox: Outbox
) -> None:
    soup = by_code(page)
    for _ in range(5):
        type_code(page, soup, "no", 422)
    type_code(page, soup, outbox.code(), 422)


def test_a_password_refused_leaves_the_code_alive(
    page: PageClient, account: Account, outbox: Outbox
) -> None:
    soup = by_code(page)
    type_code(page, soup, outbox.code(), 422, "7415000018")
    type_code(page, soup, outbox.code())


def test_a_code_works_for_ten_minutes(
    page: PageClient, account: Account, outbox: Outbox, advance_clock: Callable[..., datetime]
) -> None:
    soup = by_code(page)
    advance_clock(minutes=10)
    type_code(page, soup, outbox.code(), 422)


def test_fifteen_codes_a_day_are_typed_for_one_login(page: PageClient, account: Account) -> None:
    soup = by_code(page, UNKNOWN)
    statuses = [
        type_code(page, soup, "no", 429 if number >= 15 else 422).status_code
        for number in range(17)
    ]
    assert statuses[14:] == [422, 429, 429]


def test_a_strangers_guesses_do_not_shut_the_owner_out(
    page: PageClient,
    account: Account,
    outbox: Outbox,
    app: Flask,
    advance_clock: Callable[..., datetime],
) -> None:
    stranger = PageClient(app, "192.0.2.1")
    soup = by_code(stranger)
    for number in range(16):
        type_code(stranger, soup, "no", 429 if number >= 15 else 422)
    advance_clock(hours=1, seconds=1)
    type_code(page, by_code(page), outbox.code())


def test_reaching_the_cap_of_text_messages_alarms_staff(
    make_app: Callable[..., Flask],
    account: Account,
    outbox: Outbox,
    tmp_path: Path,
    session: Session,
) -> None:
    app = make_app(sms=SmsSettings(tmp_path / "outbox", daily_cap=0))
    by_code(PageClient(app))
    assert not outbox.texts()
    assert session.scalars(select(AuditEvent.action)).all().count("alarm") == 1
