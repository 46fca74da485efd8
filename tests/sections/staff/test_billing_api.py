"""``POST /api/import``: the billing system loads by itself, with a token."""

from __future__ import annotations

import os
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.domain.staff import StaffRole
from app.models import AuditEvent, ImportJob, ImportRun
from tests.factories import Factory
from tests.pages import PageClient
from tests.sections.staff.billing_steps import (
    MEBIBYTE,
    SAMPLE,
    archive,
    busy,
    multipart,
    stored,
    work,
    zipped,
)

TOKEN = "the-token-of-unattended-loads-0123456789"
RIGHT = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def app(make_app) -> Flask:
    return make_app(import_token=TOKEN, import_max_mb=1)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def submit(client: FlaskClient, content: bytes, **query: str) -> TestResponse:
    """As ``curl --data-binary`` does."""
    return client.post(
        "/api/import",
        data=content,
        query_string=query,
        headers=RIGHT,
        content_type="application/zip",
    )


def status(client: FlaskClient, answer: TestResponse) -> dict[str, Any]:
    """What the address in an answer says."""
    assert answer.status_code == 202, answer.text
    path = answer.json["url"].removeprefix("http://localhost")
    found = client.get(path, headers=RIGHT)
    assert found.status_code == 200
    return dict(found.json)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", ["/api/import", "/api/import/1", "/api/import/", "/api"])
def test_without_a_token_in_the_settings_the_address_is_unknown(
    make_app, method: str, path: str
) -> None:
    client = make_app(import_token="").test_client()
    answers = [client.open(place, method=method, headers=RIGHT) for place in (path, "/nowhere")]
    assert [answer.status_code for answer in answers] == [404, 404]
    pages = {answer.text.replace(answer.headers["X-Request-Id"], "") for answer in answers}
    assert len(pages) == 1
    names = {frozenset(answer.headers.keys()) for answer in answers}
    assert len(names) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": "Bearer ключ"},
    ],
)
def test_a_wrong_token_is_refused_unread(app: Flask, client: FlaskClient, headers: Any) -> None:
    answer = client.post("/api/import", data=zipped(SAMPLE), headers=headers)
    assert (answer.status_code, answer.mimetype) == (401, "application/json")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert client.get("/api/import/1", headers=headers).status_code == 401
    assert stored(app) == []


def test_guessing_is_stopped_and_the_right_token_still_works(client: FlaskClient) -> None:
    answers = [client.get("/api/import/1").status_code for _ in range(22)]
    assert answers == [401] * 20 + [429] * 2
    assert int(client.get("/api/import/1").headers["Retry-After"]) > 0
    assert submit(client, zipped(SAMPLE)).status_code == 202


def test_what_billing_sends_and_loads_is_recorded_as_done_by_billing(
    client: FlaskClient, make: Factory, session: Session
) -> None:
    make.commit()
    assert status(client, submit(client, zipped(SAMPLE)))["status"] == "done"
    found = session.execute(select(AuditEvent.action, AuditEvent.actor_kind)).all()
    assert dict(map(tuple, found)) == {"import.sent": "billing", "import.loaded": "billing"}


def test_a_batch_is_loaded_in_one_step(
    app: Flask, client: FlaskClient, session: Session, make: Factory
) -> None:
    answer = submit(client, zipped(SAMPLE))
    assert answer.json == {
        "job": 1,
        "batch_id": "sample-2026-10",
        "status": "waiting",
        "url": "http://localhost/api/import/1",
    }
    found = status(client, answer)
    assert (found["status"], found["error_count"], found["errors"]) == ("done", 0, [])
    assert found["counts"]["payments.csv"]["added"] == 15
    assert session.scalars(select(ImportRun.staff_id)).all() == [None]
    assert stored(app) == []
    again = status(client, submit(client, zipped(SAMPLE)))
    assert (again["status"], again["batch_id"]) == ("same", "sample-2026-10")
    assert "изменений нет" in again["message"]
    assert "force=1" in again["message"]
    assert stored(app) == []
    assert status(client, submit(client, zipped(SAMPLE), force="1"))["status"] == "done"
    make.staff(StaffRole.MANAGER)
    make.commit()
    page = PageClient(app)
    page.sign_in_staff("manager")
    row = page.get("staff.billing").select_one("table:has(caption:-soup-contains('Загрузки'))")
    assert "биллинг" in row.text


def test_a_form_with_a_file_and_a_single_csv_do_as_well(client: FlaskClient) -> None:
    body, kind = multipart({}, zipped(SAMPLE), "vygruzka.zip")
    answer = client.post("/api/import", data=body, content_type=kind, headers=RIGHT)
    found = status(client, answer)
    assert (found["name"], found["status"]) == ("vygruzka.zip", "done")
    found = status(client, submit(client, b"submission_id;status\n", name="readings_ack.csv"))
    assert (found["name"], found["status"]) == ("readings_ack.csv", "done")


def test_a_check_writes_nothing(client: FlaskClient, session: Session) -> None:
    found = status(client, submit(client, zipped(SAMPLE), check="1"))
    assert (found["goal"], found["status"]) == ("check", "checked")
    assert session.scalar(select(func.count(ImportRun.id))) == 0


@pytest.mark.parametrize("value", ["1", "true"])
def test_yes_is_one_or_true(client: FlaskClient, session: Session, value: str) -> None:
    found = status(client, submit(client, zipped(SAMPLE), check=value, deactivate_absent=value))
    assert found["status"] == "checked"
    assert session.scalars(select(ImportJob.options)).one()["deactivate_absent"] is True


@pytest.mark.parametrize("value", ["0", "false"])
def test_no_is_zero_or_false(client: FlaskClient, session: Session, value: str) -> None:
    found = status(client, submit(client, zipped(SAMPLE), check=value, deactivate_absent=value))
    assert found["status"] == "done"
    assert "deactivate_absent" not in session.scalars(select(ImportJob.options)).one()


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("check=yes", "check"),
        ("check=", "check"),
        ("check=True", "check"),
        ("deactivate_absent=False", "deactivate_absent"),
        ("deactivate_absent=no", "deactivate_absent"),
        ("deactivate_absent=off", "deactivate_absent"),
        ("chek=1", "chek"),
        ("Check=1", "Check"),
        ("check=0&check=1", "check"),
        ("encoding=koi8-r", "encoding"),
        ("csrf_token=x", "csrf_token"),
    ],
)
def test_what_is_not_understood_is_named_and_nothing_is_taken(
    app: Flask, client: FlaskClient, session: Session, query: str, named: str
) -> None:
    answer = client.post(f"/api/import?{query}", data=zipped(SAMPLE), headers=RIGHT)
    assert answer.status_code == 422
    assert answer.json["error"].startswith(f"{named}: ")
    assert session.scalar(select(func.count(ImportJob.id))) == 0
    assert stored(app) == []


def test_a_choice_in_the_form_instead_of_the_address_is_refused(
    app: Flask, client: FlaskClient
) -> None:
    body, kind = multipart({"check": "1"}, zipped(SAMPLE), "batch.zip")
    answer = client.post("/api/import", data=body, content_type=kind, headers=RIGHT)
    assert answer.status_code == 422
    assert answer.json["error"].startswith("check: ")
    assert stored(app) == []


def test_a_batch_that_is_not_noted_does_not_stay_on_the_disk(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*arguments: object) -> None:
        raise OperationalError("", {}, Exception("database is locked"))

    for place in ("app.web.batch_uploads.order_job", "sqlalchemy.orm.Session.commit"):
        with monkeypatch.context() as patch:
            patch.setattr(place, locked)
            answer = submit(client, zipped(SAMPLE))
        assert answer.status_code == 503
        assert stored(app) == []
    assert status(client, submit(client, zipped(SAMPLE)))["status"] == "done"


def test_errors_come_back_with_their_places(client: FlaskClient, session: Session) -> None:
    rows = "".join(f"D-{number};Отделение;yes\n" for number in range(120))
    found = status(
        client, submit(client, archive({"departments.csv": f"department_id;name;active\n{rows}"}))
    )
    assert (found["status"], found["error_count"], len(found["errors"])) == ("refused", 120, 100)
    assert found["errors"][0].keys() == {"file", "line", "column", "message"}
    assert [found["errors"][0][name] for name in ("file", "line", "column")] == [
        "departments.csv",
        2,
        "active",
    ]
    assert session.scalar(select(func.count(ImportRun.id))) == 0


def test_texts_of_errors_and_warnings_are_russian_texts_in_a_bounded_number(
    client: FlaskClient,
) -> None:
    rows = "".join(f"S-{number};Услуга;;x\n" for number in range(300))
    columns = ";".join(f"лишний{number}" for number in range(250))
    head = f"service_code;name;unit;active;{columns}\n"
    rows = "".join(f"{line}{';' * 250}\n" for line in rows.splitlines())
    answer = submit(client, archive({"services.csv": head + rows}))
    found = status(client, answer)
    assert (found["status"], found["warning_count"]) == ("done", 252)
    assert len(found["warnings"]) == 200
    assert found["warnings"][0].keys() == {"file", "line", "column", "message"}
    raw = client.get("/api/import/1", headers=RIGHT).data
    assert "столбец".encode() in raw
    assert b"\\u" not in raw


def test_batches_wait_their_turn(app: Flask, client: FlaskClient, session: Session) -> None:
    with busy(app):
        first = submit(client, zipped(SAMPLE))
        second = submit(client, zipped(SAMPLE))
        assert status(client, first)["status"] == status(client, second)["status"] == "waiting"
    work(app)
    assert status(client, first)["status"] == "done"
    assert status(client, second)["status"] == "same"
    assert session.scalar(select(func.count(ImportRun.id))) == 1


@pytest.mark.parametrize(
    ("query", "content", "code"),
    [
        ({"encoding": "koi8-r"}, b"x", 422),
        ({"delimiter": "|"}, b"x", 422),
        ({"name": "hello.exe"}, b"x", 422),
        ({}, b"", 422),
        ({}, os.urandom(2 * MEBIBYTE), 413),
    ],
)
def test_what_cannot_be_received_is_said_in_json(
    app: Flask, client: FlaskClient, session: Session, query: Any, content: bytes, code: int
) -> None:
    answer = submit(client, content, **query)
    assert (answer.status_code, answer.mimetype) == (code, "application/json")
    assert answer.json["error"]
    assert stored(app) == []
    assert session.scalar(select(func.count(ImportJob.id))) == 0


def test_a_missing_job_and_a_wrong_method_are_json_too(client: FlaskClient) -> None:
    for path in ("/api/import/99", f"/api/import/{2**70}"):
        answer = client.get(path, headers=RIGHT)
        assert (answer.status_code, answer.mimetype) == (404, "application/json")


def test_the_options_of_the_query_are_obeyed(client: FlaskClient) -> None:
    files = {path.name: path.read_text("utf-8").encode("cp1251") for path in SAMPLE.glob("*.csv")}
    assert status(client, submit(client, archive(files), check="1"))["status"] == "refused"
    found = status(client, submit(client, archive(files), encoding="cp1251", deactivate_absent="0"))
    assert found["status"] == "done"
