"""Read tables as they will be after a merge that is only planned, for the checks of a batch.

A check must not hold the lock of SQLite, so it runs before anything is written. What a statement
selects it builds for one table at a time, because no database looks into the middle of a UNION.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import FromClause, Select, Subquery, Table, select, union_all

from app.actions.imports.file_plan import Plans
from app.actions.imports.merge_source import MergeSource
from app.actions.imports.staging import StagedFile
from app.models import Base

Rows = Select[*tuple[Any, ...]]
Build = Callable[[FromClause], Rows]
BuildOfFile = Callable[[Table, FromClause], Rows]


class MergedState:
    """The tables after the merge.

    Args:
        plans: that are not carried out yet; none: the tables are as they will be.
    """

    def __init__(self, plans: Plans | None = None) -> None:
        self._plans = plans or {}

    def source(self, staged: StagedFile) -> MergeSource:
        """The staged file with the records that it will refer to."""
        return MergeSource(staged, self._plans)

    def rows(self, model: type[Base], build: Build, limit: int | None = None) -> Subquery:
        """What ``build`` selects of the rows of a table.

        Args:
            build: makes a SELECT over the table, or over rows of the same columns.
            limit: how many rows are wanted at most, of a SELECT with an order.
        """
        table = Base.metadata.tables[model.__tablename__]
        plan, now = self._plans.get(table.name), table.alias()
        places = [build(now) if plan is None else build(now).where(*plan.stays(now))]
        if plan is not None and (plan.added or plan.changed):
            places.append(build(plan.merged.alias()))
        if limit is not None:
            places = [select(place.limit(limit).subquery()) for place in places]
        return _together(places)

    def rows_of_file(self, staged: StagedFile, build: BuildOfFile) -> Subquery:
        """What ``build`` selects of the rows that a file has in its table.

        Args:
            build: makes a SELECT over the staged rows, and the table or rows of the same columns.
        """
        source, stage = MergeSource(staged), staged.rows
        plan, now = self._plans.get(source.target.name), source.target.alias()
        is_same = source.key_matches(now)
        found = build(stage, now).select_from(source.key_joined()).join(now, is_same)
        places = [found if plan is None else found.where(*plan.stays(now))]
        if plan is not None and (plan.added or plan.changed):
            merged = plan.merged.alias()
            joined = stage.join(merged, merged.c.line == stage.c.line)
            places.append(build(stage, merged).select_from(joined))
        return _together(places)


def _together(places: list[Rows]) -> Subquery:
    return places[0].subquery() if len(places) == 1 else union_all(*places).subquery()
