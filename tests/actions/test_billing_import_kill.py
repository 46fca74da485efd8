"""SIGKILL at any statement of the writing part: all of a batch is there, or nothing of it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from itertools import count
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, update
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from app import create_app
from app.actions.imports import ImportOptions, apply_import
from app.domain.imports import JobGoal, JobStatus
from app.extensions import db
from app.integrations.billing_files import Package
from app.jobs.folder_import import load_from_path
from app.models import ImportJob
from tests.actions.import_steps import Dump, dump
from tests.conftest import NOW, make_config
from tests.other_supplier import write_package

pytest_plugins = ["tests.postgres"]
DEADLINE = 60
POINTS = 7
"""Statements of the writing part that are tried, from its first to its last."""


@pytest.fixture(params=["sqlite", "postgresql"])
def portal(request: pytest.FixtureRequest) -> Iterator[Flask]:
    """A portal on either database."""
    found: Flask = request.getfixturevalue("app" if request.param == "sqlite" else "postgres_app")
    yield found
    with found.app_context():
        db.session.remove()


@pytest.fixture
def packages(tmp_path: Path) -> tuple[Path, Path]:
    """A first load, and a batch that adds and changes records of nearly every file."""
    write_package(tmp_path / "first", contracts=6, months=2)
    write_package(tmp_path / "next", contracts=8, months=3)
    return tmp_path / "first", tmp_path / "next"


def load(app: Flask, package: Path) -> JobStatus:
    """Load a package as the command does, which first ends what a killed one has left."""
    with app.app_context():
        db.session.execute(update(ImportJob).values(lease_until=None))
        db.session.commit()
        outcome = load_from_path(package, {}, JobGoal.LOAD, lambda name, done: None)
        db.session.remove()
    assert outcome is not None
    return outcome.status


def contents(app: Flask) -> Dump:
    """What an import may change: all rows but its own claim."""
    with app.app_context():
        engine = db.engine
    with Session(engine) as session:
        rows = dump(session)
    return {table: found for table, found in rows.items() if table != "import_jobs"}


def kill_self(*ignored: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def load_and_die(settings: dict[str, Any], package: Path, folder: Path, at: int) -> None:
    """Load in a process of its own, which ends at a statement of the writing part.

    Args:
        at: which statement, from 0; -1: once the commit is done.
    """
    app = create_app(make_config(folder, **settings))
    numbers, is_writing = count(), False

    @event.listens_for(Engine, "before_cursor_execute")
    def watch(connection: Any, cursor: Any, statement: str, *ignored: object) -> None:
        nonlocal is_writing
        is_writing = is_writing or statement.startswith("INSERT INTO import_runs")
        if is_writing and next(numbers) == at:
            kill_self()

    if at == -1:
        event.listen(Session, "after_commit", lambda session: is_writing and kill_self())
    load(app, package)


def in_own_process(app: Flask, package: Path, folder: Path, at: int) -> int | None:
    """The exit code of ``load_and_die``."""
    with app.app_context():
        url = db.engine.url.render_as_string(hide_password=False)
        db.session.remove()
        db.engine.dispose()
    folder.mkdir(exist_ok=True)
    child = get_context("fork").Process(
        target=load_and_die, args=({"database_url": url}, package, folder, at)
    )
    child.start()
    child.join(DEADLINE)
    return child.exitcode


def count_statements(app: Flask, package: Path) -> int:
    """Statements of the writing part, by a dry run in this process."""
    seen: list[str] = []
    with app.app_context():
        engine = db.engine

    def watch(connection: Any, cursor: Any, statement: str, *ignored: object) -> None:
        if seen or statement.startswith("INSERT INTO import_runs"):
            seen.append(statement)

    event.listen(engine, "before_cursor_execute", watch)
    with Session(engine) as session, Package(package) as files:
        apply_import(session, files, ImportOptions(), NOW, lambda name, done: None)
        event.remove(engine, "before_cursor_execute", watch)
        session.rollback()
    return len(seen)


def test_a_kill_at_any_statement_leaves_nothing_and_the_next_attempt_loads_all(
    portal: Flask, packages: tuple[Path, Path], tmp_path: Path
) -> None:
    first, following = packages
    assert load(portal, first) is JobStatus.DONE
    before = contents(portal)
    last = count_statements(portal, following) - 1
    assert last > 2 * POINTS
    for place in range(POINTS):
        at = last * place // (POINTS - 1)
        assert in_own_process(portal, following, tmp_path / "own", at) == -signal.SIGKILL
        assert contents(portal) == before, at
    assert load(portal, following) is JobStatus.DONE
    after = contents(portal)
    assert len(after["contracts"]) == 8
    assert len(after["import_runs"]) == 2


def test_a_kill_after_the_commit_leaves_all_and_the_next_attempt_finds_it_loaded(
    portal: Flask, packages: tuple[Path, Path], tmp_path: Path
) -> None:
    first, following = packages
    assert load(portal, first) is JobStatus.DONE
    assert in_own_process(portal, following, tmp_path / "own", -1) == -signal.SIGKILL
    after = contents(portal)
    assert len(after["contracts"]) == 8
    assert len(after["import_runs"]) == 2
    assert load(portal, following) is JobStatus.SAME
    assert contents(portal) == after
