"""Upsert a staged file into the portal's table by natural key; withdraw what is gone.

Equal rows are not written. Every statement is set-based, on SQLite and PostgreSQL alike, so memory
does not depend on the size of the batch.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    CompoundSelect,
    Integer,
    MetaData,
    Select,
    Table,
    and_,
    delete,
    false,
    func,
    insert,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from app.actions.imports.audit import audit_changes, audit_withdrawals
from app.actions.imports.merge_context import MergeContext
from app.actions.imports.merge_source import MergeSource
from app.actions.imports.references import (
    check_references,
    count_references,
    report_duplicates,
)
from app.actions.imports.staging import StagedFile
from app.actions.imports.touched_contracts import find_last_id
from app.domain.directories import PORTAL
from app.domain.money import plural
from app.lib.bare_tables import restore_table
from app.lib.database import update_statistics

TIMESTAMPS = frozenset({"billing_updated_at"})
"""Columns in which billing notes that it has saved a record.

Billing systems do so without any change of the record, so a difference in them alone is no change:
neither written nor audited.
"""


class Upsert:
    """Upsert of one staged file into its table."""

    def __init__(self, context: MergeContext, staged: StagedFile) -> None:
        self.context = context
        self.connection = context.connection
        self.staged = staged
        self.layout = staged.layout
        self.source = MergeSource(staged)
        self.target = self.source.target
        self.can_withdraw = "withdrawn_at" in self.target.c
        self.can_be_edited = "edited_at" in self.target.c
        self.counts = context.report.of(staged.layout.filename)

    def run(self) -> None:
        """Add, change and withdraw rows; count them; report duplicates and unknown references."""
        self.counts.rows = self.staged.row_count + self.staged.tombstone_count
        self.counts.rows += self.counts.refused
        update_statistics(self.connection, self.source.stage, *self.layout.key_columns)
        # The unique key of an empty table finds duplicates, but not among tombstones.
        if self._target_is_empty() and not self.staged.tombstone_count:
            if not self._fill():
                return
        else:
            self._check_references()
            if self._has_duplicates():
                return
            self._report_edited()
            self._change()
            self._add(self.source.new_rows())
            self._remove_from_sets()
        self.counts.unchanged = self.staged.row_count - self.counts.added - self.counts.changed
        if self.staged.tombstone_count:
            self._withdraw(self.source.tombstoned_ids())

    def withdraw_absent(self, confirmed: bool) -> None:
        """Withdraw master records that a full export no longer has, if confirmed; else warn."""
        mentioned = self.source.present_ids().union(self.source.tombstoned_ids())
        absent = select(self.target.c.id).where(
            self.target.c.withdrawn_at.is_(None), self.target.c.id.not_in(mentioned)
        )
        if self.can_be_edited:
            is_of_portal = self.target.c.external_id.startswith(PORTAL, autoescape=True)
            absent = absent.where(~is_of_portal, ~self._is_edited())
        if confirmed:
            self._withdraw(absent)
            return
        count = self._count(absent)
        if count:
            self.context.report.warn(
                self.layout.filename,
                f"в полной выгрузке нет {count} записей портала; они оставлены, "
                "отключить: --deactivate-absent",
            )

    def _target_is_empty(self) -> bool:
        return self.connection.execute(select(self.target.c.id).limit(1)).first() is None

    def _has_duplicates(self) -> bool:
        return report_duplicates(self.connection, self.source, self.context.report)

    def _fill(self) -> bool:
        """Fill an empty table; whether that could be done.

        No comparison is needed, and what was inserted tells whether anything is to be reported.
        """
        try:
            with self.connection.begin_nested():
                self._add(self.source.rows())
                restore_table(self.connection, self.target)
        except IntegrityError:
            self.counts.added = 0
            self._check_references()
            if not self._has_duplicates():
                raise
            return False
        if not self._has_all_references():
            self._check_references()
        update_statistics(self.connection, self.target)
        return True

    def _has_all_references(self) -> bool:
        """Whether every reference of the file led to a record, in a table that was empty before."""
        if self.counts.added != self.staged.row_count:
            return False
        links = self.source.optional_links()
        stage, count = self.source.stage, partial(count_references, self.connection)
        return count(stage, [link.columns[0] for link in links]) == count(
            self.target, [link.into for link in links]
        )

    def _check_references(self) -> None:
        check_references(self.connection, self.source, self.context.parents, self.context.report)

    def _add(self, rows: Select[Any]) -> None:
        last_id = find_last_id(self.connection, self.target)
        self.counts.added += self._insert(self.target, list(self.source.values()), rows)
        self.context.touched.add_new(self.connection, self.target, last_id)

    def _change(self) -> None:
        compared = {n: v for n, v in self.source.values().items() if n not in self.layout.key}
        changed, count = self._find_changed(list(compared))
        if not count:
            return
        self.counts.changed += count
        new = (
            select(changed.c.target_id, *(v.label(n) for n, v in compared.items()))
            .select_from(
                self.source.joined().join(changed, changed.c.line == self.source.stage.c.line)
            )
            .subquery()
        )
        audit_changes(self.context, self.source, new, list(compared))
        self.context.transfers.capture(self.connection, self.source, changed)
        assigned: dict[str, Any] = {name: new.c[name] for name in compared}
        if self.can_withdraw:
            assigned["withdrawn_at"] = null()
        if self.can_be_edited:
            assigned["edited_at"] = null()
        is_changed = self.target.c.id.in_(select(changed.c.target_id))
        self.context.touched.add(self.connection, self.target, is_changed)
        self.connection.execute(
            update(self.target).values(assigned).where(self.target.c.id == new.c.target_id)
        )
        self.context.touched.add(self.connection, self.target, is_changed)

    def _is_edited(self) -> ColumnElement[bool]:
        """Whether staff have edited a record, which billing then does not overwrite.

        One that is withdrawn besides was so by the change from demonstration to real data.
        """
        if not self.can_be_edited:
            return false()
        return and_(self.target.c.edited_at.is_not(None), self.target.c.withdrawn_at.is_(None))

    def _differs(self, names: list[str]) -> ColumnElement[bool]:
        values = self.source.values()
        differs = [
            self.target.c[name].is_distinct_from(values[name])
            for name in names
            if name not in TIMESTAMPS
        ]
        if self.can_withdraw:
            differs.append(self.target.c.withdrawn_at.is_not(None))
        return or_(*differs)

    def _report_edited(self) -> None:
        """Give one warning for all records that staff have edited and billing sends otherwise."""
        if not self.can_be_edited:
            return
        is_edited = self._is_edited()
        if "inn" in self.source.values():
            self._check_edited_inn()
        names = [name for name in self.source.values() if name not in self.layout.key]
        edited = (
            select(self.target.c.id)
            .select_from(self.source.matched())
            .where(is_edited, self._differs(names))
        )
        buried = select(self.target.c.id).where(
            self.target.c.id.in_(self.source.tombstoned_ids()), is_edited
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
        other = select(self.target.c.id).select_from(self.source.matched())
        if self._count(other.where(self._is_edited(), differs)):
            message = "кабинет ведет другого поставщика, с другим ИНН"
            self.context.report.error(self.layout.filename, message, column="inn")

    def _find_changed(self, names: list[str]) -> tuple[Table, int]:
        """Temporary table of the lines whose record differs or was withdrawn; its row count."""
        changed = self._temporary(
            "changed",
            Column("line", Integer, primary_key=True),
            Column("target_id", self.target.c.id.type),
        )
        found = (
            select(self.source.stage.c.line, self.target.c.id)
            .select_from(self.source.matched())
            .where(self._differs(names), ~self._is_edited())
        )
        return changed, self._insert(changed, ["line", "target_id"], found)

    def _remove_from_sets(self) -> None:
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
        gone = self._temporary("withdrawn", Column("id", self.target.c.id.type, primary_key=True))
        records = select(self.target.c.id).where(self.target.c.id.in_(ids))
        if self.can_withdraw:
            records = records.where(self.target.c.withdrawn_at.is_(None), ~self._is_edited())
        count = self._insert(gone, ["id"], records)
        if not count:
            return
        audit_withdrawals(self.context, self.source, gone)
        is_gone = self.target.c.id.in_(select(gone.c.id))
        self.context.touched.add(self.connection, self.target, is_gone)
        if self.can_withdraw:
            hide = update(self.target).values(withdrawn_at=self.context.now).where(is_gone)
            self.connection.execute(hide)
        else:
            self.connection.execute(delete(self.target).where(is_gone))
        self.counts.withdrawn += count

    def _temporary(self, prefix: str, *columns: Column[Any]) -> Table:
        """Create an empty temporary table of this file."""
        table = Table(
            f"{prefix}_{self.layout.name}",
            MetaData(),
            *columns,
            prefixes=["TEMPORARY"],
            postgresql_on_commit="DROP",
        )
        table.drop(self.connection, checkfirst=True)
        table.create(self.connection, checkfirst=False)
        return table

    def _insert(self, table: Table, names: list[str], rows: Select[Any]) -> int:
        """INSERT … SELECT; how many rows."""
        statement = insert(table).from_select(names, rows)
        # Without the option PostgreSQL's answer is not kept: the count would be -1.
        options = {"preserve_rowcount": True}
        return self.connection.execute(statement, execution_options=options).rowcount

    def _count(self, rows: Select[Any] | CompoundSelect[Any]) -> int:
        return self.connection.execute(
            select(func.count()).select_from(rows.subquery())
        ).scalar_one()
