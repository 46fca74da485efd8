"""What one file of a batch changes in its table, while the table itself is as it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, FromClause, Table, and_, false, select

from app.actions.imports.staging import StagedFile
from app.models import Base


@dataclass
class FilePlan:
    """The changes of one file; nothing of them is written yet.

    Attributes:
        merged: temporary table of the rows that are added or changed, as they will be: ``id``,
            ``line`` of the file, ``is_new``, and every column that the file gives.
        gone: temporary table of the ``id`` of rows that are withdrawn or deleted.
        added, changed, withdrawn: how many rows.
        is_fill: the table is empty; it is filled at once, and nothing is known beforehand.
    """

    staged: StagedFile
    merged: Table
    gone: Table
    added: int = 0
    changed: int = 0
    withdrawn: int = 0
    is_fill: bool = False

    @property
    def target(self) -> Table:
        """The portal's table."""
        return Base.metadata.tables[self.staged.layout.table]

    def stays(self, rows: FromClause) -> list[ColumnElement[bool]]:
        """Conditions for a row of the table to be neither changed nor gone.

        Args:
            rows: the table, or an alias of it.
        """
        conditions: list[ColumnElement[bool]] = []
        if self.changed:
            conditions.append(rows.c.id.not_in(select(self.merged.c.id)))
        if self.withdrawn:
            conditions.append(rows.c.id.not_in(select(self.gone.c.id)))
        return conditions


Plans = Mapping[str, FilePlan]
"""By the name of the table."""


def is_edited(table: Table) -> ColumnElement[bool]:
    """Whether staff have edited a record, which billing then does not overwrite.

    One that is withdrawn besides was so by the change from demonstration to real data.
    """
    if "edited_at" not in table.c:
        return false()
    return and_(table.c.edited_at.is_not(None), table.c.withdrawn_at.is_(None))
