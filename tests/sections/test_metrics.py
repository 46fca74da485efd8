"""``/metrics``: for whoever has the token; the figures are those that ``flask check`` judges."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.orm import Session

from app import create_app
from app.jobs import health
from app.models import Backup, DeliveryOutage, ImportRun, Message, WorkerHeartbeat
from tests.conftest import NOW, make_config
from tests.providers import free_port

pytest_plugins = ["tests.postgres"]
TOKEN = "the-token-of-prometheus-0123456789abcdef"
RIGHT = {"Authorization": f"Bearer {TOKEN}"}


def scrape(client: FlaskClient) -> dict[tuple[str, ...], float]:
    """Every sample by its name and the values of its labels."""
    answer = client.get("/metrics", headers=RIGHT)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    return {
        (sample.name, *(sample.labels[name] for name in sorted(sample.labels))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


@pytest.fixture
def portal(make_app: Callable[..., Flask]) -> Flask:
    return make_app(metrics_token=TOKEN, jobs="queue")


def test_without_the_setting_there_is_no_such_address_and_nothing_is_counted(
    make_app: Callable[..., Flask],
) -> None:
    app = make_app(metrics_token="")
    client = app.test_client()
    assert client.get("/metrics", headers=RIGHT).status_code == 404
    assert not (Path(app.instance_path) / "metrics").exists()


@pytest.mark.parametrize("sent", ["", "Bearer", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}"])
def test_a_wrong_token_learns_nothing(portal: Flask, sent: str) -> None:
    answer = portal.test_client().get("/metrics", headers={"Authorization": sent})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert "kabinet_" not in answer.text


def test_every_answer_is_counted_once_by_endpoint_and_status(portal: Flask) -> None:
    client = portal.test_client()
    for _ in range(3):
        client.get("/sign-in")
    client.get("/contracts/1/home")
    client.get("/contracts/1/home")
    client.get("/nowhere")
    client.post("/sign-in")
    client.get("/metrics")
    found = scrape(client)
    counted = {key[1:]: value for key, value in found.items() if key[0] == "kabinet_requests_total"}
    assert counted["metrics.index", "401"] == 1
    assert counted["auth.sign_in", "200"] == 3
    assert counted["unknown", "404"] >= 1
    assert sum(counted.values()) == 8
    assert found["kabinet_request_seconds_count", "auth.sign_in"] == 3
    assert found["kabinet_request_seconds_bucket", "auth.sign_in", "+Inf"] == 3
    assert 0 < found["kabinet_request_seconds_sum", "auth.sign_in"] < 30


def fill(session: Session) -> None:
    """An hour in the life of an installation, of which not all went well."""

    def ago(minutes: int) -> dict[str, object]:
        return {"minutes": minutes}

    def at(minutes: int) -> object:
        return NOW - timedelta(**ago(minutes))

    session.add(WorkerHeartbeat(machine="a", pid=1, started_at=at(60), seen_at=at(7)))
    session.add(WorkerHeartbeat(machine="b", pid=1, started_at=at(60), seen_at=at(2)))
    session.add(
        Backup(
            started_at=at(121),
            finished_at=at(120),
            place="/x",
            size_bytes=1,
            row_count=1,
            file_count=1,
        )
    )
    session.add(
        DeliveryOutage(channel="mail", since=at(20), failed_at=at(1), failures=4, reason="timeout")
    )
    for number, status in enumerate(["waiting", "sent", "sent", "failed"]):
        session.add(
            Message(
                dedupe_key=f"m{number}",
                kind="reading_receipt",
                channel="mail",
                recipient="a@example.org",
                text="",
                status=status,
                is_interactive=False,
                created_at=at(30),
                next_try_at=at(12) if status == "waiting" else None,
                tries=0,
            )
        )
    session.add(
        ImportRun(
            fingerprint="f",
            mode="full",
            source="",
            is_verified=True,
            is_demo=False,
            as_of=at(600),
            started_at=at(31),
            finished_at=at(30),
            counts={},
            warnings=[],
        )
    )
    session.commit()


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_figures_are_the_facts_that_the_check_judges(
    request: pytest.FixtureRequest, tmp_path: Path, database: str
) -> None:
    if database == "sqlite":
        app: Flask = request.getfixturevalue("make_app")(metrics_token=TOKEN, jobs="queue")
    else:
        other: Flask = request.getfixturevalue("postgres_app")
        url = other.extensions["config"].database_url
        config = make_config(tmp_path, database_url=url, metrics_token=TOKEN, jobs="queue")
        app = create_app(config)
    with app.app_context():
        from app.extensions import db  # noqa: PLC0415

        fill(db.session())
        checks = {check.key: check for check in health.check_data()}
        db.session.remove()
    found = scrape(app.test_client())
    assert found[("kabinet_database_up",)] == 1
    assert found[("kabinet_worker_heartbeat_age_seconds",)] == 120
    assert found[("kabinet_backup_age_seconds",)] == 2 * 3600
    assert found[("kabinet_import_age_seconds",)] == 1800
    assert found[("kabinet_billing_data_age_seconds",)] == 36_000
    assert found["kabinet_queue_oldest_age_seconds", "messages"] == 720
    assert found["kabinet_queue_oldest_age_seconds", "files"] == 0
    assert found["kabinet_delivery_outage_age_seconds", "mail"] == 1200
    assert found["kabinet_messages", "sent"] == 2
    assert found["kabinet_messages", "waiting"] == found["kabinet_messages", "failed"] == 1
    numbers = {"ok": 0, "warning": 1, "fault": 2}
    for key, check in checks.items():
        assert found["kabinet_check_state", key, health.this_machine()] == numbers[check.state]
    assert "2 мин" in checks["worker"].text
    assert "12 мин" in checks["queue"].text
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def test_without_a_database_requests_are_told_and_that_it_is_silent(tmp_path: Path) -> None:
    url = f"postgresql+psycopg://kabinet@127.0.0.1:{free_port()}/kabinet"
    client = create_app(make_config(tmp_path, database_url=url, metrics_token=TOKEN)).test_client()
    assert client.get("/health").status_code == 503
    found = scrape(client)
    assert found[("kabinet_database_up",)] == 0
    assert found["kabinet_check_state", "database", health.this_machine()] == 2
    assert found["kabinet_requests_total", "service.health", "503"] == 1
    assert ("kabinet_backup_age_seconds",) not in found
