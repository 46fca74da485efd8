"""Dump a PostgreSQL database with ``pg_dump``, and restore it with ``pg_restore``.

The address holds a password: the programs get it in their environment, which ``ps`` does not show.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import Connection, Engine, text

from app.integrations.backup.errors import BackupError

NAME = "kabinet.dump"
SERVER_ERRORS = 2000
"""Characters of a program's message that are shown."""


def dump_database(engine: Engine, address: str, folder: Path) -> dict[str, int]:
    """Dump a database into a folder, and read the dump's own list of contents.

    The rows are counted in the very snapshot that is dumped.

    Args:
        address: ``postgresql+psycopg://…`` of the database.

    Returns:
        Rows by table.

    Raises:
        BackupError: the programs are missing, too old for the server, or fail.
    """
    target = folder / NAME
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        snapshot = connection.scalar(text("SELECT pg_export_snapshot()"))
        counts = count_rows(connection)
        _run(
            ["pg_dump", "--format=custom", f"--snapshot={snapshot}", f"--file={target}"],
            client_environment(address),
        )
    check_dump(target, counts)
    return counts


def check_dump(path: Path, counts: Mapping[str, int]) -> None:
    """Whether a dump lists the data of every table.

    Raises:
        BackupError: it does not, or it cannot be read.
    """
    listed = _run(["pg_restore", "--list", str(path)], dict(os.environ))
    tables = set(re.findall(r"TABLE DATA \S+ (\S+) ", listed))
    if missing := sorted(set(counts) - tables):
        raise BackupError(f"{path}: в копии нет таблиц {', '.join(missing)}")


def restore_database(engine: Engine, address: str, dump: Path) -> dict[str, int]:
    """Restore a dump as a whole or not at all; tables of the same names are replaced.

    Returns:
        Rows by table afterwards.

    Raises:
        BackupError: ``pg_restore`` fails; the database is what it was.
    """
    options = ["--clean", "--if-exists", "--no-owner", "--no-privileges", "--exit-on-error"]
    environment = client_environment(address)
    command = ["pg_restore", *options, "--single-transaction"]
    _run([*command, f"--dbname={environment['PGDATABASE']}", str(dump)], environment)
    with engine.connect() as connection:
        return count_rows(connection)


def count_rows(connection: Connection) -> dict[str, int]:
    """Rows by table of the schema in use."""
    names = connection.scalars(
        text(
            "SELECT c.relname FROM pg_class c WHERE c.relkind = 'r' AND c.relpersistence = 'p'"
            " AND c.relnamespace = current_schema()::regnamespace ORDER BY c.relname"
        )
    ).all()
    return {
        name: connection.scalar(text(f'SELECT count(*) FROM "{name}"')) or 0  # noqa: S608 - names of the schema
        for name in names
    }


def count_others(connection: Connection) -> int:
    """How many other connections the database has."""
    return (
        connection.scalar(
            text(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
        )
        or 0
    )


def client_environment(address: str) -> dict[str, str]:
    """The process environment with libpq's variables for an address."""
    # Only an installation on PostgreSQL has it.
    from psycopg.pq import Conninfo  # noqa: PLC0415

    plain = "postgresql://" + address.partition("://")[2]
    parts = {
        part.envvar.decode(): part.val.decode()
        for part in Conninfo.parse(plain.encode())
        if part.envvar and part.val
    }
    return dict(os.environ) | parts


def _run(command: list[str], environment: Mapping[str, str]) -> str:
    """What a program of PostgreSQL prints.

    Raises:
        BackupError: it is not there, or it fails.
    """
    if shutil.which(command[0], path=environment.get("PATH")) is None:
        raise BackupError(f"нет программы {command[0]}: apt-get install postgresql-client")
    done = subprocess.run(  # noqa: S603 - our own arguments
        command, env=dict(environment), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BackupError(f"{command[0]}: {done.stderr.strip()[:SERVER_ERRORS]}")
    return done.stdout
