"""Every damage to a package is named with its place, and nothing of the package is loaded."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from app import create_app
from app.actions.imports import Fault as Reported
from app.actions.imports import ImportOptions
from app.extensions import db
from tests.actions.import_steps import Dump, dump, import_package, refusal, refused, run_command
from tests.conftest import make_config
from tests.other_supplier import write_package
from tests.other_supplier.broken import FAULTS, WARNINGS, Fault
from tests.other_supplier.surgery import Sheet

pytest_plugins = ["tests.postgres"]

ON_POSTGRES = {"duplicate-key", "unknown-contract", "nul-byte", "invalid-utf-8", "id-with-newline"}
BY_COMMAND = {"bad-decimal", "missing-column", "hash-mismatch", "open-quote", "unknown-zone"}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The base package of the catalogue."""
    folder = tmp_path_factory.mktemp("good")
    write_package(folder, contracts=12, months=12)
    return folder


@pytest.fixture(scope="module")
def shared_app(empty_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """One empty portal for all faults, for none of them may write into it."""
    folder = tmp_path_factory.mktemp("portal")
    shutil.copy(empty_database, folder / "kabinet.sqlite3")
    app = create_app(make_config(folder))
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def shared(shared_app: Flask) -> Iterator[Session]:
    """A session on it."""
    with shared_app.app_context():
        engine = db.engine
    with Session(engine) as session:
        yield session


@pytest.fixture(scope="module")
def loaded(
    empty_database: Path, good: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Session]:
    """A session on a portal that has loaded the undamaged package."""
    database = shutil.copy(empty_database, tmp_path_factory.mktemp("loaded"))
    engine = create_engine(f"sqlite:///{database}")
    with Session(engine) as session:
        import_package(session, good)
        yield session
    engine.dispose()


@pytest.fixture(scope="module")
def everything(loaded: Session) -> Dump:
    """What its tables hold before any fault."""
    return dump(loaded)


@pytest.fixture(scope="module")
def nothing(shared_app: Flask) -> Dump:
    """What its tables hold before any fault."""
    with shared_app.app_context():
        return dump(db.session())


def damaged(good: Path, fault: Fault, tmp_path: Path) -> Path:
    folder = Path(shutil.copytree(good, tmp_path / "damaged"))
    fault.damage(folder)
    return folder


def assert_reported(reported: Sequence[Reported], fault: Fault) -> None:
    """The place that the catalogue promises is among the reported ones, in Russian."""
    places = [
        found
        for found in reported
        if found.file == fault.file
        and fault.line in (None, found.line)
        and fault.column in (None, found.column)
    ]
    assert places, [str(found) for found in reported]
    for found in places:
        assert re.search("[а-я]{3}", found.message)
        assert "\n" not in str(found)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_is_refused_with_its_place(
    fault: Fault, good: Path, tmp_path: Path, shared: Session, nothing: Dump
) -> None:
    assert_reported(refused(shared, damaged(good, fault, tmp_path)), fault)
    assert dump(shared) == nothing


@pytest.mark.parametrize(
    "fault",
    [fault for fault in FAULTS if fault.name in ON_POSTGRES],
    ids=lambda fault: fault.name,
)
def test_a_fault_is_refused_on_postgres_too(
    fault: Fault, good: Path, tmp_path: Path, postgres_session: Session
) -> None:
    before = dump(postgres_session)
    assert_reported(refused(postgres_session, damaged(good, fault, tmp_path)), fault)
    assert dump(postgres_session) == before


@pytest.mark.parametrize(
    "fault",
    [fault for fault in FAULTS if fault.cross_check or "duplicate" in fault.name],
    ids=lambda fault: fault.name,
)
def test_a_fault_is_refused_beside_data_that_are_already_there(
    fault: Fault, good: Path, tmp_path: Path, loaded: Session, everything: Dump
) -> None:
    folder = damaged(good, fault, tmp_path)
    (folder / "manifest.json").unlink()
    assert_reported(refused(loaded, folder), fault)
    assert dump(loaded) == everything


@pytest.mark.parametrize(
    "fault",
    [fault for fault in FAULTS if fault.name in BY_COMMAND],
    ids=lambda fault: fault.name,
)
def test_the_command_prints_the_place_of_a_fault_and_fails(
    fault: Fault, good: Path, tmp_path: Path, shared_app: Flask
) -> None:
    result = run_command(shared_app, damaged(good, fault, tmp_path))
    assert result.exit_code == 1
    place = ":".join(str(part) for part in (fault.file, fault.line, fault.column) if part)
    assert f"ошибка: {place}" in result.output
    assert "ничего не изменено" in result.output


@pytest.mark.parametrize("warning", WARNINGS, ids=lambda warning: warning.name)
def test_a_warning_loads_and_is_reported(
    warning: Fault, good: Path, tmp_path: Path, shared: Session
) -> None:
    report = import_package(shared, damaged(good, warning, tmp_path), dry_run=True).report
    assert_reported(report.warnings, warning)
    assert report.counts["balances.csv"].added > 0


def test_one_fault_is_reported_once(good: Path, tmp_path: Path, shared: Session) -> None:
    """What refers to a refused record is not blamed a second time."""
    fault = next(fault for fault in FAULTS if fault.name == "inn-of-9-digits")
    faults = refused(shared, damaged(good, fault, tmp_path))
    assert [(found.file, found.line, found.column) for found in faults] == [
        ("customers.csv", 2, "inn")
    ]


def test_errors_beyond_the_limit_are_counted_but_not_listed(
    good: Path, tmp_path: Path, shared: Session
) -> None:
    folder = Path(shutil.copytree(good, tmp_path / "many"))
    (folder / "manifest.json").unlink()
    sheet = Sheet(folder, "payments.csv")
    sheet.rewrite(lambda n, row: ["№", *row[1:]] if n else row)
    sheet.save(fix_manifest=False)
    report = refusal(shared, folder, ImportOptions(max_errors=7))
    assert len(report.errors) == 7
    assert report.error_count == len(sheet.lines) - 1
    assert report.unlisted_errors == report.error_count - 7
