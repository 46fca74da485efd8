"""Alembic's environment, inside the application's context."""

from __future__ import annotations

from typing import Any

from alembic import context
from alembic.autogenerate.api import AutogenContext
from flask import current_app

from app.models import Base
from app.models.base import MonthText, ScaledDecimal, UtcDateTime

BATCH = True


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
    engine = current_app.extensions["migrate"].db.engine
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            # A table that is made anew must not take those that refer to it along.
            connection.exec_driver_sql("pragma foreign_keys=off")
            connection.commit()
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_item=render_item,
            render_as_batch=BATCH,
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("pragma foreign_keys=on")


run()
