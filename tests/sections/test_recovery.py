"""«Забыли пароль?»: by letter and by code, the same for whoever asks."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from app.actions.accounts import recovery
from app.domain.rate_limits import LimitedAction
from app.extensions import db
from app.jobs.delivery import sweep
from app.lib.clock import Clock
from app.models import Account, AuditEvent, Message, RateLimitHit
from config import MailSettings
from tests.conftest import NOW, ZONE
from tests.factories import PASSWORD, Factory
from tests.outbox import Outbox, part, path_in
from tests.pages import PARTIAL, PageClient

NUMBER, NO_MAIL, UNKNOWN = "00123-ЭС", "00124-ЭС", "00999-ЭС"
EMAIL, PHONE = "buh@example.org", "+79120000001"
NEW = "свежий пароль 26"


@pytest.fixture
def account(make: Factory) -> Account:
    make.supplier()
    account = make.account(make.contract(NUMBER), email=EMAIL)
    account.phone = PHONE
    account.phone_confirmed_at = account.created_at
    silent = make.account(make.contract(NO_MAIL), email="typed-once@example.org")
    silent.email_confirmed_at = None
    make.commit()
    return account


def ask(page: PageClient, login: str = NUMBER, channel: str = "mail", status: int = 303):
    return page.submit(page.get("recovery.index"), status, login=login, channel=channel)


def set_new(page: PageClient, link: str, status: int = 303, password: str = NEW):
    soup = page.open(link)
    return page.submit(soup, status, password=password, password_again=password)


def test_the_link_sets_a_password_and_does_not_sign_in(
    page: PageClient, account: Account, outbox: Outbox, app: Flask
) -> None:
    assert page.open(ask(page).location).h1.text == "Проверьте почту"
    done = set_new(page, outbox.link(EMAIL))
    assert "Пароль изменен" in page.open(done.location).select_one("[role=status]").text
    assert page.client.get("/contracts/").status_code == 302
    PageClient(app).sign_in(NUMBER, PASSWORD, 422)
    PageClient(app).sign_in(NUMBER, NEW)


def test_the_email_says_what_it_is_for(page: PageClient, account: Account, outbox: Outbox) -> None:
    ask(page)
    (message,) = outbox.emails()
    assert message["Subject"] == "Новый пароль для Личного кабинета"
    for subtype in ("plain", "html"):
        text = part(message, subtype)
        assert NUMBER in text
        assert "21.11.2026 в 13:00 (UTC+5)" in text
        assert path_in(text).startswith("/recovery/password/")


def test_every_session_ends_and_a_notice_goes_out(
    page: PageClient, account: Account, outbox: Outbox, app: Flask, session: Session
) -> None:
    signed_in = PageClient(app)
    home = signed_in.sign_in(NUMBER).location
    ask(page)
    set_new(page, outbox.link())
    assert signed_in.client.get(home).status_code == 302
    assert signed_in.client.get(home, headers=PARTIAL).status_code == 401
    message = outbox.emails(EMAIL)[-1]
    assert message["Subject"] == "Пароль Личного кабинета изменен"
    assert "http" not in part(message, "plain")
    assert session.scalar(
        select(func.count(AuditEvent.id)).where(AuditEvent.action == "account.password_set")
    )


def test_known_unknown_and_without_address_see_the_same(
    page: PageClient, account: Account, outbox: Outbox
) -> None:
    answers = set()
    for login in (NUMBER, UNKNOWN, NO_MAIL, "вовсе не номер"):
        answer = ask(page, login)
        page.open(answer.location)
        answers.add((answer.status_code, answer.location, page.last.text))
    assert len(answers) == 1
    assert [message["To"] for message in outbox.emails()] == [EMAIL]


@pytest.mark.parametrize("channel", ["mail", "sms"])
def test_known_and_unknown_take_equally_long(
    make_app: Callable[..., Flask], account: Account, channel: str
) -> None:
    app = make_app(recoveries_per_address=10**6, recoveries_per_login=10**6)
    page = PageClient(app)
    soup = page.get("recovery.index")
    times: dict[str, list[float]] = {NUMBER: [], UNKNOWN: [], NO_MAIL: []}
    for _ in range(30):
        for login, measured in times.items():
            data = {
                "login": login,
                "channel": channel,
                "csrf_token": soup.select_one("[name=csrf_token]")["value"],
            }
            # What follows the answer is not read: nobody sees how long it takes.
            # Processor time: what else the machine does tells nobody anything.
            started = time.process_time()
            answer = page.client.post("/recovery", data=data, buffered=False)
            measured.append(time.process_time() - started)
            assert answer.status_code == 303
            answer.close()
    medians = [statistics.median(values) for values in times.values()]
    assert max(medians) - min(medians) < 0.010


@pytest.mark.parametrize("channel", ["mail", "sms"])
def test_a_first_request_is_counted_and_written_alike_for_everybody(
    app: Flask, page: PageClient, account: Account, channel: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What takes time is done for nobody, too: counts, rows written apart, filled templates."""
    statements: list[str] = []
    written: list[str] = []
    for name in ("render_email", "render_sms"):
        write = getattr(recovery, name)
        monkeypatch.setattr(
            recovery,
            name,
            lambda kind, write=write, **facts: written.append(kind) or write(kind, **facts),
        )
    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *found: statements.append(found[2]))
    costs = set()
    for login in (NUMBER, UNKNOWN, NO_MAIL):
        soup = page.get("recovery.index")
        statements.clear()
        written.clear()
        # What follows the answer is not read: there the message leaves.
        data = {
            "login": login,
            "channel": channel,
            "csrf_token": soup.select_one("[name=csrf_token]")["value"],
        }
        answer = page.client.post("/recovery", data=data, buffered=False)
        costs.add((sum("rate_limit_hits" in statement for statement in statements), tuple(written)))
        answer.close()
    assert len(costs) == 1


def test_who_gets_no_text_message_uses_up_nobodys_cap(
    page: PageClient, account: Account, session: Session
) -> None:
    ask(page, UNKNOWN, "sms")
    sent = select(func.count()).where(RateLimitHit.action == LimitedAction.SMS_REQUEST)
    assert session.scalar(sent) == 0


def test_four_requests_in_an_hour_are_three_emails_and_the_password_still_works(
    page: PageClient,
    account: Account,
    outbox: Outbox,
    app: Flask,
    advance_clock: Callable[..., datetime],
) -> None:
    for _ in range(4):
        page.open(ask(page).location)
    assert len(outbox.emails()) == 3
    PageClient(app).sign_in(NUMBER)
    # The last link that arrived works, though it was asked for once more.
    page.open(outbox.link())
    advance_clock(hours=1, seconds=1)
    ask(page)
    assert len(outbox.emails()) == 4


def test_one_address_cannot_ask_for_everybody(page: PageClient, account: Account) -> None:
    for number in range(20):
        ask(page, f"0{2000 + number}")
    assert ask(page, status=429).headers["Retry-After"]


@pytest.mark.parametrize(("minutes", "status"), [(59, 200), (60, 410), (61, 410)])
def test_a_link_works_for_an_hour(
    page: PageClient,
    account: Account,
    outbox: Outbox,
    advance_clock: Callable[..., datetime],
    minutes: int,
    status: int,
) -> None:
    ask(page)
    advance_clock(minutes=minutes)
    page.open(outbox.link(), status)


def test_a_link_works_once(page: PageClient, account: Account, outbox: Outbox) -> None:
    ask(page)
    link = outbox.link(EMAIL)
    soup = page.open(link)
    set_new(page, link)
    page.submit(soup, 410, password=NEW, password_again=NEW)
    page.open(link, 410)


def test_a_double_click_sets_one_password(
    page: PageClient, account: Account, outbox: Outbox, app: Flask
) -> None:
    ask(page)
    soup = page.open(outbox.link())
    data = {
        "csrf_token": soup.select_one("[name=csrf_token]")["value"],
        "password": NEW,
        "password_again": NEW,
    }
    cookie = page.client.get_cookie("kabinet")

    def click(_: int) -> int:
        client = app.test_client()
        client.set_cookie("kabinet", cookie.value)
        return client.post(page.last.request.path, data=data).status_code

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(click, range(4))) == [303, 410, 410, 410]
    assert len(outbox.emails()) == 2


def test_emails_that_waited_out_an_outage_bring_only_the_last_link(
    make_app: Callable[..., Flask], account: Account, outbox: Outbox, tmp_path: Path
) -> None:
    app = make_app(mail=MailSettings(tmp_path / "outbox", server="127.0.0.1", port=1, timeout=1))
    page = PageClient(app)
    for _ in range(3):
        ask(page)
    app = make_app()
    app.extensions["clock"] = Clock(ZONE, NOW + timedelta(minutes=5))
    with app.app_context():
        assert sweep() == 1
    PageClient(app).open(outbox.link())


def test_a_newer_link_kills_the_older(page: PageClient, account: Account, outbox: Outbox) -> None:
    ask(page)
    first = outbox.link()
    ask(page)
    page.open(first, 410)
    page.open(outbox.link())


@pytest.mark.parametrize("column", ["password_hash", "email"])
def test_a_link_dies_with_a_new_password_or_address(
    page: PageClient, account: Account, outbox: Outbox, session: Session, column: str
) -> None:
    ask(page)
    setattr(session.get_one(Account, account.id), column, "changed@example.org")
    session.commit()
    page.open(outbox.link(), 410)


def test_opening_the_link_changes_nothing_and_tells_no_other_site(
    page: PageClient, account: Account, outbox: Outbox
) -> None:
    ask(page)
    for _ in range(10):
        soup = page.open(outbox.link())
        assert page.last.headers.getlist("Referrer-Policy") == ["no-referrer"]
    outside = [
        tag
        for tag in soup.find_all(True)
        for name in ("src", "href", "action")
        if str(tag.get(name, "")).startswith(("http", "//"))
    ]
    assert not outside


@pytest.mark.parametrize(
    ("password", "again", "text"),
    [
        ("1234567", "1234567", "короче"),
        ("12345678", "12345678", "известен"),
        ("00123-эс", "00123-эс", "знают другие"),
        (NEW, "другой пароль", "не совпадают"),
    ],
)
def test_a_password_that_may_not_be_set_leaves_the_link_alive(
    page: PageClient, account: Account, outbox: Outbox, password: str, again: str, text: str
) -> None:
    ask(page)
    soup = page.open(outbox.link())
    page.submit(soup, 422, password=password, password_again=again)
    assert text in page.check_last().select_one(".field .error").text
    set_new(page, outbox.link(EMAIL))


@pytest.mark.parametrize("tail", ["", "x", "A" * 10_000, "%00"])
def test_an_altered_link_is_a_clear_page(
    page: PageClient, account: Account, outbox: Outbox, tail: str
) -> None:
    ask(page)
    assert page.client.get(outbox.link()[:-4] + tail).status_code == 404


def test_a_new_password_lifts_the_limit_of_sign_ins(
    page: PageClient, account: Account, outbox: Outbox, app: Flask, session: Session
) -> None:
    for number in range(100):
        PageClient(app, f"192.0.2.{number}").sign_in(NUMBER, "не тот пароль", 422)
    PageClient(app, "198.51.100.1").sign_in(NUMBER, PASSWORD, 429)
    ask(page)
    set_new(page, outbox.link())
    PageClient(app, "198.51.100.1").sign_in(NUMBER, NEW)
    assert (
        session.scalar(select(func.count(RateLimitHit.id)).where(RateLimitHit.action == "sign_in"))
        == 1
    )


def test_a_closed_account_gets_no_message(
    page: PageClient, account: Account, outbox: Outbox, session: Session
) -> None:
    session.get_one(Account, account.id).disabled_at = account.created_at
    session.commit()
    ask(page)
    assert not outbox.emails()
    assert session.scalar(select(func.count(Message.id))) == 0
