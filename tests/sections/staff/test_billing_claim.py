"""One claim for all ways of loading: two loads never run at once, and a dead holder is replaced."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine, func, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.actions.claims import ClaimLostError, renew_statement
from app.actions.imports import Report
from app.actions.imports.jobs import (
    JOBS,
    NewBatch,
    Task,
    claim_next,
    finish,
    order_job,
    requeue_expired,
    start_job,
)
from app.domain.claims import LEASE
from app.domain.imports import Channel, JobGoal, JobStatus
from app.extensions import db
from app.jobs import imports
from app.lib.file_locks import hold_one_of
from app.lib.heartbeat import heartbeat
from app.models import Contract, ImportJob, ImportRun
from tests.actions.import_steps import run_command
from tests.actions.test_billing_import_crash import DEADLINE, ROOT, start_import
from tests.conftest import NOW
from tests.other_supplier import write_package
from tests.pages import PageClient
from tests.sections.staff.billing_steps import SAMPLE, busy, work

pytest_plugins = ["tests.postgres"]

COMMAND = NewBatch("nightly.zip", None, 1, {}, JobGoal.LOAD, Channel.COMMAND)


def sent(name: str) -> NewBatch:
    return NewBatch(name, name, 1, {}, JobGoal.LOAD, Channel.API)


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """The database of an empty portal, either one."""
    name = "session" if request.param == "sqlite" else "postgres_session"
    found = request.getfixturevalue(name).get_bind()
    assert isinstance(found, Engine)
    return found


def race(engine: Engine, claims: list[Callable[[Session], Task | None]]) -> list[Task]:
    """Claim on as many connections at the same moment; whoever got it."""
    barrier = threading.Barrier(len(claims))
    won: list[Task] = []

    def run(claim: Callable[[Session], Task | None]) -> None:
        with Session(engine) as session:
            session.scalar(select(func.count(ImportJob.id)))
            session.rollback()
            barrier.wait()
            task = claim(session)
            session.commit()
            if task is not None:
                won.append(task)

    threads = [threading.Thread(target=run, args=(claim,)) for claim in claims]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return won


def test_of_many_that_claim_at_once_one_gets_it(engine: Engine) -> None:
    for attempt in range(5):
        with Session(engine) as session:
            for number in range(3):
                order_job(session, sent(f"{attempt}-{number}"), NOW)
            session.commit()
        won = race(
            engine,
            [lambda session, n=n: claim_next(session, f"worker:{n}", NOW) for n in range(3)]
            + [lambda session, n=n: start_job(session, COMMAND, f"cli:{n}", NOW) for n in range(3)],
        )
        assert len(won) == 1
        with Session(engine) as session:
            finish(session, won[0], JobStatus.DONE, Report(1), NOW)
            session.commit()


def test_who_does_not_prolong_the_lease_is_replaced_and_can_write_nothing(engine: Engine) -> None:
    with Session(engine) as session:
        order_job(session, sent("a"), NOW)
        session.commit()
        dead = claim_next(session, "dead", NOW)
        assert dead is not None
        session.commit()
        beat = renew_statement(JOBS, dead.claim, NOW + timedelta(minutes=1))
        session.execute(beat)
        session.commit()
        assert requeue_expired(session, NOW + LEASE) is None
        assert claim_next(session, "next", NOW + LEASE) is None
        expired_at = NOW + LEASE + timedelta(minutes=1)
        assert requeue_expired(session, expired_at) is None
        living = claim_next(session, "next", expired_at)
        assert living is not None
        assert living.job_id == dead.job_id
        session.commit()
        session.execute(renew_statement(JOBS, dead.claim, expired_at + LEASE))
        assert session.get_one(ImportJob, dead.job_id).lease_until == expired_at + LEASE
        with pytest.raises(ClaimLostError):
            finish(session, dead, JobStatus.DONE, Report(1), expired_at)
        session.rollback()
        assert finish(session, living, JobStatus.DONE, Report(1), expired_at).status == "done"
        session.commit()


def test_a_command_that_died_is_given_up_for_nobody_holds_its_batch(engine: Engine) -> None:
    with Session(engine) as session:
        assert start_job(session, COMMAND, "dead", NOW)
        session.commit()
        assert requeue_expired(session, NOW) is None
        job = requeue_expired(session, NOW + LEASE)
        assert job is not None
        assert (job.status, job.claimed_by) == ("failed", None)
        session.commit()


def test_a_heartbeat_beats_until_the_work_is_over() -> None:
    beats: list[int] = []
    third = threading.Event()

    def beat() -> None:
        beats.append(1)
        if len(beats) == 3:
            third.set()

    with heartbeat(beat, 0.001):
        assert third.wait(DEADLINE)
    count = len(beats)
    assert not [thread for thread in threading.enumerate() if thread.name == "heartbeat"]
    assert len(beats) == count


def test_the_command_steps_back_from_a_load_that_runs_and_says_which(
    app: Flask, session: Session
) -> None:
    with busy(app):
        result = run_command(app, SAMPLE)
    assert result.exit_code == 75
    assert "Идет другая загрузка: nightly.zip, начата 21.11.2026, 12:00" in result.output
    assert "another-host:1." in result.output
    assert session.scalar(select(func.count(ImportJob.id))) == 0
    session.rollback()
    assert run_command(app, SAMPLE).exit_code == 0


def test_the_command_steps_back_on_postgres_too(
    postgres_app: Flask, postgres_session: Session
) -> None:
    with busy(postgres_app):
        assert run_command(postgres_app, SAMPLE).exit_code == 75
    assert run_command(postgres_app, SAMPLE).exit_code == 0
    postgres_session.rollback()
    assert postgres_session.scalar(select(func.count(ImportRun.id))) == 1


def test_a_heartbeat_that_fails_once_goes_on() -> None:
    beats: list[int] = []
    third = threading.Event()

    def beat() -> None:
        beats.append(1)
        if len(beats) == 1:
            raise OperationalError("UPDATE", {}, Exception("no connection"))
        if len(beats) == 3:
            third.set()

    with heartbeat(beat, 0.001):
        assert third.wait(DEADLINE)


def test_on_sqlite_an_import_that_lives_is_not_requeued_though_its_heartbeats_are_left_out(
    app: Flask, session: Session, advance_clock: Callable[..., object]
) -> None:
    with app.app_context():
        assert start_job(db.session(), COMMAND, "busy", NOW)
        db.session.commit()
        advance_clock(minutes=3)
        folder = app.extensions["config"].instance_dir / "locks"
        with hold_one_of(folder, ("imports",), 0):
            imports.requeue_expired()
        assert session.scalars(select(ImportJob.status)).one() == "running"
        session.rollback()
        imports.requeue_expired()
    assert session.scalars(select(ImportJob.status)).one() == "failed"


def test_the_command_goes_on_after_a_holder_whose_lease_is_over(
    app: Flask, session: Session, advance_clock: Callable[..., object]
) -> None:
    with app.app_context():
        assert start_job(db.session(), COMMAND, "dead", NOW)
        db.session.commit()
    advance_clock(minutes=3)
    assert run_command(app, SAMPLE).exit_code == 0
    statuses = session.scalars(select(ImportJob.status).order_by(ImportJob.id)).all()
    assert statuses == ["failed", "done"]


def test_a_load_whose_claim_was_taken_over_commits_nothing(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = imports.apply_import

    def slow(*arguments: object) -> object:
        result = real(*arguments)
        # What another process does once the lease is over; on one connection, for SQLite has one
        # writer.
        arguments[0].execute(update(ImportJob).values(claimed_by="another"))
        return result

    monkeypatch.setattr("app.jobs.imports.apply_import", slow)
    result = run_command(app, SAMPLE)
    assert result.exit_code == 3
    assert "место занял другой процесс" in result.output
    session.rollback()
    assert session.scalar(select(func.count(Contract.id))) == 0
    assert session.scalar(select(func.count(ImportRun.id))) == 0


def test_two_commands_in_two_processes_never_load_at_once_and_a_killed_one_is_replaced(
    app: Flask, session: Session, tmp_path: Path, advance_clock: Callable[..., object]
) -> None:
    """The first is stopped in the middle; the second steps back; then the first is killed."""
    write_package(tmp_path / "large", contracts=60, months=12)
    first = start_import(tmp_path, tmp_path / "large")
    until = time.monotonic() + DEADLINE
    while True:
        job = session.scalars(select(ImportJob)).first()
        session.rollback()
        if job is not None and job.bytes_done:
            break
        assert first.poll() is None
        assert time.monotonic() < until
        time.sleep(0.005)
    os.kill(first.pid, signal.SIGSTOP)
    environment = os.environ | {"INSTANCE_DIR": str(tmp_path), "FLASK_APP": "wsgi.py"}
    command = [sys.executable, "-m", "flask", "billing-import", str(SAMPLE)]
    second = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert second.returncode == 75, second.stderr
    assert f":{first.pid}." in second.stderr
    first.kill()
    assert first.wait(DEADLINE) == -signal.SIGKILL
    session.execute(update(ImportJob).values(lease_until=NOW))
    session.commit()
    assert run_command(app, SAMPLE).exit_code == 0
    session.rollback()
    assert session.scalar(select(func.count(Contract.id))) == 3


def test_without_a_worker_any_request_picks_up_what_a_killed_process_has_left(
    app: Flask, page: PageClient, session: Session, advance_clock: Callable[..., object]
) -> None:
    with app.app_context():
        assert start_job(db.session(), COMMAND, "dead", NOW)
        db.session.commit()
    advance_clock(minutes=3)
    page.get("auth.sign_in")
    assert session.scalars(select(ImportJob.status)).one() == "running"
    session.rollback()
    app.extensions[imports.DUE] = 0.0
    page.get("auth.sign_in")
    assert session.scalars(select(ImportJob.status)).one() == "failed"
    assert app.extensions[imports.DUE] > 0


def test_a_batch_that_waited_for_a_command_is_run_next(app: Flask, session: Session) -> None:
    with app.app_context():
        (app.extensions["config"].instance_dir / "imports").mkdir()
        order_job(db.session(), sent("x"), NOW)
        db.session.commit()
    with busy(app):
        work(app)
        assert session.scalars(select(ImportJob.status).where(ImportJob.name == "x")).one() == (
            "waiting"
        )
        session.rollback()
    work(app)
    assert session.scalars(select(ImportJob.status)).one() == "refused"
