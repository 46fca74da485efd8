"""Check old Office files (.doc, .xls) and embedded objects: OLE compound files, [MS-CFB]."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import islice

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MACROS = "_vba_project".encode("utf-16-le")
PACKAGED_FILE = "\x01ole10native".encode("utf-16-le")
"""Names in the directory, which compares them without regard to case: a macro project, and any file
whatever put into a document."""
WORKBOOKS = ("workbook", "book")
SHEET, FILE_PASSWORD, END = 0x0085, 0x002F, 0x000A
MACRO_SHEETS = (1, 6)
"""Excel 4 macros, and a module of Visual Basic in Excel 5."""
LAST_SECTOR = 0xFFFFFFFA
HEADER_SECTORS = 109
SMALL = 4096


class OleError(Exception):
    """The compound file cannot be read."""


def find_ole_fault(content: bytes) -> str:
    """Find macros, embedded programs or encryption in an OLE compound file.

    Nothing is raised: what cannot be read has no workbook, and names are found anywhere in the
    bytes.

    Args:
        content: bytes of the whole file.

    Returns:
        ``macros``, ``active`` (an embedded file), ``locked`` (encrypted), or nothing.
    """
    lowered = content.lower()
    if MACROS in lowered:
        return "macros"
    if PACKAGED_FILE in lowered:
        return "active"
    try:
        workbooks = list(_CompoundFile(content).streams(WORKBOOKS))
    except (OleError, struct.error, IndexError):
        return ""
    return next(filter(None, map(_find_workbook_fault, workbooks)), "")


def has_workbook(content: bytes) -> bool:
    """Whether an OLE file holds a workbook whose sheets can be listed.

    Args:
        content: bytes of the whole file.
    """
    try:
        return any(_CompoundFile(content).streams(WORKBOOKS))
    except (OleError, struct.error, IndexError):
        return False


def _find_workbook_fault(stream: bytes) -> str:
    """Macro sheets among the sheets of a workbook, [MS-XLS] 2.4.28 BoundSheet8."""
    for kind, record in _records(stream):
        if kind == FILE_PASSWORD:
            return "locked"
        if kind == SHEET and len(record) > 5 and record[5] in MACRO_SHEETS:
            return "macros"
    return ""


def _records(stream: bytes) -> Iterator[tuple[int, bytes]]:
    """Records of the workbook's first part, where its sheets are listed."""
    position = 0
    while position + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, position)
        if kind == END:
            return
        yield kind, stream[position + 4 : position + 4 + length]
        position += 4 + length


class _CompoundFile:
    def __init__(self, content: bytes) -> None:
        if not content.startswith(OLE):
            raise OleError("no compound file")
        self.content = content
        shift, small_shift = struct.unpack_from("<HH", content, 30)
        if shift not in (9, 12) or small_shift != 6:
            raise OleError("sector size")
        self.size = 1 << shift
        self.limit = len(content) // self.size + 1
        directory, self.small_fat_start = struct.unpack_from("<8xI8xI", content, 40)
        self.fat = self._read_fat()
        self.entries = list(self._read_entries(self._chain(directory)))

    def streams(self, names: tuple[str, ...]) -> Iterator[bytes]:
        """Contents of the streams of these names."""
        for name, kind, start, length in self.entries:
            if kind == 2 and name in names:
                yield self._read(start, length)

    def _sector(self, number: int) -> bytes:
        start = (number + 1) * self.size
        return self.content[start : start + self.size]

    def _read_fat(self) -> tuple[int, ...]:
        numbers = list(struct.unpack_from(f"<{HEADER_SECTORS}I", self.content, 76))
        (following,) = struct.unpack_from("<I", self.content, 68)
        for _ in range(self.limit):
            if following > LAST_SECTOR:
                break
            *more, following = _numbers(self._sector(following)) or (LAST_SECTOR + 1,)
            numbers += more
        fat: list[int] = []
        for number in islice(numbers, self.limit):
            if number <= LAST_SECTOR:
                fat += _numbers(self._sector(number))
        return tuple(fat)

    def _chain(self, start: int) -> bytes:
        found: list[bytes] = []
        while start <= LAST_SECTOR and start < len(self.fat):
            found.append(self._sector(start))
            if len(found) > self.limit:
                raise OleError("a chain without an end")
            start = self.fat[start]
        return b"".join(found)

    def _read_entries(self, directory: bytes) -> Iterator[tuple[str, int, int, int]]:
        for position in range(0, len(directory) - 127, 128):
            length, kind = struct.unpack_from("<HB", directory, position + 64)
            start, size = struct.unpack_from("<II", directory, position + 116)
            name = directory[position : position + max(0, min(length, 64) - 2)]
            yield name.decode("utf-16-le", "replace").lower(), kind, start, size

    def _read(self, start: int, length: int) -> bytes:
        if length >= SMALL:
            return self._chain(start)[:length]
        small = self._chain(self.entries[0][2])
        fat = _numbers(self._chain(self.small_fat_start))
        found: list[bytes] = []
        while start < len(fat) and len(found) <= SMALL // 64:
            found.append(small[start * 64 : start * 64 + 64])
            start = fat[start]
        return b"".join(found)[:length]


def _numbers(content: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(content) // 4}I", content[: len(content) // 4 * 4])
