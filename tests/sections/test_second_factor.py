"""Second factor of customers: set up, asked for at sign-in, required of a role."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy.orm import Session

from app.domain.access import Role
from app.lib.clock import Clock
from app.lib.totp import code_at
from app.models import Account, Contract, SecondFactor
from tests.conftest import NOW
from tests.factories import PASSWORD, Factory
from tests.outbox import Outbox
from tests.pages import PageClient

NUMBER, EMAIL = "00123-ЭС", "owner@example.org"
DIRECTOR = "director@example.org"


@pytest.fixture
def contract(make: Factory) -> Contract:
    make.supplier()
    make.import_run()
    contract = make.contract(NUMBER)
    make.account(contract, email=EMAIL)
    make.commit()
    return contract


@pytest.fixture
def director(make: Factory, contract: Contract) -> Account:
    account = make.account(make.contract("00124-ЭС"), email=DIRECTOR)
    make.membership(account, contract, Role.DIRECTOR)
    make.commit()
    return account


@pytest.fixture
def owner(page: PageClient, contract: Contract) -> PageClient:
    page.sign_in(NUMBER)
    return page


def set_time(app: Flask, moment: datetime) -> None:
    clock: Clock = app.extensions["clock"]
    app.extensions["clock"] = Clock(clock.zone, moment)


def secret_on(soup: BeautifulSoup) -> str:
    return str(soup.select_one("#secret").text)


def codes_on(soup: BeautifulSoup) -> list[str]:
    return [item.text for item in soup.select("ul.points li")]


def set_up(page: PageClient, contract: Contract, now: datetime = NOW) -> tuple[str, list[str]]:
    """The secret of the authenticator, and the recovery codes."""
    soup = page.get("profile.second_factor", contract_id=contract.id)
    page.submit(soup, current=PASSWORD)
    soup = page.get("profile.second_factor", contract_id=contract.id)
    secret = secret_on(soup)
    page.submit(soup, 200, code=code_at(secret, now))
    return secret, codes_on(page.check_last())


def sign_in(app: Flask, code: str, status: int = 303, number: str = NUMBER) -> PageClient:
    page = PageClient(app)
    page.sign_in(number)
    assert "/sign-in/code" in page.last.headers["Location"]
    page.submit(page.get("auth.second_factor"), status, code=code)
    return page


def test_after_it_is_set_up_the_password_alone_opens_nothing(
    app: Flask, owner: PageClient, contract: Contract, outbox: Outbox
) -> None:
    secret, codes = set_up(owner, contract)
    assert len(set(codes)) == 10
    page = PageClient(app)
    page.sign_in(NUMBER)
    assert page.client.get(f"/contracts/{contract.id}/").status_code == 302
    after = NOW + timedelta(minutes=1)
    set_time(app, after)
    page.submit(page.get("auth.second_factor"), code=code_at(secret, after))
    page.get("home.index", contract_id=contract.id)
    assert outbox.emails(EMAIL)[-1]["Subject"] == "Второй фактор подключен"


def test_a_code_is_accepted_once_and_a_wrong_one_never(
    app: Flask, owner: PageClient, contract: Contract
) -> None:
    secret, _ = set_up(owner, contract)
    sign_in(app, code_at(secret, NOW), 422)
    after = NOW + timedelta(minutes=2)
    set_time(app, after)
    wrong = f"{(int(code_at(secret, after)) + 1) % 10**6:06}"
    soup = sign_in(app, wrong, 422).check_last()
    assert "каждый код годен один раз" in soup.select_one("#code-error").text
    sign_in(app, code_at(secret, after))
    sign_in(app, code_at(secret, after), 422)


def test_codes_are_not_tried_without_end(app: Flask, owner: PageClient, contract: Contract) -> None:
    secret, _ = set_up(owner, contract)
    after = NOW + timedelta(minutes=2)
    set_time(app, after)
    page = PageClient(app, "192.0.2.7")
    page.sign_in(NUMBER)
    for _ in range(10):
        page.submit(page.get("auth.second_factor"), 422, code="000000")
    page.submit(page.get("auth.second_factor"), 429, code=code_at(secret, after))


def test_a_recovery_code_opens_once_and_its_owner_is_told(
    app: Flask, owner: PageClient, contract: Contract, outbox: Outbox
) -> None:
    _, codes = set_up(owner, contract)
    page = sign_in(app, codes[0].upper())
    assert outbox.emails(EMAIL)[-1]["Subject"] == "Вход по резервному коду"
    sign_in(app, codes[0], 422)
    soup = page.get("profile.second_factor", contract_id=contract.id)
    assert "резервных кодов: 9" in soup.text
    page.submit(soup, 200, current=PASSWORD)
    fresh = codes_on(page.check_last())
    sign_in(app, codes[1], 422)
    sign_in(app, fresh[0])


def test_the_code_is_awaited_ten_minutes_and_not_after_a_new_password(
    app: Flask, owner: PageClient, contract: Contract, session: Session
) -> None:
    _, codes = set_up(owner, contract)
    late, other = PageClient(app), PageClient(app)
    for page in (late, other):
        page.sign_in(NUMBER)
    set_time(app, NOW + timedelta(minutes=11))
    assert late.client.get("/sign-in/code").status_code == 302
    set_time(app, NOW + timedelta(minutes=1))
    soup = other.get("auth.second_factor")
    owner.submit(
        owner.get("profile.password", contract_id=contract.id),
        current=PASSWORD,
        password="другой пароль 27",
        password_again="другой пароль 27",
    )
    assert other.submit(soup, code=codes[0]).headers["Location"].endswith("/sign-in")


def test_it_is_turned_off_with_the_password_only(
    app: Flask, owner: PageClient, contract: Contract, outbox: Outbox
) -> None:
    set_up(owner, contract)
    off = owner.url("profile.second_factor_off", contract_id=contract.id)
    soup = owner.get("profile.second_factor", contract_id=contract.id)
    owner.submit(soup, 422, action=off, current="не тот пароль")
    owner.submit(soup, action=off, current=PASSWORD)
    assert outbox.emails(EMAIL)[-1]["Subject"] == "Второй фактор отключен"
    page = PageClient(app)
    page.sign_in(NUMBER)
    page.get("home.index", contract_id=contract.id)


def test_nothing_that_makes_codes_stands_in_the_database(
    owner: PageClient, contract: Contract, session: Session
) -> None:
    secret, codes = set_up(owner, contract)
    factor = session.query(SecondFactor).one()
    assert secret.lower() not in factor.seed.lower()
    rows = session.connection().exec_driver_sql("SELECT code_hash FROM account_recovery_codes")
    hashes = {row[0] for row in rows}
    assert len(hashes) == len(codes)
    assert not hashes & {re.sub("-", "", code) for code in codes} | hashes & set(codes)


def require(page: PageClient, contract: Contract, roles: list[str], status: int = 303) -> None:
    soup = page.get("people.second_factor", contract_id=contract.id)
    token = soup.select_one("#results [name=csrf_token]")["value"]
    url = page.url("people.second_factor", contract_id=contract.id)
    page.last = page.client.post(url, data={"csrf_token": token, "roles": roles})
    assert page.last.status_code == status, page.last.text[:500]


def test_a_role_that_must_have_one_is_out_at_once_and_sets_it_up_at_sign_in(
    app: Flask, owner: PageClient, contract: Contract, director: Account
) -> None:
    other = PageClient(app)
    other.sign_in("00124-ЭС")
    other.get("home.index", contract_id=contract.id)
    require(owner, contract, ["director"])
    assert other.client.get(f"/contracts/{contract.id}/").status_code == 302
    page = PageClient(app)
    page.sign_in("00124-ЭС")
    soup = page.get("auth.second_factor")
    assert "Владелец договора требует" in soup.text
    page.submit(soup, 200, code=code_at(secret_on(soup), NOW))
    assert len(codes_on(page.check_last())) == 10
    page.get("home.index", contract_id=contract.id)
    shown = page.get("profile.second_factor", contract_id=contract.id)
    assert "обязателен" in shown.text
    off = page.url("profile.second_factor_off", contract_id=contract.id)
    page.submit(shown, 422, action=off, current=PASSWORD)


def test_whoever_requires_it_of_their_own_role_has_one_first(
    owner: PageClient, contract: Contract
) -> None:
    require(owner, contract, ["owner", "viewer"], 422)
    soup = owner.check_last()
    assert "Сначала подключите второй фактор себе" in soup.select_one("#roles-error").text
    assert [box["value"] for box in soup.select("input[name=roles][checked]")] == [
        "owner",
        "viewer",
    ]
    set_up(owner, contract)
    require(owner, contract, ["owner", "viewer"])
    owner.get("home.index", contract_id=contract.id)


def test_a_role_given_later_asks_for_it_on_the_next_request(
    app: Flask, owner: PageClient, contract: Contract, make: Factory
) -> None:
    require(owner, contract, ["accountant"])
    account = make.account(make.contract("00125-ЭС"), email="buh@example.org")
    make.commit()
    page = PageClient(app)
    page.sign_in("00125-ЭС")
    assert page.client.get("/").status_code == 302
    make.membership(account, contract, Role.ACCOUNTANT)
    make.commit()
    assert page.client.get(f"/contracts/{contract.id}/").headers["Location"].startswith("/sign-in")


def test_staff_turn_it_off_for_somebody_who_has_lost_telephone_and_codes(
    app: Flask, owner: PageClient, contract: Contract, make: Factory, outbox: Outbox
) -> None:
    make.staff("operator")
    make.commit()
    set_up(owner, contract)
    clerk = PageClient(app)
    clerk.sign_in_staff("operator")
    card = clerk.get("staff.customer", contract_id=contract.id)
    button = card.find("button", string="Отключить второй фактор")
    token = button.find_parent("form").select_one("[name=csrf_token]")["value"]
    answer = clerk.client.post(button.find_parent("form")["action"], data={"csrf_token": token})
    assert answer.status_code == 303
    assert outbox.emails(EMAIL)[-1]["Subject"] == "Второй фактор отключен"
    page = PageClient(app)
    page.sign_in(NUMBER)
    page.get("home.index", contract_id=contract.id)
