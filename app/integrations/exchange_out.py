"""Write packages for billing: CSV files and a manifest in one ZIP.

Source: docs/billing-exchange.md.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count

from app.domain.errors import NotFoundError
from app.integrations.file_store import FileStore

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
    store: FileStore,
    files: Mapping[str, tuple[Sequence[str], Iterable[Sequence[str]]]],
    now: datetime,
) -> str:
    """Write ``out-YYYYMMDD-HHMMSS-seq.zip`` whole or not at all; two at once get two names.

    Args:
        files: header and rows by file name.
        now: in the supplier's zone.

    Returns:
        The name of the package.

    Raises:
        StoreError: it cannot be stored now.
    """
    contents = {name: _csv(header, rows) for name, (header, rows) in files.items()}
    for number in count(1):
        stem = f"out-{now:%Y%m%d-%H%M%S}-{number}"
        if store.save_new(_pack(stem, contents, now), f"{stem}.zip"):
            return f"{stem}.zip"
    raise AssertionError


def list_packages(store: FileStore) -> list[PackageFile]:
    """List the packages of a store, newest first."""
    found = [
        (match.group(1), int(match.group(2)), PackageFile(name, size))
        for name, size in store.list_sizes()
        if (match := NAME.fullmatch(name))
    ]
    return [package for *_, package in sorted(found, key=lambda entry: entry[:2], reverse=True)]


def read_package(store: FileStore, name: str) -> bytes | None:
    """Read a package by its name; None: it is no name of a package, or there is no such file."""
    if not NAME.fullmatch(name):
        return None
    try:
        return store.read(name)
    except NotFoundError:
        return None


def _pack(stem: str, contents: Mapping[str, tuple[bytes, int]], now: datetime) -> bytes:
    """The archive of a package: its files and a manifest of them."""
    manifest = {
        "format": FORMAT,
        "mode": "delta",
        "created_at": now.isoformat(timespec="seconds"),
        "batch_id": stem,
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
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as package:
        for name, (content, _) in contents.items():
            package.writestr(name, content)
        package.writestr("manifest.json", json.dumps(manifest, ensure_ascii=False, indent=1))
    return stream.getvalue()


def _csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> tuple[bytes, int]:
    """Write a CSV file into memory: its bytes, and how many rows it has."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=";", lineterminator="\r\n")
    writer.writerow(header)
    number = 0
    for row in rows:
        writer.writerow(row)
        number += 1
    return stream.getvalue().encode("utf-8"), number
