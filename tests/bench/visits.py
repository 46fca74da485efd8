"""A visit of six pages by many people, periods mixed: the price of what people really do.

Nobody opens one page again and again. Each of forty people opens the home page, settlements and
charges of a period of their own, the payment page, readings and invoices; the first time nothing of
it has been seen before, the second time all of it has.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from sqlalchemy import event, text

from app import create_app
from app.actions.accounts.sessions import create_account
from app.extensions import db
from app.web.fragment_cache import FragmentCache
from tests.bench import served
from tests.bench.figures import head, show
from tests.bench.imports import load
from tests.bench.pages import bare_client
from tests.conftest import NOW, make_config
from tests.factories import PASSWORD
from tests.other_supplier import write_package
from tests.pages import PageClient
from tests.postgres_server import answers, scratch_database

PEOPLE = 40
TRIES = 5
LAST = 2026 * 12 + 9
"""October 2026, counted in months: the last month of the package."""
MOST_STATEMENTS = 7
MOST_TIMES_BARE = 18
AT_MOST = {"home": 2.5, "settlements": 2.2, "charges": 3.5, "pay": 3.5, "readings": 2.5}
AT_MOST |= {"invoices": 3.0}
"""Milliseconds of each page that has never been seen."""


@dataclass(frozen=True)
class Person:
    """A signed-in customer; ``home`` is the address of their home page."""

    client: FlaskClient
    home: str

    def visit(self, seed: int, months: int) -> dict[str, str]:
        """Addresses of the six pages; the periods lie within the months that were loaded."""
        chance = Random(seed)
        return {
            "home": self.home,
            "settlements": f"{self.home}settlements{_period(chance, months)}",
            "charges": f"{self.home}charges{_period(chance, months)}",
            "pay": f"{self.home}pay",
            "readings": f"{self.home}readings",
            "invoices": f"{self.home}invoices",
        }

    @property
    def cookie(self) -> str:
        """A Cookie header for another client of the same installation."""
        answer = self.client.get(self.home)
        return str(answer.request.headers["Cookie"])


@dataclass(frozen=True)
class Visits:
    """Milliseconds of CPU in process by page."""

    pages: dict[str, float]

    @property
    def mean(self) -> float:
        return sum(self.pages.values()) / len(self.pages)


def report(folder: Path, contracts: int = 400, months: int = 36) -> None:
    """Each page in process, and the visit as it is served; on SQLite and on PostgreSQL."""
    package = folder / "visit-package"
    write_package(package, contracts=contracts, months=months)
    app, people = open_portal(folder / "visit", package)
    head(f"visit of six pages, {PEOPLE} people of {contracts} contracts, {months} months, SQLite")
    first, bare = measure(app, people, months, fresh=True)
    show("bare Flask page in process", bare)
    for page, milliseconds in first.pages.items():
        show(f"{page}, never seen", milliseconds, AT_MOST[page])
        show(f"{page}, as bare Flask pages", milliseconds / bare, unit="×")
    show("visit in process, never seen: mean of the pages", first.mean)
    show("  as bare Flask pages", first.mean / bare, MOST_TIMES_BARE, "×")
    again, bare = measure(app, people, months, fresh=False)
    show("visit in process, all of it seen before", again.mean / bare, unit="×")
    for page, count in count_statements(app, people, months).items():
        show(f"SQL statements of {page}", count, MOST_STATEMENTS, "")
    sqlite = served.report(folder / "visit", requests_of(people, months))
    if answers():
        with scratch_database() as url:
            report_postgres(folder, package, months, url, sqlite)


def report_postgres(
    folder: Path, package: Path, months: int, database_url: str, sqlite: float
) -> None:
    """The same visit on PostgreSQL, its own processes counted.

    Args:
        sqlite: milliseconds of the visit as it is served there.
    """
    head("the same visit on PostgreSQL, whose processes count")
    app, people = open_portal(folder / "visit-postgres", package, database_url=database_url)
    requests = requests_of(people, months)
    with app.app_context():
        db.engine.dispose()
    postgres = served.report(folder / "visit-postgres", requests, DATABASE_URL=database_url)
    show("PostgreSQL beside SQLite", postgres / sqlite, 1.25, "×")


def requests_of(people: list[Person], months: int) -> list[tuple[str, str]]:
    """Cookie header and address of every page of the visit."""
    return [
        (person.cookie, url)
        for place, person in enumerate(people)
        for url in person.visit(place, months).values()
    ]


def open_portal(folder: Path, package: Path, **settings: str) -> tuple[Flask, list[Person]]:
    """A portal with a loaded package, and people signed in to contracts from all over it."""
    folder.mkdir()
    app = create_app(make_config(folder, fixed_now=NOW, **settings))
    with app.app_context():
        upgrade()
    load(app, package)
    with app.app_context():
        if db.engine.dialect.name == "postgresql":
            with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("VACUUM ANALYZE"))
    return app, sign_in(app)


def sign_in(app: Flask) -> list[Person]:
    """Register and sign in the owners of contracts from all over the package."""
    with app.app_context():
        session = db.session()
        numbers = session.scalars(text("SELECT number FROM contracts ORDER BY id")).all()
        chosen = numbers[:: max(1, len(numbers) // PEOPLE)][:PEOPLE]
        for place, number in enumerate(chosen):
            create_account(session, number, f"person{place}@example.org", PASSWORD, NOW)
        session.commit()
    people = []
    for place, number in enumerate(chosen):
        page = PageClient(app, f"10.1.1.{place + 1}")
        people.append(Person(page.client, page.sign_in(number).location))
    return people


def measure(app: Flask, people: list[Person], months: int, *, fresh: bool) -> tuple[Visits, float]:
    """The quietest of a few tries: pages, and a bare Flask page measured right beside them.

    Args:
        fresh: forget every remembered part of a page before each try.
    """
    bare = bare_client()
    visits = [person.visit(place, months) for place, person in enumerate(people)]
    tries = []
    for _ in range(TRIES):
        if fresh:
            app.extensions["fragment_cache"] = FragmentCache()
        plain = _cpu([lambda: bare.get("/")] * 500)
        pages = {
            page: _cpu(
                [_opener(person, visit[page]) for person, visit in zip(people, visits, strict=True)]
            )
            for page in AT_MOST
        }
        tries.append((Visits(pages), plain))
    return min(tries, key=lambda one: one[0].mean / one[1])


def count_statements(app: Flask, people: list[Person], months: int) -> dict[str, int]:
    """The most SQL statements that each page has sent."""
    count = 0

    def add(*_: object) -> None:
        nonlocal count
        count += 1

    with app.app_context():
        engine = db.engine
    app.extensions["fragment_cache"] = FragmentCache()
    most = dict.fromkeys(AT_MOST, 0)
    event.listen(engine, "before_cursor_execute", add)
    for place, person in enumerate(people):
        for page, url in person.visit(place, months).items():
            count = 0
            person.client.get(url)
            most[page] = max(most[page], count)
    event.remove(engine, "before_cursor_execute", add)
    return most


def _opener(person: Person, url: str) -> Callable[[], object]:
    def open_page() -> None:
        assert person.client.get(url).status_code == 200, url

    return open_page


def _cpu(calls: list[Callable[[], object]]) -> float:
    """Milliseconds of CPU of one call, application and SQLite together."""
    started = time.process_time()
    for call in calls:
        call()
    return (time.process_time() - started) / len(calls) * 1000


def _period(chance: Random, months: int) -> str:
    """A query for one to twelve whole months that the package has."""
    length = chance.randint(1, min(12, months))
    last = LAST - chance.randint(0, months - length)
    first = last - length + 1
    return f"?first={first // 12}-{first % 12 + 1:02}&last={last // 12}-{last % 12 + 1:02}"
