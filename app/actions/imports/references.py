"""Report repeated natural keys, and references to records that do not exist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, FromClause, false, func, or_, select, union_all

from app.actions.imports.merge_source import MergeSource, lookup_names
from app.actions.imports.report import Report
from app.actions.imports.staging import MAX_REFUSED_KEYS, STREAMED, StagedFile
from app.domain.exchange import Dialect, build_layouts
from app.domain.exchange.column_types import Stored
from app.domain.exchange.layout import Link
from app.domain.exchange.names import explain_mixed_alphabets
from app.domain.money import plural
from app.models import Base

FEW = 10
"""Up to so many unknown records are slips; more of them are a file that was left out."""


def report_duplicates(connection: Connection, source: MergeSource, report: Report) -> bool:
    """Report keys that the file has twice, deleted or not; False where there are none."""
    layout = source.layout
    records: FromClause = source.stage
    if source.staged.tombstone_count:
        halves = (source.stage, source.staged.tombstones)
        names = ("line", *layout.key_columns)
        records = union_all(
            *(select(*(half.c[name] for name in names)) for half in halves)
        ).subquery()
    first, last = func.min(records.c.line), func.max(records.c.line).label("last")
    repeated = (
        select(first, last, func.count())
        .group_by(*(records.c[name] for name in layout.key_columns))
        .having(func.count() > 1)
        .order_by(last)
    )
    is_repeated = False
    for first_line, line, count in connection.execute(repeated, execution_options=STREAMED):
        is_repeated = True
        message = f"ключ повторяется: уже есть в строке {first_line}"
        report.error(layout.filename, message, line, layout.key_columns[0], count=count - 1)
    return is_repeated


def check_references(
    connection: Connection, source: MergeSource, parents: Mapping[str, StagedFile], report: Report
) -> None:
    """Report named records that exist neither in the portal nor in this batch.

    Records that the batch itself brought with errors are not reported a second time. Each reference
    is checked by one statement over the staged rows, so memory does not depend on their number.
    """
    for link in source.lookups:
        found = source.unknown(link, source.stage.c.line).limit(1)
        if connection.execute(found).first() is None:
            continue
        if link.strict:
            _note_refused(connection, source, link)
        if _may_be_refused(parents, link):
            continue
        refused = _refused(parents, link)
        groups = (
            group for group in _unknown_groups(connection, source, link) if group.key not in refused
        )
        _report_unknown(_Search(connection, source, link, parents, report), groups)


def count_references(
    connection: Connection, rows: FromClause, columns: Sequence[str]
) -> tuple[int, ...]:
    """How many rows have a value in each of the columns."""
    counts = (func.count(rows.c[name]) for name in columns)
    return tuple(connection.execute(select(*counts)).one()) if columns else ()


class _Group(NamedTuple):
    """Rows of a file that name the same unknown record.

    Attributes:
        line: of the first of them.
        rows: how many there are.
        has_parent: whether the first column of the key names a record, so that the fault is in the
            second one.
    """

    line: int
    rows: int
    has_parent: bool
    key: tuple[Stored, ...]


class _Search(NamedTuple):
    """A reference whose records are looked up, and where to report what is not found."""

    connection: Connection
    source: MergeSource
    link: Link
    parents: Mapping[str, StagedFile]
    report: Report


def _may_be_refused(parents: Mapping[str, StagedFile], link: Link) -> bool:
    """Whether the file that should have the records could not be read, or hardly."""
    parent = parents.get(link.table)
    return parent is not None and parent.may_have_refused_anything


def _refused(parents: Mapping[str, StagedFile], link: Link) -> set[tuple[Stored, ...]]:
    parent = parents.get(link.table)
    return set(parent.refused_keys) if parent and link.strict else set()


def _note_refused(connection: Connection, source: MergeSource, link: Link) -> None:
    """Add the keys of rows that refer to nothing to the refused ones, for they are not loaded."""
    refused = source.staged.refused_keys
    keys = (source.stage.c[name] for name in source.layout.key_columns)
    room = max(MAX_REFUSED_KEYS - len(refused), 0)
    rows = connection.execute(source.unknown(link, *keys).limit(room))
    refused.update(tuple(map(str, row)) for row in rows)


def _unknown_groups(connection: Connection, source: MergeSource, link: Link) -> Iterator[_Group]:
    """Unknown records, in the order in which the file first names them."""
    stage = source.stage
    columns = [stage.c[name] for name in link.columns]
    groups = (
        source.unknown(
            link, func.min(stage.c.line).label("first"), func.count().label("rows"), *columns
        )
        .group_by(*columns)
        .subquery("unknown")
    )
    has_parent: ColumnElement[bool] = false()
    if len(columns) > 1:
        named, name = groups.c[link.columns[0]], lookup_names(link)[0]
        has_parent = or_(
            *(
                select(parent.c.id).where(parent.c[name] == named).exists()
                for parent in (lookup.alias() for lookup in source.known(link))
            )
        )
    rows = connection.execute(
        select(
            groups.c.first, groups.c.rows, has_parent, *(groups.c[name] for name in link.columns)
        ).order_by(groups.c.first),
        execution_options=STREAMED,
    )
    return (_Group(line, count, parent, tuple(key)) for line, count, parent, *key in rows)


def _report_unknown(search: _Search, groups: Iterator[_Group]) -> None:
    """Report each unknown record once, or all of them once where their whole file is missing."""
    link, report, name = search.link, search.report, search.source.layout.filename
    first = list(islice(groups, FEW + 1))
    is_missing = link.table not in search.parents and first and _is_missing(search, len(first))
    for group in chain(first, groups):
        column = link.columns[1 if group.has_parent else 0]
        message = f"нет записи «{' '.join(map(str, group.key))}»{_where_missing(search)}"
        if is_missing and link.strict:
            message += "; добавьте его в пакет"
            kind = f"missing {link.table}"
            report.error(name, message, group.line, column, kind=kind, count=group.rows)
            continue
        if mixed := explain_mixed_alphabets(str(group.key[0])):
            message += f"; {mixed}"
        if group.rows > 1:
            rows = plural(group.rows - 1, ("строке", "строках", "строках"))
            message += f" (и еще в {group.rows - 1} {rows})"
        if link.strict:
            report.error(name, message, group.line, column, count=group.rows)
        else:
            kind = f"нет записей, на которые ссылается {column}"
            report.warn(name, message, group.line, column, kind=kind, count=group.rows)


def _is_missing(search: _Search, unknown: int) -> bool:
    """Whether so much is unknown because a file was left out, and not by slips."""
    table = Base.metadata.tables[search.link.table]
    found = search.connection.execute(select(table.c.id).limit(1)).first()
    return unknown > FEW or found is None


def _where_missing(search: _Search) -> str:
    table = search.link.table
    file = next(layout.filename for layout in build_layouts(Dialect()) if layout.table == table)
    if table in search.parents:
        return f" ни в {file} пакета, ни в базе"
    return f" в базе, а файла {file} в пакете нет"
