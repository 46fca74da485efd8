"""Report repeated natural keys, and references to records that do not exist."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, FromClause, func, select, tuple_, union_all

from app.actions.imports.merge_source import MergeSource, lookup_names, matches
from app.actions.imports.report import Report
from app.actions.imports.staging import MAX_REFUSED_KEYS, STREAMED, StagedFile
from app.domain.exchange import Dialect, build_layouts
from app.domain.exchange.column_types import Stored
from app.domain.exchange.layout import Link
from app.domain.exchange.names import explain_mixed_alphabets
from app.domain.money import plural
from app.models import Base

KEYS_AT_ONCE = 400
FEW = 10
"""Up to so many unknown records are slips; more of them are a file that was left out."""
Keys = Sequence[tuple[Stored, ...]]


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

    Records that the batch itself brought with errors are not reported a second time.
    """
    for link, seen in source.staged.references.items():
        wanted = [key for key in seen if None not in key]
        unknown = set(wanted) - _known(connection, source, link, wanted)
        if link.strict:
            _note_refused(connection, source, link, list(unknown))
        unknown -= _refused(parents, link)
        if unknown and not _may_be_refused(parents, link):
            groups = _group_by_key(connection, source, link, sorted(unknown, key=str))
            known_parents = _known_parents(connection, source, link, list(unknown))
            _report_unknown(
                _Search(connection, source, link, parents, report), groups, known_parents
            )


def report_unknown_wide(
    connection: Connection, source: MergeSource, parents: Mapping[str, StagedFile], report: Report
) -> None:
    """Report unknown records of wide links, in one pass over the staged rows."""
    stage = source.stage
    for link, lookup in source.lookups.items():
        if not link.is_wide or _may_be_refused(parents, link):
            continue
        key, line = stage.c[link.columns[0]], func.min(stage.c.line).label("first")
        rows = connection.execute(
            select(line, func.count(), key)
            .select_from(stage.join(lookup, matches(stage, link, lookup), isouter=True))
            .where(lookup.c.id.is_(None))
            .group_by(key)
            .order_by(line),
            execution_options=STREAMED,
        )
        refused = _refused(parents, link)
        groups = (
            _Group(first, number, (key,)) for first, number, key in rows if (key,) not in refused
        )
        _report_unknown(_Search(connection, source, link, parents, report), groups, set())


class _Group(NamedTuple):
    """Rows of a file that name the same record: the first of them, and how many there are."""

    line: int
    rows: int
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


def _note_refused(connection: Connection, source: MergeSource, link: Link, unknown: Keys) -> None:
    """Add the keys of rows that refer to nothing to the refused ones, for they are not loaded."""
    stage, refused = source.stage, source.staged.refused_keys
    columns = [stage.c[name] for name in link.columns]
    keys = select(*(stage.c[name] for name in source.layout.key_columns))
    for portion in _slices(unknown):
        room = MAX_REFUSED_KEYS - len(refused)
        rows = connection.execute(keys.where(_among(columns, portion)).limit(max(room, 0)))
        refused.update(tuple(map(str, row)) for row in rows)


def _known(
    connection: Connection, source: MergeSource, link: Link, wanted: Keys
) -> set[tuple[Stored, ...]]:
    lookup = source.lookups[link]
    columns = [lookup.c[name] for name in lookup_names(link)]
    known: set[tuple[Stored, ...]] = set()
    for portion in _slices(wanted):
        rows = connection.execute(select(*columns).where(_among(columns, portion)))
        known.update(tuple(row) for row in rows)
    return known


def _group_by_key(
    connection: Connection, source: MergeSource, link: Link, unknown: Keys
) -> list[_Group]:
    stage = source.stage
    columns = [stage.c[name] for name in link.columns]
    groups = []
    for portion in _slices(unknown):
        rows = connection.execute(
            select(func.min(stage.c.line), func.count(), *columns)
            .where(_among(columns, portion))
            .group_by(*columns)
        )
        groups += [_Group(line, number, tuple(key)) for line, number, *key in rows]
    return sorted(groups)


def _report_unknown(search: _Search, groups: Iterable[_Group], known_parents: set[Stored]) -> None:
    """Report each unknown record once, or all of them once where their whole file is missing."""
    link, report, name = search.link, search.report, search.source.layout.filename
    groups = iter(groups)
    first = list(islice(groups, FEW + 1))
    is_missing = link.table not in search.parents and first and _is_missing(search, len(first))
    for group in chain(first, groups):
        column = link.columns[1 if group.key[0] in known_parents else 0]
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


def _known_parents(
    connection: Connection, source: MergeSource, link: Link, unknown: Keys
) -> set[Stored]:
    """Values of the first column that do name a record: then the fault is in the second column."""
    if len(link.columns) == 1:
        return set()
    first = source.lookups[link].c[lookup_names(link)[0]]
    found: set[Stored] = set()
    for portion in _slices(unknown):
        found.update(
            connection.scalars(select(first).where(first.in_([key[0] for key in portion])))
        )
    return found


def _among(columns: Sequence[ColumnElement[str]], keys: Keys) -> ColumnElement[bool]:
    if len(columns) == 1:
        return columns[0].in_([key[0] for key in keys])
    return tuple_(*columns).in_(keys)


def _slices(keys: Keys) -> Iterator[Keys]:
    for start in range(0, len(keys), KEYS_AT_ONCE):
        yield keys[start : start + KEYS_AT_ONCE]
