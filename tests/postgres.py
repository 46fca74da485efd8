"""A portal on PostgreSQL for tests: ``pytest_plugins = ["tests.postgres"]`` in a test module.

The server is TEST_DATABASE_URL, else a local one. Each session makes a migrated database of its
own and drops it in the end; each test leaves it empty.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import URL, create_engine, delete, make_url, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from app import create_app
from app.extensions import db
from app.models import Base
from tests.conftest import WholeAnswers, make_config, need

PREFIX = "kabinet_test_"
_NUMBERS = count(1)
"""A session may have several at once."""
LOCAL_URL = "postgresql+psycopg://postgres@127.0.0.1:5432/test"


def server_url() -> URL:
    """Where the tests may make databases."""
    url = make_url(os.environ.get("TEST_DATABASE_URL") or LOCAL_URL)
    return url.set(drivername="postgresql+psycopg")


def _command(*statements: str) -> None:
    """Run statements outside any transaction, as CREATE DATABASE wants it."""
    options = {"connect_timeout": 3}
    engine = create_engine(server_url(), isolation_level="AUTOCOMMIT", connect_args=options)
    try:
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))
    finally:
        engine.dispose()


def answers() -> bool:
    """Whether there is a server."""
    try:
        _command("SELECT 1")
    except OperationalError:
        return False
    return True


def _sweep() -> None:
    """Drop databases of sessions that were killed before they could."""
    engine = create_engine(server_url())
    with engine.connect() as connection:
        names = connection.scalars(
            text("SELECT datname FROM pg_database WHERE datname LIKE :ours"),
            {"ours": f"{PREFIX}%"},
        ).all()
    engine.dispose()
    for name in names:
        pid = name.removeprefix(PREFIX).partition("_")[0]
        if pid.isdigit() and not Path("/proc", pid).exists():
            # Somebody who is connected to it, from another machine, is left alone.
            with suppress(DBAPIError):
                _command(f"DROP DATABASE IF EXISTS {name}")


@contextmanager
def scratch_database() -> Iterator[str]:
    """The address of an empty database, which is dropped in the end."""
    name = f"{PREFIX}{os.getpid()}_{next(_NUMBERS)}"
    _command(f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name}")
    try:
        yield server_url().set(database=name).render_as_string(hide_password=False)
    finally:
        _command(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def postgres_portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """A portal on a migrated database of this session."""
    need(answers(), "PostgreSQL")
    _sweep()
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
            for table in reversed(Base.metadata.sorted_tables):
                # Directories that the migrations have filled stay.
                if table.name == "enquiry_topics":
                    ours = table.c.external_id.startswith("portal:")
                    connection.execute(delete(table).where(~ours))
                elif table.name != "premises_kinds":
                    connection.execute(delete(table))


@pytest.fixture
def postgres_session(postgres_app: Flask) -> Iterator[Session]:
    """A session on its database."""
    with postgres_app.app_context():
        engine = db.engine
    with Session(engine) as session:
        yield session
