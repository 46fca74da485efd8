"""The queue of batches: nobody is forgotten, nothing is deleted under whoever waits for it."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.actions.imports.jobs import Task, claim_next
from app.domain.imports import JobStatus
from app.domain.staff import StaffRole
from app.jobs.retention import delete_expired
from app.models import ImportJob, StaffMember
from tests.factories import Factory
from tests.pages import PageClient
from tests.sections.staff.billing_steps import (
    MEBIBYTE,
    SAMPLE,
    multipart,
    press,
    sent,
    status_of,
    stored,
    upload,
    without_worker,
    work,
    zipped,
)


@pytest.fixture
def manager(page: PageClient, make: Factory) -> PageClient:
    make.staff(StaffRole.MANAGER)
    make.commit()
    page.sign_in_staff("manager")
    return page


def statuses(session: Session) -> list[str]:
    session.rollback()
    return list(session.scalars(select(ImportJob.status).order_by(ImportJob.id)))


@pytest.mark.parametrize(
    "place", ["app.web.batch_uploads.order_job", "sqlalchemy.orm.Session.commit"]
)
def test_an_upload_that_the_database_does_not_take_leaves_nothing_on_the_disk(
    app: Flask, manager: PageClient, session: Session, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    token = manager.get("staff.billing").select_one("[name=csrf_token]")["value"]
    body, kind = multipart({"csrf_token": token}, zipped(SAMPLE), "batch.zip")

    def locked(*arguments: object) -> None:
        raise OperationalError("", {}, Exception("database is locked"))

    monkeypatch.setattr(place, locked)
    url = manager.url("staff.billing_upload")
    answer = manager.client.post(url, data=body, content_type=kind)
    monkeypatch.undo()
    assert answer.status_code == 503
    assert stored(app) == []
    assert statuses(session) == []


@pytest.mark.parametrize(("megabytes", "status"), [(0, 302), (2, 413)])
def test_who_must_change_the_password_first_may_not_send_much(
    make_app: Callable[..., Flask], make: Factory, megabytes: int, status: int
) -> None:
    make.staff(StaffRole.MANAGER)
    make.commit()
    app = make_app(import_max_mb=1)
    page = PageClient(app)
    page.sign_in_staff("manager")
    token = page.get("staff.billing").select_one("[name=csrf_token]")["value"]
    make.session.execute(update(StaffMember).values(must_change_password=True))
    make.commit()
    body, kind = multipart({"csrf_token": token}, os.urandom(megabytes * MEBIBYTE + 1), "a.zip")
    answer = page.client.post(page.url("staff.billing_upload"), data=body, content_type=kind)
    assert answer.status_code == status
    assert "file-error" not in answer.text
    assert stored(app) == []


def test_the_nightly_round_leaves_what_waits_or_runs(
    app: Flask, manager: PageClient, session: Session, advance_clock: Callable[..., object]
) -> None:
    without_worker(app)
    upload(manager, zipped(SAMPLE))
    upload(manager, zipped(SAMPLE))
    session.execute(update(ImportJob).where(ImportJob.id == 2).values(status=JobStatus.RUNNING))
    session.commit()
    advance_clock(days=8)
    with app.app_context():
        delete_expired()
    assert statuses(session) == ["waiting", "running"]
    assert len(stored(app)) == 2


def test_the_week_runs_from_the_last_answer(
    app: Flask, manager: PageClient, session: Session, advance_clock: Callable[..., object]
) -> None:
    sent(manager, b"not a zip at all")
    where = manager.last.request.path
    advance_clock(days=6)
    manager.sign_in_staff("manager")
    press(manager, manager.open(where), "Проверить еще раз")
    advance_clock(days=7)
    with app.app_context():
        delete_expired()
    assert statuses(session) == ["refused"]
    advance_clock(days=13)
    with app.app_context():
        delete_expired()
    assert statuses(session) == []
    assert stored(app) == []


def test_who_comes_just_as_the_runner_leaves_is_not_forgotten(
    app: Flask, manager: PageClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_worker(app)
    where = upload(manager, zipped(SAMPLE)).headers["Location"]
    came: list[str] = []

    def check_last(runner: Session, holder: str, now: datetime) -> Task | None:
        task = claim_next(runner, holder, now)
        if task is None and not came:
            # The place is still taken, and the runner has just found nothing.
            came.append(upload(manager, zipped(SAMPLE)).headers["Location"])
            work(app)
        return task

    monkeypatch.setattr("app.actions.imports.jobs.claim_next", check_last)
    work(app)
    assert statuses(session) == ["checked", "checked"]
    for place in (where, *came):
        assert "Проверен" in status_of(manager.open(place))
