"""``flask backup`` and ``flask restore``: what was acknowledged comes back, on both databases."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app import create_app
from app.extensions import db
from app.integrations.backup import postgresql
from app.lib.file_locks import RUNNING, hold_shared
from app.models import Payment
from app.queries.backups import find_last_backup
from app.web.file_stores import list_stores
from config import ROOT
from tests.conftest import NOW, make_config, need
from tests.factories import Factory
from tests.postgres_server import answers, scratch_database

WRITER = """
import sys
from datetime import date
from decimal import Decimal
from sqlalchemy import insert
from app.extensions import db
from app.models import Payment
from wsgi import app
with app.app_context():
    number = 0
    while True:
        number += 1
        values = {"external_id": f"written-{number}", "kind": "payment", "amount": Decimal("1.00")}
        days = {"paid_on": date(2026, 11, 1), "posted_on": date(2026, 11, 1)}
        with db.engine.begin() as connection:
            connection.execute(insert(Payment).values(values | days))
        print(number, flush=True)
"""
"""Commits rows one by one and says so after each."""


@pytest.fixture
def postgres_of_its_own(tmp_path: Path) -> Iterator[Flask]:
    """A portal on a database that no other test uses: a restore drops its tables."""
    need(answers(), "PostgreSQL")
    with scratch_database() as url:
        app = create_app(make_config(tmp_path, database_url=url))
        with app.app_context():
            upgrade()
        yield app
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def portal(request: pytest.FixtureRequest) -> Flask:
    """An installation with data and files, on either database."""
    fixture = "app" if request.param == "sqlite" else "postgres_of_its_own"
    app: Flask = request.getfixturevalue(fixture)
    config = app.extensions["config"]
    with app.app_context():
        make = Factory(db.session())
        make.supplier()
        make.payment(make.contract(), date(2026, 11, 5), "1500.00")
        db.session.commit()
        for label, store in list_stores(config):
            store.save(label.encode() * 1000, f"{label}-key/file.bin")
    return app


@pytest.fixture
def empty_place(portal: Flask, tmp_path: Path) -> Iterator[Flask]:
    """Where a copy is restored to, with nothing there; call it after the backup."""
    config = portal.extensions["config"]
    folder = tmp_path / "restored"
    url = config.database_url
    if url.startswith("sqlite"):
        url = f"sqlite:///{folder / 'kabinet.sqlite3'}"
    app = create_app(make_config(folder, database_url=url))
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def empty(app: Flask) -> None:
    """Leave no table: on PostgreSQL both installations have the same database in turn."""
    with app.app_context():
        db.session.remove()
        if db.engine.dialect.name == "postgresql":
            with db.engine.begin() as connection:
                connection.execute(text("DROP SCHEMA public CASCADE; CREATE SCHEMA public"))
        db.engine.dispose()


def run(app: Flask, *arguments: str | Path) -> Result:
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    return app.test_cli_runner().invoke(args=[str(argument) for argument in arguments])


def back_up(app: Flask, place: Path, *options: str) -> Path:
    done = run(app, "backup", place, *options)
    assert done.exit_code == 0, done.output
    return Path(done.output.splitlines()[-1])


def amounts(app: Flask) -> list[str]:
    with app.app_context():
        return [str(amount) for amount in db.session.scalars(select(Payment.amount))]


def test_a_restored_installation_has_every_row_and_every_file(
    portal: Flask, empty_place: Flask, tmp_path: Path
) -> None:
    need(shutil.which("pg_dump") is not None, "pg_dump")
    copy = back_up(portal, tmp_path / "copies")
    assert copy.stat().st_mode & 0o077 == 0
    with portal.app_context():
        last = find_last_backup(db.session())
        assert last is not None
        assert (last.place, last.file_count, last.finished_at) == (str(copy), 4, NOW)
        assert last.row_count > 3
    empty(portal)
    done = run(empty_place, "restore", copy)
    assert done.exit_code == 0, done.output
    assert amounts(empty_place) == ["1500.00"]
    for label, store in list_stores(empty_place.extensions["config"]):
        assert store.read(f"{label}-key/file.bin") == label.encode() * 1000


def test_every_row_acknowledged_before_a_backup_survives_a_kill(
    portal: Flask, empty_place: Flask, tmp_path: Path
) -> None:
    need(shutil.which("pg_dump") is not None, "pg_dump")
    config = portal.extensions["config"]
    environ = {
        "SECRET_KEY": config.secret_key,
        "INSTANCE_DIR": str(config.instance_dir),
        "DATABASE_URL": config.database_url,
    }
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER],
        cwd=ROOT,
        env=os.environ | environ,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert writer.stdout is not None
        for line in writer.stdout:
            if (acknowledged := int(line)) >= 50:
                break
        copy = back_up(portal, tmp_path / "copies")
        assert writer.poll() is None
    finally:
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
    empty(portal)
    assert run(empty_place, "restore", copy).exit_code == 0
    with empty_place.app_context():
        written = set(
            db.session.scalars(
                select(Payment.external_id).where(Payment.external_id.startswith("written-"))
            )
        )
    assert {f"written-{number}" for number in range(1, acknowledged + 1)} <= written


def test_a_restore_replaces_data_only_when_told_so(
    portal: Flask, tmp_path: Path, session: Session
) -> None:
    need(shutil.which("pg_dump") is not None, "pg_dump")
    copy = back_up(portal, tmp_path / "copies")
    with portal.app_context():
        make = Factory(db.session())
        make.payment(None, date(2026, 11, 6), "7.00")
        db.session.commit()
    session.close()
    refused = run(portal, "restore", copy)
    assert refused.exit_code == 1
    assert "--force" in refused.output
    assert sorted(amounts(portal)) == ["1500.00", "7.00"]
    done = run(portal, "restore", copy, "--force")
    assert done.exit_code == 0, done.output
    assert amounts(portal) == ["1500.00"]


def test_an_old_write_ahead_log_does_not_undo_a_restore(page, app, make, tmp_path: Path) -> None:
    make.payment(make.contract(), date(2026, 11, 5), "1500.00")
    make.commit()
    copy = back_up(app, tmp_path / "copies")
    path = tmp_path / "kabinet.sqlite3"
    # A process that was killed leaves its log behind.
    with sqlite3.connect(path) as other:
        other.execute("UPDATE payments SET amount = 1")
        other.commit()
        for ending in ("-wal", "-shm"):
            shutil.copy(f"{path}{ending}", tmp_path / f"left{ending}")
    for ending in ("-wal", "-shm"):
        shutil.copy(tmp_path / f"left{ending}", f"{path}{ending}")
    assert run(app, "restore", copy, "--force").exit_code == 0
    assert amounts(app) == ["1500.00"]
    assert [found.name for found in tmp_path.glob("kabinet.sqlite3.before-*") if found.suffix]
    assert path.stat().st_mode & 0o007 == 0


def test_an_empty_or_foreign_database_is_not_backed_up(make_app, tmp_path: Path) -> None:
    app = make_app()
    refused = run(app, "backup", tmp_path / "copies")
    assert (refused.exit_code, "копировать нечего" in refused.output) == (1, True)
    bare = create_app(make_config(tmp_path / "bare"))
    refused = run(bare, "backup", tmp_path / "copies")
    assert (refused.exit_code, "нет таблиц кабинета" in refused.output) == (1, True)
    assert list((tmp_path / "copies").glob("*")) == []


def test_nothing_is_restored_into_a_running_portal(app, make, tmp_path: Path) -> None:
    make.contract()
    make.commit()
    copy = back_up(app, tmp_path / "copies")
    with hold_shared(tmp_path / RUNNING):
        refused = run(app, "restore", copy, "--force")
    assert (refused.exit_code, "кабинет работает" in refused.output) == (1, True)
    assert run(app, "restore", copy, "--force").exit_code == 0


@pytest.mark.parametrize("damage", ["flip", "truncate", "no manifest", "no database"])
def test_a_damaged_copy_is_refused_before_anything_is_touched(
    damage: str, app, make, tmp_path: Path
) -> None:
    make.payment(make.contract(), date(2026, 11, 5), "1500.00")
    make.commit()
    copy = back_up(app, tmp_path / "copies")
    database = copy / "kabinet.sqlite3"
    content = bytearray(database.read_bytes())
    if damage == "flip":
        content[len(content) // 2] ^= 255
        database.write_bytes(content)
    elif damage == "truncate":
        database.write_bytes(content[: len(content) // 2])
    elif damage == "no manifest":
        (copy / "manifest.json").unlink()
    else:
        database.unlink()
    assert run(app, "restore", copy, "--force").exit_code == 1
    assert amounts(app) == ["1500.00"]


def test_the_oldest_copies_are_deleted_and_nothing_else(
    app, make, tmp_path: Path, advance_clock
) -> None:
    make.contract()
    make.commit()
    place = tmp_path / "copies"
    copies = []
    for hour in range(3):
        advance_clock(hours=hour)
        copies.append(back_up(app, place, "--keep", "2"))
        (place / "kabinet-notes.txt").write_text("not a copy", encoding="utf-8")
    assert sorted(place.iterdir()) == [*copies[1:], place / "kabinet-notes.txt"]


def test_a_copy_is_encrypted_for_the_one_who_has_the_key(app, make, tmp_path: Path) -> None:
    need(shutil.which("age") is not None, "age")
    make.payment(make.contract(), date(2026, 11, 5), "1500.00")
    make.commit()
    key = tmp_path / "key.txt"
    subprocess.run(["age-keygen", "-o", key], capture_output=True, check=True)
    found = re.search(r"public key: (\S+)", key.read_text(encoding="ascii"))
    assert found
    copy = back_up(app, tmp_path / "copies", "--age", found[1])
    assert copy.suffix == ".age"
    assert b"SQLite format" not in copy.read_bytes()
    assert [path.name for path in copy.parent.iterdir()] == [copy.name]
    refused = run(app, "restore", copy, "--force")
    assert (refused.exit_code, "--identity" in refused.output) == (1, True)
    done = run(app, "restore", copy, "--force", "--identity", key)
    assert done.exit_code == 0, done.output
    assert amounts(app) == ["1500.00"]
    assert not (tmp_path / "decrypted").exists()


def test_a_copy_holds_settings_but_no_secret(make_app, tmp_path: Path, session: Session) -> None:
    app = make_app(import_token="a-token-of-the-billing-" + "x" * 20, stop_days=9)
    Factory(session).contract()
    session.commit()
    copy = back_up(app, tmp_path / "copies")
    told = (copy / "settings.env").read_text(encoding="utf-8")
    assert "STOP_DAYS=9" in told
    assert "IMPORT_TOKEN" in told
    config = app.extensions["config"]
    for path in copy.rglob("*.*"):
        content = path.read_bytes()
        assert config.secret_key.encode() not in content
        assert config.import_token.encode() not in content


def test_the_password_of_the_database_is_in_no_argument_list(monkeypatch) -> None:
    pytest.importorskip("psycopg")
    monkeypatch.setattr(os, "environ", {"PATH": "/usr/bin"})
    address = "postgresql+psycopg://portal:p%20%23w@db.example.ru:5433/kabinet?sslmode=require"
    assert postgresql.client_environment(address) == {
        "PATH": "/usr/bin",
        "PGDATABASE": "kabinet",
        "PGHOST": "db.example.ru",
        "PGPASSWORD": "p #w",
        "PGPORT": "5433",
        "PGSSLMODE": "require",
        "PGUSER": "portal",
    }


def test_a_dump_without_a_table_is_no_copy(portal: Flask, tmp_path: Path) -> None:
    if portal.extensions["config"].database_url.startswith("sqlite"):
        return
    need(shutil.which("pg_dump") is not None, "pg_dump")
    copy = back_up(portal, tmp_path / "copies")
    with pytest.raises(postgresql.BackupError, match="ledgers"):
        postgresql.check_dump(copy / postgresql.NAME, {"contracts": 1, "ledgers": 1})
    with portal.app_context():
        assert db.session.scalar(select(func.count()).select_from(Payment)) == 1
