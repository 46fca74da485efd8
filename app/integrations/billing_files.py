"""Packages of the billing exchange on disk: a folder, or a flat zip. Read as streams only."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import chain, islice
from pathlib import Path
from types import TracebackType
from typing import IO

from app.domain.exchange.columns import MAX_FIELD_BYTES

CHUNK_ROWS = 5000
MANIFEST = "manifest.json"
MAX_MANIFEST_BYTES = 1 << 20
MAX_UNPACKED_BYTES = 16 << 30
MAX_RATIO = 200
DELIMITERS = ";,\t"

Chunk = tuple[Sequence[int], list[list[str]]]


class PackageError(Exception):
    """The package as a whole cannot be read; the message says why, in Russian."""


class Package(AbstractContextManager["Package"]):
    """The files of one batch, by name."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._zip: zipfile.ZipFile | None = None
        if path.is_dir():
            self.sizes = {
                entry.name: entry.stat().st_size for entry in path.iterdir() if entry.is_file()
            }
        elif path.is_file():
            self._zip = _open_zip(path)
            self.sizes = {info.filename: info.file_size for info in self._zip.infolist()}
        else:
            raise PackageError(f"нет такой папки или файла: {path}")

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
        if self._zip:
            return self._zip.open(name)
        return (self.path / name).open("rb")

    def read_manifest(self) -> bytes | None:
        """The manifest's bytes, or None where the batch was made by hand without one."""
        if MANIFEST not in self.sizes:
            return None
        with self.open(MANIFEST) as file:
            raw = file.read(MAX_MANIFEST_BYTES + 1)
        if len(raw) > MAX_MANIFEST_BYTES:
            raise PackageError(f"{MANIFEST}: больше {MAX_MANIFEST_BYTES} байт")
        return raw

    def sha256(self, name: str) -> str:
        """Hash of a file, hexadecimal."""
        with self.open(name) as file:
            try:
                return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
            except (zipfile.BadZipFile, EOFError, OSError) as error:
                raise PackageError(f"{name}: архив поврежден ({error})") from None


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
        encoding = "utf-8-sig" if encoding.lower().replace("-", "") == "utf8" else encoding
        # Bytes of another encoding become lone surrogates, which the columns refuse by name.
        text = io.TextIOWrapper(stream, encoding, errors="surrogateescape", newline="")
        first = text.readline(MAX_FIELD_BYTES * 8)
        self._lines = text
        csv.field_size_limit(MAX_FIELD_BYTES)
        self._reader = csv.reader(
            chain([first], text), delimiter=delimiter or _sniff(first), strict=True
        )
        self.header = self._read_header()

    @property
    def position(self) -> int:
        """Bytes read so far."""
        return self._stream.tell()

    def _read_header(self) -> list[str]:
        try:
            return [name.strip() for name in next(self._reader, [])]
        except csv.Error as error:
            self._on_fault(1, _csv_fault(str(error)))
            return []

    def chunks(self) -> Iterator[Chunk]:
        """Records and the numbers of the lines they begin on; empty lines are passed over."""
        reader = self._reader
        while True:
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
        except (zipfile.BadZipFile, EOFError) as error:
            raise PackageError(f"архив поврежден ({error})") from None
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
        return f"поле длиннее {MAX_FIELD_BYTES} знаков или не закрыта кавычка"
    if "unexpected end" in message:
        return "не закрыта кавычка до конца файла"
    return "кавычки стоят не по правилам CSV (RFC 4180)"


def _open_zip(path: Path) -> zipfile.ZipFile:
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError) as error:
        raise PackageError(f"{path.name}: не читается как zip ({error})") from None
    unpacked = 0
    for info in archive.infolist():
        unpacked += info.file_size
        if info.is_dir() or "/" in info.filename or "\\" in info.filename:
            raise PackageError(f"{path.name}: внутри не должно быть папок ({info.filename})")
        if info.flag_bits & 1:
            raise PackageError(f"{path.name}: архив с паролем")
        if info.file_size > MAX_RATIO * max(info.compress_size, 1024):
            raise PackageError(f"{path.name}: {info.filename} сжат подозрительно сильно")
    if unpacked > MAX_UNPACKED_BYTES:
        raise PackageError(f"{path.name}: распакованный размер больше допустимого")
    if len(set(archive.namelist())) != len(archive.namelist()):
        raise PackageError(f"{path.name}: имена файлов повторяются")
    return archive
