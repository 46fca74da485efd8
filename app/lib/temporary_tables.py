"""Make and fill temporary tables, and let go of the portal's tables while working on them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    MetaData,
    Select,
    Table,
    func,
    insert,
    literal_column,
    select,
)


def create_temporary(connection: Connection, name: str, *columns: Column[Any]) -> Table:
    """Create an empty temporary table, in place of one of that name."""
    table = Table(name, MetaData(), *columns, prefixes=["TEMPORARY"], postgresql_on_commit="DROP")
    table.drop(connection, checkfirst=True)
    table.create(connection, checkfirst=False)
    return table


def insert_selected(
    connection: Connection, table: Table, names: Sequence[str], rows: Select[Any]
) -> int:
    """INSERT … SELECT into any table; how many rows."""
    statement = insert(table).from_select(list(names), rows)
    # Without the option PostgreSQL's answer is not kept: the count would be -1.
    return connection.execute(statement, execution_options={"preserve_rowcount": True}).rowcount


class Snapshot:
    """What a connection sees of the database while it fills temporary tables.

    On SQLite a transaction sees the database as it was when it first read a table, and cannot write
    once others have written. PostgreSQL lets it write, and its temporary tables end with it.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        # Whoever has written before decides alone when that is committed.
        self._may_end = (
            connection.dialect.name == "sqlite" and not _driver(connection).in_transaction
        )

    def release(self) -> None:
        """End the transaction of SQLite, if only temporary tables were written; they stay."""
        if self._may_end:
            # By the driver: the session's own transaction goes on, and so does its connection.
            _driver(self._connection).commit()


def _driver(connection: Connection) -> Any:
    return connection.connection.dbapi_connection


def next_ids(connection: Connection, table: Table) -> ColumnElement[int]:
    """An expression that numbers the rows of a SELECT as the table would when they are inserted.

    On SQLite nobody else may insert rows in between.
    """
    if connection.dialect.name == "postgresql":
        sequence = connection.scalar(select(func.pg_get_serial_sequence(table.name, "id")))
        return literal_column(f"nextval('{sequence}')")
    last = connection.scalar(select(func.max(table.c.id))) or 0
    return literal_column(f"{last:d} + row_number() OVER ()")
