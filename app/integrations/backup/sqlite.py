"""Copy a SQLite database while it is written to, and put a copy in its place."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from app.integrations.backup.errors import BackupError

NAME = "kabinet.sqlite3"
PAGES_AT_ONCE = 2048
"""Of a step of the online backup: between steps others may write."""
SIDE_FILES = ("-wal", "-shm", "-journal")
MODE = 0o640


def copy_database(source: Path, folder: Path) -> dict[str, int]:
    """Copy a database into a folder by SQLite's online backup, and check the copy.

    Returns:
        Rows by table, counted in the copy.

    Raises:
        BackupError: there is no database, or the copy is damaged.
    """
    if not source.is_file():
        raise BackupError(f"базы нет: {source}")
    target = folder / NAME
    with (
        closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as origin,
        closing(sqlite3.connect(target)) as copy,
    ):
        origin.backup(copy, pages=PAGES_AT_ONCE)
        # One file, whole without a journal beside it.
        copy.execute("PRAGMA journal_mode=delete")
    return check_database(target)


def check_database(path: Path) -> dict[str, int]:
    """Open a copy and read it through.

    Returns:
        Rows by table.

    Raises:
        BackupError: SQLite finds it damaged.
    """
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            found = [text for (text,) in database.execute("PRAGMA integrity_check")]
            if found != ["ok"]:
                raise BackupError(f"{path}: копия повреждена: {found[0]}")
            return count_rows(database)
    except sqlite3.DatabaseError as error:
        raise BackupError(f"{path}: копия не читается: {error}") from None


def count_rows(database: sqlite3.Connection) -> dict[str, int]:
    """Rows by table, but for SQLite's own."""
    names = database.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"
        " AND name NOT LIKE 'sqlite_%' ORDER BY name"
    ).fetchall()
    return {
        name: database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608 - names of the schema
        for (name,) in names
    }


def replace_database(copy: Path, target: Path, set_aside: Path | None) -> dict[str, int]:
    """Put a copy in the place of a database that nobody has open.

    An old write-ahead log would be played into the new file: it goes with the old one.

    Args:
        set_aside: where the old database goes; None: there is none.

    Returns:
        Rows by table in the new place.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f"{target.name}.restoring")
    fresh.write_bytes(b"")
    fresh.chmod(MODE)
    with (
        closing(sqlite3.connect(f"file:{copy}?mode=ro", uri=True)) as origin,
        closing(sqlite3.connect(fresh)) as database,
    ):
        origin.backup(database)
    counts = check_database(fresh)
    for ending in SIDE_FILES:
        path = target.with_name(target.name + ending)
        if set_aside is not None and path.exists():
            path.rename(set_aside.with_name(set_aside.name + ending))
        path.unlink(missing_ok=True)
    if set_aside is not None:
        target.rename(set_aside)
    _sync(fresh)
    fresh.rename(target)
    _sync(target.parent)
    return counts


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
