"""Faults that only the whole file shows: repeated keys, references to records that do not exist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import ColumnElement, Connection, func, select, tuple_

from app.actions.billing_import.report import Report
from app.actions.billing_import.source import Source, lookup_names, matches
from app.actions.billing_import.staging import Staged
from app.domain.exchange.columns import Stored
from app.domain.exchange.layout import Link

KEYS_AT_ONCE = 400
Keys = Sequence[tuple[Stored, ...]]


def report_duplicates(connection: Connection, source: Source, report: Report) -> bool:
    """Report keys that the file has twice; False where there are none."""
    stage, layout = source.stage, source.layout
    rows = connection.execute(
        select(func.min(stage.c.line), func.max(stage.c.line))
        .group_by(*(stage.c[name] for name in layout.key_columns))
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
    for some in _slices(unknown):
        rows = connection.execute(
            select(stage.c.line, *columns)
            .where(_among(columns, some))
            .order_by(stage.c.line)
            .limit(report.max_errors)
        )
        for line, *key in rows:
            name = " ".join(map(str, key))
            say(source.layout.filename, f"нет записи «{name}»", line, link.columns[0])


def _among(columns: Sequence[ColumnElement[str]], keys: Keys) -> ColumnElement[bool]:
    if len(columns) == 1:
        return columns[0].in_([key[0] for key in keys])
    return tuple_(*columns).in_(keys)


def _slices(keys: Keys) -> Iterator[Keys]:
    for start in range(0, len(keys), KEYS_AT_ONCE):
        yield keys[start : start + KEYS_AT_ONCE]
