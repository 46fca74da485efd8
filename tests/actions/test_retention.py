"""What is past its retention goes, in small steps; what somebody may still ask for stays."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine, func, insert, select, text
from sqlalchemy.orm import Session

from app import create_app
from app.actions import retention
from app.domain.imports import JobStatus
from app.domain.retention import say_days
from app.extensions import db
from app.jobs.retention import delete_expired
from app.lib.database import truncate_wal
from app.models import (
    AccountSession,
    AuditEvent,
    Base,
    ImportJob,
    ImportRun,
    Invitation,
    InvitationContract,
    InvitationPoint,
    Message,
)
from config import RetentionSettings
from tests.conftest import NOW, make_config
from tests.factories import Factory
from tests.pages import PageClient

pytest_plugins = ["tests.postgres"]
DAYS = RetentionSettings(
    audit_days=300,
    message_days=200,
    message_text_days=100,
    import_days=300,
    session_days=50,
)


@pytest.fixture(params=["sqlite", "postgresql"])
def portal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """A portal with times of its own, on either database."""
    if request.param == "sqlite":
        yield request.getfixturevalue("make_app")(retention=DAYS)
        return
    other: Flask = request.getfixturevalue("postgres_app")
    url = other.extensions["config"].database_url
    app = create_app(make_config(tmp_path, database_url=url, retention=DAYS))
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def fill(session: Session, table: type[Base], rows: list[dict[str, Any]]) -> None:
    session.execute(insert(table), rows)
    session.commit()


def events(*ages: float) -> list[dict[str, Any]]:
    return [
        {
            "happened_at": ago(age),
            "action": "text.published",
            "actor_kind": "staff",
            "subject": "texts",
            "subject_key": str(age),
            "changes": {},
        }
        for age in ages
    ]


def messages(*ages: float, status: str = "sent") -> list[dict[str, Any]]:
    return [
        {
            "dedupe_key": f"{status}{age}",
            "kind": "reading_receipt",
            "channel": "mail",
            "recipient": "a@example.org",
            "text": "Показания приняты",
            "html": "<p>Показания приняты</p>",
            "status": status,
            "is_interactive": False,
            "created_at": ago(age),
            "tries": 1,
        }
        for age in ages
    ]


def run_of(age: float) -> ImportRun:
    return ImportRun(
        batch_id=f"b{age}",
        fingerprint="f",
        mode="full",
        source="",
        is_verified=True,
        is_demo=False,
        as_of=ago(age),
        started_at=ago(age),
        finished_at=ago(age),
        counts={},
        warnings=["что-то"],
    )


def job_of(run: ImportRun | None, age: float, status: JobStatus) -> ImportJob:
    return ImportJob(
        name="a.zip",
        size=1,
        channel="api",
        goal="load",
        status=status,
        options={},
        tries=1,
        created_at=ago(age),
        finished_at=ago(age),
        bytes_total=1,
        bytes_done=1,
        error_count=0,
        warning_count=1,
        counts={},
        run_id=run.id if run else None,
    )


def test_each_kind_goes_at_its_own_age(portal: Flask) -> None:
    with portal.app_context():
        session = db.session()
        fill(session, AuditEvent, events(301, 299, 1))
        fill(session, Message, messages(201, 199, 101, 99))
        fill(session, Message, messages(400, status="waiting"))
        runs = [run_of(301), run_of(299)]
        session.add_all(runs)
        session.flush()
        session.add_all(
            [job_of(runs[0], 301, JobStatus.DONE), job_of(runs[1], 299, JobStatus.DONE)]
        )
        session.add(job_of(None, 301, JobStatus.FAILED))
        session.commit()
        delete_expired()
        delete_expired()
        session.expire_all()
        told = select(AuditEvent.subject_key).order_by(AuditEvent.id)
        assert session.scalars(told).all() == ["299", "1"]
        rows = session.execute(
            select(Message.dedupe_key, Message.text, Message.html).order_by(Message.id)
        ).all()
        whole = ("Показания приняты", "<p>Показания приняты</p>")
        assert [tuple(row) for row in rows] == [
            ("sent199", "", None),
            ("sent101", "", None),
            ("sent99", *whole),
            ("waiting400", *whole),
        ]
        found = session.execute(
            select(ImportRun.batch_id, ImportRun.warnings).order_by(ImportRun.id)
        )
        assert [tuple(row) for row in found] == [("b301", []), ("b299", ["что-то"])]
        left = session.execute(select(ImportJob.status, ImportJob.run_id).order_by(ImportJob.id))
        assert [tuple(row) for row in left] == [("done", runs[1].id), ("failed", None)]


def test_an_unanswered_invitation_goes_30_days_after_its_end_and_an_accepted_one_stays(
    portal: Flask,
) -> None:
    with portal.app_context():
        session = db.session()
        make = Factory(session)
        contract = make.contract()
        account = make.account(contract)
        point_id = make.meter(contract).supply_point_id
        for age, accepted_at in ((31, None), (29, None), (31, ago(33))):
            invitation = Invitation(
                nonce=f"{age}",
                email="buh@example.org",
                person_name="Ирина Белова",
                role="viewer",
                invited_by_id=account.id,
                created_at=ago(age + 7),
                expires_at=ago(age),
                accepted_at=accepted_at,
            )
            session.add(invitation)
            session.flush()
            session.add(InvitationContract(invitation_id=invitation.id, contract_id=contract.id))
            session.add(InvitationPoint(invitation_id=invitation.id, supply_point_id=point_id))
        session.commit()
        delete_expired()
        left = session.execute(
            select(Invitation.id, Invitation.accepted_at.is_not(None)).order_by(Invitation.id)
        )
        assert [tuple(row) for row in left] == [(2, False), (3, True)]
        rows = select(InvitationContract.invitation_id).order_by("invitation_id")
        assert session.scalars(rows).all() == [2, 3]


def test_sessions_go_by_their_last_request(portal: Flask) -> None:
    with portal.app_context():
        session = db.session()
        make = Factory(session)
        account = make.account(make.contract())
        for age in (51, 49):
            session.add(
                AccountSession(
                    account_id=account.id,
                    token_hash=str(age),
                    created_at=ago(60),
                    last_seen_at=ago(age),
                    address="127.0.0.1",
                    user_agent="",
                )
            )
        session.commit()
        delete_expired()
        assert session.scalars(select(AccountSession.token_hash)).all() == ["49"]


def test_a_large_table_is_purged_in_small_transactions(
    portal: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 7)
    with portal.app_context():
        session = db.session()
        fill(session, AuditEvent, events(*(400 - number / 100 for number in range(50)), 5))
        sizes: list[int] = []
        real = retention.purge_batch

        def purge(*arguments: Any) -> Any:
            keys = real(*arguments)
            sizes.append(len(keys))
            return keys

        monkeypatch.setattr("app.jobs.retention.purge_batch", purge)
        delete_expired()
        assert sizes[:9] == [7, 7, 7, 7, 7, 7, 7, 1, 0]
        assert session.scalar(select(func.count(AuditEvent.id))) == 1


def test_people_write_while_twenty_thousand_events_are_purged(
    make_app: Callable[..., Flask],
) -> None:
    app = make_app(retention=DAYS)
    with app.app_context():
        rows = events(*(400 - number / 1000 for number in range(20_000)))
        fill(db.session(), AuditEvent, rows)
        url = db.engine.url
    waits: list[float] = []
    is_over = threading.Event()

    def write() -> None:
        engine = create_engine(url, connect_args={"timeout": 30})
        while not is_over.is_set():
            start = time.monotonic()
            with engine.begin() as connection:
                connection.execute(text("UPDATE alembic_version SET version_num = version_num"))
            waits.append(time.monotonic() - start)
            is_over.wait(0.01)
        engine.dispose()

    writer = threading.Thread(target=write)
    writer.start()
    with app.app_context():
        delete_expired()
        assert db.session.scalar(select(func.count(AuditEvent.id))) == 0
    is_over.set()
    writer.join()
    assert len(waits) > 5
    assert max(waits) < 2


def test_the_log_of_sqlite_is_cut_off(make_app: Callable[..., Flask]) -> None:
    app = make_app()
    log = Path(f"{app.extensions['config'].database_url.removeprefix('sqlite:///')}-wal")
    with app.app_context():
        fill(db.session(), AuditEvent, events(*range(5000)))
        assert log.stat().st_size > 500_000
        db.session.remove()
        assert truncate_wal(db.engine) == 0
        assert log.stat().st_size == 0


def test_a_reader_holds_the_log_and_is_waited_for_a_moment_only(
    make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.lib.database.CHECKPOINT_MS", 100)
    app = make_app()
    with app.app_context():
        with db.engine.connect() as reader:
            reader.exec_driver_sql("BEGIN")
            reader.exec_driver_sql("SELECT count(*) FROM audit_events").all()
            fill(db.session(), AuditEvent, events(1, 2))
            db.session.remove()
            assert truncate_wal(db.engine)
        assert truncate_wal(db.engine) == 0


@pytest.mark.parametrize(
    ("days", "told"),
    [
        (1, "1 день"),
        (30, "30 дней"),
        (180, "180 дней"),
        (365, "1 год"),
        (366, "1 год"),
        (367, "367 дней"),
        (1095, "3 года"),
        (1096, "3 года"),
        (1826, "5 лет"),
    ],
)
def test_days_are_told_as_people_say_them(days: int, told: str) -> None:
    assert say_days(days) == told


def test_the_page_about_personal_data_tells_the_times_that_are_set(
    make_app: Callable[..., Flask],
) -> None:
    page = PageClient(make_app(retention=DAYS))
    soup = page.get("consents.personal_data")
    told = {
        " ".join(row.th.text.split()): " ".join(row.select("td")[-1].text.split())
        for row in soup.select("tbody tr")
    }
    assert told["Журнал: кто, что и откуда делал в кабинете"] == "300 дней"
    assert told["Письма и смс из кабинета"] == "200 дней, их тексты — 100 дней"
    assert told["Время входа, сетевой адрес, браузер"] == "50 дней после последнего посещения"
    assert told["Обращения и файлы"].endswith("черновики — 30 дней")
    assert soup.select_one("a[href='/consents/policy/2026-11-22']")
    page.open("/consents/policy/2026-11-28")
