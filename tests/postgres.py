"""A portal on PostgreSQL for tests: ``pytest_plugins = ["tests.postgres"]`` in a test module.

The server is TEST_DATABASE_URL, else a local one. Each session makes a migrated database of its
own and each test a copy of it; all are dropped afterwards.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import URL, create_engine, make_url, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app import create_app
from app.extensions import db
from tests.conftest import make_config, need

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


def _answers() -> bool:
    try:
        _command("SELECT 1")
    except OperationalError:
        return False
    return True


def _portal(folder: Path, name: str) -> Flask:
    url = server_url().set(database=name).render_as_string(hide_password=False)
    app = create_app(make_config(folder, database_url=url))
    app.testing = True
    return app


def _close(app: Flask) -> None:
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="session")
def postgres_template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Name of a migrated database that nobody is connected to."""
    need(_answers(), "PostgreSQL")
    name = f"kabinet_test_{os.getpid()}"
    _command(f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name}")
    try:
        app = _portal(tmp_path_factory.mktemp("postgres"), name)
        with app.app_context():
            upgrade()
        _close(app)
        yield name
    finally:
        _command(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture
def make_postgres_app(postgres_template: str, tmp_path: Path) -> Iterator[Callable[[], Flask]]:
    """Build portals, each on a fresh copy of the migrated database."""
    apps: dict[str, Flask] = {}

    def make() -> Flask:
        name = f"{postgres_template}_{len(apps)}"
        _command(f"CREATE DATABASE {name} TEMPLATE {postgres_template}")
        apps[name] = _portal(tmp_path, name)
        return apps[name]

    yield make
    for name, app in apps.items():
        _close(app)
        _command(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def postgres_app(make_postgres_app: Callable[[], Flask]) -> Flask:
    """A portal whose database is PostgreSQL."""
    return make_postgres_app()


@pytest.fixture
def postgres_session(postgres_app: Flask) -> Iterator[Session]:
    """A session on its database."""
    with postgres_app.app_context():
        engine = db.engine
    with Session(engine) as session:
        yield session
