"""Known devices: guesses from everywhere lock out strangers, not the browsers used before."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.second_factor import totp_secret
from app.domain.staff import StaffRole
from app.lib.totp import code_at
from app.models import Account, Contract, StaffMember
from tests.conftest import NOW
from tests.factories import PASSWORD, Factory
from tests.outbox import Outbox
from tests.pages import PageClient

NUMBER = "00123-ЭС"
OTHER = "00124-ЭС"
PHONE = "+79120000001"
WRONG = "не тот пароль"
HOME, OFFICE = "203.0.113.7", "203.0.113.8"


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    """The cap per login is low: a hundred hashes for each test would take long."""
    return make_app(sign_in_login_checks=20)


@pytest.fixture
def contract(make: Factory) -> Contract:
    contract = make.contract(NUMBER)
    account = make.account(contract)
    account.phone, account.phone_confirmed_at = PHONE, NOW
    make.account(make.contract(OTHER))
    make.staff(StaffRole.OPERATOR, login="operator")
    make.commit()
    return contract


@pytest.fixture
def owner(app: Flask, contract: Contract) -> PageClient:
    """A browser that has signed in once and whose session is over."""
    page = PageClient(app, HOME)
    page.sign_in(NUMBER)
    return forget_session(page)


def forget_session(page: PageClient) -> PageClient:
    page.client.delete_cookie("kabinet")
    return page


def device_of(page: PageClient, name: str = "device") -> str:
    cookie = page.client.get_cookie(name)
    assert cookie is not None
    return cookie.value


def guess(app: Flask, path: str, login: str, times: int = 22) -> int:
    """Wrong passwords from as many addresses; the last status."""
    page = PageClient(app)
    token = page.open(path).select_one("[name=csrf_token]")["value"]
    for number in range(times):
        page.last = page.client.post(
            path,
            data={"csrf_token": token, "login": login, "password": WRONG},
            environ_base={"REMOTE_ADDR": f"198.51.100.{number}"},
        )
    return page.last.status_code


def test_a_hundred_guesses_from_everywhere_do_not_lock_out_a_browser_used_before(
    app: Flask, owner: PageClient
) -> None:
    assert guess(app, "/sign-in", NUMBER) == 429
    owner.sign_in(NUMBER)
    PageClient(app, OFFICE).sign_in(NUMBER, status=429)


@pytest.mark.parametrize("channel", ["mail", "sms"])
def test_a_new_password_is_not_locked_out_of_the_browser_it_was_set_in(
    app: Flask, owner: PageClient, outbox: Outbox, channel: str
) -> None:
    new = "свежий пароль 26"
    form = owner.get("recovery.index")
    owner.submit(form, 303, login=NUMBER, channel=channel)
    if channel == "mail":
        form = owner.open(outbox.link())
        owner.submit(form, 303, password=new, password_again=new)
    else:
        form, code = owner.open(owner.last.location), outbox.code(PHONE)
        owner.submit(form, 303, code=code, password=new, password_again=new)
    assert guess(app, "/sign-in", NUMBER) == 429
    owner.sign_in(NUMBER, new)
    PageClient(app, OFFICE).sign_in(NUMBER, new, status=429)


def test_the_owner_locked_in_may_still_change_the_password(app: Flask, contract: Contract) -> None:
    page = PageClient(app, HOME)
    page.sign_in(NUMBER)
    guess(app, "/sign-in", NUMBER)
    form = page.get("profile.password", contract_id=contract.id)
    page.submit(
        form, current=PASSWORD, password="совсем другой 1", password_again="совсем другой 1"
    )
    assert page.last.location.endswith("saved=password")


def test_a_clerk_known_to_the_browser_is_not_locked_out_either(
    app: Flask, contract: Contract
) -> None:
    clerk = PageClient(app, HOME)
    clerk.sign_in_staff()
    forget_session(clerk)
    assert guess(app, "/staff/sign-in", "operator") == 429
    clerk.sign_in_staff()
    stranger = PageClient(app, OFFICE)
    stranger.submit(stranger.get("staff.sign_in"), 429, login="operator", password=PASSWORD)


def test_wrong_codes_of_somebody_with_the_password_do_not_lock_the_clerk_out(
    app: Flask, contract: Contract, session: Session
) -> None:
    clerk = PageClient(app, HOME)
    clerk.sign_in_staff()
    forget_session(clerk)
    thief = PageClient(app, OFFICE)
    thief.submit(thief.get("staff.sign_in"), login="operator", password=PASSWORD)
    for _ in range(10):
        thief.submit(thief.get("staff.second_factor"), 422, code="000000")
    thief.submit(thief.get("staff.second_factor"), 429, code="000000")
    clerk.sign_in_staff()


def test_the_password_alone_makes_no_device_of_a_clerk(app: Flask, contract: Contract) -> None:
    page = PageClient(app)
    page.submit(page.get("staff.sign_in"), login="operator", password=PASSWORD)
    assert page.client.get_cookie("device") is None


def test_a_device_that_guesses_falls_back_among_the_strangers(
    app: Flask, owner: PageClient, advance_clock: Callable[..., datetime]
) -> None:
    guess(app, "/sign-in", NUMBER, 20)
    for _ in range(10):
        owner.sign_in(NUMBER, WRONG, 422)
    owner.sign_in(NUMBER, status=429)
    advance_clock(minutes=16)
    owner.sign_in(NUMBER)


def test_the_limit_of_the_address_holds_for_a_known_device(app: Flask, owner: PageClient) -> None:
    neighbour = PageClient(app, HOME)
    for number in range(25):
        neighbour.sign_in(f"{number:05d}-ЭС", WRONG, 422)
    owner.sign_in(NUMBER, status=429)


def test_guesses_at_a_device_do_not_use_up_the_cap_of_the_login(
    make_app: Callable[..., Flask], contract: Contract
) -> None:
    app = make_app(sign_in_login_checks=5)
    page = PageClient(app, HOME)
    page.sign_in(NUMBER)
    forget_session(page)
    for _ in range(4):
        page.sign_in(NUMBER, WRONG, 422)
    PageClient(app, OFFICE).sign_in(NUMBER)


@pytest.mark.parametrize("change", ["another", "altered", "empty", "rubbish"])
def test_a_cookie_of_somebody_else_or_an_altered_one_helps_nothing(
    app: Flask, owner: PageClient, change: str
) -> None:
    value = device_of(owner)
    values = {
        "altered": value[:-2] + ("0" if value[-2] != "0" else "1") + value[-1],
        "empty": "",
        "rubbish": "a.b.c~..~e.20261121.e~" + "x" * 3000,
    }
    if change == "another":
        other = PageClient(app)
        other.sign_in(OTHER)
        values["another"] = device_of(other)
    guess(app, "/sign-in", NUMBER, 20)
    stranger = PageClient(app, OFFICE)
    stranger.client.set_cookie("device", values[change])
    stranger.sign_in(NUMBER, status=429)


def test_one_browser_is_known_to_several_contracts(app: Flask, owner: PageClient) -> None:
    owner.sign_in(OTHER)
    forget_session(owner)
    for number in (NUMBER, OTHER):
        guess(app, "/sign-in", number)
    owner.sign_in(NUMBER)
    forget_session(owner)
    owner.sign_in(OTHER)
    assert len(device_of(owner)) < 1000


def test_a_new_password_ends_every_known_device_but_the_one_that_set_it(
    app: Flask, owner: PageClient, contract: Contract
) -> None:
    setter = PageClient(app, OFFICE)
    setter.sign_in(NUMBER)
    form = setter.get("profile.password", contract_id=contract.id)
    new = "совсем другой 1"
    setter.submit(form, current=PASSWORD, password=new, password_again=new)
    forget_session(setter)
    guess(app, "/sign-in", NUMBER)
    owner.sign_in(NUMBER, new, 429)
    setter.sign_in(NUMBER, new)


def test_a_device_is_forgotten_after_half_a_year(
    app: Flask, owner: PageClient, advance_clock: Callable[..., datetime]
) -> None:
    advance_clock(days=179)
    guess(app, "/sign-in", NUMBER)
    owner.sign_in(NUMBER)
    cookie = owner.client.get_cookie("device")
    assert cookie is not None
    forget_session(owner)
    advance_clock(days=179 + 181)
    guess(app, "/sign-in", NUMBER)
    # The test client keeps what a browser would have dropped by its max-age.
    owner.client.set_cookie("device", cookie.value)
    owner.sign_in(NUMBER, status=429)


def test_the_cookie_tells_nothing_and_is_out_of_reach_of_scripts(
    app: Flask, contract: Contract, session: Session
) -> None:
    page = PageClient(app)
    page.sign_in(NUMBER)
    (header,) = [line for line in page.last.headers.getlist("Set-Cookie") if "device=" in line]
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(header.split("; "))
    assert "Secure" not in header
    value = device_of(page)
    assert re.fullmatch(r"[\w-]{22}\.20261121\.[0-9a-f]{43}", value)
    account = session.scalars(select(Account).order_by(Account.id)).first()
    assert account is not None
    assert account.password_hash not in value


def test_over_tls_the_cookie_is_bound_to_this_host(
    make_app: Callable[..., Flask], contract: Contract
) -> None:
    page = PageClient(make_app(base_url="https://localhost"))
    page.client.environ_base["wsgi.url_scheme"] = "https"
    page.client.environ_base["HTTP_REFERER"] = "https://localhost/sign-in"
    page.sign_in(NUMBER)
    (header,) = [line for line in page.last.headers.getlist("Set-Cookie") if "device=" in line]
    assert header.startswith("__Host-device=")
    assert "Secure" in header.split("; ")


def test_a_stranger_learns_nothing_from_the_answers(app: Flask, owner: PageClient) -> None:
    """Only a full sign-in sets the cookie: no refusal does, known login or not."""
    for number in (NUMBER, "00999-ЭС"):
        page = PageClient(app)
        page.sign_in(number, WRONG, 422)
        assert page.client.get_cookie("device") is None


def test_the_code_of_a_clerk_is_limited_at_a_known_device_too(
    app: Flask, contract: Contract, session: Session
) -> None:
    clerk = PageClient(app, HOME)
    clerk.sign_in_staff()
    forget_session(clerk)
    clerk.submit(clerk.get("staff.sign_in"), login="operator", password=PASSWORD)
    for _ in range(20):
        clerk.submit(clerk.get("staff.second_factor"), 422, code="000000")
    member = session.scalars(select(StaffMember)).one()
    right = code_at(totp_secret(app.config["SECRET_KEY"], member.totp_seed), NOW)
    clerk.submit(clerk.get("staff.second_factor"), 429, code=right)
