"""Time the import of another supplier's package on both databases, beside a bare yardstick.

The yardstick is ``csv.reader`` → ``executemany`` without types, checks and indexes. Each import
runs in a process of its own, so that its peak memory is its own.
"""

from __future__ import annotations

import csv
import logging
import resource
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

from flask import Flask
from flask_migrate import upgrade

from app import create_app
from app.domain.imports import JobGoal, JobStatus
from app.extensions import db
from app.jobs import open_items
from app.jobs.folder_import import load_from_path
from tests.bench.figures import head, show
from tests.bench.lock_probe import LockProbe
from tests.bench.server_time import ServerTime
from tests.conftest import make_config
from tests.other_supplier import write_package
from tests.postgres_server import answers, scratch_database

T = TypeVar("T")
MOST_MEMORY = 250
"""MiB, whatever the size of the batch."""
FLAT = ((1_000, 2), (5_000, 2), (20_000, 2))
"""Contracts and months whose peak memory is shown side by side."""
LEAST_OF_BARE = 0.25
MOST_OF_SQLITE = 1.2


@dataclass(frozen=True)
class Loaded:
    """What two loads of the same rows took.

    Attributes:
        seconds, again: wall time of the first load and of the second.
        cpu: seconds that both took of this process and of the database server.
        written: rows that the second one wrote.
        memory: peak of the process, MiB.
        lock: seconds that another writer of SQLite waited at most; 0 on PostgreSQL.
    """

    rows: int
    seconds: float
    again: float
    cpu: float
    written: int
    memory: float
    lock: float


def report(folder: Path, contracts: int, months: int) -> None:
    """Write, load twice and compare; leaves the loaded portal in ``folder/portal``."""
    package = folder / "package"
    write_package(package, contracts=contracts, months=months)
    head(f"import of {contracts} contracts, {months} months, wall time")
    bare_rows, bare = _timed(lambda: load_bare(package, folder / "bare.sqlite3"))
    sqlite = _in_own_process(package, folder / "portal", None)
    _show("SQLite", sqlite)
    show("SQLite: longest lock, into an empty portal", sqlite.lock, unit="s")
    ratio = bare / bare_rows * sqlite.rows / sqlite.seconds
    show(f"speed beside bare csv → executemany (at least {LEAST_OF_BARE})", ratio, unit="×")
    if answers():
        with scratch_database() as url:
            postgres = _in_own_process(package, folder / "portal-postgres", url)
        _show("PostgreSQL", postgres)
        show("PostgreSQL beside SQLite", postgres.seconds / sqlite.seconds, MOST_OF_SQLITE, "×")
        show("  the same rows again", postgres.again / sqlite.again, unit="×")
        show("  CPU of both loads, database included", postgres.cpu / sqlite.cpu, unit="×")


def report_memory(folder: Path) -> None:
    """Peak memory on SQLite by the number of contracts, few months each: it is to be flat."""
    head("peak memory of an import by contracts, two months, SQLite")
    for contracts, months in FLAT:
        package = folder / f"package-{contracts}"
        write_package(package, contracts=contracts, months=months)
        loaded = _in_own_process(package, folder / f"portal-{contracts}", None)
        show(f"{contracts} contracts: {loaded.rows} rows", loaded.memory, MOST_MEMORY, "MiB")


def _show(name: str, loaded: Loaded) -> None:
    show(f"{name}: {loaded.rows} rows", loaded.seconds, unit="s")
    show(f"{name}: rows a second", loaded.rows / loaded.seconds, unit="rows")
    show(f"{name}: the same rows again, {loaded.written} written", loaded.again, unit="s")
    show(f"{name}: CPU of both loads", loaded.cpu, unit="s")
    show(f"{name}: peak memory", loaded.memory, MOST_MEMORY, "MiB")


def _in_own_process(package: Path, folder: Path, database_url: str | None) -> Loaded:
    # Not a pool: its workers may not have the process that watches the lock.
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(load_twice, package, folder, database_url).result()


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


def load_twice(package: Path, folder: Path, database_url: str | None = None) -> Loaded:
    """Load a package as the command does, and then the same rows as another batch."""
    folder.mkdir()
    logging.disable(logging.INFO)
    settings = {"database_url": database_url} if database_url else {}
    app = create_app(make_config(folder, fixed_now=None, **settings))
    with app.app_context():
        upgrade()
    database = database_url.rpartition("/")[2] if database_url else None
    with app.app_context():
        path = None if database else Path(str(db.engine.url.database))
    with ServerTime(database) as server, LockProbe(path) as probe:
        counts, seconds = _timed(lambda: import_package(app, package))
        with _other_bytes(package):
            repeated, again = _timed(lambda: import_package(app, package))
    with app.app_context():
        open_items.store_missing(limit=None)
        db.session.remove()
        db.engine.dispose()
    return Loaded(
        rows=sum(count["rows"] for count in counts.values()),
        seconds=seconds,
        again=again,
        cpu=time.process_time() + server.seconds,
        written=sum(c["added"] + c["changed"] + c["withdrawn"] for c in repeated.values()),
        memory=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        lock=probe.longest,
    )


@contextmanager
def _other_bytes(package: Path) -> Iterator[None]:
    """Without its manifest and with an empty line more it is a batch that nobody has seen."""
    manifest, departments = package / "manifest.json", package / "departments.csv"
    stored = {path: path.read_bytes() for path in (manifest, departments)}
    manifest.unlink()
    departments.write_bytes(stored[departments] + b"\n")
    yield
    for path, content in stored.items():
        path.write_bytes(content)


def load(app: Flask, package: Path) -> dict[str, dict[str, int]]:
    """Load a package and store the open items of its contracts, as the worker does right after."""
    counts = import_package(app, package)
    with app.app_context():
        open_items.store_missing(limit=None)
        db.session.remove()
    return counts


def import_package(app: Flask, package: Path) -> dict[str, dict[str, int]]:
    """Counts by file of one load, as ``flask billing-import`` does it."""
    with app.app_context():
        outcome = load_from_path(package, {}, JobGoal.LOAD, lambda name, done: None)
        db.session.remove()
    if outcome is None or outcome.status is not JobStatus.DONE:
        raise RuntimeError(f"not loaded: {outcome}")
    return outcome.report.as_dict()


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    started = time.perf_counter()
    result = work()
    return result, time.perf_counter() - started
