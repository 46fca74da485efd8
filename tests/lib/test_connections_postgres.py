"""Connections to PostgreSQL: what a page that only reads sends, and what becomes of dead ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from flask import Flask
from psycopg.pq import TransactionStatus
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from app.extensions import db
from app.lib import database
from app.models import Contract
from tests.factories import Factory
from tests.pages import PageClient

pytest_plugins = ["tests.postgres"]
NUMBER = "00123-ЭС"


@pytest.fixture
def contract_id(postgres_session: Session) -> int:
    make = Factory(postgres_session)
    make.supplier()
    contract = make.contract(NUMBER)
    make.account(contract)
    contract_id: int = contract.id
    make.commit()
    postgres_session.close()
    return contract_id


@pytest.fixture
def page(postgres_app: Flask, contract_id: int) -> PageClient:
    page = PageClient(postgres_app)
    page.sign_in(NUMBER)
    return page


@pytest.fixture
def engine(postgres_app: Flask) -> Engine:
    with postgres_app.app_context():
        return db.engine


@contextmanager
def noted_states(engine: Engine) -> Iterator[set[TransactionStatus]]:
    """In what states connections are after the statements that are executed meanwhile."""
    states: set[TransactionStatus] = set()

    def note(connection: Any, cursor: Any, *rest: Any) -> None:
        states.add(cursor.connection.info.transaction_status)

    event.listen(engine, "after_cursor_execute", note)
    try:
        yield states
    finally:
        event.remove(engine, "after_cursor_execute", note)


def test_a_page_that_reads_is_in_no_transaction(
    page: PageClient, contract_id: int, engine: Engine
) -> None:
    with noted_states(engine) as states:
        page.get("settlements.index", contract_id=contract_id)
    assert states == {TransactionStatus.IDLE}


def test_pages_that_read_leave_their_statements_prepared(
    page: PageClient, contract_id: int, engine: Engine
) -> None:
    for _ in range(8):
        page.get("settlements.index", contract_id=contract_id)
    with engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT statement FROM pg_prepared_statements")
        assert any("FROM account_sessions" in statement for (statement,) in found)


def test_a_form_is_in_a_transaction_and_what_it_does_not_commit_is_undone(
    postgres_app: Flask, contract_id: int, engine: Engine, postgres_session: Session
) -> None:
    with (
        noted_states(engine) as states,
        postgres_app.test_request_context("/sign-in", method="POST"),
    ):
        for prepare in postgres_app.before_request_funcs[None]:
            if prepare.__name__ == "prepare_session":
                prepare()
        db.session.get_one(Contract, contract_id).number = "changed"
        db.session.flush()
    assert states == {TransactionStatus.INTRANS}
    assert postgres_session.get_one(Contract, contract_id).number == NUMBER


def test_a_connection_that_the_server_has_ended_is_replaced(
    page: PageClient, contract_id: int, engine: Engine
) -> None:
    page.get("payments.index", contract_id=contract_id)
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as connection:
        ended = connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchall()
    assert ended
    assert set(ended) == {(True,)}
    page.get("payments.index", contract_id=contract_id)


@pytest.mark.parametrize("answers", [True, False])
def test_a_connection_unused_for_long_has_to_answer_before_it_is_used(
    page: PageClient,
    contract_id: int,
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    answers: bool,
) -> None:
    page.get("payments.index", contract_id=contract_id)
    asked = []

    def do_ping(connection: Any) -> bool:
        asked.append(connection)
        return answers

    monkeypatch.setattr(database, "PING_AFTER", -1)
    monkeypatch.setattr(engine.dialect, "do_ping", do_ping)
    with engine.connect() as connection:
        is_same = connection.connection.driver_connection is asked[0]
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1
    assert is_same is answers
