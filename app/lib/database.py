"""Database helpers: engine options, SQLite pragmas, insert-or-ignore, writes of their own."""

from __future__ import annotations

import time
from collections.abc import Sequence
from select import POLLIN, poll
from typing import Any, cast

from sqlalchemy import (
    Connection,
    CursorResult,
    Delete,
    Engine,
    Executable,
    Table,
    Update,
    event,
    func,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DisconnectionError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningInsert, ReturningUpdate

MAX_ID = 2**63 - 1
"""Largest id that a table can hold; no row has it."""
BUSY_MS = 5000
CHECKPOINT_MS = 1000
READING_ENGINE = "kabinet_reading_engine"
"""Where a session that only reads has its engine: in its ``info``."""
PING_AFTER = 60
"""Seconds unused after which a connection to a server has to answer before it is used again."""
_UNUSED_SINCE = "kabinet_unused_since"


def engine_options(url: str) -> dict[str, Any]:
    """Options for the engine of a database URL; errors never carry values into the log."""
    # A thread may want a second connection for what it writes apart.
    # The connection used last has its caches and prepared statements at hand.
    options: dict[str, Any] = {
        "hide_parameters": True,
        "pool_size": 10,
        "max_overflow": 14,
        "pool_use_lifo": True,
    }
    if url.startswith("postgresql"):
        options["connect_args"] = {"options": "-c timezone=utc", "connect_timeout": 5}
    return options


def prepare_engine(engine: Engine) -> None:
    """Set the pragmas of SQLite; have connections to a server checked before they are used."""
    if engine.dialect.name == "sqlite":
        _set_pragmas(engine)
    else:
        _check_connections(engine)


def reading_engine(engine: Engine) -> Engine:
    """The same engine for who only reads: on PostgreSQL without a transaction.

    Each statement sees what is committed, as in a transaction of the usual isolation level; BEGIN
    and ROLLBACK are saved, and psycopg keeps the statements that it has prepared: it drops them all
    with every ROLLBACK.
    """
    if engine.dialect.name == "sqlite":
        return engine
    return engine.execution_options(isolation_level="AUTOCOMMIT")


def _check_connections(engine: Engine) -> None:
    """Replace a connection that the server has closed, at the price of a look at its socket.

    ``pool_pre_ping`` asks the server each time, which costs as much as reading a row.
    """

    @event.listens_for(engine, "checkin")
    def note_moment(connection: Any, record: Any) -> None:
        record.info[_UNUSED_SINCE] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def refuse_closed(connection: Any, record: Any, proxy: Any) -> None:
        unused_since = record.info.get(_UNUSED_SINCE)
        if unused_since is None:
            return
        try:
            is_open = not _has_unread(connection)
            if is_open and time.monotonic() - unused_since > PING_AFTER:
                is_open = engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error:
            is_open = False
        if not is_open:
            raise DisconnectionError


def _has_unread(connection: Any) -> bool:
    """Whether the server has said something unasked: as a rule, that it ends the connection."""
    watched = poll()
    watched.register(connection.fileno(), POLLIN)
    return bool(watched.poll(0))


def _set_pragmas(engine: Engine) -> None:
    """Write-ahead log, foreign keys, busy timeout."""

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, record: Any) -> None:
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=wal",
            "foreign_keys=on",
            f"busy_timeout={BUSY_MS}",
            "synchronous=normal",
        ):
            cursor.execute(f"pragma {pragma}")
        cursor.close()


def try_write(engine: Engine, statement: Executable) -> bool:
    """Execute and commit a statement without waiting for a lock; False where there is one,
    or no connection."""
    on_sqlite = engine.dialect.name == "sqlite"
    try:
        with engine.connect() as connection:
            if on_sqlite:
                connection.exec_driver_sql("pragma busy_timeout=0")
            try:
                connection.execute(statement)
                connection.commit()
            finally:
                if on_sqlite:
                    connection.exec_driver_sql(f"pragma busy_timeout={BUSY_MS}")
    except (OperationalError, PoolTimeoutError):
        return False
    return True


def execute_in_own_transaction(
    session: Session, statement: ReturningInsert[int] | ReturningUpdate[int]
) -> int:
    """Execute and commit a statement on a connection of its own, outside the session's transaction.

    Returns:
        The key of the one row written.

    On SQLite the session must not have written yet: there is one writer at a time.
    """
    with session.get_bind().engine.begin() as connection:
        return connection.scalars(statement).one()


def count_changed(session: Session, statement: Update | Delete) -> int:
    """Execute an UPDATE or DELETE and count the rows changed; loaded objects are not refreshed."""
    session.flush()
    result = session.execute(statement.execution_options(synchronize_session=False))
    return cast("CursorResult[Any]", result).rowcount


def lock_until_commit(session: Session, name: str) -> None:
    """Take an advisory lock until the commit, so that transactions that count the same rows queue.

    SQLite needs none: it has one writer, from its first write on.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(func.hashtext(name))))


def insert_or_ignore(session: Session, table: type[Any], **values: Any) -> int:
    """Insert a row unless one with its unique key is there already; its id, or 0."""
    on_postgresql = session.get_bind().dialect.name == "postgresql"
    insert = postgresql.insert if on_postgresql else sqlite.insert
    session.flush()
    statement = insert(table).values(**values).on_conflict_do_nothing().returning(table.id)
    return session.scalar(statement) or 0


def insert_many_or_ignore(
    session: Session, table: type[Any], rows: Sequence[dict[str, Any]]
) -> None:
    """Insert rows of the same columns, without those whose unique key is there already."""
    on_postgresql = session.get_bind().dialect.name == "postgresql"
    insert = postgresql.insert if on_postgresql else sqlite.insert
    session.flush()
    if rows:
        session.connection().execute(insert(table).on_conflict_do_nothing(), list(rows))


def open_for_bulk_write(session: Session) -> None:
    """Give a connection the memory that a large import wants, for this process only.

    SQLite gets a page cache of 24 MiB, and as much for each sort; more was no quicker. PostgreSQL
    gets 48 MB for each sort and hash and 128 MB for each index, up to the end of the transaction.
    It compiles no statement: that takes longer than it saves. A fifth of the usual sample is enough
    to choose a plan, and its own daemon looks closer once the import is committed.
    """
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("pragma cache_size=-24576")
        connection.exec_driver_sql("pragma temp_store=file")
    else:
        connection.exec_driver_sql("SET LOCAL work_mem = '48MB'")
        connection.exec_driver_sql("SET LOCAL maintenance_work_mem = '128MB'")
        connection.exec_driver_sql("SET LOCAL jit = off")
        connection.exec_driver_sql("SET LOCAL default_statistics_target = 20")


def truncate_wal(engine: Engine) -> int | None:
    """Write SQLite's log into the database file and cut it off; the pages left in it by readers.

    It would else remain as long as the largest import has made it. None: another database.
    """
    if engine.dialect.name != "sqlite":
        return None
    with engine.connect() as connection:
        # Whoever writes waits for no longer than this, if somebody reads on and on.
        connection.exec_driver_sql(f"pragma busy_timeout={CHECKPOINT_MS}")
        try:
            is_busy, pages, _ = connection.exec_driver_sql("pragma wal_checkpoint(truncate)").one()
        finally:
            connection.exec_driver_sql(f"pragma busy_timeout={BUSY_MS}")
    return int(pages) if is_busy else 0


def update_statistics(connection: Connection, table: Table, *columns: str) -> None:
    """Let PostgreSQL know at once what a table holds; its own daemon would only do so later.

    Args:
        columns: that statements compare; none: all.
    """
    if connection.dialect.name == "postgresql":
        names = f" ({', '.join(columns)})" if columns else ""
        connection.exec_driver_sql(f"ANALYZE {table.name}{names}")
