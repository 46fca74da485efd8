"""The first entry tells nobody which contracts exist, and whose cabinets are open."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from app.extensions import db
from app.models import Account, AccountSession, Registration
from tests.factories import Factory
from tests.logs import capture_log
from tests.outbox import Outbox, part
from tests.pages import PageClient
from tests.sections.registering import INN, NUMBER, Person

OWNED = "00777-ЭС"
OTHER_INN = "7707083893"


@pytest.fixture
def person(page: PageClient, make: Factory) -> Person:
    make.supplier()
    make.contract(NUMBER)
    make.account(make.contract(OWNED), email="owner@example.org")
    make.commit()
    return Person(page)


@pytest.mark.parametrize(
    "typed",
    [
        "00123-ЭС",
        "00123-ЭC",
        "00123-эс",
        " 00123 – ЭС ",
        "00123",
        "００１２３-ЭС",
        "00123-ЭС\n",
        "№ 00123-ЭС",
    ],
)
def test_a_number_is_understood_as_people_write_it(person: Person, typed: str) -> None:
    person.enter(typed)


@pytest.mark.parametrize("typed", [" 7415000018 ", "7415 000 018", "７４１５００００１８"])
def test_an_inn_is_understood_with_spaces(person: Person, typed: str) -> None:
    person.enter(inn=typed)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "741500001",
        "74150000180",
        "7415000018123",
        "7415000014",
        "семь",
        "0000000000",
        "٧٤١٥٠٠٠٠١٨",
        "7" * 5000,
    ],
)
def test_an_impossible_inn_is_refused_before_anything_is_looked_up(
    person: Person, app: Flask, typed: str
) -> None:
    asked: list[str] = []
    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *args: asked.append(str(args[2])))
    person.enter(inn=typed, status=422)
    page = person.page.check_last()
    assert page.select_one("#inn")["aria-invalid"] == "true"
    assert not [statement for statement in asked if "rate_limit_hits" in statement]
    assert not [statement for statement in asked if "contracts.number_key" in statement]


@pytest.mark.parametrize("typed", ["", "   ", "ЭС", "\x00", "договор"])
def test_an_impossible_number_is_refused_beside_its_field(person: Person, typed: str) -> None:
    person.enter(typed, status=422)
    assert person.page.check_last().select_one("#number")["aria-invalid"] == "true"


WRONG = {"wrong ИНН": (NUMBER, OTHER_INN), "taken": (OWNED, INN), "unknown": ("00999", INN)}


def test_wrong_taken_and_unknown_get_the_same_answer(person: Person) -> None:
    pages = {}
    for name, (number, inn) in WRONG.items():
        answer = person.enter(number, inn, 422)
        text = re.sub(r'value="[^"]*"', "", answer.text)
        pages[name] = (answer.status_code, text, len(text))
    assert len(set(pages.values())) == 1


def test_wrong_taken_and_unknown_take_equally_long(
    make_app: Callable[..., Flask], person: Person
) -> None:
    page = PageClient(make_app(first_entry_per_address=10**6, first_entry_per_contract=10**6))
    soup = page.get("registration.first_entry")
    times: dict[str, list[float]] = {name: [] for name in WRONG}
    for _ in range(40):
        for name, (number, inn) in WRONG.items():
            # Processor time: what else the machine does tells nobody anything.
            started = time.process_time()
            page.submit(soup, 422, number=number, inn=inn)
            times[name].append(time.process_time() - started)
    medians = [statistics.median(values) for values in times.values()]
    assert max(medians) - min(medians) < 0.010


def test_the_owner_of_an_account_is_told_once_a_day_and_nothing_changes(
    person: Person, outbox: Outbox, session: Session, advance_clock: Callable[..., datetime]
) -> None:
    before = session.execute(select(Account.email, Account.phone, Account.password_hash)).all()
    for hours in (0, 1, 24):
        advance_clock(hours=hours)
        person.enter(OWNED, INN, 422)
    session.rollback()
    after = session.execute(select(Account.email, Account.phone, Account.password_hash)).all()
    assert after == before
    messages = outbox.emails("owner@example.org")
    assert len(messages) == 2
    assert messages[0]["Subject"] == f"Попытка регистрации по вашему договору № {OWNED}"
    for subtype in ("plain", "html"):
        assert "ничего не изменилось" in part(messages[0], subtype)
    assert session.scalar(select(func.count(Registration.id))) == 0
    assert session.scalar(select(func.count(AccountSession.id))) == 0


def test_tries_at_once_over_an_account_get_the_same_answer_as_any_other(
    person: Person, app: Flask, outbox: Outbox
) -> None:
    soup = person.page.get("registration.first_entry")
    token = soup.select_one("[name=csrf_token]")["value"]
    cookie = person.page.client.get_cookie("kabinet")

    def enter(_: int) -> int:
        client = app.test_client()
        client.set_cookie("kabinet", cookie.value)
        data = {"csrf_token": token, "number": OWNED, "inn": INN}
        return client.post("/first-entry", data=data).status_code

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(enter, range(12))) == {422}
    assert len(outbox.emails("owner@example.org")) == 1


def test_one_address_tries_twenty_first_entries_in_a_quarter_of_an_hour(
    person: Person, app: Flask, advance_clock: Callable[..., datetime]
) -> None:
    for number in range(20):
        person.enter(f"0{1000 + number}", status=422)
    answer = person.enter(status=429)
    assert int(answer.headers["Retry-After"]) == 15 * 60
    Person(PageClient(app, "192.0.2.7")).enter()
    advance_clock(minutes=15, seconds=1)
    person.enter()


def test_one_contract_is_tried_thirty_times_an_hour_whatever_the_addresses(
    person: Person, app: Flask
) -> None:
    for number in range(30):
        Person(PageClient(app, f"192.0.2.{number}")).enter(inn=OTHER_INN, status=422)
    Person(PageClient(app, "198.51.100.1")).enter(status=429)


def test_a_number_with_a_line_break_is_one_line_in_the_log(person: Person) -> None:
    log = capture_log()
    person.enter('x1\nINFO login ok {"event": "sign-in"}', status=422)
    lines = log.getvalue().splitlines()
    assert len(lines) == 2
    assert all(line.startswith('{"time"') for line in lines)
    assert "login ok" not in "".join(lines)


def test_first_entries_from_everywhere_at_once_end_in_one_account(
    person: Person, app: Flask, session: Session, outbox: Outbox
) -> None:
    person.save(person.form())
    confirm = person.page.open(outbox.link())
    token = confirm.select_one("[name=csrf_token]")["value"]
    path = person.page.last.request.path
    cookie = person.page.client.get_cookie("kabinet")
    assert cookie

    def press(_: int) -> int:
        client = app.test_client()
        client.set_cookie("kabinet", cookie.value)
        return client.post(path, data={"csrf_token": token}).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(press, range(20)))
    assert statuses == [303] + [410] * 19
    assert session.scalar(select(func.count(Account.id))) == 2
