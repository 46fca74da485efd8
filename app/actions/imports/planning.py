"""Plan what a staged file changes in the portal's table: rows to add, to change and to withdraw.

Nothing is written but temporary tables, so that people read and write undisturbed meanwhile. Equal
rows are in no plan. Every statement is set-based, on SQLite and PostgreSQL alike, so memory does
not depend on the size of the batch.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    CompoundSelect,
    Connection,
    Index,
    Integer,
    Select,
    false,
    func,
    or_,
    select,
    true,
)

from app.actions.imports.audit import plan_change_events, plan_withdrawal_events
from app.actions.imports.file_plan import FilePlan, is_edited
from app.actions.imports.merge_context import MergeContext
from app.actions.imports.merge_source import MergeSource
from app.actions.imports.references import check_references, report_duplicates
from app.actions.imports.staging import StagedFile
from app.domain.directories import PORTAL
from app.domain.exchange.layout import FileLayout
from app.domain.money import plural
from app.lib.database import update_statistics
from app.lib.temporary_tables import create_temporary, insert_selected, next_ids
from app.models import Base

TIMESTAMPS = frozenset({"billing_updated_at"})
"""Columns in which billing notes that it has saved a record.

Billing systems do so without any change of the record, so a difference in them alone is no change:
neither written nor audited.
"""


def plan_file(
    context: MergeContext, staged: StagedFile, is_full: bool, may_withdraw_absent: bool
) -> None:
    """Plan one file into ``context.plans``; report duplicates and unknown references.

    Args:
        is_full: the batch is a full export: master records that it lacks are absent.
        may_withdraw_absent: whether they are withdrawn; else a warning counts them.
    """
    planner = _Planner(context, staged)
    if planner.is_fill():
        planner.plan.is_fill = True
    elif planner.find_changes() and is_full and staged.layout.is_master:
        planner.find_absent(may_withdraw_absent)
    planner.finish()
    context.plans[staged.layout.table] = planner.plan


class _Planner:
    """Finds the changes of one file."""

    def __init__(self, context: MergeContext, staged: StagedFile) -> None:
        self.context = context
        self.connection = context.connection
        self.staged = staged
        self.layout = staged.layout
        self.source = MergeSource(staged, context.plans)
        self.target = self.source.target
        self.plan = create_plan(self.connection, staged)
        self.counts = context.report.of(staged.layout.filename)

    def is_fill(self) -> bool:
        """Whether the file fills an empty table, which needs no plan and would double its cost.

        The unique key finds duplicates then, but not among tombstones.
        """
        if self.layout.is_master or self.staged.tombstone_count:
            return False
        return self.connection.execute(select(self.target.c.id).limit(1)).first() is None

    def find_changes(self) -> bool:
        """Find what to add, change and withdraw; False: the file repeats a key."""
        update_statistics(self.connection, self.source.stage, *self.layout.key_columns)
        check_references(self.connection, self.source, self.context.parents, self.context.report)
        if report_duplicates(self.connection, self.source, self.context.report):
            return False
        self._report_edited()
        self._find_changed()
        self._find_new()
        self._find_removed_from_sets()
        self.counts.unchanged = self.staged.row_count - self.plan.added - self.plan.changed
        if self.staged.tombstone_count:
            self._withdraw(self.source.tombstoned_ids())
        return True

    def find_absent(self, is_confirmed: bool) -> None:
        """Withdraw master records that a full export no longer has, if confirmed; else warn."""
        if self.context.report.error_count:
            return
        mentioned = self.source.present_ids().union(self.source.tombstoned_ids())
        absent = select(self.target.c.id).where(
            self.target.c.withdrawn_at.is_(None), self.target.c.id.not_in(mentioned)
        )
        if "edited_at" in self.target.c:
            is_of_portal = self.target.c.external_id.startswith(PORTAL, autoescape=True)
            absent = absent.where(~is_of_portal, ~is_edited(self.target))
        if is_confirmed:
            self._withdraw(absent)
            return
        count = self._count(absent)
        if count:
            self.context.report.warn(
                self.layout.filename,
                f"в полной выгрузке нет {count} записей портала; они оставлены, "
                "отключить: --deactivate-absent",
            )

    def finish(self) -> None:
        """Count, and note what else depends on the changes."""
        plan, counts = self.plan, self.counts
        counts.rows = self.staged.row_count + self.staged.tombstone_count + counts.refused
        counts.added, counts.changed = plan.added, plan.changed
        counts.withdrawn = plan.withdrawn
        if plan.added or plan.changed:
            self._index_merged()
        if plan.withdrawn:
            plan_withdrawal_events(self.context, self.source, plan.gone)
        self.context.touched.add_planned(self.connection, plan)

    def _index_merged(self) -> None:
        """Let what reads the rows find them as it finds those of the table."""
        merged = self.plan.merged
        for number, index in enumerate(self.target.indexes):
            if all(column.name in merged.c for column in index.columns):
                columns = (merged.c[column.name] for column in index.columns)
                Index(f"ix_{merged.name}_{number}", *columns).create(self.connection)
        update_statistics(self.connection, merged)

    def _find_changed(self) -> None:
        compared = [name for name in self.source.values() if name not in self.layout.key]
        changed = self.source.matched(
            self.target.c.id, self.source.stage.c.line, false(), *self.source.values().values()
        ).where(self._differs(compared), ~is_edited(self.target))
        self.plan.changed = self._merge(changed)
        if self.plan.changed:
            plan_change_events(self.context, self.source, self.plan.merged, compared)
            self.context.transfers.capture(self.connection, self.source, self.plan.merged)

    def _find_new(self) -> None:
        ids = next_ids(self.connection, self.target)
        values = self.source.values().values()
        self.plan.added = self._merge(
            self.source.new_rows(ids, self.source.stage.c.line, true(), *values)
        )

    def _find_removed_from_sets(self) -> None:
        """Remove lines of a document that its new version no longer has."""
        owner = self.layout.replaced_as_set_by
        if owner is None:
            return
        self._withdraw(
            select(self.target.c.id).where(
                self.target.c[owner].in_(self.source.referenced_ids(owner)),
                self.target.c.id.not_in(self.source.present_ids()),
            )
        )

    def _withdraw(self, ids: Select[Any]) -> None:
        """Hide records; rows of a set, as lines of a document, are deleted."""
        key = self.target.c.id
        records = select(key).where(key.in_(ids), *self.plan.stays(self.target))
        if "withdrawn_at" in self.target.c:
            records = records.where(self.target.c.withdrawn_at.is_(None), ~is_edited(self.target))
        self.plan.withdrawn += insert_selected(self.connection, self.plan.gone, ["id"], records)

    def _differs(self, names: list[str]) -> ColumnElement[bool]:
        values = self.source.values()
        differs = [
            self.target.c[name].is_distinct_from(values[name])
            for name in names
            if name not in TIMESTAMPS
        ]
        if "withdrawn_at" in self.target.c:
            differs.append(self.target.c.withdrawn_at.is_not(None))
        return or_(*differs)

    def _merge(self, rows: Select[Any]) -> int:
        names = ["id", "line", "is_new", *self.source.values()]
        return insert_selected(self.connection, self.plan.merged, names, rows)

    def _report_edited(self) -> None:
        """Give one warning for all records that staff have edited and billing sends otherwise."""
        if "edited_at" not in self.target.c:
            return
        if "inn" in self.source.values():
            self._check_edited_inn()
        names = [name for name in self.source.values() if name not in self.layout.key]
        edited = self.source.matched(self.target.c.id).where(
            is_edited(self.target), self._differs(names)
        )
        buried = select(self.target.c.id).where(
            self.target.c.id.in_(self.source.tombstoned_ids()), is_edited(self.target)
        )
        count = self._count(edited.union(buried))
        if count:
            phrase = plural(
                count,
                (
                    "запись изменена в кабинете и не обновлена",
                    "записи изменены в кабинете и не обновлены",
                    "записей изменены в кабинете и не обновлены",
                ),
            )
            self.context.report.warn(self.layout.filename, f"{count} {phrase} из биллинга")

    def _check_edited_inn(self) -> None:
        """Refuse a batch of another supplier also where the supplier's row was edited by staff."""
        differs = self.target.c.inn.is_distinct_from(self.source.values()["inn"])
        other = self.source.matched(self.target.c.id).where(is_edited(self.target), differs)
        if self._count(other):
            message = "кабинет ведет другого поставщика, с другим ИНН"
            self.context.report.error(self.layout.filename, message, column="inn")

    def _count(self, rows: Select[Any] | CompoundSelect[Any]) -> int:
        return self.connection.execute(
            select(func.count()).select_from(rows.subquery())
        ).scalar_one()


def create_plan(connection: Connection, staged: StagedFile) -> FilePlan:
    """An empty plan of a file with its temporary tables."""
    layout: FileLayout = staged.layout
    target = Base.metadata.tables[layout.table]
    given = [*layout.stored, *(link.into for link in layout.links)]
    if "withdrawn_at" in target.c:
        given.append("withdrawn_at")
    key = target.c.id.type
    merged = create_temporary(
        connection,
        f"merged_{layout.name}",
        Column("id", key, primary_key=True, autoincrement=False),
        Column("line", Integer),
        Column("is_new", Boolean),
        *(Column(name, target.c[name].type) for name in given),
    )
    gone = create_temporary(
        connection, f"gone_{layout.name}", Column("id", key, primary_key=True, autoincrement=False)
    )
    return FilePlan(staged, merged, gone)
