"""An upgrade keeps what was loaded, and forgets moments for which nobody vouched."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import text

from app.extensions import db

pytest_plugins = ["tests.postgres"]

BEFORE, AFTER = "0006", "0009"
RUNS = [
    # day, verified, rows of balances, what is left of the day
    (5, True, 3, 5),
    (9, False, 3, None),
    (7, True, 3, 7),
    (6, True, 3, None),
    (12, True, 0, None),
]


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest) -> Iterator[Flask]:
    app = request.getfixturevalue("app" if request.param == "sqlite" else "postgres_app")
    with app.app_context():
        yield app
        db.session.remove()
        upgrade()


def test_old_runs_keep_the_moment_only_where_balances_came_verified_and_in_order(
    either: Flask,
) -> None:
    downgrade(revision=BEFORE)
    with db.engine.begin() as connection:
        for number, (day, is_verified, rows, _) in enumerate(RUNS, 1):
            moment = datetime(2026, 11, day, tzinfo=UTC)
            values = {
                "id": number,
                "moment": moment,
                "verified": is_verified,
                "counts": json.dumps({"balances.csv": {"rows": rows}}),
            }
            connection.execute(
                text(
                    "INSERT INTO import_runs (id, fingerprint, mode, source, is_verified, is_demo,"
                    " as_of, started_at, finished_at, counts, warnings) VALUES (:id, 'x', 'full',"
                    " 'a.zip', :verified, false, :moment, :moment, :moment, :counts, '[]')"
                ),
                values,
            )
        connection.execute(
            text(
                "INSERT INTO import_jobs (id, name, stored_as, size, goal, status, options, tries,"
                " created_at, bytes_total, bytes_done, error_count, warning_count, counts) VALUES"
                " (1, 'a.zip', 'x', 1, 'load', 'running', '{}', 1, :moment, 1, 1, 0, 0, '{}')"
            ),
            {"moment": datetime(2026, 11, 12, tzinfo=UTC)},
        )
    upgrade(revision=AFTER)
    with db.engine.connect() as connection:
        found = connection.execute(text("SELECT as_of FROM import_runs ORDER BY id")).scalars()
        days = [moment and int(str(moment)[8:10]) for moment in found]
        job = connection.execute(text("SELECT status, channel FROM import_jobs")).one()
    assert days == [left for _, _, _, left in RUNS]
    assert tuple(job) == ("waiting", "api")
    downgrade(revision=BEFORE)
    with db.engine.connect() as connection:
        count = text("SELECT count(*) FROM import_runs WHERE as_of IS NOT NULL")
        assert connection.execute(count).scalar() == len(RUNS)
