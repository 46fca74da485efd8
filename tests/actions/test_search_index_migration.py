"""The migration that brings the index of search texts, there and back."""

from __future__ import annotations

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect

from app.actions.search_index import rebuild_search
from app.domain.search import parse_query
from app.extensions import db
from app.jobs.retention import delete_expired
from app.queries.contract_search import find_contracts
from app.queries.contract_search_index import find_by_index
from tests.factories import Factory

pytest_plugins = ["tests.postgres"]

REVISION = "0016"
TABLES = {"contract_search_segments", "contract_search_grams"}


@pytest.fixture(params=["app", "postgres_app"], ids=["SQLite", "PostgreSQL"])
def portal(request: pytest.FixtureRequest) -> Flask:
    return request.getfixturevalue(request.param)


def test_contracts_are_found_after_an_upgrade_and_indexed_at_night(portal: Flask) -> None:
    with portal.app_context():
        session = db.session()
        number = Factory(session).contract().number
        rebuild_search(session)
        session.commit()
        db.session.remove()

        downgrade(revision=f"{REVISION}-1")
        assert not TABLES & set(inspect(db.engine).get_table_names())
        upgrade()

        session = db.session()
        assert find_by_index(session, parse_query("ромашка"), 0, 25) is None
        assert [found.number for found in find_contracts(session, "ромашка").contracts] == [number]
        db.session.remove()
        session = db.session()
        delete_expired()
        by_index = find_by_index(session, parse_query("ромашка"), 0, 25)
        assert by_index is not None
        assert by_index.total == 1
