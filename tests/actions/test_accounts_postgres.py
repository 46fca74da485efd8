"""Accounts that staff opens while an import is at work."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import text, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.actions.accounts.sessions import create_account
from app.extensions import db
from app.models import Customer
from tests.conftest import NOW
from tests.factories import Factory

pytest_plugins = ["tests.postgres"]


def test_an_account_waits_for_an_import_that_is_changing_the_customer(
    postgres_app: Flask, postgres_session: Session
) -> None:
    make = Factory(postgres_session)
    make.contract()
    make.commit()
    with postgres_app.app_context():
        engine = db.engine
    with engine.begin() as importing:
        importing.execute(update(Customer).values(inn="7415000025"))
        postgres_session.execute(text("SET LOCAL lock_timeout = '100ms'"))
        with pytest.raises(OperationalError, match="lock timeout"):
            create_account(postgres_session, "00123-ЭС", "a@example.org", "primerka-48", NOW)
    postgres_session.rollback()
    assert create_account(postgres_session, "00123-ЭС", "a@example.org", "primerka-48", NOW).id
