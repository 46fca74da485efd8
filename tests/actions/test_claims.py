"""One claim discipline for messages, prepared files and imports, on both databases."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from app import create_app
from app.actions import claims, messages, prepared_files
from app.actions.claims import Claim, ClaimLostError, JobKind
from app.actions.imports import jobs
from app.actions.imports.jobs import NewBatch, order_job
from app.actions.mailings import sending
from app.actions.messages import Outgoing, queue_message
from app.domain.claims import LEASE
from app.domain.imports import Channel, JobGoal
from app.integrations.message_templates import MessageContent
from app.models import Contract, ImportJob, ImportRun, Mailing, Message, PreparedFile, StaffMember
from app.web.file_stores import batch_store
from tests.conftest import NOW, make_config
from tests.factories import Factory
from tests.sections.staff.billing_steps import zipped

pytest_plugins = ["tests.postgres"]

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "docs" / "billing-exchange-sample"


def new_message(session: Session) -> int:
    content = MessageContent("Тема", "Текст", "<p>Текст")
    outgoing = Outgoing("password_changed", "mail", "buh@example.org", content, "1")
    return queue_message(session, outgoing, NOW)


def new_file(session: Session) -> int:
    make = Factory(session)
    contract = make.contract()
    account = make.account(contract)
    session.flush()
    file = PreparedFile(
        contract_id=contract.id,
        account_id=account.id,
        document="charges",
        extension="csv",
        options={},
        row_count=1,
        status="waiting",
        tries=0,
        created_at=NOW,
        expires_at=NOW + timedelta(days=1),
        name="Справка",
    )
    session.add(file)
    session.flush()
    return file.id


def new_import(session: Session) -> int:
    batch = NewBatch("a.zip", "a", 1, {}, JobGoal.LOAD, Channel.API)
    return order_job(session, batch, NOW).id


def new_mailing(session: Session) -> int:
    known = session.scalars(select(StaffMember.id)).first()
    mailing = Mailing(
        idempotency_key=str(uuid.uuid4()),
        status="waiting",
        tries=0,
        audience="list",
        criteria={},
        subject="Тема",
        text="Текст",
        sms_text="",
        staff_id=known or Factory(session).staff().id,
        created_at=NOW,
    )
    session.add(mailing)
    session.flush()
    return mailing.id


KINDS: list[tuple[JobKind[Any], Callable[[Session], int]]] = [
    (messages.JOBS, new_message),
    (prepared_files.JOBS, new_file),
    (jobs.JOBS, new_import),
    (sending.JOBS, new_mailing),
]


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """The database of an empty portal, either one."""
    name = "session" if request.param == "sqlite" else "postgres_session"
    found = request.getfixturevalue(name).get_bind()
    assert isinstance(found, Engine)
    return found


@pytest.fixture(params=KINDS, ids=["message", "file", "import", "mailing"])
def kind(request: pytest.FixtureRequest) -> tuple[JobKind[Any], Callable[[Session], int]]:
    found: tuple[JobKind[Any], Callable[[Session], int]] = request.param
    return found


def claim_at_once(engine: Engine, kind: JobKind[Any], count: int) -> list[Claim]:
    """Claim on as many connections at the same moment; the claims that were won."""
    barrier = threading.Barrier(count)
    won: list[Claim] = []

    def run(claimant: str) -> None:
        with Session(engine) as session:
            session.scalar(select(func.count(kind.table.id)))
            session.rollback()
            barrier.wait()
            claim = claims.claim_next(session, kind, claimant, NOW)
            session.commit()
            if claim is not None:
                won.append(claim)

    threads = [threading.Thread(target=run, args=(f"machine:{n}",)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return won


def requeue(session: Session, kind: JobKind[Any], moment: Any) -> list[Any]:
    return claims.requeue_expired(session, kind, moment, {}, lambda job: {})


def test_of_many_claimants_one_gets_the_job(
    engine: Engine, kind: tuple[JobKind[Any], Callable[[Session], int]]
) -> None:
    table, make = kind
    with Session(engine) as session:
        make(session)
        session.commit()
    assert len(claim_at_once(engine, table, 4)) == 1
    assert claim_at_once(engine, table, 2) == []


def test_a_dead_holder_is_replaced_and_can_finish_nothing(
    engine: Engine, kind: tuple[JobKind[Any], Callable[[Session], int]]
) -> None:
    table, make = kind
    with Session(engine) as session:
        make(session)
        dead = claims.claim_next(session, table, "dead", NOW)
        assert dead is not None
        session.execute(claims.renew_statement(table, dead, NOW + timedelta(minutes=1)))
        session.commit()
        requeue(session, table, NOW + LEASE)
        assert claims.claim_next(session, table, "next", NOW + LEASE) is None
        expired_at = NOW + LEASE + timedelta(minutes=1)
        assert requeue(session, table, expired_at) == []
        living = claims.claim_next(session, table, "next", expired_at)
        assert living is not None
        session.commit()
        session.execute(claims.renew_statement(table, dead, expired_at + LEASE))
        assert claims.get_claimed(session, table, living).lease_until == expired_at + LEASE
        with pytest.raises(ClaimLostError):
            claims.finish_job(session, table, dead, status=table.failed)
        session.rollback()
        job = claims.finish_job(session, table, living, status=table.failed)
        assert (job.claimed_by, job.lease_until, job.tries) == (None, None, 2)


def test_a_job_that_kills_its_holders_is_given_up(
    engine: Engine, kind: tuple[JobKind[Any], Callable[[Session], int]]
) -> None:
    table, make = kind
    moment = NOW
    with Session(engine) as session:
        job_id = make(session)
        for attempt in range(1, table.max_tries + 1):
            assert claims.claim_next(session, table, "dead", moment) is not None
            session.commit()
            moment += LEASE
            given_up = [job.id for job in requeue(session, table, moment)]
            session.commit()
            assert given_up == ([job_id] if attempt == table.max_tries else [])
        assert claims.claim_next(session, table, "next", moment) is None
        assert session.get_one(table.table, job_id).status == table.failed


def test_a_message_somebody_waited_for_is_not_sent_behind_their_back(session: Session) -> None:
    content = MessageContent("Тема", "Текст", "<p>Текст")
    outgoing = Outgoing(
        "registration_link", "mail", "buh@example.org", content, "1", is_interactive=True
    )
    message_id = queue_message(session, outgoing, NOW)
    assert claims.claim_job(session, messages.JOBS, message_id, "dead", NOW)
    messages.requeue_expired(session, NOW + LEASE)
    message = session.get_one(Message, message_id)
    assert (message.status, message.last_error) == ("failed", "отправка прервана")


WORKER = """
import sys
from pathlib import Path
from app import create_app
from app.jobs import imports
from tests.conftest import make_config
folder, url, files = sys.argv[1:]
app = create_app(make_config(Path(folder), database_url=url, files_url=files))
with app.app_context():
    imports.run_waiting()
"""


def test_two_machines_find_one_batch_in_the_common_store_and_load_it_once(
    postgres_app: Flask, postgres_session: Session, tmp_path: Path
) -> None:
    """Each has an INSTANCE_DIR of its own; the database and FILES_URL are common."""
    files = tmp_path / "common"

    url = postgres_session.get_bind().engine.url.render_as_string(hide_password=False)
    receiver = create_app(
        make_config(tmp_path / "receiver", database_url=url, files_url=str(files))
    )
    with receiver.app_context():
        with batch_store().open_incoming() as incoming:
            incoming.write(zipped(SAMPLE))
        key = batch_store().store(Path(incoming.name), None)
    batch = NewBatch("a.zip", key, 1, {}, JobGoal.LOAD, Channel.API)
    order_job(postgres_session, batch, NOW)
    postgres_session.commit()
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, str(tmp_path / name), url, str(files)],
            cwd=ROOT,
            env=environment,
            stderr=subprocess.PIPE,
        )
        for name in ("one", "two")
    ]
    for worker in workers:
        _, errors = worker.communicate(timeout=120)
        assert worker.returncode == 0, errors.decode()
    assert postgres_session.scalars(select(ImportJob.status)).one() == "done"
    assert postgres_session.scalar(select(func.count(ImportRun.id))) == 1
    assert postgres_session.scalar(select(func.count(Contract.id)))
    assert not list((files / "imports").iterdir())
