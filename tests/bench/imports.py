"""Time the import of another supplier's package against a bare ``csv.reader`` → ``executemany``."""

from __future__ import annotations

import csv
import resource
import sqlite3
import time
from datetime import UTC, datetime
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

from flask import Flask
from flask_migrate import upgrade

from app import create_app
from app.actions.imports import ImportOptions, apply_import
from app.extensions import db
from app.integrations.billing_files import Package
from app.jobs import open_items
from app.lib.database import open_for_bulk_write
from tests.conftest import make_config
from tests.other_supplier import write_package


def report(folder: Path, contracts: int, months: int) -> None:
    """Write, load twice and compare; leaves the loaded portal in ``folder/portal``."""
    package = folder / "package"
    write_package(package, contracts=contracts, months=months)
    bare_rows, bare = _timed(lambda: load_bare(package, folder / "bare.sqlite3"))
    # A process of its own, so that its peak memory is its own.
    with get_context("spawn").Pool(1) as pool:
        rows, seconds, again, written, peak = pool.apply(load_twice, (package, folder / "portal"))
    print(f"import: {rows} rows of {contracts} contracts, {rows / seconds:,.0f} rows/s")
    print(f"  bare csv → executemany: {bare_rows / bare:,.0f} rows/s")
    print(f"  ratio: {bare / bare_rows * rows / seconds:.2f} (at least 0.25)")
    print(f"  memory: {peak:.0f} MiB (at most 300)")
    print(f"  the same rows again: {again:.1f} s, rows written: {written}")


def load_bare(package: Path, path: Path) -> int:
    """The yardstick: no types, no checks, no indexes."""
    count = 0
    with sqlite3.connect(path) as connection:
        connection.execute("pragma journal_mode=wal")
        for file in sorted(package.glob("*.csv")):
            with file.open(encoding="utf-8-sig", newline="") as stream:
                reader = csv.reader(stream, delimiter=";")
                head = next(reader)
                names = ", ".join(f'"{name}"' for name in head)
                connection.execute(f"create table {file.stem} ({names})")
                marks = ", ".join("?" * len(head))
                rows = (row for row in reader if row)
                while chunk := list(islice(rows, 5000)):
                    insert = f"insert into {file.stem} values ({marks})"  # noqa: S608 - own names
                    connection.executemany(insert, chunk)
                    count += len(chunk)
        connection.commit()
    connection.close()
    return count


def load_twice(package: Path, folder: Path) -> tuple[int, float, float, int, float]:
    """(rows, seconds, seconds again, rows written again, peak MiB) of our importer."""
    folder.mkdir()
    app = create_app(make_config(folder, fixed_now=None))
    with app.app_context():
        upgrade()
    counts, seconds = _timed(lambda: load(app, package))
    rows = sum(count["rows"] for count in counts.values())
    # Without its manifest and with an empty line more it is a batch that nobody has seen.
    (package / "manifest.json").unlink()
    with (package / "departments.csv").open("ab") as file:
        file.write(b"\n")
    repeated, again = _timed(lambda: load(app, package))
    written = sum(c["added"] + c["changed"] + c["withdrawn"] for c in repeated.values())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return rows, seconds, again, written, peak


def load(app: Flask, package: Path) -> dict[str, dict[str, int]]:
    """Counts by file of one load."""
    with app.app_context(), Package(package) as files:
        open_for_bulk_write(db.session())
        result = apply_import(
            db.session(), files, ImportOptions(), datetime.now(UTC), lambda name, done: None
        )
        db.session.commit()
        # As the job does: of many contracts an import only deletes the open items.
        open_items.store_missing(limit=None)
        return result.report.as_dict()


def _timed(work):  # type: ignore[no-untyped-def]
    started = time.perf_counter()
    result = work()
    return result, time.perf_counter() - started
