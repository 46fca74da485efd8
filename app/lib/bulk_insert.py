"""Insert very many rows into tables: COPY on PostgreSQL, ``executemany`` elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from types import TracebackType
from typing import Any

from sqlalchemy import Connection, Table


class BulkInsert(AbstractContextManager["BulkInsert"]):
    """Insert portions of rows; all of them are there when the block ends.

    Neither way goes through the expression layer, which would cost more than the insert itself. On
    PostgreSQL COPY takes an eighth of the time of ``executemany`` (measured), and the server works
    on one portion while the next is being made. The connection can do nothing else meanwhile.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._has_copy = connection.dialect.name == "postgresql"
        self._table: Table | None = None
        self._copy: Any = None
        self._open = ExitStack()

    def insert(self, table: Table, rows: Sequence[Sequence[Any]]) -> None:
        """Insert rows of driver values in the order of the table's columns."""
        names = ", ".join(f'"{column.name}"' for column in table.columns)
        if self._has_copy:
            if table is not self._table:
                self._begin(table, f"COPY {table.name} ({names}) FROM STDIN")
            for row in rows:
                self._copy.write_row(row)
            return
        marks = ", ".join("?" * len(table.columns))
        statement = f"INSERT INTO {table.name} ({names}) VALUES ({marks})"  # noqa: S608 - own names
        self._connection.exec_driver_sql(statement, list(rows))

    def _begin(self, table: Table, statement: str) -> None:
        """End the running COPY, for there is one at a time, and begin another."""
        self._open.close()
        driver: Any = self._connection.connection
        cursor = self._open.enter_context(driver.cursor())
        self._copy = self._open.enter_context(cursor.copy(statement))
        self._table = table

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.__exit__(kind, error, trace)
