"""Hashing a password costs processor time: forms that are pressed again and again buy little."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from app.domain.staff import StaffRole
from app.lib import passwords
from app.models import Contract
from tests.factories import PASSWORD, Factory
from tests.outbox import Outbox
from tests.pages import PageClient

NUMBER = "00123-ЭС"
NEW = "совсем другой 1"
PRESSES = 40


class CountingHasher:
    """Argon2 in name only, and how often it was asked."""

    def __init__(self) -> None:
        self.count = 0

    def hash(self, password: str) -> str:
        self.count += 1
        return f"hash of {password}"

    def verify(self, encoded: str, password: str) -> bool:
        self.count += 1
        return encoded == f"hash of {password}"


@pytest.fixture
def hasher(monkeypatch: pytest.MonkeyPatch) -> CountingHasher:
    hasher = CountingHasher()
    monkeypatch.setattr(passwords, "_HASHER", hasher)
    return hasher


@pytest.fixture
def contract(hasher: CountingHasher, make: Factory) -> Contract:
    make.supplier()
    contract = make.contract(NUMBER)
    make.account(contract, email="a@example.org")
    make.staff()
    make.commit()
    hasher.count = 0
    return contract


def press(page: PageClient, path: str, times: int = PRESSES, **fields: str) -> list[int]:
    """The same form sent again and again by a program; the statuses."""
    token = page.open(path).select_one("[name=csrf_token]")["value"]
    return [
        page.client.post(path, data={"csrf_token": token} | fields).status_code
        for _ in range(times)
    ]


def test_a_form_of_a_new_password_that_is_refused_hashes_nothing(
    page: PageClient, contract: Contract, hasher: CountingHasher, outbox: Outbox
) -> None:
    page.submit(page.get("recovery.index"), login=NUMBER)
    for password, again in ((NUMBER, NUMBER), ("короткий", "другой"), ("password2026",) * 2):
        fields = {"password": password, "password_again": again}
        assert set(press(page, outbox.link(), 10, **fields)) == {422}
    assert hasher.count == 0


def test_a_link_for_a_new_password_is_worth_one_hash(
    page: PageClient, contract: Contract, hasher: CountingHasher, outbox: Outbox
) -> None:
    page.submit(page.get("recovery.index"), login=NUMBER)
    statuses = press(page, outbox.link(), password=NEW, password_again=NEW)
    assert statuses == [303] + [410] * (PRESSES - 1)
    assert hasher.count == 1


def test_changing_ones_own_password_is_limited_even_in_a_known_browser(
    page: PageClient, contract: Contract, hasher: CountingHasher
) -> None:
    page.sign_in(NUMBER)
    hasher.count = 0
    pair = [PASSWORD, NEW]
    for number in range(16):
        current, new = pair[number % 2], pair[(number + 1) % 2]
        form = page.get("profile.password", contract_id=contract.id)
        status = 303 if number < 15 else 429
        page.submit(form, status, current=current, password=new, password_again=new)
    assert hasher.count == 2 * 15


def test_signing_in_again_and_again_is_limited_even_in_a_known_browser(
    make_app: Callable[..., Flask], contract: Contract, hasher: CountingHasher
) -> None:
    page = PageClient(make_app(sign_in_login_checks=5))
    for status in (303,) * 10 + (429,) * 5:
        page.client.delete_cookie("kabinet")
        page.sign_in(NUMBER, status=status)
    assert hasher.count == 10


def test_a_refused_change_of_ones_own_password_hashes_nothing(
    page: PageClient, contract: Contract, hasher: CountingHasher
) -> None:
    page.sign_in(NUMBER)
    hasher.count = 0
    path = page.url("profile.password", contract_id=contract.id)
    fields = {"current": PASSWORD, "password": NUMBER, "password_again": NUMBER}
    assert set(press(page, path, **fields)) == {422}
    assert hasher.count == 0


def test_passwords_made_for_colleagues_are_limited(
    app: Flask, contract: Contract, hasher: CountingHasher, make: Factory
) -> None:
    make.staff(StaffRole.ADMIN, login="chief")
    make.commit()
    page = PageClient(app)
    page.sign_in_staff("chief")
    hasher.count = 0
    form = page.url("staff.member_new")
    statuses = press(page, form, 5, login="chief", name="Другой", role="operator")
    assert (set(statuses), hasher.count) == ({422}, 0)
    made = page.client.post
    token = page.open(form).select_one("[name=csrf_token]")["value"]
    statuses = [
        made(
            form,
            data={"csrf_token": token, "login": f"new{n}", "name": "Новый", "role": "operator"},
        ).status_code
        for n in range(17)
    ]
    assert statuses == [200] * 15 + [429] * 2
    assert hasher.count == 15


def test_beyond_a_limit_of_sign_in_nothing_is_hashed(
    page: PageClient, contract: Contract, hasher: CountingHasher
) -> None:
    statuses = press(page, "/sign-in", login=NUMBER, password="не тот пароль")
    assert statuses == [422] * 10 + [429] * (PRESSES - 10)
    assert hasher.count == 10
