"""Stage a file: read it, check its values, and insert good rows into a temporary table.

The portal's tables are not touched here, so that customers read and write undisturbed while a
large batch is being read.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Column as TableColumn
from sqlalchemy import Connection, Integer, String, Table

from app.actions.imports.headers import DELETED, read_header
from app.actions.imports.report import Report
from app.domain.exchange import Dialect, build_layouts
from app.domain.exchange.column_types import Stored
from app.domain.exchange.faults import SystematicError
from app.domain.exchange.layout import Column, FileLayout
from app.integrations.billing_files import Chunk, CsvFile
from app.lib.bulk_insert import BulkInsert
from app.lib.garbage_collection import no_cycle_search
from app.lib.temporary_tables import create_temporary
from app.models import Base

MAX_REFUSED_KEYS = 50_000
STREAMED = {"yield_per": 1000}
"""Execution option: fetch rows in portions, so that memory stays constant."""


@dataclass
class StagedFile:
    """A file that has been read: the tables that hold its rows.

    Attributes:
        rows: rows to load, with the ``line`` of each.
        tombstones: natural keys of rows marked as deleted.
    """

    layout: FileLayout
    rows: Table
    tombstones: Table
    row_count: int = 0
    tombstone_count: int = 0
    refused_keys: set[tuple[str, ...]] = field(default_factory=set)
    """Natural keys of rows with errors: what refers to them is not reported a second time.

    Bounded by ``MAX_REFUSED_KEYS``, for a whole file may be wrong.
    """
    is_unreadable: bool = False
    """Nothing of the file could be read, so that any key might have been in it."""

    @property
    def may_have_refused_anything(self) -> bool:
        """Whether it is unknown which keys the file would have had; these are not reported."""
        return self.is_unreadable or len(self.refused_keys) >= MAX_REFUSED_KEYS


def list_operation_tables(filenames: Collection[str] | None = None) -> list[Table]:
    """Tables of the files that are not master files, which have nearly all rows of a batch.

    Args:
        filenames: only those of these files; None: all.
    """
    return [
        Base.metadata.tables[layout.table]
        for layout in build_layouts(Dialect())
        if not layout.is_master and (filenames is None or layout.filename in filenames)
    ]


def create_stage(connection: Connection, layout: FileLayout) -> StagedFile:
    """Make empty temporary tables shaped like the file, with the types of the portal's table."""
    target = Base.metadata.tables[layout.table]
    stored = {file_name: target.c[name].type for name, file_name in layout.stored.items()}
    names = dict.fromkeys([*(column.name for column in layout.columns), *stored])

    # On SQLite the line is the number of the row itself, which costs nothing and finds it.
    is_key = connection.dialect.name == "sqlite"

    def make_table(prefix: str, columns: Iterable[str]) -> Table:
        return create_temporary(
            connection,
            f"{prefix}_{layout.name}",
            TableColumn("line", Integer, primary_key=is_key),
            *(TableColumn(name, stored.get(name, String())) for name in columns),
        )

    return StagedFile(layout, make_table("stage", names), make_table("deleted", layout.key_columns))


def stage_file(
    connection: Connection,
    staged: StagedFile,
    file: CsvFile,
    report: Report,
    progress: Callable[[int], None],
) -> None:
    """Read a file to its end; report every fault with line and column.

    Args:
        progress: called with the bytes read so far.
    """
    name = staged.layout.filename
    if file.separator_line:
        report.warn(name, "строка «sep=» от Excel пропущена", file.separator_line)
    header = read_header(staged.layout, file, report)
    staged.is_unreadable = header is None
    if header is None:
        return
    with no_cycle_search():
        _stage_chunks(connection, staged, file, _Reader(staged, header, report), progress)
    if file.blank_rows:
        message = f"строк из одних разделителей пропущено: {file.blank_rows}"
        report.warn(name, message, file.first_blank_row)


def _stage_chunks(
    connection: Connection,
    staged: StagedFile,
    file: CsvFile,
    reader: _Reader,
    progress: Callable[[int], None],
) -> None:
    with BulkInsert(connection) as stage:
        for lines, rows in file.chunks():
            live, gone = reader.split(lines, rows)
            if live[0] and (records := reader.parse(live)):
                stage.insert(staged.rows, records)
                staged.row_count += len(records)
            if gone[0] and (records := reader.parse_keys(gone)):
                stage.insert(staged.tombstones, records)
                staged.tombstone_count += len(records)
            progress(file.position)


class _Reader:
    """Parse records of one file into rows of its stage."""

    def __init__(self, staged: StagedFile, header: Sequence[str], report: Report) -> None:
        self.staged = staged
        self.layout = staged.layout
        self.report = report
        self.width = len(header)
        self.places = {name: place for place, name in enumerate(header)}
        self.known = {c.name for c in self.layout.columns if not c.is_constant}

    def split(self, lines: Sequence[int], rows: list[list[str]]) -> tuple[Chunk, Chunk]:
        """Separate records to load from tombstones; refuse those of the wrong width."""
        if set(map(len, rows)) != {self.width}:
            lines, rows = self._drop_wrong_width(lines, rows)
        place = self.places.get(DELETED)
        if place is None:
            return (lines, rows), ([], [])
        live: list[tuple[int, list[str]]] = []
        gone: list[tuple[int, list[str]]] = []
        for line, row in zip(lines, rows, strict=True):
            mark = row[place].strip()
            if mark not in ("", "0", "1"):
                self._refuse(line, f"«{mark[:40]}»: нужно 1 или 0", DELETED)
                continue
            (gone if mark == "1" else live).append((line, row))
        return _to_chunk(live), _to_chunk(gone)

    def parse(self, chunk: Chunk) -> list[tuple[Stored, ...]]:
        """Rows of the stage; rows with errors are reported and left out."""
        return self._rows(chunk, self.layout.columns, with_derived=True)

    def parse_keys(self, chunk: Chunk) -> list[tuple[Stored, ...]]:
        """Rows of the tombstones' table: only the natural key has to be right."""
        by_name = {column.name: column for column in self.layout.columns}
        return self._rows(chunk, [by_name[name] for name in self.layout.key_columns])

    def _rows(
        self, chunk: Chunk, columns: Sequence[Column], with_derived: bool = False
    ) -> list[tuple[Stored, ...]]:
        lines, rows = chunk
        raw = list(zip(*rows, strict=True))
        bad: set[int] = set()
        values: dict[str, Sequence[Stored]] = {}
        for column in columns:
            place = self.places.get(column.name) if column.name in self.known else None
            texts: Sequence[str] = raw[place] if place is not None else ("",) * len(rows)
            values[column.name] = self._column(column, texts, lines, bad)
        if bad:
            self._note_refused(rows, bad)
            good = [i for i in range(len(rows)) if i not in bad]
            lines = [lines[i] for i in good]
            values = {name: [column[i] for i in good] for name, column in values.items()}
        if not lines:
            return []
        if with_derived:
            for derived in self.layout.derived:
                sources = (values[name] for name in derived.sources)
                values[derived.to] = list(map(derived.compute, *sources))
        return list(zip(lines, *values.values(), strict=True))

    def _column(
        self, column: Column, texts: Sequence[str], lines: Sequence[int], bad: set[int]
    ) -> Sequence[Stored]:
        """Parse a column at once; only where that fails, value by value to find the faults."""
        if "" in texts:
            if column.default:
                texts = [text or column.default for text in texts]
            elif column.required:
                return self._one_by_one(column, texts, lines, bad)
        try:
            values = column.type.parse_all(texts)
        except ValueError:
            return self._one_by_one(column, texts, lines, bad)
        if column.required and None in values:
            return self._one_by_one(column, texts, lines, bad)
        return values

    def _one_by_one(
        self, column: Column, texts: Sequence[str], lines: Sequence[int], bad: set[int]
    ) -> Sequence[Stored]:
        values: list[Stored] = []
        for i, text in enumerate(texts):
            value: Stored = None
            try:
                value = column.type.parse(text) if text else None
                if value is None and column.required:
                    raise ValueError("обязательное поле пусто")
            except ValueError as error:
                kind = error.kind if isinstance(error, SystematicError) else None
                self.report.error(
                    self.layout.filename, str(error), lines[i], column.name, kind=kind
                )
                bad.add(i)
            values.append(value)
        return values

    def _note_refused(self, rows: Sequence[Sequence[str]], bad: Iterable[int]) -> None:
        places = [self.places[name] for name in self.layout.key_columns if name in self.places]
        refused = self.staged.refused_keys
        for i in bad:
            if len(refused) < MAX_REFUSED_KEYS:
                refused.add(tuple(rows[i][place].strip() for place in places))
            self.report.of(self.layout.filename).refused += 1

    def _drop_wrong_width(self, lines: Sequence[int], rows: list[list[str]]) -> Chunk:
        valid = []
        for line, row in zip(lines, rows, strict=True):
            if len(row) == self.width:
                valid.append((line, row))
            else:
                self._refuse(line, f"полей {len(row)}, а в заголовке {self.width}")
        return _to_chunk(valid)

    def _refuse(self, line: int, message: str, column: str | None = None) -> None:
        self.report.error(self.layout.filename, message, line, column)
        self.report.of(self.layout.filename).refused += 1


def _to_chunk(records: Sequence[tuple[int, list[str]]]) -> Chunk:
    return [line for line, _ in records], [row for _, row in records]
