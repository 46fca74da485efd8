"""Write packages for billing: CSV files and a manifest in one ZIP.

Source: docs/billing-exchange.md.
"""

from __future__ import annotations

import csv
import hashlib
import io
import itertools
import json
import os
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

FORMAT = "billing-exchange/1.0"
NAME = re.compile(r"out-([0-9]{8}-[0-9]{6})-([0-9]{1,6})\.zip")


@dataclass(frozen=True, slots=True)
class PackageFile:
    """A package that was written; ``size`` in bytes."""

    name: str
    size: int

    @property
    def made_at(self) -> str:
        """«22.11.2026, 06:00», as its name says, in the supplier's zone."""
        year, month, day, hour, minute = re.findall("[0-9]{2}", self.name[6:17])
        return f"{day}.{month}.20{year}, {hour}:{minute}"


def write_package(
    folder: Path, files: Mapping[str, tuple[Sequence[str], Iterable[Sequence[str]]]], now: datetime
) -> Path:
    """Write ``out-YYYYMMDD-HHMMSS-seq.zip`` atomically: a reader never sees half of it.

    Args:
        files: header and rows by file name.
        now: in the supplier's zone.

    Returns:
        The path of the package.
    """
    folder.mkdir(parents=True, exist_ok=True)
    contents = {name: _csv(header, rows) for name, (header, rows) in files.items()}
    path, temporary = _new_name(folder, f"out-{now:%Y%m%d-%H%M%S}")
    manifest = {
        "format": FORMAT,
        "mode": "delta",
        "created_at": now.isoformat(timespec="seconds"),
        "batch_id": path.stem,
        "encoding": "utf-8",
        "delimiter": ";",
        "decimal": ".",
        "files": [
            {
                "name": name,
                "rows": rows,
                "bytes": len(content),
                "sha256": hashlib.sha256(content).hexdigest(),
            }
            for name, (content, rows) in contents.items()
        ],
    }
    with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as package:
        for name, (content, _) in contents.items():
            package.writestr(name, content)
        package.writestr("manifest.json", json.dumps(manifest, ensure_ascii=False, indent=1))
    os.replace(temporary, path)
    return path


def list_packages(folder: Path) -> list[PackageFile]:
    """List the packages of a folder, newest first; a folder that is missing has none."""
    if not folder.is_dir():
        return []
    found = [
        (match.group(1), int(match.group(2)), PackageFile(path.name, path.stat().st_size))
        for path in folder.iterdir()
        if (match := NAME.fullmatch(path.name)) and path.is_file()
    ]
    return [package for *_, package in sorted(found, key=lambda entry: entry[:2], reverse=True)]


def read_package(folder: Path, name: str) -> bytes | None:
    """Read a package by its name; None: it is no name of a package, or there is no such file."""
    path = folder / name if NAME.fullmatch(name) else None
    return path.read_bytes() if path and path.is_file() else None


def _new_name(folder: Path, stem: str) -> tuple[Path, Path]:
    """Reserve a free name, and a temporary one to write to; two writers at once get two names."""
    for number in itertools.count(1):
        path = folder / f"{stem}-{number}.zip"
        temporary = path.with_suffix(".zip.tmp")
        try:
            temporary.touch(exist_ok=False)
        except FileExistsError:
            continue
        if not path.exists():
            break
        temporary.unlink()
    return path, temporary


def _csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> tuple[bytes, int]:
    """Write a CSV file into memory: its bytes, and how many rows it has."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=";", lineterminator="\r\n")
    writer.writerow(header)
    count = 0
    for row in rows:
        writer.writerow(row)
        count += 1
    return stream.getvalue().encode("utf-8"), count
