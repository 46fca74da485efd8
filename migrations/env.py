"""Alembic's environment, inside the application's context."""

from __future__ import annotations

import warnings
from typing import Any

from alembic import context
from alembic.autogenerate.api import AutogenContext
from flask import current_app

from app.lib.database import BUSY_MS
from app.models import Base
from app.models.base import MonthText, ScaledDecimal, UtcDateTime

BATCH = True
WAIT_MS = 14 * 60 * 1000
"""Less than systemd waits for the service to start."""
TAKE_LOCK = "SELECT pg_advisory_xact_lock(hashtext('kabinet migrations'))"


def render_item(kind: str, item: Any, autogen: AutogenContext) -> str | bool:
    """Write our column types as the plain types beneath them: a migration never imports ``app``."""
    if kind == "type" and isinstance(item, ScaledDecimal):
        return "sa.BigInteger()"
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, MonthText):
        return "sa.String(length=7)"
    return False


def run() -> None:
    """Apply migrations one process at a time, and all of them or none.

    A service that starts migrates, and several may start at once; whichever is second waits, and
    finds nothing to do. Killed in between, the schema is the one of before.
    """
    engine = current_app.extensions["migrate"].db.engine
    on_sqlite = engine.dialect.name == "sqlite"
    with engine.connect() as connection:
        if on_sqlite:
            # A table that is made anew must not take those that refer to it along.
            connection.exec_driver_sql("pragma foreign_keys=off")
            connection.exec_driver_sql(f"pragma busy_timeout={WAIT_MS}")
            connection.commit()
        with connection.begin():
            context.configure(
                connection=connection,
                target_metadata=Base.metadata,
                render_item=render_item,
                render_as_batch=BATCH,
                compare_type=True,
                transactional_ddl=True,
            )
            if not context.get_context().opts.get("dont_mutate"):
                # The driver begins no transaction of its own for a change of the schema.
                connection.exec_driver_sql("BEGIN IMMEDIATE" if on_sqlite else TAKE_LOCK)
            with context.begin_transaction(), warnings.catch_warnings():
                # A table made anew reads those it refers to, of which an index is left out.
                warnings.filterwarnings("ignore", ".*expression-based index")
                context.run_migrations()
        if on_sqlite:
            connection.exec_driver_sql("pragma foreign_keys=on")
            connection.exec_driver_sql(f"pragma busy_timeout={BUSY_MS}")


run()
