"""Dump the contents of a database, to compare before and after."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models import Base


def rows_of(session: Session) -> dict[str, int]:
    """How many rows each table has."""
    session.rollback()
    return {
        table.name: session.scalar(select(func.count()).select_from(table)) or 0
        for table in Base.metadata.sorted_tables
    }
