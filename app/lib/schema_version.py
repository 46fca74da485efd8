"""Tell whether a database is at the newest migration, without Alembic, whose import takes long."""

from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy import Engine, text
from sqlalchemy.exc import DatabaseError

REVISION = re.compile(r"""^(down_)?revision = ["'](\w+)["']$""", re.MULTILINE)


def newest_migration(folder: Path) -> str:
    """Revision in ``migrations/versions`` that no other one follows.

    Numbers are given by hand, ahead; what is merged last need not have the highest one.
    """
    revisions, followed = _read_revisions(folder)
    (newest,) = revisions - followed
    return newest


def has_migration(folder: Path, revision: str) -> bool:
    """Whether ``migrations/versions`` knows a revision; a newer version of the portal has more."""
    return revision in _read_revisions(folder)[0]


def _read_revisions(folder: Path) -> tuple[set[str], set[str]]:
    """All revisions, and those that another one follows."""
    revisions: set[str] = set()
    followed: set[str] = set()
    for path in folder.glob("[0-9]*.py"):
        for is_parent, revision in REVISION.findall(path.read_text(encoding="utf-8")):
            (followed if is_parent else revisions).add(revision)
    return revisions, followed


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
