"""Express a staged file as the source of a MERGE: values, joins, natural key of its table."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, Table, and_, select

from app.actions.imports.staging import StagedFile
from app.domain.exchange.layout import Link
from app.models import Base


class MergeSource:
    """Expressions over one staged file for set-based statements into the table it fills."""

    def __init__(self, staged: StagedFile) -> None:
        self.staged = staged
        self.layout = staged.layout
        self.stage = staged.rows
        self.target = Base.metadata.tables[staged.layout.table]
        self.lookups = {link: _lookup(link) for link in staged.layout.links}

    def values(self) -> dict[str, ColumnElement[Any]]:
        """Table column → what the file says of it, references resolved to ids."""
        values: dict[str, ColumnElement[Any]] = {
            name: self.stage.c[file_name] for name, file_name in self.layout.stored.items()
        }
        return values | {link.into: lookup.c.id for link, lookup in self.lookups.items()}

    def joined(self) -> FromClause:
        """The staged rows joined to the records that they refer to."""
        joined: FromClause = self.stage
        for link, lookup in self.lookups.items():
            on = matches(self.stage, link, lookup)
            joined = joined.join(lookup, on, isouter=link in self.optional_links())
        return joined

    def optional_links(self) -> tuple[Link, ...]:
        """References that a row may leave empty, or that may name nothing known."""
        required = {c.name for c in self.layout.columns if c.required or c.default}
        return tuple(
            link for link in self.lookups if not link.strict or not set(link.columns) <= required
        )

    def rows(self) -> Select[Any]:
        """SELECT of the file's rows in the table's columns."""
        return select(*(value.label(name) for name, value in self.values().items())).select_from(
            self.joined()
        )

    def new_rows(self) -> Select[Any]:
        """SELECT of the rows whose natural key the table does not have."""
        outer = self.joined().join(self.target, self._key_matches(), isouter=True)
        values = (value.label(name) for name, value in self.values().items())
        return select(*values).select_from(outer).where(self.target.c.id.is_(None))

    def matched(self) -> FromClause:
        """The staged rows joined to the table's rows of the same natural key."""
        return self.joined().join(self.target, self._key_matches())

    def present_ids(self) -> Select[Any]:
        """Ids of the table's rows that the file has."""
        joined: FromClause = self.stage
        for link, lookup in self.lookups.items():
            if link.into in self.layout.key:
                joined = joined.join(lookup, matches(self.stage, link, lookup))
        return select(self.target.c.id).select_from(joined.join(self.target, self._key_matches()))

    def referenced_ids(self, into: str) -> Select[Any]:
        """Ids of the records that the file's rows refer to."""
        link = next(link for link in self.lookups if link.into == into)
        lookup = self.lookups[link]
        joined = self.stage.join(lookup, matches(self.stage, link, lookup))
        return select(lookup.c.id).select_from(joined)

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

    def _key_matches(self) -> ColumnElement[bool]:
        values = self.values()
        return and_(*(self.target.c[name] == values[name] for name in self.layout.key))


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


def matches(stage: Table, link: Link, lookup: FromClause) -> ColumnElement[bool]:
    """Whether a row of ``stage`` refers to a record of a link's lookup."""
    return and_(
        *(
            stage.c[column] == lookup.c[name]
            for column, name in zip(link.columns, lookup_names(link), strict=True)
        )
    )
