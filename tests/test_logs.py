"""The log: one JSON line per event, a number to find it by, nothing secret in it."""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.domain.access import Role
from app.extensions import db
from app.models import Account
from tests.factories import CREATED, PASSWORD, Factory
from tests.logs import capture_log
from tests.pages import PageClient

NUMBER = "00123-ЭС"
WRONG = "чужая догадка"


class Log:
    """What the portal has written to its log since it was last read."""

    def __init__(self, stream: StringIO) -> None:
        self.stream = stream
        self.text = ""

    def lines(self) -> list[dict[str, Any]]:
        self.text = self.stream.getvalue()
        self.stream.seek(0)
        self.stream.truncate()
        return [json.loads(line) for line in self.text.splitlines()]

    def one(self, event: str) -> dict[str, Any]:
        (line,) = [line for line in self.lines() if line["event"] == event]
        return line


@pytest.fixture
def portal(app: Flask, session: Session, make: Factory) -> Flask:
    make.supplier()
    make.account(make.contract(NUMBER))
    make.commit()
    return app


@pytest.fixture
def log(portal: Flask) -> Log:
    """Standard error of the portal, whose handler writes here instead."""
    return Log(capture_log())


@pytest.fixture
def page(portal: Flask) -> PageClient:
    return PageClient(portal, "192.0.2.7")


def test_every_request_is_one_line_with_its_facts(page: PageClient, log: Log) -> None:
    page.client.get("/manual?token=t0psecret", headers={"User-Agent": "браузер"})
    line = log.one("request")
    assert datetime.fromisoformat(line["time"]).tzinfo == UTC
    assert abs(datetime.fromisoformat(line["time"]) - datetime.now(UTC)).total_seconds() < 60
    assert (line["method"], line["rule"], line["status"]) == ("GET", "/manual", 200)
    assert (line["address"], line["account"], line["level"]) == ("192.0.2.7", None, "INFO")
    assert line["ms"] >= 0
    assert "t0psecret" not in log.text


def test_number_of_a_request_is_the_same_in_page_header_and_log(
    portal: Flask, page: PageClient, log: Log
) -> None:
    cross_site = {"Sec-Fetch-Site": "cross-site"}
    answers = [
        page.client.get("/nowhere"),
        page.client.get("/", headers={"Host": "evil.example"}),
        page.client.get("/", environ_overrides={"QUERY_STRING": "\xff"}),
        page.client.post("/sign-in"),
        page.client.post("/sign-in", headers=cross_site),
        page.client.post("/sign-in", data={"login": "x" * 1_100_000}),
    ]
    numbers = [answer.headers["X-Request-Id"] for answer in answers]
    assert all(re.fullmatch("[0-9a-f]{16}", number) for number in numbers)
    assert len(set(numbers)) == len(numbers)
    for answer, number in zip(answers, numbers, strict=True):
        assert number in answer.text, answer.status_code
    assert [line["request_id"] for line in log.lines() if line["event"] == "request"] == numbers


def test_sign_in_and_out_are_told_with_account_and_address(
    portal: Flask, page: PageClient, log: Log
) -> None:
    page.sign_in(NUMBER, WRONG, 422)
    refused = log.one("sign-in refused")
    page.sign_in("00999-ЭС", WRONG, 422)
    unknown = log.one("sign-in refused")
    page.sign_in(NUMBER)
    entered = log.one("sign-in")
    soup = page.get("service.contract_choice")
    assert log.one("request")["account"] == 1
    page.client.post(
        "/sign-out", data={"csrf_token": soup.select_one("[name=csrf_token]")["value"]}
    )
    left = log.one("sign-out")
    assert [line["account"] for line in (refused, unknown, entered, left)] == [1, None, 1, 1]
    assert {line["address"] for line in (refused, unknown, entered, left)} == {"192.0.2.7"}


def test_limit_and_denied_access_are_told(
    portal: Flask, page: PageClient, log: Log, session: Session, make: Factory
) -> None:
    for _ in range(10):
        page.sign_in(NUMBER, WRONG, 422)
    page.sign_in(NUMBER, WRONG, 429)
    assert 0 < log.one("sign-in limited")["retry_after"] <= 900
    office = PageClient(portal, "192.0.2.8")
    office.sign_in(NUMBER)
    other = make.contract("00456-ЭС")
    make.membership(session.get_one(Account, 1), other, Role.ENGINEER)
    make.commit()
    office.client.get(f"/contracts/{other.id}/settlements")
    denied = log.one("access denied")
    assert (denied["endpoint"], denied["account"]) == ("settlements.index", 1)


HOSTILE = [
    "x\nINFO login ok",
    'x\r\n{"event": "sign-in", "account": 1}',
    "\u2028\u2029\x85\x0b\x0c\x1b[31m",
    "x" * 10_000,
    '"}',
    "\x00",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_login_or_browser_name_makes_no_line_of_its_own(
    page: PageClient, log: Log, text: str
) -> None:
    soup = page.get("auth.sign_in")
    log.lines()
    agent = text.encode().decode("latin1").replace("\r", "").replace("\n", "")
    page.client.post(
        "/sign-in",
        data={
            "csrf_token": soup.select_one("[name=csrf_token]")["value"],
            "login": text,
            "password": WRONG,
        },
        environ_overrides={"HTTP_USER_AGENT": text.encode().decode("latin1")},
        headers={"Referer": agent},
    )
    lines = log.lines()
    assert [line["event"] for line in lines if line["event"] != "sign-in refused"] == ["request"]
    assert all(len(line) < 1500 for line in log.text.splitlines())
    assert log.text.isascii()


def test_nothing_secret_is_logged(portal: Flask, page: PageClient, log: Log) -> None:
    secrets = [PASSWORD, WRONG, NUMBER, portal.config["SECRET_KEY"], "7415000018"]
    page.sign_in(NUMBER, WRONG, 422)
    page.sign_in(WRONG, PASSWORD, 422)
    page.sign_in(NUMBER)
    soup = page.get("home.index", contract_id=1)
    secrets.append(soup.select_one("[name=csrf_token]")["value"])
    with page.client.session_transaction() as cookie:
        secrets += [cookie["_user_id"], cookie["csrf_token"]]
    cookie = page.client.get_cookie("kabinet")
    assert cookie is not None
    secrets.append(cookie.value)
    page.client.post("/sign-out", data={"csrf_token": "x"})
    page.client.get("/nowhere?password=" + PASSWORD)
    page.client.get("/contracts/1/", headers={"Cookie": "kabinet=" + cookie.value})
    log.lines()
    written = log.text.encode().decode("unicode_escape")
    assert [secret for secret in secrets if secret in written or secret in log.text] == []


def test_crash_keeps_its_trace_in_one_line_without_the_values_of_the_query(
    portal: Flask, log: Log
) -> None:
    def clash() -> str:
        values = {"email": "a@example.org", "created_at": CREATED}
        for key in (1, 1):
            db.session.add(Account(id=key, password_hash="$argon2id$t0psecret", **values))
            db.session.flush()
            db.session.expunge_all()
        return ""

    portal.add_url_rule("/clash", "clash", clash)
    answer = portal.test_client().get("/clash")
    assert answer.status_code == 500
    line = log.one(f"unexpected {IntegrityError.__name__}")
    assert line["request_id"] == answer.headers["X-Request-Id"]
    assert "IntegrityError" in line["trace"]
    assert "t0psecret" not in line["trace"].replace('password_hash="$argon2id$t0psecret"', "")
    assert "a@example.org" not in line["trace"]


def test_database_failure_is_told_without_its_statement(portal: Flask, log: Log) -> None:
    def fail() -> str:
        return str(db.session.connection().exec_driver_sql("SELECT t0psecret FROM nothing"))

    portal.add_url_rule("/fail", "fail", fail)
    assert portal.test_client().get("/fail").status_code == 503
    assert log.one("database unavailable: OperationalError")["level"] == "WARNING"
    assert "t0psecret" not in log.text


def test_static_files_and_probes_are_not_worth_a_line(page: PageClient, log: Log) -> None:
    page.client.get("/static/site.css", buffered=True)
    page.client.get("/health/live")
    assert log.lines() == []


def test_the_queue_writes_to_the_same_log(app: Flask) -> None:
    log = Log(capture_log())
    logging.getLogger("huey.queue").warning("queued task refused: %s", "no valid signature")
    assert log.one("queued task refused: no valid signature")["level"] == "WARNING"
