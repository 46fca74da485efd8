"""The same ways into the cabinet on PostgreSQL, several at once."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise

import pytest
from flask import Flask
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.actions.retention import clean_up
from app.models import Account, Message, RateLimitHit, Registration
from tests.conftest import NOW
from tests.factories import PASSWORD as PASSWORD_OF_FACTORY
from tests.factories import Factory
from tests.outbox import Outbox
from tests.pages import PageClient
from tests.sections.registering import INN, NUMBER, ON_RECORD, PASSWORD, Person

pytest_plugins = ["tests.postgres"]


@pytest.fixture
def outbox(postgres_app: Flask) -> Outbox:
    folder = postgres_app.extensions["config"].mail.outbox
    shutil.rmtree(folder, ignore_errors=True)
    return Outbox(folder)


@pytest.fixture
def make(postgres_session: Session) -> Factory:
    return Factory(postgres_session)


@pytest.fixture
def person(postgres_app: Flask, make: Factory, outbox: Outbox) -> Person:
    make.contract(NUMBER)
    make.commit()
    return Person(PageClient(postgres_app))


def at_once(app: Flask, page: PageClient, path: str, data: dict[str, str], times: int = 12):
    """Statuses of the same post sent several times at once by one browser."""
    cookie = page.client.get_cookie("kabinet")
    assert cookie

    def send_form(_: int) -> int:
        client = app.test_client()
        client.set_cookie("kabinet", cookie.value)
        return client.post(path, data=data).status_code

    with ThreadPoolExecutor(6) as pool:
        return sorted(pool.map(send_form, range(times)))


def token_of(soup) -> dict[str, str]:
    return {"csrf_token": soup.select_one("[name=csrf_token]")["value"]}


def test_saves_and_confirmations_at_once_are_one_account(
    person: Person, postgres_app: Flask, postgres_session: Session, outbox: Outbox
) -> None:
    soup = person.form()
    path = person.page.last.request.path
    data = person.details() | token_of(soup)
    assert set(at_once(postgres_app, person.page, path, data)) <= {303, 410, 429}
    assert len(outbox.emails()) == 1
    confirm = person.page.open(outbox.link(ON_RECORD))
    path = person.page.last.request.path
    # Other browsers saved it than the one that opens the link.
    data = token_of(confirm) | {"password": PASSWORD}
    statuses = at_once(postgres_app, person.page, path, data)
    assert statuses == [303] + [410] * 11
    assert postgres_session.scalar(select(func.count(Account.id))) == 1
    PageClient(postgres_app).sign_in(NUMBER, PASSWORD)


def test_tries_over_an_account_all_get_the_same_answer(
    person: Person, postgres_app: Flask, make: Factory, outbox: Outbox
) -> None:
    make.account(make.contract("00777-ЭС"), email="owner@example.org")
    make.commit()
    data = {"number": "00777", "inn": INN} | token_of(person.page.get("registration.first_entry"))
    assert set(at_once(postgres_app, person.page, "/first-entry", data)) == {422}
    assert set(at_once(postgres_app, person.page, "/first-entry", data, 3)) == {422}
    assert len(outbox.emails("owner@example.org")) == 1


def test_a_code_opens_the_account_and_recovers_the_password(
    person: Person, postgres_app: Flask, outbox: Outbox
) -> None:
    person.fields = {"channel": "sms"}
    sent = person.press(person.form(), "Отправить смс")
    person.save(person.press(sent, "ОК", code=outbox.code()))
    page = PageClient(postgres_app)
    asked = page.submit(page.get("recovery.index"), login=NUMBER, channel="sms")
    # The number got its code for the registration just now.
    assert len(outbox.texts()) == 1
    assert page.open(asked.location).h1.text == "Код из смс"


def test_a_session_opened_with_the_old_password_does_not_outlive_the_new_one(
    person: Person, postgres_app: Flask, postgres_session: Session, make: Factory, outbox: Outbox
) -> None:
    make.account(make.contract("00777-ЭС"), email="owner@example.org")
    make.commit()
    page = PageClient(postgres_app)
    passwords = [PASSWORD_OF_FACTORY, *(f"пароль номер {number}" for number in range(4))]
    for old, new in pairwise(passwords):
        page.submit(page.get("recovery.index"), login="00777", channel="mail")
        link_page = page.open(outbox.link("owner@example.org"))
        asking = PageClient(postgres_app)
        fields = {"login": "00777", "password": old} | token_of(asking.get("auth.sign_in"))
        with ThreadPoolExecutor(2) as pool:
            pool.submit(asking.client.post, "/sign-in", data=fields)
            pool.submit(page.submit, link_page, password=new, password_again=new).result()
        assert asking.client.get("/contracts/").status_code == 302
        postgres_session.execute(delete(RateLimitHit))
        postgres_session.commit()


def test_the_nightly_clean_up_leaves_what_is_needed(
    person: Person, postgres_session: Session, outbox: Outbox
) -> None:
    person.save(person.form())
    clean_up(postgres_session, NOW, timedelta(days=180))
    postgres_session.commit()
    assert postgres_session.scalar(select(func.count(Registration.id))) == 1
    person.page.submit(person.page.open(outbox.link()))
    assert postgres_session.scalars(select(Message.status)).all() == ["sent"]
