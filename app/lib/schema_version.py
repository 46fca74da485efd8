"""Tell whether a database is at the newest migration, without Alembic, whose import takes long."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine, text
from sqlalchemy.exc import DatabaseError


def newest_migration(folder: Path) -> str:
    """Revision of the newest file in ``migrations/versions``; they are numbered by hand."""
    return max(path.name.partition("_")[0] for path in folder.glob("[0-9]*.py"))


def find_schema_version(engine: Engine) -> str | None:
    """Revision that the database is at; None: it is empty.

    Raises:
        OperationalError: nobody answers.
    """
    with engine.connect() as connection:
        try:
            version = connection.scalar(text("SELECT version_num FROM alembic_version"))
        except DatabaseError:
            # Raised anew where the database is not there at all.
            connection.rollback()
            connection.execute(text("SELECT 1"))
            return None
    return None if version is None else str(version)
