"""Express a staged file as the source of a merge: values, joins, natural key of its table."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, Table, and_, func, select

from app.actions.imports.file_plan import FilePlan, Plans
from app.actions.imports.staging import StagedFile
from app.domain.exchange.layout import Link
from app.models import Base


class MergeSource:
    """Expressions over one staged file for set-based statements into the table it fills.

    Args:
        plans: of the files before it: a record that one of them adds counts as known.
    """

    def __init__(self, staged: StagedFile, plans: Plans | None = None) -> None:
        self.staged = staged
        self.layout = staged.layout
        self.stage = staged.rows
        self.target = Base.metadata.tables[staged.layout.table]
        self.lookups = {link: _lookup(link) for link in staged.layout.links}
        parents = {link: (plans or {}).get(link.table) for link in staged.layout.links}
        self.new_lookups = {
            link: _new_lookup(link, plan) for link, plan in parents.items() if plan and plan.added
        }

    def values(self) -> dict[str, ColumnElement[Any]]:
        """Table column → what the file says of it, references resolved to ids."""
        values: dict[str, ColumnElement[Any]] = {
            name: self.stage.c[file_name] for name, file_name in self.layout.stored.items()
        }
        return values | {link.into: self._id(link) for link in self.lookups}

    def select(self, *columns: ColumnElement[Any]) -> Select[Any]:
        """SELECT from the staged rows joined to the records that they refer to.

        Rows without a record that they must have are left out.
        """
        joined: FromClause = self.stage
        conditions = []
        optional = self.optional_links()
        for link, lookup in self.lookups.items():
            new = self.new_lookups.get(link)
            is_outer = link in optional or new is not None
            joined = joined.join(lookup, matches(self.stage, link, lookup), isouter=is_outer)
            if new is not None:
                joined = joined.join(new, matches(self.stage, link, new), isouter=True)
            if new is not None and link not in optional:
                conditions.append(self._id(link).is_not(None))
        return select(*columns).select_from(joined).where(*conditions)

    def optional_links(self) -> tuple[Link, ...]:
        """References that a row may leave empty, or that may name nothing known."""
        required = {c.name for c in self.layout.columns if c.required or c.default}
        return tuple(
            link for link in self.lookups if not link.strict or not set(link.columns) <= required
        )

    def rows(self) -> Select[Any]:
        """SELECT of the file's rows in the table's columns."""
        return self.select(*(value.label(name) for name, value in self.values().items()))

    def new_rows(self, *columns: ColumnElement[Any]) -> Select[Any]:
        """SELECT from the staged rows whose natural key the table does not have."""
        selected = self.select(*columns).outerjoin(self.target, self.key_matches(self.target))
        return selected.where(self.target.c.id.is_(None))

    def matched(self, *columns: ColumnElement[Any]) -> Select[Any]:
        """SELECT from the staged rows joined to the table's rows of the same natural key."""
        return self.select(*columns).join(self.target, self.key_matches(self.target))

    def present_ids(self) -> Select[Any]:
        """Ids of the table's rows that the file has."""
        joined = self.key_joined().join(self.target, self.key_matches(self.target))
        return select(self.target.c.id).select_from(joined)

    def key_joined(self) -> FromClause:
        """The staged rows joined to the records that their natural key refers to."""
        joined: FromClause = self.stage
        for link, lookup in self.lookups.items():
            if link.into in self.layout.key:
                joined = joined.join(lookup, matches(self.stage, link, lookup))
        return joined

    def key_matches(self, rows: FromClause) -> ColumnElement[bool]:
        """Whether a staged row and a row of the table, or an alias of it, have the same key.

        A record that the batch adds has no row that refers to it, and matches none.
        """
        key: dict[str, ColumnElement[Any]] = {
            name: self.stage.c[file_name] for name, file_name in self.layout.stored.items()
        }
        key |= {link.into: lookup.c.id for link, lookup in self.lookups.items()}
        return and_(*(rows.c[name] == key[name] for name in self.layout.key))

    def referenced_ids(self, into: str) -> Select[Any]:
        """Ids of the records that the file's rows refer to."""
        link = next(link for link in self.lookups if link.into == into)
        lookup, new = self.lookups[link], self.new_lookups.get(link)
        joined = self.stage.join(lookup, matches(self.stage, link, lookup), isouter=new is not None)
        if new is not None:
            joined = joined.join(new, matches(self.stage, link, new), isouter=True)
        return select(self._id(link)).select_from(joined).where(self._id(link).is_not(None))

    def tombstoned_ids(self) -> Select[Any]:
        """Ids of the table's rows that the file marks as deleted."""
        gone = self.staged.tombstones
        source: FromClause = gone
        values: dict[str, ColumnElement[Any]] = {
            name: gone.c[file_name]
            for name, file_name in self.layout.stored.items()
            if file_name in gone.c
        }
        for link, lookup in self.lookups.items():
            if link.into in self.layout.key:
                source = source.join(lookup, matches(gone, link, lookup))
                values[link.into] = lookup.c.id
        named = and_(*(self.target.c[name] == values[name] for name in self.layout.key))
        return select(self.target.c.id).select_from(source.join(self.target, named))

    def known(self, link: Link) -> list[FromClause]:
        """The records that a link may lead to: those of the portal, those that the batch adds."""
        new = self.new_lookups.get(link)
        return [self.lookups[link]] if new is None else [self.lookups[link], new]

    def unknown(self, link: Link, *columns: ColumnElement[Any]) -> Select[Any]:
        """SELECT from the staged rows that name a record which is neither there nor added."""
        joined: FromClause = self.stage
        conditions = [self.stage.c[name].is_not(None) for name in link.columns]
        for lookup in self.known(link):
            joined = joined.join(lookup, matches(self.stage, link, lookup), isouter=True)
            conditions.append(lookup.c.id.is_(None))
        return select(*columns).select_from(joined).where(*conditions)

    def _id(self, link: Link) -> ColumnElement[Any]:
        known, *new = self.known(link)
        return func.coalesce(known.c.id, new[0].c.id) if new else known.c.id


def lookup_names(link: Link) -> list[str]:
    """Columns of a link's lookup, in the order of ``link.columns``."""
    return [name.replace(".", "_") for name in link.keys]


def _lookup(link: Link) -> FromClause:
    """The table that a link points to; ``meter_id.external_id`` needs the record beyond it."""
    table = Base.metadata.tables[link.table]
    if not any("." in name for name in link.keys):
        return table.alias(f"{link.into}_of")
    source: FromClause = table
    columns: list[ColumnElement[Any]] = [table.c.id]
    for name in link.keys:
        column, _, of_parent = name.partition(".")
        if of_parent:
            parent = next(iter(table.c[column].foreign_keys)).column.table.alias(f"{column}_parent")
            source = source.join(parent, parent.c.id == table.c[column])
            columns.append(parent.c[of_parent].label(name.replace(".", "_")))
        else:
            columns.append(table.c[column])
    return select(*columns).select_from(source).subquery(f"{link.into}_of")


def _new_lookup(link: Link, parent: FilePlan) -> FromClause:
    """The records that the batch adds to that table, by the same columns as ``_lookup``."""
    merged, stage = parent.merged, parent.staged.rows
    key = zip(parent.staged.layout.key_columns, lookup_names(link), strict=True)
    return (
        select(merged.c.id, *(stage.c[column].label(name) for column, name in key))
        .select_from(merged.join(stage, stage.c.line == merged.c.line))
        .where(merged.c.is_new)
        .subquery(f"new_{link.into}_of")
    )


def matches(stage: Table, link: Link, lookup: FromClause) -> ColumnElement[bool]:
    """Whether a row of ``stage`` refers to a record of a link's lookup."""
    return and_(
        *(
            stage.c[column] == lookup.c[name]
            for column, name in zip(link.columns, lookup_names(link), strict=True)
        )
    )
