"""Faults that only the whole file shows: repeated keys, references to records that do not exist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import ColumnElement, Connection, FromClause, func, select, tuple_, union_all

from app.actions.billing_import.report import Report
from app.actions.billing_import.source import Source, lookup_names, matches
from app.actions.billing_import.staging import MAX_REFUSED_KEYS, Staged
from app.domain.exchange.columns import Stored
from app.domain.exchange.layout import Link

KEYS_AT_ONCE = 400
Keys = Sequence[tuple[Stored, ...]]


def report_duplicates(connection: Connection, source: Source, report: Report) -> bool:
    """Report keys that the file has twice, deleted or not; False where there are none."""
    layout = source.layout
    records: FromClause = source.stage
    if source.staged.tombstone_count:
        halves = (source.stage, source.staged.tombstones)
        names = ("line", *layout.key_columns)
        records = union_all(*(select(*(h.c[name] for name in names)) for h in halves)).subquery()
    rows = connection.execute(
        select(func.min(records.c.line), func.max(records.c.line))
        .group_by(*(records.c[name] for name in layout.key_columns))
        .having(func.count() > 1)
        .limit(report.max_errors)
    ).all()
    for first, last in sorted(map(tuple, rows), key=lambda pair: pair[1]):
        message = f"ключ повторяется: уже есть в строке {first}"
        report.error(layout.filename, message, last, layout.key_columns[0])
    return bool(rows)


def check_references(
    connection: Connection, source: Source, parents: Mapping[str, Staged], report: Report
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
        if unknown:
            _report_unknown(connection, source, link, sorted(unknown, key=str), report)


def report_unknown_wide(
    connection: Connection, source: Source, parents: Mapping[str, Staged], report: Report
) -> None:
    """The same for references too many to remember, by one pass over the stage."""
    stage = source.stage
    for link, lookup in source.lookups.items():
        if not link.is_wide:
            continue
        rows = connection.execute(
            select(stage.c.line, stage.c[link.columns[0]])
            .select_from(stage.join(lookup, matches(stage, link, lookup), isouter=True))
            .where(lookup.c.id.is_(None))
            .order_by(stage.c.line)
            .limit(report.max_errors)
        )
        refused = _refused(parents, link)
        for line, key in rows:
            if (key,) not in refused:
                message = f"нет записи «{key}»"
                report.error(source.layout.filename, message, line, link.columns[0])


def _refused(parents: Mapping[str, Staged], link: Link) -> set[tuple[Stored, ...]]:
    parent = parents.get(link.table)
    return set(parent.refused_keys) if parent and link.strict else set()


def _note_refused(connection: Connection, source: Source, link: Link, unknown: Keys) -> None:
    """Rows that refer to nothing are not taken either: remember what they would have been."""
    stage, refused = source.stage, source.staged.refused_keys
    columns = [stage.c[name] for name in link.columns]
    keys = select(*(stage.c[name] for name in source.layout.key_columns))
    for some in _slices(unknown):
        room = MAX_REFUSED_KEYS - len(refused)
        rows = connection.execute(keys.where(_among(columns, some)).limit(max(room, 0)))
        refused.update(tuple(map(str, row)) for row in rows)


def _known(
    connection: Connection, source: Source, link: Link, wanted: Keys
) -> set[tuple[Stored, ...]]:
    lookup = source.lookups[link]
    columns = [lookup.c[name] for name in lookup_names(link)]
    known: set[tuple[Stored, ...]] = set()
    for some in _slices(wanted):
        rows = connection.execute(select(*columns).where(_among(columns, some)))
        known.update(tuple(row) for row in rows)
    return known


def _report_unknown(
    connection: Connection, source: Source, link: Link, unknown: Keys, report: Report
) -> None:
    stage = source.stage
    say = report.error if link.strict else report.warn
    columns = [stage.c[name] for name in link.columns]
    parents = _known_parents(connection, source, link, unknown)
    for some in _slices(unknown):
        rows = connection.execute(
            select(stage.c.line, *columns)
            .where(_among(columns, some))
            .order_by(stage.c.line)
            .limit(report.max_errors)
        )
        for line, *key in rows:
            name = " ".join(map(str, key))
            column = link.columns[1 if key[0] in parents else 0]
            say(source.layout.filename, f"нет записи «{name}»", line, column)


def _known_parents(
    connection: Connection, source: Source, link: Link, unknown: Keys
) -> set[Stored]:
    """First columns that name something by themselves: then the fault is in the second."""
    if len(link.columns) == 1:
        return set()
    first = source.lookups[link].c[lookup_names(link)[0]]
    found: set[Stored] = set()
    for some in _slices(unknown):
        found.update(connection.scalars(select(first).where(first.in_([key[0] for key in some]))))
    return found


def _among(columns: Sequence[ColumnElement[str]], keys: Keys) -> ColumnElement[bool]:
    if len(columns) == 1:
        return columns[0].in_([key[0] for key in keys])
    return tuple_(*columns).in_(keys)


def _slices(keys: Keys) -> Iterator[Keys]:
    for start in range(0, len(keys), KEYS_AT_ONCE):
        yield keys[start : start + KEYS_AT_ONCE]
