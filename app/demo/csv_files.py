"""Writing of billing-exchange/1.0: CSV files and the manifest with their hashes."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from operator import attrgetter
from pathlib import Path
from typing import Any, get_args, get_type_hints

from app.demo.rows import Tables
from app.demo.timeline import Month

FORMAT = "billing-exchange/1.0"
DELIMITER = ";"


@dataclass(frozen=True, slots=True)
class Batch:
    """What the manifest says about the package as a whole."""

    batch_id: str
    supplier_inn: str
    period_from: Month
    period_to: Month
    created_at: datetime


def write_package(folder: Path, tables: Tables, batch: Batch) -> dict[str, int]:
    """Write all files into ``folder``, the manifest last; return row counts by file name."""
    folder.mkdir(parents=True, exist_ok=True)
    entries = []
    row_types = {name: get_args(hint)[0] for name, hint in get_type_hints(Tables).items()}
    for table in fields(tables):
        rows = getattr(tables, table.name)
        name = f"{table.name}.csv"
        content = _csv_bytes(row_types[table.name], rows)
        (folder / name).write_bytes(content)
        entries.append(
            {
                "name": name,
                "rows": len(rows),
                "bytes": len(content),
                "sha256": sha256(content).hexdigest(),
            }
        )
    manifest = {
        "format": FORMAT,
        "mode": "full",
        "supplier_inn": batch.supplier_inn,
        "period_from": str(batch.period_from),
        "period_to": str(batch.period_to),
        "created_at": batch.created_at.isoformat(timespec="seconds"),
        "batch_id": batch.batch_id,
        "encoding": "utf-8",
        "delimiter": DELIMITER,
        "decimal": ".",
        "files": entries,
    }
    text = json.dumps(manifest, ensure_ascii=False, indent=2)
    (folder / "manifest.json").write_text(text + "\n", encoding="utf-8")
    return {table.name: len(getattr(tables, table.name)) for table in fields(tables)}


def _csv_bytes(row_type: type[Any], rows: Sequence[Any]) -> bytes:
    """Header and rows; the header stands even where there is no row."""
    columns = [column.name for column in fields(row_type)]
    read = attrgetter(*columns)
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=DELIMITER, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in read(row)] for row in rows)
    return text.getvalue().encode("utf-8")


def _cell(value: object) -> str:
    """One value as section 2 of the format writes it."""
    match value:
        case None:
            return ""
        case bool():
            return "1" if value else "0"
        case Decimal():
            # Not str(): that may answer with an exponent.
            return format(value, "f")
        case datetime():
            return value.isoformat(timespec="seconds")
        case date():
            return value.isoformat()
        case _:
            return str(value)
