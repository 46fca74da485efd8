"""A first load on PostgreSQL fills tables without indexes and foreign keys, and gives them back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.actions.imports import list_operation_tables
from app.extensions import db
from app.jobs.imports import requeue_expired
from app.lib.bare_tables import restore_tables, strip_empty_tables
from app.models import ImportJob, Payment
from tests.actions.import_steps import SAMPLE, change_field, count, run_command, sample
from tests.conftest import NOW

pytest_plugins = ["tests.postgres"]
__all__ = ["sample"]
TABLES = list_operation_tables()


@pytest.fixture
def engine(postgres_app: Flask) -> Iterator[Engine]:
    with postgres_app.app_context():
        yield db.engine
        # A test that fails is not to leave the others a portal without keys.
        restore_tables(db.engine, TABLES)


def keys(engine: Engine) -> dict[str, list[Any]]:
    """Names of all keys and indexes of the tables that a first load strips."""
    found = inspect(engine)
    return {
        table.name: [
            sorted(str(part["name"]) for part in parts)
            for parts in (
                found.get_unique_constraints(table.name),
                found.get_indexes(table.name),
                found.get_foreign_keys(table.name),
            )
        ]
        for table in TABLES
    }


def test_a_table_without_rows_is_stripped_to_its_primary_key(engine: Engine) -> None:
    before = keys(engine)
    strip_empty_tables(engine, TABLES)
    assert keys(engine) == {table.name: [[], [], []] for table in TABLES}
    restore_tables(engine, TABLES)
    assert keys(engine) == before


def test_the_keys_are_there_after_a_load_and_hold(
    engine: Engine, postgres_app: Flask, postgres_session: Session
) -> None:
    before = keys(engine)
    assert run_command(postgres_app, SAMPLE).exit_code == 0
    assert keys(engine) == before
    assert count(postgres_session, Payment)
    statement = "UPDATE charge_lines SET meter_id = -1"
    with pytest.raises(IntegrityError, match="fk_charge_lines_meter_id"):
        postgres_session.execute(text(statement))
    postgres_session.rollback()


def test_a_table_with_rows_keeps_its_keys(engine: Engine, postgres_app: Flask) -> None:
    assert run_command(postgres_app, SAMPLE).exit_code == 0
    before = keys(engine)
    strip_empty_tables(engine, TABLES)
    assert keys(engine) == before


def test_the_keys_are_there_after_a_refusal_which_names_the_repeated_key(
    engine: Engine, postgres_app: Flask, postgres_session: Session, sample: Path
) -> None:
    before = keys(engine)
    first = (sample / "payments.csv").read_text(encoding="utf-8-sig").splitlines()[1].split(";")[0]
    change_field(sample, "payments.csv", 3, "payment_id", first)
    result = run_command(postgres_app, sample)
    assert result.exit_code == 1
    assert "payments.csv:3:payment_id" in result.output
    assert keys(engine) == before
    assert not count(postgres_session, Payment)


def test_a_load_restores_what_a_killed_one_has_stripped(
    engine: Engine, postgres_app: Flask
) -> None:
    before = keys(engine)
    strip_empty_tables(engine, TABLES)
    assert run_command(postgres_app, SAMPLE).exit_code == 0
    assert keys(engine) == before


def test_giving_a_killed_load_up_restores_what_it_has_stripped(
    engine: Engine, postgres_session: Session
) -> None:
    before = keys(engine)
    strip_empty_tables(engine, TABLES)
    job = {"name": "x", "size": 1, "channel": "command", "goal": "load", "status": "running"}
    postgres_session.add(
        ImportJob(
            **job,
            options={},
            tries=1,
            created_at=NOW,
            claimed_by="gone",
            lease_until=NOW.replace(year=2000),
            bytes_total=0,
            bytes_done=0,
            error_count=0,
            warning_count=0,
            counts={},
        )
    )
    postgres_session.commit()
    requeue_expired()
    assert keys(engine) == before
