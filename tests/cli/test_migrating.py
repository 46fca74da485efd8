"""``flask db upgrade`` by several services at once, and killed in between, on both databases."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text

from app.lib.schema_version import find_schema_version, newest_migration
from config import ROOT
from tests.conftest import need
from tests.postgres_server import answers, scratch_database

KILLED = """
import os, signal
from alembic import op
import sqlalchemy as sa
revision = "killed"
down_revision = "{head}"

def upgrade():
    op.create_table("half", sa.Column("id", sa.Integer, primary_key=True))
    op.execute("INSERT INTO half (id) VALUES (1)")
    with op.batch_alter_table("sms_codes") as table:
        table.add_column(sa.Column("half", sa.Integer))
    os.kill(os.getpid(), signal.SIGKILL)
"""
SECONDS = 120


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Address of an empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'kabinet.sqlite3'}"
        return
    need(answers(), "PostgreSQL")
    with scratch_database() as address:
        yield address


def start(folder: Path, url: str, *options: str) -> subprocess.Popen[bytes]:
    """Migrate in another process, as a service does before it starts."""
    environ = {
        "PATH": os.environ["PATH"],
        "FLASK_APP": "wsgi.py",
        "INSTANCE_DIR": str(folder),
        "DATABASE_URL": url,
        "SECRET_KEY": "x" * 40,
    }
    command = [sys.executable, "-m", "flask", "db", "upgrade", *options]
    return subprocess.Popen(command, cwd=ROOT, env=environ, stderr=subprocess.PIPE)


def migrate(folder: Path, url: str, *options: str) -> int:
    """Migrate to the end, whatever it is; the code of exit."""
    with start(folder, url, *options) as process:
        process.communicate(timeout=SECONDS)
        return process.returncode


@pytest.mark.long
def test_services_that_start_together_migrate_once(url: str, tmp_path: Path) -> None:
    services = [start(tmp_path, url) for _ in range(3)]
    outputs = [service.communicate(timeout=SECONDS)[1].decode() for service in services]
    assert [service.returncode for service in services] == [0, 0, 0], outputs
    engine = create_engine(url)
    assert find_schema_version(engine) == newest_migration(ROOT / "migrations/versions")
    engine.dispose()


@pytest.mark.long
def test_a_migration_that_is_killed_has_changed_nothing(url: str, tmp_path: Path) -> None:
    assert migrate(tmp_path, url) == 0
    head = newest_migration(ROOT / "migrations/versions")
    folder = tmp_path / "migrations"
    shutil.copytree(ROOT / "migrations", folder, ignore=shutil.ignore_patterns("__pycache__"))
    killed = folder / "versions" / "9999_killed.py"
    killed.write_text(KILLED.format(head=head), encoding="utf-8")
    assert migrate(tmp_path, url, "-d", str(folder)) == -signal.SIGKILL
    engine = create_engine(url)
    assert find_schema_version(engine) == head
    assert not inspect(engine).has_table("half")
    engine.dispose()
    # Mended, it runs as if nothing had been.
    killed.write_text(
        KILLED.format(head=head).replace("os.kill(os.getpid(), signal.SIGKILL)", "pass"),
        encoding="utf-8",
    )
    assert migrate(tmp_path, url, "-d", str(folder)) == 0
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM half")) == 1
    assert find_schema_version(engine) == "killed"
    engine.dispose()
