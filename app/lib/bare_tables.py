"""Take the indexes and foreign keys of empty tables away for a large fill, and make them anew.

PostgreSQL checks each foreign key of each row by a query of its own, and puts each row into each
index; over a filled table it does either at once, in a third of the time (measured). Both databases
need the primary key, which stays. SQLite cannot alter its tables, and gains nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import (
    Connection,
    Engine,
    ForeignKeyConstraint,
    Index,
    Table,
    UniqueConstraint,
    inspect,
    select,
)
from sqlalchemy.exc import OperationalError
from sqlalchemy.schema import AddConstraint, CreateIndex, DropConstraint, DropIndex

LOCK_WAIT = "1s"
"""How long readers may be kept waiting for a table that is altered."""

Part = ForeignKeyConstraint | UniqueConstraint | Index


def strip_empty_tables(engine: Engine, tables: Iterable[Table]) -> None:
    """Drop what ``restore_table`` makes, of the tables that have no rows. Commits.

    A process that is killed afterwards leaves them so, and empty: the next one restores them.
    """
    if engine.dialect.name != "postgresql":
        return
    for table in tables:
        try:
            with engine.begin() as connection:
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_WAIT}'")
                if connection.execute(select(table.c.id).limit(1)).first() is None:
                    _strip(connection, table)
        except OperationalError:
            # Somebody reads it all the time: it is filled as it is.
            continue


@contextmanager
def bare_tables(engine: Engine, tables: Sequence[Table]) -> Iterator[None]:
    """Strip empty tables for whoever fills them in the block, and restore what is left so."""
    strip_empty_tables(engine, tables)
    try:
        yield
    finally:
        restore_tables(engine, tables)


def restore_tables(engine: Engine, tables: Iterable[Table]) -> None:
    """Make whatever the tables lack. Commits."""
    if engine.dialect.name == "postgresql":
        for table in tables:
            with engine.begin() as connection:
                restore_table(connection, table)


def restore_table(connection: Connection, table: Table) -> None:
    """Make whatever a table lacks of its unique keys, indexes and foreign keys.

    Raises:
        IntegrityError: its rows do not have a unique key.
    """
    if connection.dialect.name != "postgresql":
        return
    present = _present(connection, table)
    for part in _parts(table):
        if part.name not in present:
            make = CreateIndex(part) if isinstance(part, Index) else AddConstraint(part)
            connection.execute(make)


def _strip(connection: Connection, table: Table) -> None:
    present = _present(connection, table)
    for part in reversed(_parts(table)):
        if part.name in present:
            drop = DropIndex(part) if isinstance(part, Index) else DropConstraint(part)
            connection.execute(drop)


def _parts(table: Table) -> list[Part]:
    """Unique keys first, then indexes, then foreign keys."""
    unique = [part for part in table.constraints if isinstance(part, UniqueConstraint)]
    return [
        *sorted(unique, key=lambda part: str(part.name)),
        *sorted(table.indexes, key=lambda part: str(part.name)),
        *sorted(table.foreign_key_constraints, key=lambda part: str(part.name)),
    ]


def _present(connection: Connection, table: Table) -> set[str | None]:
    found = inspect(connection)
    listed = (
        found.get_unique_constraints(table.name),
        found.get_indexes(table.name),
        found.get_foreign_keys(table.name),
    )
    return {part["name"] for parts in listed for part in parts}
