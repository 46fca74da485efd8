"""A connection to PostgreSQL that is lost in mid-request is our 503 page with a request id."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, event, select, text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app import create_app
from app.extensions import db
from app.jobs import delivery
from app.models import Department, Enquiry, EnquiryEntry
from tests.conftest import make_config
from tests.factories import PASSWORD, Factory
from tests.pages import PageClient
from tests.sections.enquiries.steps import filled

pytest_plugins = ["tests.postgres"]
TERMINATE = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@pytest.fixture
def portal(postgres_app: Flask, tmp_path: Path) -> Iterator[Flask]:
    """A portal of its own, which views can be added to."""
    with postgres_app.app_context():
        db.session.remove()
        db.engine.dispose()
    url = postgres_app.extensions["config"].database_url
    app = create_app(make_config(tmp_path, database_url=url))
    app.config["WTF_CSRF_ENABLED"] = False
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def terminate(app: Flask) -> None:
    """End every connection of the portal, as a restart of PostgreSQL does."""
    engine = create_engine(app.extensions["config"].database_url)
    with engine.connect() as connection:
        connection.execute(TERMINATE)
    engine.dispose()


def client_of(app: Flask, view: Callable[[], object]) -> FlaskClient:
    app.add_url_rule("/lost", "lost", lambda: view() or "ok", methods=["GET", "POST"])
    return app.test_client()


def in_a_query(app: Flask) -> None:
    db.session.execute(text("SELECT 1"))
    terminate(app)
    db.session.execute(text("SELECT 2"))


def at_a_flush(app: Flask) -> None:
    db.session.execute(text("SELECT 1"))
    db.session.add(Department(external_id="lost", name="Участок", is_active=True))
    terminate(app)
    db.session.flush()


def at_the_commit(app: Flask) -> None:
    db.session.add(Department(external_id="lost", name="Участок", is_active=True))
    db.session.flush()
    terminate(app)
    delivery.commit()


def in_the_result(app: Flask) -> None:
    rows = db.session.execute(text("SELECT 1")).scalars()
    terminate(app)
    assert rows.all() == [1]
    db.session.execute(text("SELECT 2")).all()


@pytest.mark.parametrize("lose", [in_a_query, at_a_flush, at_the_commit, in_the_result])
def test_a_lost_connection_is_the_503_page_and_the_next_request_works(
    portal: Flask, lose: Callable[[Flask], None]
) -> None:
    client = client_of(portal, lambda: lose(portal))
    answer = client.post("/lost")
    assert answer.status_code == 503
    number = answer.headers["X-Request-Id"]
    assert re.fullmatch("[0-9a-f]{16}", number)
    assert number in answer.text
    assert "Сервис занят" in answer.text
    assert client.get("/health").status_code == 200


def test_a_connection_that_died_in_the_pool_is_replaced_unseen(portal: Flask) -> None:
    client = portal.test_client()
    assert client.get("/health").status_code == 200
    terminate(portal)
    assert client.get("/health").status_code == 200


def test_a_connection_lost_after_the_last_query_spoils_no_answer(portal: Flask) -> None:
    def view() -> None:
        db.session.execute(text("SELECT 1"))
        terminate(portal)

    client = client_of(portal, view)
    assert client.get("/lost").text == "ok"
    assert client.get("/health").status_code == 200


class Lost:
    """Kills the server's side of every connection just before the given statement of a request."""

    def __init__(self, app: Flask) -> None:
        self.before = 0
        self.count = 0
        self._app = app
        with app.app_context():
            self._engine = db.engine
        event.listen(self._engine, "before_cursor_execute", self._execute)

    def at(self, number: int) -> None:
        self.before, self.count = number, 0

    def _execute(self, *arguments: object) -> None:
        self.count += 1
        if self.count == self.before:
            terminate(self._app)


@pytest.fixture
def customer(portal: Flask) -> tuple[PageClient, int]:
    """A signed-in customer of a portal whose connections get lost, and their contract."""
    with portal.app_context(), Session(db.engine) as session:
        factory = Factory(session)
        contract = factory.contract()
        factory.account(contract)
        factory.commit()
        number, contract_id = contract.number, contract.id
    page = PageClient(portal)
    # The forms of this portal have no token that the page client could send.
    answer = page.client.post("/sign-in", data={"login": number, "password": PASSWORD})
    assert answer.status_code == 303
    return page, contract_id


def lose_at_each_statement(app: Flask, ask: Callable[[], TestResponse], status: int) -> list[int]:
    """Repeat a request, lost at its first statement, at its second, and so on to the last."""
    lost, answers = Lost(app), []
    for number in range(1, 100):
        lost.at(number)
        answer = ask()
        is_reached = lost.count >= number
        lost.at(0)
        answers.append(answer.status_code)
        if answer.status_code == 503:
            request_id = answer.headers["X-Request-Id"]
            assert re.fullmatch("[0-9a-f]{16}", request_id)
            assert answer.headers["Retry-After"] == "60"
            assert "<h1" in answer.text
        assert app.test_client().get("/health").status_code == 200, "the next one works"
        if not is_reached:
            break
    assert answers[-1] == status, "nothing was lost in the last one"
    assert set(answers) == {status, 503}
    return answers


@pytest.mark.parametrize("endpoint", ["home.index", "settlements.index", "readings.index"])
def test_a_customers_page_lost_at_any_statement_is_the_503_page(
    portal: Flask, customer: tuple[PageClient, int], endpoint: str
) -> None:
    page, contract_id = customer
    url = page.url(endpoint, contract_id=contract_id)
    assert page.client.get(url).status_code == 200
    answers = lose_at_each_statement(portal, lambda: page.client.get(url), 200)
    assert answers[0] == 503


def test_what_a_customer_sends_lost_at_any_statement_is_the_503_page_and_half_of_nothing(
    portal: Flask, customer: tuple[PageClient, int]
) -> None:
    page, contract_id = customer
    url = f"/contracts/{contract_id}/enquiries/new"
    data = filled(page.open(url)) | {"do": "send"}
    answers = lose_at_each_statement(portal, lambda: page.client.post(url, data=data), 303)
    assert len(answers) > 5
    with portal.app_context(), Session(db.engine) as session:
        (enquiry,) = session.scalars(select(Enquiry)).all()
        entries = session.scalars(select(EnquiryEntry)).all()
        assert [entry.enquiry_id for entry in entries] == [enquiry.id]
