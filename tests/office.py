"""Build office files for tests: Open XML packages, and old compound files."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping

DOCUMENT, EXCEL = "word/document.xml", "xl/workbook.xml"
BASE = "application/vnd.openxmlformats-officedocument"
TYPES = {
    DOCUMENT: f"{BASE}.wordprocessingml.document.main+xml",
    EXCEL: f"{BASE}.spreadsheetml.sheet.main+xml",
}
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
END, FREE = 0xFFFFFFFE, 0xFFFFFFFF


def relationship(kind: str, target: str, external: bool = False) -> str:
    mode = ' TargetMode="External"' if external else ""
    kind = kind if ":" in kind else f"{RELATIONS}/{kind}"
    return f'<Relationship Id="r{abs(hash(target))}" Type="{kind}" Target="{target}"{mode}/>'


def relationships(*links: str) -> bytes:
    text = f'<Relationships xmlns="{PACKAGE}/relationships">{"".join(links)}</Relationships>'
    return text.encode()


def package(
    main: str = DOCUMENT,
    parts: Mapping[str, bytes] | None = None,
    *,
    main_type: str = "",
    types: Mapping[str, str] | None = None,
    defaults: Mapping[str, str] | None = None,
    links: tuple[str, ...] = (),
    root: bytes | None = None,
) -> bytes:
    """A package as Office writes it: ``links`` are relationships of the main part."""
    main_type = main_type or TYPES[DOCUMENT if main.startswith("word") else EXCEL]
    overrides = {main: main_type, **(types or {})}
    extensions = {"rels": "application/vnd.openxmlformats-package.relationships+xml"} | {
        "xml": "application/xml",
        **(defaults or {}),
    }
    listed = "".join(
        [f'<Default Extension="{name}" ContentType="{kind}"/>' for name, kind in extensions.items()]
        + [
            f'<Override PartName="/{name}" ContentType="{kind}"/>'
            for name, kind in overrides.items()
        ]
    )
    folder, _, name = main.rpartition("/")
    contents = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">{listed}</Types>'.encode(),
        "_rels/.rels": root or relationships(relationship("officeDocument", main)),
        main: b"<document/>",
        f"{folder}/_rels/{name}.rels": relationships(*links),
        **(parts or {}),
    }
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, content in contents.items():
            archive.writestr(part, content)
    return stream.getvalue()


def compound(streams: Mapping[str, bytes], scattered: bool = False) -> bytes:
    """A compound file with these streams; ``scattered`` puts their sectors in reverse order."""
    sectors: list[bytes] = [b"", b""]  # the FAT and the directory
    fat = [0xFFFFFFFD, END]
    entries = [_entry("Root Entry", 5, END, 0)]
    for name, content in streams.items():
        padded = content.ljust(4096, b"\0")
        padded += b"\0" * (-len(padded) % 512)
        pieces = [padded[start : start + 512] for start in range(0, len(padded), 512)]
        numbers = list(range(len(sectors), len(sectors) + len(pieces)))
        if scattered:
            numbers.reverse()
        sectors += [b""] * len(pieces)
        fat += [FREE] * len(pieces)
        for place, (number, piece) in enumerate(zip(numbers, pieces, strict=True)):
            sectors[number] = piece
            fat[number] = numbers[place + 1] if place + 1 < len(numbers) else END
        entries.append(_entry(name, 2, numbers[0], len(padded)))
    directory = b"".join(entries).ljust(512, b"\0")
    assert len(directory) == 512
    assert len(fat) <= 128
    sectors[0] = struct.pack("<128I", *fat, *[FREE] * (128 - len(fat)))
    sectors[1] = directory
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16
    header += struct.pack(
        "<HHHHH6xIIIIIIIII", 62, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, END, 0, END, 0
    )
    header += struct.pack("<109I", 0, *[FREE] * 108)
    return header + b"".join(sectors)


def _entry(name: str, kind: int, start: int, size: int) -> bytes:
    encoded = name.encode("utf-16-le") + b"\0\0"
    head = encoded.ljust(64, b"\0") + struct.pack("<HBB3I", len(encoded), kind, 1, FREE, FREE, FREE)
    return head.ljust(116, b"\0") + struct.pack("<II4x", start, size)


def workbook(*sheet_kinds: int, locked: bool = False) -> bytes:
    """The stream of an old workbook with sheets of these kinds: 0 a worksheet, 1 Excel 4 macros."""
    records = [(0x0809, b"\0\x06\x05\0" + b"\0" * 12)]
    if locked:
        records.append((0x002F, b"\0" * 6))
    for number, kind in enumerate(sheet_kinds):
        name = f"S{number}".encode()
        records.append((0x0085, struct.pack("<IBBBB", 512, 0, kind, len(name), 0) + name))
    records.append((0x000A, b""))
    return b"".join(struct.pack("<HH", kind, len(body)) + body for kind, body in records)
