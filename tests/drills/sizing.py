"""How the portal grows: import, database, page and move to PostgreSQL by the number of contracts.

Command line: ``python -m tests.drills.sizing --contracts 5000 --months 12``. Processor time counts,
for the machine may be busy; wall time is printed beside it with the load of the machine.
"""

from __future__ import annotations

import argparse
import logging
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from flask_migrate import upgrade
from sqlalchemy import text

from app import create_app
from app.extensions import db
from config import ROOT
from tests.bench import served, visits
from tests.bench.figures import head, show
from tests.bench.imports import load, load_bare
from tests.bench.server_time import ServerTime
from tests.conftest import NOW, make_config
from tests.other_supplier import write_package
from tests.postgres_server import answers, scratch_database

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class Import:
    """What the first load of a package took; ``cpu`` counts the database server, too."""

    rows: int
    seconds: float
    cpu: float
    memory: float


def import_once(package: Path, folder: Path, database_url: str | None) -> Import:
    """Load a package into an empty installation, as the command does."""
    logging.disable(logging.INFO)
    folder.mkdir()
    settings = {"database_url": database_url} if database_url else {}
    app = create_app(make_config(folder, fixed_now=None, **settings))
    with app.app_context():
        upgrade()
    began, used = time.perf_counter(), time.process_time()
    with ServerTime(database_url.rpartition("/")[2] if database_url else None) as server:
        counts = load(app, package)
    seconds, cpu = time.perf_counter() - began, time.process_time() - used + server.seconds
    with app.app_context():
        if database_url:
            with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("VACUUM ANALYZE"))
        db.engine.dispose()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Import(sum(count["rows"] for count in counts.values()), seconds, cpu, memory)


def report(folder: Path, contracts: int, months: int, *, with_postgres: bool) -> None:
    """Print every figure of one size."""
    package = folder / "package"
    write_package(package, contracts=contracts, months=months, hostile=False)
    size = sum(path.stat().st_size for path in package.iterdir())
    load_now = "/".join(f"{value:.1f}" for value in os.getloadavg())
    head(f"{contracts} contracts × {months} months, load of the machine {load_now}")
    show("package of CSV files", size / MEBIBYTE, unit="MiB")
    used = time.process_time()
    load_bare(package, folder / "bare.sqlite3")
    show("bare csv → executemany, processor time", time.process_time() - used, unit="s")
    (folder / "bare.sqlite3").unlink()
    place = folder / "sqlite"
    show_import("SQLite", _in_own_process(package, place, None))
    show("SQLite: database", (place / "kabinet.sqlite3").stat().st_size / MEBIBYTE, unit="MiB")
    show_pages("SQLite", place, months)
    if not (with_postgres and answers()):
        return
    with scratch_database() as url:
        show_move(place, url)
    shutil.rmtree(place)
    with scratch_database() as url:
        place = folder / "postgresql"
        show_import("PostgreSQL", _in_own_process(package, place, url))
        show("PostgreSQL: database", database_bytes(place, url) / MEBIBYTE, unit="MiB")
        show_pages("PostgreSQL", place, months, url)


def show_import(name: str, done: Import) -> None:
    show(f"{name}: import of {done.rows} rows, processor time", done.cpu, unit="s")
    show(f"{name}:   wall time", done.seconds, unit="s")
    show(f"{name}:   peak memory", done.memory, unit="MiB")


def show_pages(name: str, folder: Path, months: int, database_url: str | None = None) -> None:
    """The visit of six pages as it is served: processor time of a page, all processes."""
    settings = {"database_url": database_url} if database_url else {}
    app = create_app(make_config(folder, fixed_now=NOW, **settings))
    people = visits.sign_in(app)
    requests = visits.requests_of(people, months)
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    environ = {"DATABASE_URL": database_url} if database_url else {}
    show(f"{name}: page of a visit", served.report(folder, requests, **environ))


def show_move(folder: Path, url: str) -> None:
    """``flask move-database``: processor time of the command, and of the server."""
    config = make_config(folder)
    environ = {"PATH": os.environ["PATH"], "INSTANCE_DIR": str(folder), "FLASK_APP": "wsgi.py"}
    environ |= {"SECRET_KEY": config.secret_key, "NEW_DATABASE_URL": url}
    command = [sys.executable, "-m", "flask", "move-database"]
    began, used = time.perf_counter(), os.times().children_user + os.times().children_system
    with ServerTime(url.rpartition("/")[2]) as server:
        subprocess.run(command, cwd=ROOT, env=environ, check=True, stdout=subprocess.DEVNULL)
    cpu = os.times().children_user + os.times().children_system - used + server.seconds
    show("move-database: processor time", cpu, unit="s")
    show("move-database:   wall time", time.perf_counter() - began, unit="s")


def database_bytes(folder: Path, url: str) -> int:
    """What a database of PostgreSQL takes of the disk."""
    app = create_app(make_config(folder, database_url=url))
    with app.app_context():
        size = db.session.scalar(text("SELECT pg_database_size(current_database())"))
        db.session.remove()
        db.engine.dispose()
    return int(size or 0)


def _in_own_process(package: Path, folder: Path, url: str | None) -> Import:
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(import_once, (package, folder, url))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contracts", type=int, nargs="+", default=[5_000, 20_000])
    parser.add_argument("--months", type=int, default=12)
    parser.add_argument("--no-postgres", action="store_true")
    options = parser.parse_args()
    logging.disable(logging.INFO)
    for contracts in options.contracts:
        with tempfile.TemporaryDirectory() as folder:
            with_postgres = not options.no_postgres
            report(Path(folder), contracts, options.months, with_postgres=with_postgres)


if __name__ == "__main__":
    main()
