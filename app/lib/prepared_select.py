"""A SELECT that is compiled once and then read through the driver alone.

What SQLAlchemy does around every execution (a cache key, a context, a result with its metadata)
costs twice what SQLite needs for the answer, and on PostgreSQL as much as psycopg. The text of the
statement, the types of its parameters and columns, and the errors are SQLAlchemy's all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CompoundSelect, Connection, Dialect, Select
from sqlalchemy.orm import Session

Processor = Callable[[Any], Any]
Rows = list[tuple[Any, ...]]


@dataclass(slots=True)
class _Compiled:
    """A statement for one dialect.

    Attributes:
        order: names of the parameters by place; None where the driver takes them by name.
        constants: parameters that the statement itself holds, as the driver takes them.
        binders: what makes of a value what the driver takes.
        readers: what makes of a column what it means, by place; None before the first rows.
    """

    text: str
    order: Sequence[str] | None
    constants: dict[str, Any]
    binders: dict[str, Processor]
    readers: list[tuple[int, Processor]] | None = None

    def bind(self, values: dict[str, Any]) -> dict[str, Any] | list[Any]:
        """The parameters of one execution."""
        bound = self.constants | values
        for name, binder in self.binders.items():
            bound[name] = binder(values[name])
        return bound if self.order is None else [bound[name] for name in self.order]


class PreparedSelect:
    """A SELECT that is built once; every ``bindparam`` of it is given by name each time.

    One with a list of values, whose text depends on them, is left to SQLAlchemy.
    """

    def __init__(
        self, statement: Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]]
    ) -> None:
        self._statement = statement
        self._types = [column.type for column in statement.selected_columns]
        self._compiled: dict[str, _Compiled | None] = {}

    def all(self, session: Session, **values: Any) -> Rows:
        """All rows."""
        connection = session.connection()
        dialect = connection.dialect
        if dialect.name not in self._compiled:
            self._compiled[dialect.name] = _compile(self._statement, dialect, values)
        compiled = self._compiled[dialect.name]
        # Listeners to what an engine executes (statement counts, tracing) must hear of it.
        events = connection.engine.dispatch
        if compiled is None or events.before_cursor_execute or events.after_cursor_execute:
            return [tuple(row) for row in connection.execute(self._statement, values)]
        return self._read(connection, compiled, compiled.bind(values))

    def first(self, session: Session, **values: Any) -> tuple[Any, ...] | None:
        """The first row, if there is any."""
        rows = self.all(session, **values)
        return rows[0] if rows else None

    def _read(self, connection: Connection, compiled: _Compiled, parameters: Any) -> Rows:
        cursor = None
        try:
            cursor = connection.connection.cursor()
            cursor.execute(compiled.text, parameters)
            rows: Rows = list(cursor.fetchall())
            if compiled.readers is None:
                compiled.readers = _readers(self._types, cursor.description, connection.dialect)
        except connection.dialect.loaded_dbapi.Error as error:
            # As SQLAlchemy reports it: without values; a lost connection is not used again.
            connection._handle_dbapi_exception(error, compiled.text, parameters, cursor, None)
            raise
        finally:
            if cursor is not None:
                cursor.close()
        return _convert(rows, compiled.readers)


def _compile(statement: Any, dialect: Dialect, values: dict[str, Any]) -> _Compiled | None:
    compiled = statement.compile(dialect=dialect, column_keys=list(values))
    if compiled.post_compile_params or compiled.literal_execute_params:
        return None
    binders = {
        name: binder
        for name, parameter in compiled.binds.items()
        if (binder := parameter.type.dialect_impl(dialect).bind_processor(dialect)) is not None
    }
    constants = {
        name: binders[name](value) if name in binders else value
        for name, value in compiled.construct_params(dict.fromkeys(values)).items()
        if name not in values
    }
    given = {name: binder for name, binder in binders.items() if name in values}
    return _Compiled(compiled.string, compiled.positiontup, constants, given)


def _readers(
    types: Sequence[Any], description: Any, dialect: Dialect
) -> list[tuple[int, Processor]]:
    found = (
        (place, type_.dialect_impl(dialect).result_processor(dialect, column[1]))
        for place, (type_, column) in enumerate(zip(types, description, strict=True))
    )
    return [(place, reader) for place, reader in found if reader is not None]


def _convert(rows: Rows, readers: list[tuple[int, Processor]]) -> Rows:
    if not readers:
        return rows
    converted = []
    for row in rows:
        values = list(row)
        for place, reader in readers:
            values[place] = reader(values[place])
        converted.append(tuple(values))
    return converted
