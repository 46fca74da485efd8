"""The migration that tells kinds of actors and contracts of events that were recorded before."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.orm import Session

from app.domain.period import Month
from app.extensions import db
from app.models import AuditEvent, Consent
from tests.factories import Factory

pytest_plugins = ["tests.postgres"]

REVISION = "0014"
NOW = datetime(2026, 11, 21, 7, tzinfo=UTC)
INSERT = text(
    "INSERT INTO audit_events (happened_at, action, account_id, staff_id, address, import_run_id,"
    " subject, subject_key, changes) VALUES (:at, :action, :account, :staff, :address, :run,"
    " :subject, :key, :changes)"
)


@pytest.fixture(params=["app", "postgres_app"], ids=["SQLite", "PostgreSQL"])
def portal(request: pytest.FixtureRequest) -> Flask:
    app: Flask = request.getfixturevalue(request.param)
    return app


def event(
    action: str, subject: str, key: str, kind: str, contract: int | None, **more: Any
) -> tuple[dict[str, Any], tuple[str, int | None]]:
    """An event as it was recorded before, and what the migration has to make of it."""
    values = {"account": None, "staff": None, "address": None, "run": None} | more
    changes = json.dumps(values.pop("changes", {}))
    row = {"at": NOW, "action": action, "subject": subject, "key": key, "changes": changes}
    return row | values, (kind, contract)


def make_records(make: Factory) -> list[tuple[dict[str, Any], tuple[str, int | None]]]:
    """A contract with something of everything, another one, and events of every kind about it."""
    session = make.session
    run = make.import_run().id
    make.contract("00001-ЭС")
    contract = make.contract("00123-ЭС")
    account, staff = make.account(contract), make.staff()
    enquiry = make.enquiry(contract, account, number="2026-000007")
    meter = make.meter(contract, "88001234")
    consents = [
        Consent(
            purpose="personal-data",
            version="1",
            text_sha256="x",
            form="enquiry",
            given_at=NOW,
            address="10.0.0.1",
            user_agent="",
            account_id=account.id,
            enquiry_id=enquiry_id,
        )
        for enquiry_id in (enquiry.id, None)
    ]
    session.add_all(consents)
    charge = make.charge(contract, date(2026, 10, 31), "100.00")
    session.flush()
    one, who = contract.id, account.id
    month = Month(2026, 10)
    return [
        event("registration.saved", "contracts", "00123-ЭС", "visitor", one, address="10.0.0.1"),
        event("registration.superseded", "contracts", "00123-ЭС", "system", one),
        event("account.created", "contracts", "00123-ЭС", "customer", one, account=who),
        event("account.blocked", "accounts", str(who), "staff", None, account=who, staff=staff.id),
        event("account.closed", "accounts", str(who), "command_line", None, address="cli"),
        event("enquiry.sent", "enquiries", "2026-000007", "customer", one, account=who),
        event("consent.withdrawn", "consents", str(consents[0].id), "customer", one, account=who),
        event("consent.withdrawn", "consents", str(consents[1].id), "customer", None, account=who),
        event("alarm", "alarm", "sms 2026-11-21", "system", None, address="10.0.0.1"),
        event("import.sent", "import_jobs", "1", "billing", None, address="10.0.0.2"),
        event("import.loaded", "import_runs", str(run), "billing", None),
        event("import.load", "import_jobs", "1", "staff", None, staff=staff.id),
        event("import.changed", "contracts", "00123-ЭС", "import", one, run=run),
        event("import.changed", "charges", charge.external_id, "import", one, run=run),
        event("import.changed", "charge_lines", f"{charge.id} 1", "import", one, run=run),
        event("import.changed", "meters", meter.external_id, "import", one, run=run),
        event("import.changed", "registers", f"{meter.id} T0 A+", "import", one, run=run),
        event("import.withdrawn", "monthly_balances", f"{one} {month}", "import", one, run=run),
        event("import.changed", "customers", "C-1", "import", None, run=run),
        event("import.changed", "charges", "gone", "import", None, run=run),
        event(
            "staff.looked",
            "contracts",
            "00123-ЭС",
            "staff",
            one,
            staff=staff.id,
            changes={"page": "home.index"},
        ),
        event(
            "staff.looked",
            "lists",
            "staff.billing_reconciliation",
            "staff",
            None,
            staff=staff.id,
            changes={"page": "staff.billing_reconciliation", "query": "month=2026-10"},
        ),
    ]


def indexes(connection: Connection) -> set[tuple[str, str]]:
    """Names of the indexes, and what each is partial by."""
    return {
        (str(index["name"]), str(next(iter(index.get("dialect_options", {}).values()), "")))
        for index in inspect(connection).get_indexes("audit_events")
    }


def test_events_of_every_kind_get_their_actor_and_contract_there_and_back(portal: Flask) -> None:
    with portal.app_context():
        session: Session = db.session()
        cases = make_records(Factory(session))
        session.commit()
        session.close()
        with db.engine.connect() as connection:
            fresh = indexes(connection)
        db.session.remove()
        downgrade(revision=f"{REVISION}-1")
        with db.engine.begin() as connection:
            connection.execute(text("DELETE FROM audit_events"))
            connection.execute(INSERT, [row for row, _ in cases])
            before = connection.execute(text("SELECT * FROM audit_events ORDER BY id")).all()

        upgrade()
        session = db.session()
        rows = session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
        found = [(row.actor_kind, row.contract_id) for row in rows]
        told = [f"{row['action']} {row['subject']}" for row, _ in cases]
        assert list(zip(told, found, strict=True)) == [
            (name, wanted) for name, (_, wanted) in zip(told, cases, strict=True)
        ]
        assert rows[-1].subject_key == "staff.balance_checks"
        assert rows[-1].changes == {"page": "staff.balance_checks", "query": "month=2026-10"}
        db.session.remove()
        with db.engine.connect() as connection:
            assert indexes(connection) == fresh

        downgrade(revision=f"{REVISION}-1")
        with db.engine.connect() as connection:
            assert (
                connection.execute(text("SELECT * FROM audit_events ORDER BY id")).all() == before
            )
        upgrade()
