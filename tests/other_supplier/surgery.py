"""Byte surgery on a package: change one physical line and keep every other byte.

A physical line is counted from 1 (the header) and ends with LF.  Only records that occupy a
single line are touched, so the line number in the report cannot be argued about.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

Damage = Callable[[Path], None]
Edit = Callable[["Sheet"], None]


class Sheet:
    """Lines of one CSV file as bytes, with the dialect of the package."""

    def __init__(self, folder: Path, name: str) -> None:
        """Read the whole file: meant for small packages."""
        self.folder, self.path = folder, folder / name
        manifest = read_manifest(folder) or {}
        self.encoding = str(manifest.get("encoding", "utf-8"))
        self.delimiter = str(manifest.get("delimiter", ";"))
        self.decimal = str(manifest.get("decimal", "."))
        self.lines = io.BytesIO(self.path.read_bytes()).readlines()
        self.rows_added = 0

    def columns(self) -> list[str]:
        """Names of the header."""
        header = self.lines[0].decode(self.encoding).lstrip("\ufeff").rstrip("\r\n")
        return header.split(self.delimiter)

    def record(self, line: int) -> list[str]:
        """Fields of the record that is exactly physical line `line`."""
        text = self.lines[line - 1].decode(self.encoding)
        fields = next(csv.reader([text], delimiter=self.delimiter, strict=True))
        if len(fields) != len(self.columns()):
            raise ValueError(f"{self.path.name}:{line} is not a record of one line")
        return fields

    def dump(self, fields: list[str], like: int) -> bytes:
        """A record in the dialect of the package with the line end of line `like`."""
        out = io.StringIO()
        csv.writer(out, delimiter=self.delimiter, lineterminator="\r\n").writerow(fields)
        return out.getvalue().removesuffix("\r\n").encode(self.encoding) + self.line_end(like)

    def line_end(self, line: int) -> bytes:
        """Line end of physical line `line`."""
        raw = self.lines[line - 1]
        return raw[len(raw.rstrip(b"\r\n")) :]

    def get(self, line: int, column: str) -> str:
        """One field."""
        return self.record(line)[self.columns().index(column)]

    def put(self, line: int, column: str, value: str) -> None:
        """Replace one field."""
        fields = self.record(line)
        fields[self.columns().index(column)] = value
        self.lines[line - 1] = self.dump(fields, line)

    def insert(self, line: int, raw: bytes) -> None:
        """Put a whole record before physical line `line`."""
        self.lines.insert(line - 1, raw)
        self.rows_added += 1

    def cut_after(self, line: int) -> None:
        """Drop every line after `line`."""
        before = _records(self)
        del self.lines[line:]
        self.rows_added -= before - _records(self)

    def rewrite(self, change: Callable[[int, list[str]], list[str]]) -> None:
        """Pass every record (its number from 0, its fields) through `change`."""
        text = b"".join(self.lines).decode(self.encoding).lstrip("\ufeff")
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=self.delimiter, strict=True)
        raw = [self.dump(change(n, row), 1) for n, row in enumerate(r for r in rows if r)]
        self.lines = io.BytesIO(b"".join(raw)).readlines()

    def save(self, *, fix_manifest: bool) -> None:
        """Write the file and, if asked, its new size, hash and row count to the manifest."""
        data = b"".join(self.lines)
        self.path.write_bytes(data)
        manifest = read_manifest(self.folder)
        if not fix_manifest or manifest is None:
            return
        for item in manifest["files"]:
            if item["name"] == self.path.name:
                item["bytes"], item["sha256"] = len(data), hashlib.sha256(data).hexdigest()
                item["rows"] += self.rows_added
        write_manifest(self.folder, manifest)


def _records(sheet: Sheet) -> int:
    text = b"".join(sheet.lines).decode(sheet.encoding)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=sheet.delimiter)
    return sum(1 for row in rows if row)


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """The manifest, or None if the package has none."""
    path = folder / "manifest.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    """Write the manifest back."""
    text = json.dumps(manifest, ensure_ascii=False, indent=1)
    (folder / "manifest.json").write_text(text, encoding="utf-8")


def edit(
    name: str, change: Edit, *, fix_manifest: bool = True, drop_manifest: bool = False
) -> Damage:
    """Damage that applies `change` to file `name`; without a countable row the manifest goes."""

    def damage(folder: Path) -> None:
        sheet = Sheet(folder, name)
        change(sheet)
        sheet.save(fix_manifest=fix_manifest)
        if drop_manifest:
            (folder / "manifest.json").unlink(missing_ok=True)

    return damage


def put(name: str, line: int, column: str, value: str) -> Damage:
    """Damage that replaces one field."""
    return edit(name, lambda sheet: sheet.put(line, column, value))


def edit_manifest(change: Callable[[dict[str, Any]], None]) -> Damage:
    """Damage of the manifest itself (the package must have one)."""

    def damage(folder: Path) -> None:
        manifest = read_manifest(folder)
        if manifest is None:
            raise ValueError("the package has no manifest")
        change(manifest)
        write_manifest(folder, manifest)

    return damage
