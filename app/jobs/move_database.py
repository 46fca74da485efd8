"""Move an installation from SQLite to PostgreSQL: all rows or none, the old database untouched.

SQLite's stored values are what PostgreSQL's COPY reads as text, but for nothing: dates and moments
are ISO texts in UTC, decimals are whole numbers, JSON is text. So rows pass without becoming
objects, and what arrived is compared column by column.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from sqlalchemy import BigInteger, Connection, Engine, Integer, String, Table, inspect, text

from app.extensions import db, migrate
from app.lib.bare_tables import bare_tables
from app.lib.bulk_insert import BulkInsert
from app.lib.database import engine_options
from app.lib.file_locks import RUNNING, is_held
from app.models import Base
from config import ROOT

ROWS_AT_ONCE = 5000


class MoveError(Exception):
    """A move that was refused or has failed; the source is what it was, the target empty."""


@dataclass(frozen=True, slots=True)
class TableSums:
    """What is compared of a table: rows, and per column the values that are there and their sum.

    Whole numbers are summed as they are, texts by their lengths in characters.
    """

    rows: int
    columns: dict[str, tuple[int, int]]


def move_database(source: Flask, target: Flask, told: Callable[[str, int], None]) -> dict[str, int]:
    """Copy every table into the migrated, empty database of another application.

    Args:
        source: an installation on SQLite that nobody uses meanwhile.
        target: the same installation with another DATABASE_URL.
        told: called with the name of each table and its rows, when it is there.

    Returns:
        Rows by table.

    Raises:
        MoveError: refused, or what arrived is not what was sent; nothing is in the target then.
    """
    with source.app_context():
        path = _source_path(source, db.engine)
    with target.app_context():
        engine = db.engine
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as origin:
        # One moment of the source, whoever writes meanwhile in spite of all.
        origin.execute("BEGIN")
        tables = _tables(origin)
        with engine.begin() as connection:
            _empty(connection, tables)
        numbered = [table for table in tables if "id" in table.columns]
        with bare_tables(engine, numbered), engine.begin() as connection:
            return _copy_all(origin, connection, tables, told)


def _copy_all(
    origin: sqlite3.Connection,
    connection: Connection,
    tables: Sequence[Table],
    told: Callable[[str, int], None],
) -> dict[str, int]:
    """Copy, compare and count; the caller commits."""
    counts = {}
    for table in tables:
        counts[table.name] = _copy(origin, connection, table)
        told(table.name, counts[table.name])
    _compare(origin, connection, tables)
    _set_sequences(connection, tables)
    return counts


def application_on(address: str) -> Flask:
    """An application with another database and nothing else, for migrations to run in."""
    app = Flask("kabinet", root_path=str(ROOT))
    app.config["SQLALCHEMY_DATABASE_URI"] = address
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = engine_options(address)
    db.init_app(app)
    migrate.init_app(app, db)
    return app


def check_target(engine: Engine) -> None:
    """Whether a database may be moved into: PostgreSQL, and nothing in it yet.

    Raises:
        MoveError: it is of another kind, or it has data.
    """
    if engine.dialect.name != "postgresql":
        raise MoveError("новая база должна быть PostgreSQL: postgresql://…")
    names = set(inspect(engine).get_table_names())
    with engine.connect() as connection:
        for name in ("contracts", "accounts", "staff"):
            if name in names and connection.scalar(text(f"SELECT count(*) FROM {name}")):  # noqa: S608 - our own tables
                raise MoveError("в новой базе уже есть данные; нужна пустая")


def _source_path(source: Flask, engine: Engine) -> Path:
    if engine.dialect.name != "sqlite":
        raise MoveError("переносить нечего: кабинет уже не на SQLite")
    if is_held(Path(source.instance_path) / RUNNING):
        raise MoveError("кабинет работает: systemctl stop kabinet kabinet-worker")
    return Path(engine.url.database or "")


def _tables(origin: sqlite3.Connection) -> list[Table]:
    """Our tables, those that others refer to first.

    Raises:
        MoveError: the schema of the source is not the one of this version.
    """
    there = {name for (name,) in origin.execute("SELECT name FROM sqlite_schema")}
    missing = [table.name for table in Base.metadata.sorted_tables if table.name not in there]
    if missing:
        raise MoveError(f"в старой базе нет таблиц {', '.join(missing)}: сначала db upgrade")
    return Base.metadata.sorted_tables


def _empty(connection: Connection, tables: Iterable[Table]) -> None:
    """Delete what migrations have filled in: it comes with the rest."""
    names = ", ".join(table.name for table in tables)
    connection.execute(text(f"TRUNCATE {names} CASCADE"))


def _copy(origin: sqlite3.Connection, connection: Connection, table: Table) -> int:
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    rows = origin.execute(f"SELECT {names} FROM {table.name}")  # noqa: S608 - our own tables
    count = 0
    with BulkInsert(connection) as target:
        while portion := rows.fetchmany(ROWS_AT_ONCE):
            target.insert(table, portion)
            count += len(portion)
    return count


def _set_sequences(connection: Connection, tables: Iterable[Table]) -> None:
    """Let new rows get ids beyond those that came."""
    for table in tables:
        for column in table.primary_key:
            if not isinstance(column.type, (BigInteger, Integer)):
                continue
            sequence = connection.scalar(
                text("SELECT pg_get_serial_sequence(:table, :column)"),
                {"table": table.name, "column": column.name},
            )
            if sequence:
                connection.execute(
                    text(
                        f"SELECT setval(:sequence, max({column.name}))"  # noqa: S608 - our own tables
                        f" FROM {table.name} HAVING max({column.name}) IS NOT NULL"
                    ),
                    {"sequence": sequence},
                )


def _compare(origin: sqlite3.Connection, connection: Connection, tables: Iterable[Table]) -> None:
    for table in tables:
        statement = _sums_statement(table)
        sent = _sums(table, origin.execute(statement).fetchone())
        arrived = _sums(table, connection.execute(text(statement)).one())
        if sent != arrived:
            raise MoveError(f"таблица {table.name}: пришло не то, что отправлено")


def _sums_statement(table: Table) -> str:
    parts = ["count(*)"]
    for column in table.columns:
        quoted = f'"{column.name}"'
        parts.append(f"count({quoted})")
        if isinstance(column.type, (BigInteger, Integer)) or _is_scaled(column.type):
            parts.append(f"coalesce(sum({quoted}), 0)")
        elif isinstance(column.type, String):
            parts.append(f"coalesce(sum(length({quoted})), 0)")
        else:
            parts.append("0")
    return f"SELECT {', '.join(parts)} FROM {table.name}"  # noqa: S608 - our own tables


def _is_scaled(kind: object) -> bool:
    return isinstance(getattr(kind, "impl_instance", None), BigInteger)


def _sums(table: Table, row: Iterable[object]) -> TableSums:
    rows, *values = (int(str(value)) for value in row)
    names = [column.name for column in table.columns]
    pairs = zip(values[::2], values[1::2], strict=True)
    return TableSums(rows, dict(zip(names, pairs, strict=True)))
