"""Read packages of the billing exchange: a folder or a flat ZIP with CSV files, as streams.

Memory stays constant whatever the size; a hostile archive (path traversal, ZIP bomb) is refused
from its directory alone.

Source: docs/billing-exchange.md; RFC 4180.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import chain, islice
from pathlib import Path
from types import TracebackType
from typing import IO, cast

from app.domain.exchange import known_files
from app.domain.exchange.encodings import find_encoding_fault
from app.domain.exchange.faults import SystematicError
from app.domain.exchange.names import match_names
from app.integrations.batch_archive import (
    DAMAGE,
    SYSTEM_FILES,
    PackageError,
    common_folder,
    damaged,
    list_files,
    not_readable,
    open_zip,
)

CHUNK_ROWS = 2000
MANIFEST = "manifest.json"
MAX_MANIFEST_BYTES = 1 << 20
MAX_LINE_BYTES = 1 << 16
DELIMITERS = ";,\t"
BLOCK_BYTES = 1 << 18
_SEPARATOR_LINE = re.compile(r"(?i)[\ufeff\s\"]*sep=(.)[\"\s]*")

Chunk = tuple[Sequence[int], list[list[str]]]


class Package(AbstractContextManager["Package"]):
    """The files of one batch, by the name that the format gives them.

    A file whose name differs from a known one only by case or by look-alike characters is that
    file. What an operating system adds (``__MACOSX/``, ``.DS_Store``) is left out.

    Attributes:
        path: of the folder or archive.
        folder: the one folder that all files of an archive are in, with its slash; or empty.
        renamed: name as written → name of the format, where they differ.
        sizes: bytes of each file, unpacked.

    Raises:
        PackageError: it cannot be read at all.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.folder = ""
        self._zip: zipfile.ZipFile | None = None
        try:
            entries = self._find_files()
        except OSError as error:
            raise not_readable(path, error) from None
        self.renamed = match_names(sorted(entries), known_files() | {MANIFEST})
        self._places = {self.renamed.get(name, name): place for name, (place, _) in entries.items()}
        self.sizes = {self.renamed.get(name, name): size for name, (_, size) in entries.items()}

    def _find_files(self) -> dict[str, tuple[str, int]]:
        """The name of each file below the root, its place in the package, and its size."""
        if self.path.is_dir():
            return {
                entry.name: (entry.name, entry.stat().st_size)
                for entry in self.path.iterdir()
                if entry.is_file() and not SYSTEM_FILES.fullmatch(entry.name)
            }
        if self.path.is_file():
            self._zip = open_zip(self.path)
            infos = list_files(self._zip)
            self.folder = common_folder(infos)
            return {
                info.filename.removeprefix(self.folder): (info.filename, info.file_size)
                for info in infos
            }
        raise PackageError(f"нет такой папки или файла: {self.path}")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._zip:
            self._zip.close()

    def open(self, name: str) -> IO[bytes]:
        """Open a file as a stream of bytes.

        Raises:
            PackageError: it cannot be read.
        """
        place = self._places[name]
        if not self._zip:
            try:
                return (self.path / place).open("rb")
            except OSError as error:
                raise not_readable(self.path / place, error) from None
        try:
            return self._zip.open(place)
        except DAMAGE as error:
            raise damaged(name, error) from None

    def read_manifest(self) -> bytes | None:
        """Read the manifest's bytes; None where the package has none.

        Raises:
            PackageError: it is too large, or the archive is damaged.
        """
        if MANIFEST not in self.sizes:
            return None
        with self.open(MANIFEST) as file:
            try:
                raw = file.read(MAX_MANIFEST_BYTES + 1)
            except DAMAGE as error:
                raise damaged(MANIFEST, error) from None
        if len(raw) > MAX_MANIFEST_BYTES:
            raise PackageError(f"{MANIFEST}: больше {MAX_MANIFEST_BYTES} байт")
        return raw

    def sha256(self, name: str) -> str:
        """Hash a file: SHA-256, hexadecimal.

        Raises:
            PackageError: the archive is damaged.
        """
        with self.open(name) as file:
            try:
                return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
            except DAMAGE as error:
                raise damaged(name, error) from None

    def find_encoding_fault(self, name: str, encoding: str) -> SystematicError | None:
        """Say what is wrong with the encoding of a file; None: nothing that bytes show.

        Args:
            encoding: ``utf-8`` or ``cp1251``, as the batch says.

        Raises:
            PackageError: the archive is damaged.
        """
        with self.open(name) as file:
            try:
                return find_encoding_fault(iter(lambda: file.read(BLOCK_BYTES), b""), encoding)
            except DAMAGE as error:
                raise damaged(name, error) from None


class _LineTooLongError(Exception):
    """A line is longer than the format allows."""


class _LineLengthLimit(io.BufferedIOBase):
    """Pass bytes on, and stop at a line that is too long before it fills the memory."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = cast(io.BufferedReader, stream)
        self._length = 0

    def readable(self) -> bool:
        return True

    def read1(self, size: int = -1) -> bytes:
        block = self._stream.read1(size)
        first = block.find(b"\n")
        longest = self._length + (len(block) if first < 0 else first)
        if longest > MAX_LINE_BYTES:
            raise _LineTooLongError
        self._length = longest if first < 0 else len(block) - 1 - block.rfind(b"\n")
        return block


class CsvFile:
    """Parse one CSV file: its header, then its records in chunks with their line numbers.

    Excel's ``sep=;`` before the header is skipped, as are rows of empty fields: neither can change
    what is read.

    Args:
        stream: the bytes of the file.
        encoding: name of a Python codec; invalid bytes become lone surrogates.
        delimiter: between fields; None: the one that the header has most of.
        on_fault: called with line number and message, in Russian, for each broken record.

    Attributes:
        header: names of columns as written, trimmed.
        header_line: its line number, from 1.
        separator_line: line number of ``sep=``; None: there is none.
        blank_rows: how many rows of empty fields were skipped so far; ``first_blank_row`` is the
            line number of the first.
    """

    def __init__(
        self,
        stream: IO[bytes],
        encoding: str,
        delimiter: str | None,
        on_fault: Callable[[int, str], None],
    ) -> None:
        self._stream = stream
        self._on_fault = on_fault
        self._is_cut = False
        encoding = "utf-8-sig" if encoding == "utf-8" else encoding
        # Bytes of another encoding become lone surrogates, which the columns refuse by name.
        lines = cast(io.BufferedReader, _LineLengthLimit(stream))
        self._text = io.TextIOWrapper(lines, encoding, errors="surrogateescape", newline="")
        self.header_line = 1
        self.separator_line: int | None = None
        self.blank_rows = 0
        self.first_blank_row: int | None = None
        first = self._first_line()
        if separator := _SEPARATOR_LINE.fullmatch(first):
            delimiter = delimiter or separator[1]
            self.separator_line = self.header_line
            self.header_line += 1
            first = self._first_line()
        # The column reports a field that is too long; this limit only stops at an open quote.
        csv.field_size_limit(MAX_LINE_BYTES)
        self._reader = csv.reader(
            chain([first], self._text), delimiter=delimiter or _sniff(first), strict=True
        )
        self.header = self._read_header()

    @property
    def position(self) -> int:
        """Bytes of the file read so far."""
        return self._stream.tell()

    @property
    def _line(self) -> int:
        """How many lines of the file have been read."""
        return self.header_line - 1 + self._reader.line_num

    def _first_line(self) -> str:
        try:
            return self._text.readline()
        except _LineTooLongError:
            self._cut(self.header_line)
            return ""

    def _read_header(self) -> list[str]:
        try:
            return [name.strip() for name in next(self._reader, [])]
        except csv.Error as error:
            self._on_fault(self.header_line, _csv_fault(str(error)))
        except _LineTooLongError:
            self._cut(self._line + 1)
        return []

    def _cut(self, line: int) -> None:
        """Report a line that is too long; what follows it is not read."""
        self._on_fault(line, f"строка длиннее {MAX_LINE_BYTES} байт")
        self._is_cut = True

    def chunks(self) -> Iterator[Chunk]:
        """Yield records with the numbers of the lines they begin on; empty lines are skipped."""
        while not self._is_cut:
            before = self._line
            rows: list[list[str]] = []
            is_whole = self._read_into(rows, before)
            if not rows and is_whole:
                return
            lines: Sequence[int] = range(before + 1, before + 1 + len(rows))
            if self._line - before != len(rows):
                lines = _line_numbers(rows, before + 1)
            # Only a record that begins with an empty field, which is rare, may be blank.
            if not all(row and row[0].strip() for row in rows):
                lines, rows = self._without_blank(lines, rows)
            if rows:
                yield lines, rows

    def _without_blank(self, lines: Sequence[int], rows: list[list[str]]) -> Chunk:
        filled = []
        for line, row in zip(lines, rows, strict=True):
            if any(map(str.strip, row)):
                filled.append((line, row))
            elif len(row) > 1:
                self.blank_rows += 1
                self.first_blank_row = self.first_blank_row or line
        return [line for line, _ in filled], [row for _, row in filled]

    def _read_into(self, rows: list[list[str]], before: int) -> bool:
        """Append a chunk of records; False when a broken one ended it early."""
        try:
            # Unlike list(), extend() keeps what it has read when the reader raises.
            rows.extend(islice(self._reader, CHUNK_ROWS))
        except csv.Error as error:
            # The reader drops the rest of the broken line and goes on with the next.
            begin = _line_numbers([*rows, [""]], before + 1)[-1]
            self._on_fault(begin, _csv_fault(str(error)))
            return False
        except _LineTooLongError:
            self._cut(self._line + 1)
            return False
        return True


def _line_numbers(rows: Sequence[Sequence[str]], begin: int) -> list[int]:
    """Lines that records begin on, where some of them span several."""
    numbers = []
    for row in rows:
        numbers.append(begin)
        text = "\0".join(row)
        begin += 1 + text.count("\n") + text.count("\r") - text.count("\r\n")
    return numbers


def find_other_delimiter(header: Sequence[str]) -> str | None:
    """Find the delimiter of a header that was parsed as one name; None: it has none.

    Args:
        header: names of columns, as ``CsvFile.header``.
    """
    return (
        _sniff(header[0]) if len(header) == 1 and any(d in header[0] for d in DELIMITERS) else None
    )


def _sniff(header: str) -> str:
    return max(DELIMITERS, key=header.count)


def _csv_fault(message: str) -> str:
    if "field limit" in message:
        return f"не закрыта кавычка: поле длиннее {MAX_LINE_BYTES} знаков"
    if "unexpected end" in message:
        return "не закрыта кавычка до конца файла"
    return "кавычки стоят не по правилам CSV (RFC 4180)"
