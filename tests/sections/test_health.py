"""Health addresses: alive without a database, ready with all that the portal needs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from flask import Flask
from sqlalchemy import update

from app import create_app
from app.extensions import db
from app.integrations.site_probe import FORGED_ADDRESS, TOKEN_HEADER
from app.jobs import health
from app.models import WorkerHeartbeat
from app.web.site_probe import make_probe_token
from tests.conftest import NOW, make_config
from tests.providers import free_port

ANYBODY = {"X-Forwarded-For": FORGED_ADDRESS, "X-Forwarded-Proto": "https"}


def test_a_process_is_alive_without_its_database(tmp_path: Path) -> None:
    url = f"postgresql+psycopg://kabinet@127.0.0.1:{free_port()}/kabinet"
    client = create_app(make_config(tmp_path, database_url=url)).test_client()
    assert client.get("/health/live").json == {"status": "ok"}
    ready = client.get("/health/ready")
    assert (ready.status_code, ready.json) == (
        503,
        {"status": "not ready", "not_ready": ["database"]},
    )
    assert client.get("/health").status_code == 503


def test_a_portal_is_ready_while_worker_and_schema_are_in_order(
    make_app: Callable[..., Flask],
) -> None:
    app = make_app(jobs="queue")
    client = app.test_client()
    assert client.get("/health/ready").json == {"status": "not ready", "not_ready": ["worker"]}
    with app.app_context():
        health.give_sign_of_life()()
    ready = client.get("/health/ready")
    assert (ready.status_code, ready.json) == (200, {"status": "ready"})
    with app.app_context():
        db.session.execute(update(WorkerHeartbeat).values(seen_at=NOW.replace(hour=1)))
        db.session.connection().exec_driver_sql("UPDATE alembic_version SET version_num='0001'")
        db.session.commit()
    not_ready = client.get("/health/ready")
    assert (not_ready.status_code, not_ready.json) == (
        503,
        {"status": "not ready", "not_ready": ["schema"]},
    )


def test_how_a_request_was_understood_is_told_to_our_own_probe_only(
    make_app: Callable[..., Flask],
) -> None:
    app = make_app(trusted_proxies=1)
    client = app.test_client()
    with app.app_context():
        token = make_probe_token()
    told = client.get("/health/live", headers=ANYBODY | {TOKEN_HEADER: token}).json
    assert told == {"status": "ok", "scheme": "https", "address_was_forged": True}
    # The last character of a signature is partly padding: another one may say the same.
    for wrong in ("", "probe", token[:-2] + ("a" if token[-2] != "a" else "b") + token[-1]):
        told = client.get("/health/live", headers=ANYBODY | {TOKEN_HEADER: wrong}).json
        assert told == {"status": "ok"}
