"""Limits of sign-in: a guesser is stopped, the owner is not, and only the database counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models import Contract, RateLimitHit
from tests.conftest import NOW
from tests.factories import PASSWORD, Factory
from tests.pages import PageClient, check_page

NUMBER = "00123-ЭС"
OWNER_ADDRESS = "203.0.113.7"
WRONG = "не тот пароль"


@pytest.fixture
def contract(make: Factory) -> Contract:
    contract = make.contract(NUMBER)
    make.account(contract)
    make.commit()
    return contract


class Guesser:
    """Tries passwords from any address, with one page that was opened before."""

    def __init__(self, app: Flask) -> None:
        self.page = PageClient(app)
        self.soup = self.page.get("auth.sign_in")
        self.token = self.soup.select_one("[name=csrf_token]")["value"]

    def status(
        self,
        number: str = NUMBER,
        address: str = "192.0.2.1",
        password: str = WRONG,
        forwarded: str | None = None,
    ) -> int:
        self.page.last = self.page.client.post(
            "/sign-in",
            data={"csrf_token": self.token, "login": number, "password": password},
            environ_base={"REMOTE_ADDR": address},
            headers={"X-Forwarded-For": forwarded} if forwarded else {},
        )
        return self.page.last.status_code

    def statuses(self, tries: Iterable[dict[str, str]]) -> list[int]:
        return [self.status(**values) for values in tries]


@pytest.fixture
def guesser(app: Flask, contract: Contract) -> Guesser:
    return Guesser(app)


def test_guesser_at_one_contract_is_refused_after_ten_tries(guesser: Guesser) -> None:
    assert guesser.statuses({} for _ in range(14)) == [422] * 10 + [429] * 4
    assert 0 < int(guesser.page.last.headers["Retry-After"]) <= 15 * 60
    soup = check_page(guesser.page.last.text)
    assert "Подождите 15 мин." in soup.select_one("#error-summary").text
    assert soup.select_one("#login")["value"] == NUMBER


def test_refused_guesser_is_not_told_that_a_password_was_right(guesser: Guesser) -> None:
    guesser.statuses({} for _ in range(10))
    assert guesser.status(password=PASSWORD) == 429


def test_unknown_contract_is_limited_exactly_like_a_known_one(app: Flask, guesser: Guesser) -> None:
    known = guesser.statuses({} for _ in range(13))
    unknown = guesser.statuses({"number": "00999-ЭС", "address": "192.0.2.2"} for _ in range(13))
    assert known == unknown


def test_owner_gets_in_from_another_address_while_a_guesser_is_refused(
    app: Flask, guesser: Guesser, contract: Contract
) -> None:
    at_work = PageClient(app, OWNER_ADDRESS)
    at_work.sign_in(NUMBER)
    guesser.statuses({} for _ in range(30))
    assert guesser.page.last.status_code == 429
    PageClient(app, "203.0.113.8").sign_in(NUMBER)
    at_work.get("home.index", contract_id=contract.id)


def test_hammering_does_not_prolong_the_wait(
    guesser: Guesser, make_app: Callable[..., Flask]
) -> None:
    guesser.statuses({} for _ in range(30))
    PageClient(make_app(fixed_now=NOW + timedelta(minutes=14))).sign_in(NUMBER)
    guesser = Guesser(make_app(fixed_now=NOW + timedelta(minutes=15, seconds=1)))
    assert guesser.status() == 422


def test_wait_ends_by_itself(guesser: Guesser, make_app: Callable[..., Flask]) -> None:
    guesser.statuses({} for _ in range(12))
    soon = Guesser(make_app(fixed_now=NOW + timedelta(minutes=14, seconds=59)))
    assert soon.status(password=PASSWORD) == 429
    guesser = Guesser(make_app(fixed_now=NOW + timedelta(minutes=15, seconds=1)))
    assert guesser.status(password=PASSWORD) == 303


def test_one_address_over_forty_contracts_is_refused_by_try_thirty(guesser: Guesser) -> None:
    statuses = guesser.statuses({"number": f"{n:05d}-ЭС"} for n in range(40))
    assert statuses == [422] * 25 + [429] * 15


def test_hundred_and_ten_addresses_get_a_hundred_checks_an_hour(
    guesser: Guesser, session: Session, make_app: Callable[..., Flask]
) -> None:
    statuses = guesser.statuses({"address": f"198.51.100.{n}"} for n in range(110))
    assert statuses == [422] * 100 + [429] * 10
    assert session.scalar(select(func.count(RateLimitHit.id))) == 100
    assert int(guesser.page.last.headers["Retry-After"]) <= 3600
    nearly = Guesser(make_app(fixed_now=NOW + timedelta(minutes=59)))
    assert nearly.status(address=OWNER_ADDRESS) == 429
    after = Guesser(make_app(fixed_now=NOW + timedelta(minutes=61)))
    assert after.status(address=OWNER_ADDRESS, password=PASSWORD) == 303


def test_forged_forwarded_address_changes_nothing(guesser: Guesser) -> None:
    statuses = guesser.statuses({"forwarded": f"198.51.100.{n}"} for n in range(12))
    assert statuses == [422] * 10 + [429] * 2


def test_behind_a_trusted_proxy_only_the_address_that_the_proxy_saw_counts(
    contract: Contract, make_app: Callable[..., Flask]
) -> None:
    guesser = Guesser(make_app(trusted_proxies=1))
    forged = guesser.statuses({"forwarded": f"198.51.100.{n}, 203.0.113.1"} for n in range(12))
    assert forged == [422] * 10 + [429] * 2
    assert guesser.status(forwarded="203.0.113.2") == 422


def test_forwarded_garbage_is_no_failure(
    contract: Contract, make_app: Callable[..., Flask]
) -> None:
    guesser = Guesser(make_app(trusted_proxies=1))
    for forwarded in ("x" * 5000, "\xff", "::::", "1.2.3.4:99", "[::1]:5", "'", "unknown"):
        assert guesser.status(forwarded=forwarded) == 422


def test_limits_survive_a_restart_and_hold_over_two_workers(
    app: Flask, contract: Contract, make_app: Callable[..., Flask]
) -> None:
    """The count is in the database: neither Redis nor the memory of a process."""
    workers = [Guesser(app), Guesser(make_app())]
    statuses = [workers[n % 2].status() for n in range(12)]
    assert statuses == [422] * 10 + [429] * 2
    assert Guesser(make_app()).status() == 429


def test_limits_are_settings(contract: Contract, make_app: Callable[..., Flask]) -> None:
    guesser = Guesser(make_app(sign_in_pair_failures=3, sign_in_address_failures=5))
    assert guesser.statuses({} for _ in range(4)) == [422] * 3 + [429]
    others = guesser.statuses({"number": f"{n:05d}-ЭС"} for n in range(3))
    assert others == [422, 422, 429]


def test_right_passwords_do_not_use_up_an_office(
    contract: Contract, make_app: Callable[..., Flask]
) -> None:
    """Colleagues behind one address sign in as often as they need."""
    app = make_app(sign_in_address_failures=2, sign_in_pair_failures=2)
    for _ in range(5):
        PageClient(app).sign_in(NUMBER)
