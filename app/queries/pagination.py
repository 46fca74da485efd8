"""Keyset pagination: page 1000 costs what page 1 does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.lib.database import MAX_ID

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page begins: the rows ``before`` a key, or those ``after`` it; 0: the newest."""

    before: int = 0
    after: int = 0

    @classmethod
    def from_query(cls, before: str | None, after: str | None) -> Cursor:
        """Read both; what is no key asks for the newest rows."""
        return cls(_key(before), _key(after))


@dataclass(frozen=True)
class Slice(Generic[T]):
    """Rows, the newest first. ``older``: the key before which there are more; ``newer``: the key
    after which there are; 0: none."""

    rows: Sequence[T]
    older: int = 0
    newer: int = 0


def fetch_slice(
    session: Session,
    statement: Select[Any],
    key: InstrumentedAttribute[int],
    cursor: Cursor,
    size: int,
) -> Slice[Any]:
    """One page of a statement, whose first column is ``key`` or the entity it belongs to."""
    if cursor.after:
        rows = session.execute(
            statement.where(key > cursor.after).order_by(key).limit(size + 1)
        ).all()
        # Fewer than a page are newer: the newest page is shown whole.
        if len(rows) > size:
            found = [*reversed(rows[:size])]
            return Slice(found, _key_of(found[-1], key), _key_of(found[0], key))
    is_first = not cursor.before or bool(cursor.after)
    where: tuple[ColumnElement[bool], ...] = () if is_first else (key < cursor.before,)
    rows = session.execute(statement.where(*where).order_by(key.desc()).limit(size + 1)).all()
    found = list(rows[:size])
    return Slice(
        found,
        _key_of(found[-1], key) if len(rows) > size else 0,
        0 if is_first or not found else _key_of(found[0], key),
    )


def _key(text: str | None) -> int:
    if not text or not text.isascii() or not text.isdigit() or len(text) > 19:
        return 0
    return int(text) if int(text) <= MAX_ID else 0


def _key_of(row: Any, key: InstrumentedAttribute[int]) -> int:
    first = row[0]
    return first if isinstance(first, int) else getattr(first, key.key)
