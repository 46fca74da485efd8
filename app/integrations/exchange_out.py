"""Packages that the portal writes for billing: CSV and a manifest in one ZIP."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

FORMAT = "billing-exchange/1.0"


def write_package(
    folder: Path, files: Mapping[str, tuple[Sequence[str], Iterable[Sequence[str]]]], now: datetime
) -> Path:
    """Write ``out-YYYYMMDD-HHMMSS-seq.zip``; nobody ever sees half of it.

    Args:
        files: header and rows by file name.
        now: in the supplier's zone.
    """
    folder.mkdir(parents=True, exist_ok=True)
    contents = {name: _csv(header, rows) for name, (header, rows) in files.items()}
    stem = f"out-{now:%Y%m%d-%H%M%S}"
    number = 1
    while (path := folder / f"{stem}-{number}.zip").exists():
        number += 1
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
    temporary = path.with_suffix(".zip.tmp")
    with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as package:
        for name, (content, _) in contents.items():
            package.writestr(name, content)
        package.writestr("manifest.json", json.dumps(manifest, ensure_ascii=False, indent=1))
    os.replace(temporary, path)
    return path


def _csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> tuple[bytes, int]:
    """The bytes of a file, and how many rows it has."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=";", lineterminator="\r\n")
    writer.writerow(header)
    count = 0
    for row in rows:
        writer.writerow(row)
        count += 1
    return stream.getvalue().encode("utf-8"), count
