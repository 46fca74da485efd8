"""200 000 rows through the migrations since the previous release, down and up again.

What ``deploy/rollback`` and ``deploy/upgrade`` do to the database, on SQLite and PostgreSQL: every
row of every table that both schemas have is there afterwards, and the upgrade is over in time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect, text

from app import create_app
from app.extensions import db
from tests.bench.imports import load
from tests.conftest import make_config
from tests.drills.outcome import Promise
from tests.other_supplier import write_package
from tests.postgres_server import answers, scratch_database

CONTRACTS, MONTHS = 1_300, 12
ROWS = 200_000
PREVIOUS = "0001"
"""The newest migration of the release before this one (0.1.0); raise it with a release."""
LIMIT = 300.0
FILLED = ("enquiry_topics",)
"""Tables of which migrations bring some rows, and take them away."""


def run(folder: Path, seconds: float) -> list[Promise]:
    """The whole drill; on PostgreSQL where there is a server."""
    package = folder / "package"
    write_package(package, contracts=CONTRACTS, months=MONTHS, hostile=False)
    promises = upgrade_and_back("SQLite", folder / "sqlite", package, {})
    if answers():
        with scratch_database() as url:
            there = folder / "postgresql"
            promises += upgrade_and_back("PostgreSQL", there, package, {"database_url": url})
    return promises


def upgrade_and_back(
    name: str, folder: Path, package: Path, settings: dict[str, str]
) -> list[Promise]:
    """Load, go back to the previous schema and forward again, on one database."""
    folder.mkdir()
    with portal(folder, settings) as app:
        with app.app_context():
            upgrade()
        load(app, package)
        before = count_rows(app)
        back = timed(app, lambda: downgrade(revision=PREVIOUS))
        between = count_rows(app)
        forward = timed(app, upgrade)
        after = count_rows(app)
    total = sum(before.values())
    lost = [
        table
        for table, count in between.items()
        if before.get(table, count) > count and table not in FILLED
    ]
    # What is computed anew from the rest is made by the worker.
    # A table that was renamed since has another name in between.
    common = [table for table in between if table in before and table in after]
    changed = [table for table in common if after[table] != before[table]]
    return [
        Promise(f"{name}: enough rows", total >= ROWS, f"{total} rows"),
        Promise(f"{name}: rolled back to {PREVIOUS}", not lost, f"{back:.1f} s, lost {lost or 0}"),
        Promise(
            f"{name}: upgraded within {LIMIT / 60:.0f} min",
            forward < LIMIT and not changed,
            f"{forward:.1f} s, other counts in {changed or 0}",
        ),
    ]


@contextmanager
def portal(folder: Path, settings: dict[str, str]) -> Iterator[Flask]:
    app = create_app(make_config(folder, fixed_now=None, **settings))
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def timed(app: Flask, work: Callable[[], object]) -> float:
    """Seconds of a migration."""
    began = time.perf_counter()
    with app.app_context():
        db.session.remove()
        work()
        db.engine.dispose()
    return time.perf_counter() - began


def count_rows(app: Flask) -> dict[str, int]:
    """Rows by table, whatever the schema is."""
    with app.app_context(), db.engine.connect() as connection:
        return {
            table: connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0  # noqa: S608
            for table in inspect(connection).get_table_names()
            if table != "alembic_version"
        }
