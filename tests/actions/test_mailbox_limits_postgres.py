"""On PostgreSQL transactions that run at once count each other's emails."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from flask import Flask
from sqlalchemy.orm import Session

from app.actions.mailbox_limits import hit_mailbox_limit
from app.extensions import db
from tests.conftest import NOW

pytest_plugins = ["tests.postgres"]


def test_of_emails_caused_at_once_no_more_leave_than_one_after_the_other(
    postgres_app: Flask,
) -> None:
    with postgres_app.app_context():
        engine = db.engine
    together = Barrier(12)

    def cause(_: int) -> bool:
        together.wait()
        with Session(engine) as session:
            is_within_limit = hit_mailbox_limit(session, "registration_link", "a@example.org", NOW)
            session.commit()
            return is_within_limit

    with ThreadPoolExecutor(12) as pool:
        assert sum(pool.map(cause, range(12))) == 5
