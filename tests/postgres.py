"""A portal on PostgreSQL for tests: ``pytest_plugins = ["tests.postgres"]`` in a test module.

Each session makes a migrated database of its own and drops it in the end; each test leaves it
empty. What is no fixture is in ``tests.postgres_server``.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import delete, text
from sqlalchemy.orm import Session

from app import create_app
from app.extensions import db
from app.models import Base
from tests.conftest import WholeAnswers, make_config, need
from tests.postgres_server import answers, scratch_database, sweep

LEFT_OPEN = text("""
    SELECT pid, query FROM pg_stat_activity WHERE datname = current_database()
    AND state LIKE 'idle in transaction%' AND pid != pg_backend_pid()
""")
"""Transactions of this database that wait for their client."""


@pytest.fixture(scope="session")
def postgres_portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """A portal on a migrated database of this session."""
    need(answers(), "PostgreSQL")
    sweep()
    with scratch_database() as url:
        app = create_app(make_config(tmp_path_factory.mktemp("postgres"), database_url=url))
        app.testing = True
        app.test_client_class = WholeAnswers
        with app.app_context():
            upgrade()
        yield app
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def postgres_app(postgres_portal: Flask) -> Iterator[Flask]:
    """A portal whose database is PostgreSQL; a test may commit, its rows go afterwards."""
    yield postgres_portal
    with postgres_portal.app_context():
        db.session.remove()
        with db.engine.begin() as connection:
            left_open = connection.execute(LEFT_OPEN).all()
            for table in reversed(Base.metadata.sorted_tables):
                # Directories that the migrations have filled stay.
                if table.name == "enquiry_topics":
                    ours = table.c.external_id.startswith("portal:")
                    connection.execute(delete(table).where(~ours))
                elif table.name != "premises_kinds":
                    connection.execute(delete(table))
        assert not left_open, "a transaction was left open"


@pytest.fixture
def postgres_session(postgres_app: Flask) -> Iterator[Session]:
    """A session on its database."""
    with postgres_app.app_context():
        engine = db.engine
    with Session(engine) as session:
        yield session
