"""``flask move-database`` and ``flask move-files``: everything arrives, the old place stays."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, insert, inspect, select, text

from app import create_app
from app.demo.loading import load_demo
from app.extensions import db
from app.jobs import move_database
from app.lib.file_locks import RUNNING, hold_shared
from app.models import Base, Contract, Payment
from app.web.file_stores import list_stores
from tests.conftest import NOW, make_config, need
from tests.factories import Factory
from tests.postgres_server import answers, scratch_database


@pytest.fixture(scope="module")
def demo_database(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> Path:
    """A SQLite file with demonstration data: rows in nearly every table."""
    folder = tmp_path_factory.mktemp("demo")
    shutil.copy(empty_database, folder / "kabinet.sqlite3")
    app = create_app(make_config(folder))
    with app.app_context():
        load_demo(db.session(), NOW)
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    return folder / "kabinet.sqlite3"


@pytest.fixture
def demo(make_app, tmp_path: Path, demo_database: Path) -> Flask:
    shutil.copy(demo_database, tmp_path / "kabinet.sqlite3")
    app: Flask = make_app()
    return app


@pytest.fixture
def address() -> Iterator[str]:
    """An empty database of PostgreSQL."""
    need(answers(), "PostgreSQL")
    with scratch_database() as url:
        yield url


def run(app: Flask, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(args=arguments)


def rows(app: Flask) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, as the models read it."""
    with app.app_context():
        return {
            table.name: [
                tuple(row)
                for row in db.session.execute(select(table).order_by(*table.primary_key)).all()
            ]
            for table in Base.metadata.sorted_tables
        }


def other(app: Flask, folder: Path, address: str) -> Flask:
    """The installation after DATABASE_URL has been changed."""
    return create_app(make_config(folder, database_url=address))


def close(app: Flask) -> None:
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def test_every_row_arrives_as_it_was(demo: Flask, address: str, tmp_path: Path) -> None:
    done = run(demo, "move-database", address)
    assert done.exit_code == 0, done.output
    moved = other(demo, tmp_path, address)
    before = rows(demo)
    assert sum(map(len, before.values())) > 10_000
    assert rows(moved) == before
    with moved.app_context():
        # New rows get ids of their own.
        values = {"external_id": "new", "kind": "payment", "amount": Decimal(1)}
        days = {"paid_on": date(2026, 11, 1), "posted_on": date(2026, 11, 1)}
        last = db.session.scalar(select(func.max(Payment.id)))
        new = db.session.scalar(insert(Payment).values(values | days).returning(Payment.id))
        assert (last, new) == (last, (last or 0) + 1)
        constraints = inspect(db.engine).get_foreign_keys("payments")
        assert [key["referred_table"] for key in constraints] == ["contracts"]
    close(moved)


def test_nothing_is_moved_over_data_or_from_a_running_portal(demo: Flask, address: str) -> None:
    with hold_shared(Path(demo.instance_path) / RUNNING):
        refused = run(demo, "move-database", address)
    assert (refused.exit_code, "кабинет работает" in refused.output) == (1, True)
    assert run(demo, "move-database", address).exit_code == 0
    refused = run(demo, "move-database", address)
    assert (refused.exit_code, "уже есть данные" in refused.output) == (1, True)


@pytest.mark.parametrize("url", ["", "mysql://x/y", "sqlite:///other.sqlite3"])
def test_only_an_address_of_postgresql_is_taken(demo: Flask, url: str) -> None:
    done = run(demo, "move-database", url)
    assert (done.exit_code, "postgresql://" in done.output) == (1, True)


def test_a_move_that_fails_leaves_nothing_behind(
    demo: Flask, address: str, tmp_path: Path, monkeypatch
) -> None:
    def lose_a_row(origin, connection, tables) -> None:
        connection.execute(text("DELETE FROM payments WHERE id = (SELECT max(id) FROM payments)"))
        compare(origin, connection, tables)

    compare = move_database._compare
    monkeypatch.setattr(move_database, "_compare", lose_a_row)
    failed = run(demo, "move-database", address)
    assert (failed.exit_code, "таблица payments" in failed.output) == (1, True)
    moved = other(demo, tmp_path, address)
    assert not any(rows(moved).values())
    close(moved)
    monkeypatch.undo()
    assert run(demo, "move-database", address).exit_code == 0


def test_files_arrive_whole_and_a_second_run_copies_only_what_is_missing(
    app: Flask, make: Factory, tmp_path: Path
) -> None:
    config = app.extensions["config"]
    for label, store in list_stores(config):
        for number in range(3):
            store.save(f"{label} {number}".encode() * 100, f"key-{number}/file.bin")
    target = tmp_path / "elsewhere"
    done = run(app, "move-files", str(target))
    assert (done.exit_code, "сверено: 12" in done.output) == (0, True), done.output
    (target / "imports" / "key-1" / "file.bin").write_bytes(b"damaged")
    (target / "key-2" / "file.bin").unlink()
    done = run(app, "move-files", str(target))
    assert "сверено: 2; уже были: 10" in done.output
    moved = create_app(make_config(tmp_path, files_url=str(target)))
    for label, store in list_stores(moved.extensions["config"]):
        for number in range(3):
            assert store.read(f"key-{number}/file.bin") == f"{label} {number}".encode() * 100
    assert run(app, "move-files", "nowhere").exit_code == 1


def test_the_source_is_left_as_it_was(demo: Flask, address: str) -> None:
    before = rows(demo)
    assert run(demo, "move-database", address).exit_code == 0
    assert rows(demo) == before
    with demo.app_context():
        assert db.session.scalar(select(func.count()).select_from(Contract))
