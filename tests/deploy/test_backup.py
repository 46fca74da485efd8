"""``deploy/backup`` copies a running installation, and shows no password while it does."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from pathlib import Path

import pytest

from config import ROOT

BACKUP = ROOT / "deploy" / "backup"


def back_up(target: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BACKUP, target], env=os.environ | environ, capture_output=True, text=True, check=False
    )


def test_the_copy_has_what_is_written_and_every_file(tmp_path: Path) -> None:
    instance = tmp_path / "instance"
    (instance / "files" / "ab").mkdir(parents=True)
    (instance / "files" / "ab" / "abcd").write_bytes(b"a file")
    # FILES_URL may name one folder for attachments, uploaded batches and prepared files.
    for folder in ("imports", "prepared"):
        (instance / "files" / folder).mkdir()
        (instance / "files" / folder / "passing").write_bytes(b"x")
    (instance / "secret_key").write_text("k" * 40, encoding="ascii")
    source = sqlite3.connect(instance / "kabinet.sqlite3")
    source.execute("pragma journal_mode = wal")
    source.execute("create table notes (words text)")
    source.execute("insert into notes values ('kept')")
    source.commit()
    done = back_up(tmp_path / "copies", INSTANCE_DIR=str(instance), DATABASE_URL="", FILES_URL="")
    source.close()
    assert done.returncode == 0, done.stderr
    copy = Path(done.stdout.strip())
    with sqlite3.connect(copy / "kabinet.sqlite3") as database:
        assert database.execute("select words from notes").fetchall() == [("kept",)]
    assert (copy / "files" / "ab" / "abcd").read_bytes() == b"a file"
    assert [path.name for path in (copy / "files").iterdir()] == ["ab"]
    assert (copy / "secret_key").read_text(encoding="ascii") == "k" * 40
    assert copy.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_the_password_of_the_database_is_in_no_argument_list(tmp_path: Path, scheme: str) -> None:
    (tmp_path / "bin").mkdir()
    fake = tmp_path / "bin" / "pg_dump"
    fake.write_text('#!/bin/sh\nprintf "%s\\n" "$@"; env | grep ^PG | sort\n', encoding="ascii")
    fake.chmod(0o755)
    done = back_up(
        tmp_path / "copies",
        PATH=f"{fake.parent}:{os.environ['PATH']}",
        INSTANCE_DIR=str(tmp_path),
        FILES_URL="",
        DATABASE_URL=f"{scheme}://portal:p%20%23w@db.example.ru:5433/kabinet?sslmode=require",
    )
    assert done.returncode == 0, done.stderr
    *said, target = done.stdout.splitlines()
    assert said == [
        "--format=custom",
        f"--file={target}/kabinet.dump",
        "PGDATABASE=kabinet",
        "PGHOST=db.example.ru",
        "PGPASSWORD=p #w",
        "PGPORT=5433",
        "PGSSLMODE=require",
        "PGUSER=portal",
    ]
