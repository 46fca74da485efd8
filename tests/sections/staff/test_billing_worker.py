"""A batch whose worker is killed, and acknowledgements that come by themselves."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.domain.imports import JobStatus
from app.domain.staff import StaffRole
from app.models import Contract, ImportJob, ImportRun, SubmittedReading
from tests.actions.test_billing_import_crash import (
    ROOT,
    check_integrity,
    contents,
    is_locked,
    kill_when,
)
from tests.factories import Factory
from tests.other_supplier import write_package
from tests.outbox import Outbox
from tests.pages import PageClient
from tests.sections.readings.steps import send, type_in
from tests.sections.staff.billing_steps import (
    press,
    sent,
    status_of,
    stored,
    without_worker,
    work,
    zipped,
)

pytest_plugins = ["tests.postgres"]

WORKER = """
import sys
from pathlib import Path
from app import create_app
from app.jobs import imports
from tests.conftest import make_config
with create_app(make_config(Path(sys.argv[1]))).app_context():
    imports.run_waiting()
"""
NOT_FIGURES = {"import_jobs", "staff_sessions", "rate_limit_hits", "audit_events", "staff"}


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A package of some ten thousand rows."""
    folder = tmp_path_factory.mktemp("large")
    write_package(folder, contracts=80, months=24)
    return zipped(folder)


def figures(app: Flask) -> dict[str, list[tuple[object, ...]]]:
    rows = contents(app.extensions["config"].instance_dir / "kabinet.sqlite3")
    return {table: rows[table] for table in rows.keys() - NOT_FIGURES}


def test_a_killed_load_leaves_nothing_half_done_and_goes_on_later(
    app: Flask,
    page: PageClient,
    make: Factory,
    session: Session,
    large: bytes,
    advance_clock: Callable[..., object],
) -> None:
    make.staff(StaffRole.MANAGER)
    make.commit()
    page.sign_in_staff("manager")
    soup = sent(page, large)
    assert "Проверен" in status_of(soup)
    without_worker(app)
    press(page, soup, "Загрузить")
    before = figures(app)
    instance = app.extensions["config"].instance_dir
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER, str(instance)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    database = instance / "kabinet.sqlite3"

    def is_merging() -> bool:
        job = session.scalars(select(ImportJob)).one()
        done, total = job.bytes_done, job.bytes_total
        session.rollback()
        return job.status == JobStatus.RUNNING and done == total > 0 and is_locked(database)

    kill_when(worker, is_merging)
    assert figures(app) == before
    assert check_integrity(database) == ["ok"]
    soup = page.open(page.last.request.path)
    assert "записываем в базу" in status_of(soup)
    assert len(stored(app)) == 1
    work(app)
    assert "записываем в базу" in status_of(page.open(page.last.request.path))
    advance_clock(seconds=121)
    work(app)
    soup = page.open(page.last.request.path)
    assert "Загружен" in status_of(soup)
    session.rollback()
    assert session.scalar(select(func.count(Contract.id))) == 80
    assert session.scalars(select(ImportJob)).one().tries == 2
    assert stored(app) == []


def test_acknowledgements_alone_are_taken_and_the_emails_leave(
    app: Flask, page: PageClient, make: Factory, session: Session, outbox: Outbox
) -> None:
    make.supplier()
    make.import_run()
    contract = make.contract()
    make.account(contract).email_confirmed_at = make.import_run().as_of
    meter = make.meter(contract)
    make.reading(meter, "2026-10", "1100.00", source="portal")
    make.staff(StaffRole.MANAGER)
    make.commit()
    page.sign_in("00123")
    send(page, type_in(page, meter, "1110", "5"))
    key = session.scalars(select(SubmittedReading.submission_id)).one()
    session.rollback()
    characters = len(outbox.emails("buh@example.org"))
    manager = PageClient(app)
    manager.sign_in_staff("manager")
    text = f"submission_id;status;value;reason\n{key};rejected;;Пломба сорвана\n"
    soup = sent(manager, text.encode(), "Readings_Ack.CSV")
    assert "Проверен" in status_of(soup)
    assert session.scalars(select(SubmittedReading.status)).one() == "accepted"
    session.rollback()
    assert len(outbox.emails("buh@example.org")) == characters
    press(manager, soup, "Загрузить")
    assert session.scalars(select(SubmittedReading.status)).one() == "rejected"
    session.rollback()
    assert len(outbox.emails("buh@example.org")) == characters + 1
    run = session.scalars(select(ImportRun).order_by(ImportRun.id.desc())).first()
    assert run is not None
    assert run.source == "Readings_Ack.CSV"
    assert run.counts == {
        "readings_ack.csv": {
            "rows": 1,
            "added": 0,
            "changed": 1,
            "unchanged": 0,
            "withdrawn": 0,
            "refused": 0,
        }
    }


@pytest.fixture
def postgres_manager(postgres_app: Flask, postgres_session: Session) -> PageClient:
    make = Factory(postgres_session)
    make.staff(StaffRole.MANAGER)
    make.commit()
    page = PageClient(postgres_app)
    page.sign_in_staff("manager")
    return page


def test_a_batch_is_checked_loaded_and_recovered_on_postgres(
    postgres_app: Flask, postgres_manager: PageClient, postgres_session: Session, tmp_path: Path
) -> None:
    write_package(tmp_path / "small", contracts=12, months=3)
    soup = sent(postgres_manager, zipped(tmp_path / "small"))
    assert "Проверен" in status_of(soup)
    assert postgres_session.scalar(select(func.count(ImportRun.id))) == 0
    postgres_session.execute(update(ImportJob).values(status="running", goal="load", tries=1))
    postgres_session.commit()
    work(postgres_app)
    assert "Загружен" in status_of(postgres_manager.open(postgres_manager.last.request.path))
    postgres_session.rollback()
    assert postgres_session.scalar(select(func.count(Contract.id))) == 12
