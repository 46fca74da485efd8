"""Packages of the billing exchange on disk: a folder, or a flat zip. Read as streams only."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import chain, islice
from pathlib import Path
from types import TracebackType
from typing import IO, cast

CHUNK_ROWS = 2000
MANIFEST = "manifest.json"
MAX_MANIFEST_BYTES = 1 << 20
MAX_UNPACKED_BYTES = 16 << 30
MAX_RATIO = 200
MAX_LINE_BYTES = 1 << 16
DELIMITERS = ";,\t"
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError)

Chunk = tuple[Sequence[int], list[list[str]]]


class PackageError(Exception):
    """The package as a whole cannot be read; the message says why, in Russian."""


class Package(AbstractContextManager["Package"]):
    """The files of one batch, by name."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._zip: zipfile.ZipFile | None = None
        try:
            self.sizes = self._find_files()
        except OSError as error:
            raise _not_readable(path, error) from None

    def _find_files(self) -> dict[str, int]:
        if self.path.is_dir():
            return {
                entry.name: entry.stat().st_size for entry in self.path.iterdir() if entry.is_file()
            }
        if self.path.is_file():
            self._zip = _open_zip(self.path)
            return {info.filename: info.file_size for info in self._zip.infolist()}
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
        """A stream of the bytes of a file."""
        if not self._zip:
            try:
                return (self.path / name).open("rb")
            except OSError as error:
                raise _not_readable(self.path / name, error) from None
        try:
            return self._zip.open(name)
        except _DAMAGE as error:
            raise _damaged(name, error) from None

    def read_manifest(self) -> bytes | None:
        """The manifest's bytes, or None where the batch was made by hand without one."""
        if MANIFEST not in self.sizes:
            return None
        with self.open(MANIFEST) as file:
            try:
                raw = file.read(MAX_MANIFEST_BYTES + 1)
            except _DAMAGE as error:
                raise _damaged(MANIFEST, error) from None
        if len(raw) > MAX_MANIFEST_BYTES:
            raise PackageError(f"{MANIFEST}: больше {MAX_MANIFEST_BYTES} байт")
        return raw

    def sha256(self, name: str) -> str:
        """Hash of a file, hexadecimal."""
        with self.open(name) as file:
            try:
                return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
            except _DAMAGE as error:
                raise _damaged(name, error) from None


class _LineTooLongError(Exception):
    """A line goes on beyond what the format allows."""


class _ShortLines(io.BufferedIOBase):
    """Passes bytes on and stops at a line too long, before it fills the memory."""

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
    """One CSV file: its header, then its records in chunks with their line numbers."""

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
        lines = cast(io.BufferedReader, _ShortLines(stream))
        self._text = io.TextIOWrapper(lines, encoding, errors="surrogateescape", newline="")
        first = self._first_line()
        # A field too long is left to its column, which can be named; this stops an open quote.
        csv.field_size_limit(MAX_LINE_BYTES)
        self._reader = csv.reader(
            chain([first], self._text), delimiter=delimiter or _sniff(first), strict=True
        )
        self.header = self._read_header()

    @property
    def position(self) -> int:
        """Bytes read so far."""
        return self._stream.tell()

    def _first_line(self) -> str:
        try:
            return self._text.readline()
        except _LineTooLongError:
            self._cut(1)
            return ""

    def _read_header(self) -> list[str]:
        try:
            return [name.strip() for name in next(self._reader, [])]
        except csv.Error as error:
            self._on_fault(1, _csv_fault(str(error)))
        except _LineTooLongError:
            self._cut(self._reader.line_num + 1)
        return []

    def _cut(self, line: int) -> None:
        """Report a line too long; what follows it is not read."""
        self._on_fault(line, f"строка длиннее {MAX_LINE_BYTES} байт")
        self._is_cut = True

    def chunks(self) -> Iterator[Chunk]:
        """Records and the numbers of the lines they begin on; empty lines are passed over."""
        reader = self._reader
        while not self._is_cut:
            before = reader.line_num
            rows: list[list[str]] = []
            is_whole = self._read_into(rows, before)
            if not rows and is_whole:
                return
            lines: Sequence[int] = range(before + 1, before + 1 + len(rows))
            if reader.line_num - before != len(rows):
                lines = _line_numbers(rows, before + 1)
            if [] in rows:
                kept = [(line, row) for line, row in zip(lines, rows, strict=True) if row]
                lines, rows = [line for line, _ in kept], [row for _, row in kept]
            if rows:
                yield lines, rows

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
            self._cut(self._reader.line_num + 1)
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


def _sniff(header: str) -> str:
    return max(DELIMITERS, key=header.count)


def _csv_fault(message: str) -> str:
    if "field limit" in message:
        return f"не закрыта кавычка: поле длиннее {MAX_LINE_BYTES} знаков"
    if "unexpected end" in message:
        return "не закрыта кавычка до конца файла"
    return "кавычки стоят не по правилам CSV (RFC 4180)"


def _damaged(name: str, error: Exception) -> PackageError:
    return PackageError(f"{name}: архив поврежден ({error})")


def _not_readable(path: Path, error: OSError) -> PackageError:
    return PackageError(
        f"{path}: не читается ({error.strerror}); файл должен быть доступен пользователю службы"
    )


def _open_zip(path: Path) -> zipfile.ZipFile:
    try:
        archive = zipfile.ZipFile(path)
    except PermissionError as error:
        raise _not_readable(path, error) from None
    except _DAMAGE as error:
        raise PackageError(f"{path.name}: не читается как zip ({error})") from None
    if fault := _zip_fault(archive):
        archive.close()
        raise PackageError(f"{path.name}: {fault}")
    return archive


def _zip_fault(archive: zipfile.ZipFile) -> str | None:
    """Why an archive is not taken, from its directory alone."""
    entries = archive.infolist()
    if fault := next(filter(None, map(_entry_fault, entries)), None):
        return fault
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES:
        return "распакованный размер больше допустимого"
    if len(set(archive.namelist())) != len(entries):
        return "имена файлов повторяются"
    return None


def _entry_fault(entry: zipfile.ZipInfo) -> str | None:
    # What stands in the archive is "orig_filename"; the other ends at a null byte.
    if not {"/", "\\", "\0"}.isdisjoint(entry.orig_filename):
        return f"внутри не должно быть папок ({entry.filename})"
    if entry.flag_bits & 1:
        return "архив с паролем"
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return f"{entry.filename}: сжатие не Deflate"
    if entry.file_size > MAX_RATIO * max(entry.compress_size, 1024):
        return f"{entry.filename} сжат подозрительно сильно"
    return None
