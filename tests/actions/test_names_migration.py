"""An upgrade that only renames tables and columns keeps every row of a whole installation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask_migrate import check, downgrade, upgrade
from sqlalchemy import MetaData, inspect, select
from sqlalchemy.orm import Session

from app.demo.loading import load_demo
from app.domain.rate_limits import LimitedAction
from app.extensions import db
from app.models import Account, ContactUpdate, Contract, EnquiryTopic, RateLimitHit
from tests.conftest import NOW
from tests.factories import Factory

pytest_plugins = ["tests.postgres"]

BEFORE, AFTER = "0011", "0012"
RENAMED = {
    "attempts": "rate_limit_hits",
    "contact_news": "contact_updates",
}
RENAMED_COLUMNS = {
    ("attachments", "stored_as"): "storage_key",
    ("attempts", "attempted_at"): "hit_at",
    ("contact_changes", "asked_at"): "requested_at",
    ("contract_search", "words"): "search_text",
    ("contracts", "handed_over_at"): "transferred_at",
    ("enquiries", "about"): "source_label",
    ("enquiries", "about_path"): "source_path",
    ("enquiries", "key"): "idempotency_key",
    ("enquiries", "rating_words"): "rating_comment",
    ("enquiry_entries", "key"): "idempotency_key",
    ("import_jobs", "stored_as"): "storage_key",
    ("prepared_files", "stored_as"): "storage_key",
    ("reading_receipts", "key"): "idempotency_key",
    ("submitted_readings", "consumption"): "consumption_kwh",
}

Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest) -> Iterator[Flask]:
    app = request.getfixturevalue("app" if request.param == "sqlite" else "postgres_app")
    with app.app_context():
        yield app
        db.session.remove()
        upgrade()


def fill(session: Session) -> None:
    """A demo installation with rows in the tables that are made anew."""
    load_demo(session, NOW)
    contract = session.scalars(select(Contract)).first()
    account = session.scalars(select(Account)).first()
    topic = session.scalars(select(EnquiryTopic)).first()
    assert contract
    assert account
    assert topic
    session.add(
        RateLimitHit(
            action=LimitedAction.SIGN_IN,
            subject_hash="x",
            address="127.0.0.1",
            hit_at=NOW,
            succeeded=False,
        )
    )
    session.add(
        ContactUpdate(
            contract_id=contract.id,
            account_id=account.id,
            field="email",
            old="",
            new="a@example.org",
            changed_at=NOW,
        )
    )
    make = Factory(session)
    enquiry = make.enquiry(contract, account, topic=topic, source_path="/", rating_comment="Быстро")
    make.entry(enquiry, "Текст")
    session.commit()


def read_all() -> Rows:
    """Every row of every table, by what the database itself says there is."""
    tables = MetaData()
    tables.reflect(db.engine)
    with db.engine.connect() as connection:
        return {
            table.name: [
                {column: repr(value) for column, value in row.items()}
                for row in connection.execute(
                    select(table).order_by(*table.primary_key.columns)
                ).mappings()
            ]
            for table in tables.sorted_tables
            if table.name != "alembic_version"
        }


def renamed(rows: Rows) -> Rows:
    return {
        RENAMED.get(table, table): [
            {RENAMED_COLUMNS.get((table, column), column): value for column, value in row.items()}
            for row in found
        ]
        for table, found in rows.items()
    }


def columns_of(rows: Rows, wanted: Rows) -> Rows:
    """The rows without the columns and tables that later migrations have added."""
    return {
        table: [
            {column: row[column] for column in old}
            for row, old in zip(rows[table], found, strict=True)
        ]
        for table, found in wanted.items()
    }


def key_names() -> set[str]:
    """Names of all indexes, unique constraints, primary and foreign keys."""
    found = inspect(db.engine)
    return {
        name
        for table in found.get_table_names()
        for group in (
            found.get_indexes(table),
            found.get_unique_constraints(table),
            found.get_foreign_keys(table),
            [found.get_pk_constraint(table)],
        )
        for name in [key["name"] for key in group]
        if name
    }


def test_a_demo_installation_keeps_every_row_under_the_new_names(
    either: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    with Session(db.engine) as session:
        fill(session)
    downgrade(revision=AFTER)
    names = key_names()
    downgrade(revision=BEFORE)
    before = read_all()
    assert before["attempts"]
    assert before["contact_news"]
    assert before["enquiry_entries"]
    upgrade(revision=AFTER)
    assert renamed(before) == read_all()
    assert key_names() == names
    upgrade()
    check()
    assert columns_of(read_all(), renamed(before)) == renamed(before)


def test_ids_go_on_after_the_rows_that_were_carried_over(either: Flask) -> None:
    with Session(db.engine) as session:
        fill(session)
    downgrade(revision=BEFORE)
    upgrade()
    with Session(db.engine) as session:
        old = session.scalars(select(RateLimitHit.id)).all()
        hit = RateLimitHit(
            action=LimitedAction.SIGN_IN,
            subject_hash="y",
            address="127.0.0.1",
            hit_at=NOW,
            succeeded=True,
        )
        session.add(hit)
        session.flush()
        assert hit.id > max(old)
