"""Second half of an import: carry a staged file into the portal's table, by natural key.

Equal rows are not written. Every statement works on whole sets, on SQLite and PostgreSQL alike, so
memory does not depend on the size of the batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Integer,
    MetaData,
    Select,
    Subquery,
    Table,
    delete,
    func,
    insert,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from app.actions.billing_import.references import (
    check_references,
    report_duplicates,
    report_unknown_wide,
)
from app.actions.billing_import.report import Report
from app.actions.billing_import.source import Source
from app.actions.billing_import.staging import Staged
from app.domain.period import Month
from app.models import AuditEvent

AUDIT_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Batch:
    """What the merges of one import share; the caller holds the transaction."""

    connection: Connection
    report: Report
    run_id: int
    now: datetime
    parents: Mapping[str, Staged]


class Merge:
    """The merge of one staged file."""

    def __init__(self, batch: Batch, staged: Staged) -> None:
        self.batch = batch
        self.connection = batch.connection
        self.staged = staged
        self.layout = staged.layout
        self.source = Source(staged)
        self.target = self.source.target
        self.can_withdraw = "withdrawn_at" in self.target.c
        self.counts = batch.report.of(staged.layout.filename)

    def run(self) -> None:
        """Add, change and withdraw rows; count them; report duplicates and unknown references."""
        self.counts.rows = self.staged.row_count + self.staged.tombstone_count
        self.counts.rows += self.counts.refused
        if self.connection.dialect.name == "postgresql":
            self.connection.exec_driver_sql(f"ANALYZE {self.source.stage.name}")
        check_references(self.connection, self.source, self.batch.parents, self.batch.report)
        if self._target_is_empty():
            self._fill()
        elif not report_duplicates(self.connection, self.source, self.batch.report):
            self._change()
            self._add(self.source.new_rows())
            self._remove_from_sets()
            self._check_wide_references()
        self.counts.unchanged = self.staged.row_count - self.counts.added - self.counts.changed
        if self.staged.tombstone_count:
            self._withdraw(self.source.buried_ids())

    def withdraw_absent(self, confirmed: bool) -> None:
        """Full mode: master records that the file no longer has become inactive, if confirmed."""
        mentioned = self.source.kept_ids().union(self.source.buried_ids())
        absent = select(self.target.c.id).where(
            self.target.c.withdrawn_at.is_(None), self.target.c.id.not_in(mentioned)
        )
        if confirmed:
            self._withdraw(absent)
            return
        count = self._count(absent)
        if count:
            self.batch.report.warn(
                self.layout.filename,
                f"в полной выгрузке нет {count} записей портала; они оставлены, "
                "отключить: --deactivate-absent",
            )

    def _target_is_empty(self) -> bool:
        return self.connection.execute(select(self.target.c.id).limit(1)).first() is None

    def _fill(self) -> None:
        """An empty table needs no comparison; its unique key finds duplicates."""
        try:
            with self.connection.begin_nested():
                self._add(self.source.rows())
        except IntegrityError:
            if not report_duplicates(self.connection, self.source, self.batch.report):
                raise
            return
        if self.counts.added != self.staged.row_count:
            self._check_wide_references()

    def _check_wide_references(self) -> None:
        report_unknown_wide(self.connection, self.source, self.batch.parents, self.batch.report)

    def _add(self, rows: Select[Any]) -> None:
        names = list(self.source.values())
        result = self.connection.execute(insert(self.target).from_select(names, rows))
        self.counts.added += result.rowcount

    def _change(self) -> None:
        compared = {n: v for n, v in self.source.values().items() if n not in self.layout.key}
        changed = self._find_changed(list(compared))
        count = self._count(select(changed.c.line))
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
        self._audit_changes(new, list(compared))
        assigned: dict[str, Any] = {name: new.c[name] for name in compared}
        if self.can_withdraw:
            assigned["withdrawn_at"] = null()
        self.connection.execute(
            update(self.target).values(assigned).where(self.target.c.id == new.c.target_id)
        )

    def _find_changed(self, names: list[str]) -> Table:
        """Temporary table of the lines whose record differs, or had been withdrawn."""
        values = self.source.values()
        differs = [self.target.c[name].is_distinct_from(values[name]) for name in names]
        if self.can_withdraw:
            differs.append(self.target.c.withdrawn_at.is_not(None))
        changed = Table(
            f"changed_{self.layout.name}",
            MetaData(),
            Column("line", Integer, primary_key=True),
            Column("target_id", self.target.c.id.type),
            prefixes=["TEMPORARY"],
        )
        changed.drop(self.connection, checkfirst=True)
        changed.create(self.connection, checkfirst=False)
        found = (
            select(self.source.stage.c.line, self.target.c.id)
            .select_from(self.source.paired())
            .where(or_(*differs))
        )
        self.connection.execute(insert(changed).from_select(["line", "target_id"], found))
        return changed

    def _remove_from_sets(self) -> None:
        """Lines of a document that its new version no longer has."""
        owner = self.layout.replaced_as_set_by
        if owner is None:
            return
        owners = self.source.linked_ids(owner)
        result = self.connection.execute(
            delete(self.target).where(
                self.target.c[owner].in_(owners), self.target.c.id.not_in(self.source.kept_ids())
            )
        )
        self.counts.withdrawn += result.rowcount

    def _withdraw(self, ids: Any) -> None:
        """Hide records without deleting them; rows of a set have no life of their own."""
        if self.can_withdraw:
            result = self.connection.execute(
                update(self.target)
                .values(withdrawn_at=self.batch.now)
                .where(self.target.c.id.in_(ids), self.target.c.withdrawn_at.is_(None))
            )
        else:
            result = self.connection.execute(delete(self.target).where(self.target.c.id.in_(ids)))
        self.counts.withdrawn += result.rowcount

    def _audit_changes(self, new: Subquery, names: list[str]) -> None:
        """One audit row per changed record, with the values before and after."""
        old = self.target
        statement = select(
            *(old.c[name].label(f"key_{name}") for name in self.layout.key),
            *(old.c[name].label(f"old_{name}") for name in names),
            *(new.c[name] for name in names),
        ).where(old.c.id == new.c.target_id)
        rows = self.connection.execution_options(yield_per=AUDIT_AT_ONCE).execute(statement)
        for some in rows.mappings().partitions():
            self.connection.execute(insert(AuditEvent), [self._event(row, names) for row in some])

    def _event(self, row: Any, names: list[str]) -> dict[str, Any]:
        pairs = ((name, row[f"old_{name}"], row[name]) for name in names)
        return {
            "happened_at": self.batch.now,
            "action": "import.changed",
            "import_run_id": self.batch.run_id,
            "subject": self.layout.table,
            "subject_key": " ".join(str(row[f"key_{name}"]) for name in self.layout.key),
            "changes": {n: [_plain(old), _plain(now)] for n, old, now in pairs if old != now},
        }

    def _count(self, rows: Select[Any]) -> int:
        return self.connection.execute(
            select(func.count()).select_from(rows.subquery())
        ).scalar_one()


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal | date | Month) else value
