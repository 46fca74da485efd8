"""Databases of PostgreSQL for tests and benchmarks, on TEST_DATABASE_URL or a local server."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from sqlalchemy import URL, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError, OperationalError

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


def sweep() -> None:
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
    _command(
        f"DROP DATABASE IF EXISTS {name}",
        f"CREATE DATABASE {name}",
        # A transaction that a test has left open fails the next test, rather than hold it up.
        f"ALTER DATABASE {name} SET lock_timeout = '60s'",
    )
    try:
        yield server_url().set(database=name).render_as_string(hide_password=False)
    finally:
        _command(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
