"""Who gets what: roles, other people's contracts, forged requests, and reading that only reads."""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from lxml.html import document_fromstring
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.domain.access import Role
from app.lib.clock import Clock
from app.models import Account, Contract
from tests.conftest import NOW, ZONE
from tests.factories import Factory
from tests.pages import PARTIAL, PageClient
from tests.routes import PUBLIC, TOKEN, inventory

MINE, THEIRS = "00123-ЭС", "00456-ЭС"
MONEY_PAGES = [
    "settlements",
    "settlements/turnover.xlsx",
    "settlements/turnover.csv",
    "settlements/statement",
    "settlements/statement.pdf",
    "settlements/statement.xlsx",
    "settlements/statement.csv",
    "charges",
    "charges/statement",
    "charges/statement.pdf",
    "charges/statement.xlsx",
    "charges/statement.csv",
    "charges/charges.xlsx",
    "charges/charges.csv",
    "payments",
    "payments/payments.xlsx",
    "payments/payments.csv",
]
SIGNED_IN_PAGES = ["/contracts/", "/contracts/{id}/"] + [
    "/contracts/{id}/" + page for page in MONEY_PAGES
]
# Asks for the link first and for the form's token then: pressed twice, it is «used».
LINK_FIRST = ("/registration/confirm/token", "/notifications/unsubscribe/token")
"""The link is checked before the form; a mail program unsubscribes without a form token."""


@pytest.fixture
def me(make: Factory) -> Account:
    make.supplier()
    make.import_run()
    mine = make.contract(MINE)
    account = make.account(mine)
    make.charge(mine, date(2026, 10, 31), "1200.50")
    make.meter(mine)
    make.commit()
    return account


@pytest.fixture
def theirs(me: Account, make: Factory) -> Contract:
    contract = make.contract(THEIRS)
    make.account(contract, email="other@example.org")
    make.charge(contract, date(2026, 10, 31), "98765.43")
    make.commit()
    return contract


@pytest.fixture
def mine(page: PageClient, me: Account) -> int:
    """The id of my contract, in a browser that is signed in."""
    return int(page.sign_in(MINE).location.split("/")[2])


def without_number(answer: TestResponse) -> tuple[int, str]:
    """Status and text of an error page but for the id of the request."""
    return answer.status_code, answer.text.replace(answer.headers["X-Request-Id"], "")


def dump(tmp_path: Path) -> list[str]:
    """The whole database but for when sessions were last used, how many PDF were made, and which
    files were downloaded."""
    with sqlite3.connect(tmp_path / "kabinet.sqlite3") as database:
        database.execute("UPDATE account_sessions SET last_seen_at = created_at")
        database.execute("DELETE FROM rate_limit_hits WHERE action = 'pdf'")
        database.execute("DELETE FROM audit_events WHERE action = 'file.downloaded'")
        lines = list(database.iterdump())
        database.rollback()
    return lines


@pytest.mark.parametrize("role", Role)
def test_money_is_for_those_whose_role_sees_it(
    page: PageClient, mine: int, me: Account, theirs: Contract, make: Factory, role: Role
) -> None:
    if role is Role.OWNER:
        shown = mine
    else:
        make.membership(me, theirs, role)
        make.commit()
        shown = theirs.id
    expected = 403 if role is Role.ENGINEER else 200
    for path in MONEY_PAGES:
        answer = page.client.get(f"/contracts/{shown}/{path}")
        assert answer.status_code == expected, path
        if expected == 403:
            assert "Нет доступа" in answer.text
            assert "₽" not in answer.text
    home = page.get("home.index", contract_id=shown)
    sees_money = "₽" in home.text
    has_link = home.select_one(f"a[href='/contracts/{shown}/settlements']") is not None
    assert sees_money == has_link == (expected == 200)


def test_engineer_sees_the_contract_and_its_meters_without_any_sum(
    page: PageClient, mine: int, me: Account, theirs: Contract, make: Factory
) -> None:
    make.membership(me, theirs, Role.ENGINEER)
    make.meter(theirs, "44556677")
    make.commit()
    home = page.get("home.index", contract_id=theirs.id)
    assert "44556677" in home.text
    for phrase in ("Задолженность", "Переплата", "Оплатить", "98 765", "начисление", "Счет"):
        assert phrase not in home.text
    fragment = page.fragment("settlements.index", 403, contract_id=theirs.id)
    assert "Нет доступа" in fragment.text


@pytest.mark.parametrize("headers", [{}, PARTIAL], ids=["page", "fragment"])
def test_foreign_missing_and_overflowing_ids_are_one_and_the_same_404(
    page: PageClient, mine: int, theirs: Contract, headers: dict[str, str]
) -> None:
    ids = [str(theirs.id), "999999", "0", str(2**63 - 1), str(2**63), str(2**64), "9" * 400]
    for path in SIGNED_IN_PAGES[1:]:
        answers = [page.client.get(path.format(id=key), headers=headers) for key in ids]
        assert {without_number(answer) for answer in answers} == {without_number(answers[0])}, path
        assert answers[0].status_code == 404
        assert THEIRS not in answers[0].text


@pytest.mark.parametrize(
    "key", ["-1", "1.0", "1e3", "x", "%00", "1%20", "9" * 5000, "%D9%A1x", "''"]
)
def test_what_is_no_id_is_a_404(page: PageClient, mine: int, key: str) -> None:
    assert page.client.get(f"/contracts/{key}/").status_code == 404


def test_parameters_never_choose_the_contract(
    page: PageClient, mine: int, theirs: Contract
) -> None:
    for path in SIGNED_IN_PAGES[1:]:
        answer = page.client.get(
            path.format(id=mine), query_string={"contract_id": theirs.id, "id": theirs.id}
        )
        assert answer.status_code == 200
        assert THEIRS.encode() not in answer.data


def test_every_address_that_is_not_public_sends_a_stranger_to_sign_in(
    app: Flask, mine: int, theirs: Contract
) -> None:
    stranger = PageClient(app)
    for route in inventory():
        if route.is_write or route.access in (PUBLIC, TOKEN):
            continue
        sign_in = "/staff/sign-in" if route.is_staff else "/sign-in"
        for values in route.every_values(contract_id=mine):
            path = stranger.url(route.endpoint, **values)
            answer = stranger.client.get(path)
            assert (answer.status_code, answer.location) == (302, f"{sign_in}?next={path}"), path
            answer = stranger.client.get(path, headers=PARTIAL)
            assert (answer.status_code, answer.data) == (401, b""), path


def test_stranger_is_told_the_same_about_contracts_that_exist_and_do_not(
    app: Flask, mine: int
) -> None:
    stranger = app.test_client()
    answers = [stranger.get(f"/contracts/{key}/") for key in (mine, 999999, 2**64)]
    assert {answer.status_code for answer in answers} == {302}


def posts(page: PageClient) -> list[str]:
    """Addresses of forms; the billing system brings a token of its own."""
    return [
        page.url(route.endpoint, **route.values(contract_id=1))
        for route in inventory()
        if route.is_write and route.access != TOKEN
    ]


def test_write_without_or_with_a_foreign_token_is_refused_and_changes_nothing(
    app: Flask, page: PageClient, mine: int, tmp_path: Path
) -> None:
    soup = PageClient(app).get("auth.sign_in")
    foreign = soup.select_one("[name=csrf_token]")["value"]
    before = dump(tmp_path)
    for path in posts(page):
        for token in ("", "x", foreign, foreign[:-1], "é" * 50, "." * 300):
            data = {"csrf_token": token, "login": MINE, "text": "200"}
            answer = page.client.post(path, data=data)
            assert answer.status_code == (404 if path in LINK_FIRST else 400), (path, token)
            assert path in LINK_FIRST or "Страница устарела" in answer.text
            assert "Set-Cookie" not in answer.headers or "appearance" not in str(answer.headers)
        assert page.client.post(path).status_code in (400, 404)
        assert page.client.post(path, json={"csrf_token": foreign}).status_code in (400, 404)
    assert dump(tmp_path) == before
    page.get("home.index", contract_id=mine)


def test_write_from_another_site_is_refused_even_with_a_token(
    app: Flask, page: PageClient, mine: int, tmp_path: Path
) -> None:
    token = page.get("home.index", contract_id=mine).select_one("[name=csrf_token]")["value"]
    before = dump(tmp_path)
    for path in posts(page):
        answer = page.client.post(
            path, data={"csrf_token": token}, headers={"Sec-Fetch-Site": "cross-site"}
        )
        assert answer.status_code == 403
        assert answer.headers["X-Request-Id"] in answer.text
    assert dump(tmp_path) == before
    page.get("home.index", contract_id=mine)


@pytest.mark.parametrize("site", ["same-origin", "none", None])
def test_write_from_a_page_of_ours_is_accepted(
    page: PageClient, mine: int, site: str | None
) -> None:
    token = page.get("home.index", contract_id=mine).select_one("[name=csrf_token]")["value"]
    headers = {"Sec-Fetch-Site": site} if site else {}
    answer = page.client.post("/sign-out", data={"csrf_token": token}, headers=headers)
    assert answer.status_code == 303


def test_other_methods_are_not_understood(app: Flask, page: PageClient, mine: int) -> None:
    for path in ("/", "/sign-in", "/sign-out", f"/contracts/{mine}/", "/static/app.js"):
        for method in ("TRACE", "PUT", "DELETE", "PATCH", "PROPFIND", "CONNECT"):
            answer = page.client.open(path, method=method)
            assert answer.status_code == 405, (method, path)
            assert "TRACE" not in answer.headers["Allow"]


def links(page: str) -> set[str]:
    """Addresses of this host that a page leads to; lxml is twenty times as fast here."""
    seen = document_fromstring(page).xpath("//*[not(ancestor::template)]")
    found = [tag.get("href") for tag in seen if tag.tag == "a" and tag.get("href")]
    found += [tag.get("data-hx-get") for tag in seen if tag.get("hx-get")]
    return {href.split("#")[0] for href in found if href.startswith("/")}


def crawl(
    page: PageClient, start: str, visit: Callable[[str, TestResponse], None] | None = None
) -> dict[str, int]:
    """Follow every link there is; the page of appearances links to itself ever longer."""
    queue, seen = deque([start]), {}
    while queue:
        path = queue.popleft()
        if path in seen or path.count("appearance") > 1 or path.count("%252F") > 1:
            continue
        answer = page.client.get(path)
        seen[path] = answer.status_code
        if visit:
            visit(path, answer)
        if answer.location and urlsplit(answer.location).netloc == "":
            queue.append(answer.location)
        if answer.mimetype == "text/html" and answer.status_code < 400:
            queue.extend(sorted(links(answer.text) - seen.keys()))
    return seen


def test_following_every_link_twice_changes_nothing_and_never_leaves_my_contract(
    app: Flask, page: PageClient, mine: int, theirs: Contract, tmp_path: Path
) -> None:
    before = dump(tmp_path)
    for minutes in (5, 10):
        app.extensions["clock"] = Clock(ZONE, NOW + timedelta(minutes=minutes))
        seen = crawl(page, "/")
    assert dump(tmp_path) == before
    # The eleventh PDF in a minute has to wait.
    assert {code for path, code in seen.items() if ".pdf" not in path} <= {200, 302, 303}, seen
    assert set(seen.values()) <= {200, 302, 303, 429}, seen
    assert len(seen) > 15
    assert not [path for path in seen if f"/contracts/{theirs.id}/" in path]
    stranger, other = PageClient(app), PageClient(app)
    other.sign_in(THEIRS)
    for path in seen:
        if path.startswith(f"/contracts/{mine}/"):
            assert stranger.client.get(path).status_code == 302, path
            assert other.client.get(path).status_code == 404, path
            assert other.client.get(path, headers=PARTIAL).status_code == 404, path


def test_reading_commits_nothing_but_the_last_use(
    page: PageClient, mine: int, session: Session, tmp_path: Path, make_app: Callable[..., Flask]
) -> None:
    before = dump(tmp_path)
    for path in SIGNED_IN_PAGES:
        for method in ("GET", "HEAD", "OPTIONS"):
            page.client.open(path.format(id=mine), method=method)
    assert dump(tmp_path) == before
