"""An import that dies leaves the old data whole; one that runs leaves the portal usable."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, select, text
from sqlalchemy.orm import Session

from app.actions.imports import ImportOptions, apply_import
from app.actions.imports.idempotency import ConcurrentImportError
from app.integrations.billing_files import Package
from app.models import ImportRun
from app.queries.open_item_checks import check_snapshots
from tests.actions.import_steps import PAID, SAMPLE, Dump, dump, import_package, write_batch
from tests.conftest import NOW
from tests.other_supplier import write_package
from tests.other_supplier.surgery import read_manifest

ROOT = Path(__file__).parents[2]
DEADLINE = 60


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package of about 100 000 rows."""
    folder = tmp_path_factory.mktemp("large")
    write_package(folder, contracts=240, months=36)
    manifest = read_manifest(folder)
    assert manifest is not None
    assert sum(file["rows"] for file in manifest["files"]) > 100_000
    return folder


@pytest.fixture(scope="module")
def loaded(empty_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database that has loaded a small package of the same supplier."""
    folder = tmp_path_factory.mktemp("loaded")
    write_package(folder / "small", contracts=12, months=3)
    database = Path(shutil.copy(empty_database, folder / "kabinet.sqlite3"))
    engine = create_engine(f"sqlite:///{database}")
    with Session(engine) as session:
        import_package(session, folder / "small")
    engine.dispose()
    return database


@pytest.fixture
def instance(tmp_path: Path, loaded: Path) -> Path:
    """The folder of a portal with that database."""
    shutil.copy(loaded, tmp_path / "kabinet.sqlite3")
    return tmp_path


def start_import(instance: Path, package: Path) -> subprocess.Popen[bytes]:
    """``flask billing-import`` as a process of its own, in its own instance folder."""
    environment = os.environ | {"INSTANCE_DIR": str(instance), "FLASK_APP": "wsgi.py"}
    environment.pop("DATABASE_URL", None)
    command = [sys.executable, "-m", "flask", "billing-import", str(package)]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def kill_when(process: subprocess.Popen[bytes], is_time: Callable[[], bool]) -> None:
    """SIGKILL as soon as that is so; it has to happen before the process ends by itself."""
    until = time.monotonic() + DEADLINE
    while not is_time():
        assert process.poll() is None, "the import ended before it could be killed"
        assert time.monotonic() < until
        time.sleep(0.0005)
    process.kill()
    assert process.wait(DEADLINE) == -signal.SIGKILL


def contents(database: Path) -> Dump:
    """What an import may change: all rows but its own claim."""
    engine = create_engine(f"sqlite:///{database}")
    with Session(engine) as session:
        rows = dump(session)
    engine.dispose()
    return {table: found for table, found in rows.items() if table != "import_jobs"}


def end_lease(database: Path) -> None:
    """The two minutes after which the claim of a killed process is over."""
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE import_jobs SET lease_until = NULL")
    connection.close()


def check_integrity(database: Path) -> list[str]:
    connection = sqlite3.connect(database)
    try:
        return [row[0] for row in connection.execute("PRAGMA integrity_check")]
    finally:
        connection.close()


def wrong_open_items(database: Path) -> Sequence[str]:
    """Contracts whose open items are not those of their ledger; most of them have some."""
    engine = create_engine(f"sqlite:///{database}")
    with Session(engine) as session:
        found = check_snapshots(session, NOW.date())
    engine.dispose()
    assert found.compared
    return found.differing


def wal_size(database: Path) -> int:
    wal = database.with_name(database.name + "-wal")
    return wal.stat().st_size if wal.exists() else 0


def is_locked(database: Path) -> bool:
    """Whether another process is writing: the merge has begun and is not committed."""
    connection = sqlite3.connect(database, timeout=0, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
    except sqlite3.OperationalError:
        return True
    finally:
        connection.close()
    return False


def is_merging(database: Path) -> bool:
    """Whether all of the package is read and its rows are being written."""
    with sqlite3.connect(database) as connection:
        read = connection.execute(
            "SELECT bytes_done = bytes_total AND bytes_total > 0 FROM import_jobs"
        ).fetchone()
    connection.close()
    return bool(read and read[0]) and is_locked(database)


def test_a_kill_while_the_merge_is_running_leaves_the_old_data_whole(
    instance: Path, large: Path
) -> None:
    """And the next package loads as if nothing had been."""
    database = instance / "kabinet.sqlite3"
    before = contents(database)
    process = start_import(instance, large)
    kill_when(process, lambda: is_merging(database))
    assert contents(database) == before
    assert wrong_open_items(database) == []
    assert check_integrity(database) == ["ok"]
    write_package(instance / "next", contracts=14, months=3)
    assert start_import(instance, instance / "next").wait(DEADLINE) == 75
    end_lease(database)
    assert start_import(instance, instance / "next").wait(DEADLINE) == 0
    assert len(contents(database)["contracts"]) == 14


def test_a_kill_while_the_commit_is_written_leaves_all_of_the_old_data_or_of_the_new(
    instance: Path, large: Path
) -> None:
    """The log has pages of the batch; whether its last page got there, nobody can say."""
    database = instance / "kabinet.sqlite3"
    before = contents(database)
    process = start_import(instance, large)
    kill_when(process, lambda: wal_size(database) > 1 << 20)
    assert wal_size(database) > 1 << 20
    assert check_integrity(database) == ["ok"]
    assert wrong_open_items(database) == []
    after = contents(database)
    if after != before:
        assert len(after["contracts"]) == 240
        counts = dict(zip(ImportRun.__table__.c.keys(), after["import_runs"][-1], strict=True))
        added = counts["counts"]["balances.csv"]["added"]
        assert len(after["monthly_balances"]) == added + len(before["monthly_balances"])


@pytest.fixture
def other_writer(session: Session) -> Iterator[Engine]:
    """A second connection to the same database, as the web server has it."""
    engine = create_engine(session.get_bind().engine.url, connect_args={"timeout": 0})
    yield engine
    engine.dispose()


def test_the_portal_reads_and_writes_while_a_package_is_being_read(
    session: Session, other_writer: Engine
) -> None:
    """Only the merge takes the lock of the database, and finds what was written meanwhile."""
    written: list[str] = []

    def write(name: str, done: int) -> None:
        if name == "payments.csv" and not written:
            with other_writer.begin() as connection:
                connection.execute(text("UPDATE services SET name = 'Иное' WHERE code = 'EE'"))
            written.append(name)

    import_package(session, SAMPLE)
    with Package(SAMPLE.parent / "billing-exchange-sample") as package:
        session.execute(text("UPDATE import_runs SET batch_id = 'x', fingerprint = 'x'"))
        session.commit()
        result = apply_import(session, package, ImportOptions(), NOW, write)
    session.commit()
    assert written
    assert result.report.counts["services.csv"].changed == 1
    assert len(session.scalars(select(ImportRun)).all()) == 2


PAYMENTS = [PAID, "ПЛ-900;00001-ЭС;payment;2026-11-17;1.00"]


def test_people_write_while_a_batch_is_compared_and_checked(
    session: Session, other_writer: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last of what precedes the writing part are the cross-checks."""
    import_package(session, SAMPLE)
    states = []

    def write(connection: object, staged: object, report: object, state: object) -> None:
        with other_writer.begin() as other:
            other.execute(text("UPDATE services SET name = 'Иное' WHERE code = 'EE'"))
        states.append(state)

    monkeypatch.setattr("app.actions.imports.apply.run_cross_checks", write)
    import_package(session, write_batch(tmp_path / "batch", payments=PAYMENTS))
    assert len(states) == 1
    names = session.scalars(text("SELECT name FROM services WHERE code = 'EE'")).all()
    assert names == ["Иное"]
    assert session.scalar(text("SELECT amount FROM payments WHERE external_id = 'ПЛ-900'")) == 100


def test_a_batch_is_not_written_if_another_import_came_between(
    session: Session, other_writer: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Claims do not let that happen; what was planned would be out of date."""
    import_package(session, SAMPLE)

    def load_another(*arguments: object) -> None:
        with Session(other_writer) as other:
            import_package(other, write_batch(tmp_path / "other", payments=[PAID]))

    batch = write_batch(tmp_path / "batch", payments=PAYMENTS)
    with monkeypatch.context() as patch:
        patch.setattr("app.actions.imports.apply.run_cross_checks", Once(load_another))
        with pytest.raises(ConcurrentImportError):
            import_package(session, batch)
    session.rollback()
    assert session.scalar(text("SELECT count(*) FROM payments WHERE external_id = 'ПЛ-900'")) == 0
    import_package(session, batch)
    assert session.scalar(text("SELECT count(*) FROM payments WHERE external_id = 'ПЛ-900'")) == 1


class Once:
    """Does something the first time it is called; the load that it does calls it again."""

    def __init__(self, work: Callable[..., None]) -> None:
        self._work: Callable[..., None] | None = work

    def __call__(self, *arguments: object) -> None:
        work, self._work = self._work, None
        if work is not None:
            work(*arguments)
