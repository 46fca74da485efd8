"""The signed-in session: how it begins, how long it lives, what ends it, what is kept of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import TimestampSigner
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.lib.clock import Clock
from app.models import Account, AccountSession, Contract, Membership
from tests.conftest import NOW, ZONE
from tests.factories import CREATED, PASSWORD, Factory
from tests.pages import PARTIAL, PageClient, check_page

NUMBER = "00123-ЭС"
COOKIE = "kabinet"
HTTPS = "https://lk.example.ru"


@pytest.fixture
def account(make: Factory) -> Account:
    make.supplier()
    account = make.account(make.contract(NUMBER))
    make.commit()
    return account


@pytest.fixture
def contract(account: Account, session: Session) -> Contract:
    return session.scalars(select(Contract)).one()


@pytest.fixture
def owner(page: PageClient, contract: Contract) -> PageClient:
    page.sign_in(NUMBER)
    return page


@pytest.fixture
def at(app: Flask) -> Callable[..., None]:
    """Move the portal to a moment after NOW."""

    def move(**passed: float) -> None:
        app.extensions["clock"] = Clock(ZONE, NOW + timedelta(**passed))

    return move


def home_status(page: PageClient, contract: Contract) -> int:
    return page.client.get(f"/contracts/{contract.id}/").status_code


def cookie_of(page: PageClient) -> str:
    cookie = page.client.get_cookie(COOKIE)
    assert cookie is not None
    return cookie.value


def with_cookie(app: Flask, value: str) -> PageClient:
    page = PageClient(app)
    page.client.set_cookie(COOKIE, value)
    return page


def test_cookie_from_before_sign_in_is_worthless_after_it(
    app: Flask, page: PageClient, contract: Contract
) -> None:
    page.get("auth.sign_in")
    before = cookie_of(page)
    page.sign_in(NUMBER)
    assert cookie_of(page) != before
    assert home_status(with_cookie(app, before), contract) == 302


def test_form_token_from_before_sign_in_is_worthless_after_it(
    page: PageClient, contract: Contract
) -> None:
    token = page.get("auth.sign_in").select_one("[name=csrf_token]")["value"]
    page.sign_in(NUMBER)
    assert page.client.post("/sign-out", data={"csrf_token": token}).status_code == 400
    assert home_status(page, contract) == 200


def test_signing_in_again_makes_the_older_cookie_of_this_browser_worthless(
    app: Flask, owner: PageClient, contract: Contract
) -> None:
    older = cookie_of(owner)
    token = owner.get("home.index", contract_id=contract.id).select_one("[name=csrf_token]")
    data = {"csrf_token": token["value"], "login": NUMBER, "password": PASSWORD}
    assert owner.client.post("/sign-in", data=data).status_code == 303
    assert home_status(with_cookie(app, older), contract) == 302
    assert home_status(owner, contract) == 200


def test_sign_out_takes_a_button_not_a_link(owner: PageClient, contract: Contract) -> None:
    answer = owner.client.get("/sign-out")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "OPTIONS, POST")
    assert home_status(owner, contract) == 200


def test_sign_out_ends_the_session_wherever_its_cookie_was_copied(
    app: Flask, owner: PageClient, contract: Contract, session: Session
) -> None:
    copied = cookie_of(owner)
    answer = owner.submit(owner.get("home.index", contract_id=contract.id), csrf_token=token(owner))
    assert answer.location == "/sign-in"
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert owner.client.get_cookie(COOKIE) is None
    thief = with_cookie(app, copied)
    replayed = thief.client.get(f"/contracts/{contract.id}/")
    assert replayed.status_code == 302
    assert replayed.location == f"/sign-in?next=/contracts/{contract.id}/"
    assert session.scalars(select(AccountSession.ended_at)).one() == NOW.astimezone(UTC)


@pytest.mark.parametrize("place", [1, -2], ids=["values", "signature"])
def test_an_altered_cookie_opens_nothing_though_the_true_one_was_just_accepted(
    app: Flask, owner: PageClient, contract: Contract, place: int
) -> None:
    genuine = cookie_of(owner)
    assert home_status(owner, contract) == 200
    characters = list(genuine)
    characters[place] = "A" if characters[place] != "A" else "B"
    assert home_status(with_cookie(app, "".join(characters)), contract) == 302
    assert home_status(with_cookie(app, genuine), contract) == 200


@pytest.mark.parametrize("days", [-32, 1], ids=["long ago", "in the future"])
def test_a_cookie_signed_out_of_time_opens_nothing(
    app: Flask, owner: PageClient, contract: Contract, days: int
) -> None:
    class Signer(TimestampSigner):
        def get_timestamp(self) -> int:
            return super().get_timestamp() + days * 86_400

    signing = SecureCookieSessionInterface().get_signing_serializer(app)
    assert signing is not None
    values = signing.loads(cookie_of(owner))
    assert home_status(with_cookie(app, signing.dumps(values)), contract) == 200
    signing.signer = Signer
    for _ in range(2):
        assert home_status(with_cookie(app, signing.dumps(values)), contract) == 302


def token(page: PageClient) -> str:
    value: str = page.get("service.contract_choice").select_one("[name=csrf_token]")["value"]
    return value


def test_fragment_after_the_end_gets_401_and_a_redirect_of_the_whole_page(
    app: Flask, owner: PageClient, contract: Contract
) -> None:
    copied = cookie_of(owner)
    owner.client.post("/sign-out", data={"csrf_token": token(owner)})
    wanted = f"/contracts/{contract.id}/settlements?first=2026-01-01&last=2026-02-28"
    answer = with_cookie(app, copied).client.get(wanted, headers=PARTIAL)
    assert (answer.status_code, answer.data) == (401, b"")
    target = PageClient(app)
    soup = target.open(answer.headers["HX-Redirect"])
    assert target.submit(soup, login=NUMBER, password=PASSWORD).location == wanted


MADE_UP = ["", "x", "x.y.z", "." * 50, "é", "A" * 4000, "eyJfdXNlcl9pZCI6IjEifQ.aR.AAAA", "null"]


def test_made_up_cookie_is_nobody(app: Flask, contract: Contract) -> None:
    for value in MADE_UP:
        assert home_status(with_cookie(app, value), contract) == 302, value


def test_cookie_signed_with_another_secret_is_nobody(
    owner: PageClient, contract: Contract, make_app: Callable[..., Flask]
) -> None:
    owner.client.application = make_app(secret_key="another-" + "y" * 32)
    assert home_status(owner, contract) == 302


def test_session_ends_after_half_an_hour_without_use(
    owner: PageClient, contract: Contract, at: Callable[..., None]
) -> None:
    at(minutes=29)
    assert home_status(owner, contract) == 200
    at(minutes=29 + 29)
    assert home_status(owner, contract) == 200
    at(minutes=29 + 29 + 31)
    assert home_status(owner, contract) == 302


def test_session_ends_after_twelve_hours_however_busy(
    owner: PageClient, contract: Contract, at: Callable[..., None]
) -> None:
    statuses = {}
    for quarter in range(1, 50):
        at(minutes=15 * quarter)
        statuses[quarter] = home_status(owner, contract)
    assert [quarter for quarter, status in statuses.items() if status != 200] == [48, 49]


def test_last_use_is_true_to_a_minute(
    owner: PageClient, contract: Contract, session: Session, at: Callable[..., None]
) -> None:
    def last_seen() -> datetime:
        session.rollback()
        return session.scalars(select(AccountSession.last_seen_at)).one()

    at(seconds=59)
    home_status(owner, contract)
    assert last_seen() == NOW
    at(seconds=61)
    home_status(owner, contract)
    assert last_seen() == NOW + timedelta(seconds=61)


def test_disabled_account_is_out_on_its_next_request(
    owner: PageClient, contract: Contract, account: Account, session: Session
) -> None:
    account.disabled_at = CREATED
    session.commit()
    assert home_status(owner, contract) == 302
    owner.sign_in(NUMBER, status=422)


def test_revoked_membership_hides_the_contract_at_once(
    owner: PageClient, contract: Contract, session: Session
) -> None:
    session.scalars(select(Membership)).one().revoked_at = CREATED
    session.commit()
    # Nothing is left that this session could open: it has ended.
    assert home_status(owner, contract) == 302
    PageClient(owner.app).sign_in(NUMBER, status=422)


def test_withdrawn_contract_is_hidden_at_once(
    owner: PageClient, contract: Contract, session: Session
) -> None:
    contract.withdrawn_at = CREATED
    session.commit()
    assert home_status(owner, contract) == 302
    PageClient(owner.app).sign_in(NUMBER, status=422)


def test_changed_role_is_obeyed_at_once(
    owner: PageClient, contract: Contract, session: Session
) -> None:
    money = f"/contracts/{contract.id}/settlements"
    assert owner.client.get(money).status_code == 200
    session.scalars(select(Membership)).one().role = "engineer"
    session.commit()
    assert owner.client.get(money).status_code == 403


def test_over_tls_every_cookie_is_bound_to_this_host(
    contract: Contract, make_app: Callable[..., Flask]
) -> None:
    browser = make_app(base_url=HTTPS, production=True).test_client()
    lines: list[str] = []

    def ask(method: str, path: str, **data: str) -> TestResponse:
        answer = browser.open(path, method=method, base_url=HTTPS, data=data)
        lines.extend(answer.headers.getlist("Set-Cookie"))
        return answer

    def send(path: str, page: str, **data: str) -> int:
        token = check_page(ask("GET", page).text).select_one("[name=csrf_token]")["value"]
        return ask("POST", path, csrf_token=token, **data).status_code

    assert send("/sign-in", "/sign-in", login=NUMBER, password=PASSWORD) == 303
    assert ask("GET", f"/contracts/{contract.id}/").status_code == 200
    assert send("/appearance", "/appearance", text="200") == 303
    assert send("/sign-out", "/contracts/") == 303
    assert len(lines) >= 4
    for line in lines:
        parts = {part.split("=")[0].lower(): part for part in line.split("; ")}
        assert line.startswith("__Host-"), line
        assert {"secure", "httponly"} <= parts.keys()
        assert parts["path"] == "Path=/"
        assert parts["samesite"] in ("SameSite=Lax", "SameSite=Strict")
        assert "domain" not in parts
        assert len(line) < 4096


def test_without_tls_the_cookie_is_still_closed_to_scripts(page: PageClient) -> None:
    (line,) = page.client.get("/sign-in").headers.getlist("Set-Cookie")
    assert line.startswith("kabinet=")
    assert "HttpOnly" in line
    assert "SameSite=Lax" in line
    assert "Expires" not in line


def test_database_holds_no_secret(
    production_hashing: None, owner: PageClient, account: Account, tmp_path: Path, session: Session
) -> None:
    PageClient(owner.app, "192.0.2.9").sign_in(NUMBER, "чужая догадка", 422)
    owner.get("service.contract_choice")
    with owner.client.session_transaction() as cookie:
        secrets = [PASSWORD, "чужая догадка", cookie["_user_id"], cookie["csrf_token"]]
    assert cookie_of(owner)
    session.rollback()
    with sqlite3.connect(tmp_path / "kabinet.sqlite3") as database:
        dump = "\n".join(database.iterdump())
    assert "$argon2id$v=19$m=19456,t=2,p=1$" in dump
    assert [secret for secret in secrets if secret in dump] == []
    assert owner.app.config["SECRET_KEY"] not in dump
