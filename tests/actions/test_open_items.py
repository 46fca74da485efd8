"""Snapshots that are missing are stored in portions; a command finds those that are wrong."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.actions.open_items import store_missing_snapshots, store_snapshots
from app.extensions import db
from app.jobs import open_items
from app.lib.file_locks import hold_one_of
from app.models import Charge, Contract, OpenItemSnapshot
from app.queries.open_item_checks import check_snapshots
from app.queries.open_item_snapshots import list_contracts_without
from tests.conftest import NOW
from tests.factories import Factory

pytest_plugins = ["tests.postgres"]
TODAY = NOW.date()


def run(app: Flask, *arguments: str) -> tuple[int, str]:
    """Exit code and output of a command."""
    with app.app_context():
        result = app.test_cli_runner().invoke(args=arguments)
        db.session.remove()
    return result.exit_code, result.output


def stored(session: Session) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(OpenItemSnapshot)) or 0


@pytest.fixture
def contracts(make: Factory) -> list[Contract]:
    """Five contracts with a document each, and no snapshot, as after an upgrade."""
    found = [make.contract(f"0000{number}-ЭС") for number in range(5)]
    for contract in found:
        make.charge(contract, date(2026, 10, 31), "100.00")
    make.commit()
    return found


def test_missing_snapshots_are_stored_in_portions_up_to_a_limit(
    app: Flask, session: Session, contracts: list[Contract], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.actions.open_items.PORTION", 2)
    assert list(store_missing_snapshots(session, TODAY, 3)) == [2, 1]
    session.commit()
    with app.app_context():
        assert open_items.store_missing(limit=1) == 1
        assert open_items.store_missing() == 1
        assert open_items.store_missing() == 0
    assert stored(session) == 5
    assert check_snapshots(session, TODAY).compared == 5


def test_a_snapshot_whose_days_are_over_is_stored_anew(
    app: Flask, make: Factory, session: Session, contracts: list[Contract]
) -> None:
    make.payment(contracts[1], TODAY, "1.00")
    make.commit()
    yesterday = TODAY - timedelta(days=1)
    assert sum(store_missing_snapshots(session, yesterday, None)) == 5
    session.commit()
    assert list_contracts_without(session, TODAY) == [contracts[1].id]
    with app.app_context():
        assert open_items.store_missing() == 1
    assert not list_contracts_without(session, TODAY)
    assert not check_snapshots(session, TODAY).differing


def test_two_processes_of_a_machine_do_not_store_the_same(
    app: Flask, session: Session, contracts: list[Contract]
) -> None:
    with app.app_context():
        folder = app.extensions["config"].instance_dir / "locks"
        with hold_one_of(folder, ("open_items",), 0):
            assert open_items.store_missing() == 0
    assert stored(session) == 0


def test_while_an_import_holds_the_lock_of_the_database_the_next_round_goes_on(
    app: Flask, session: Session, contracts: list[Contract], monkeypatch: pytest.MonkeyPatch
) -> None:
    session.execute(update(Charge).values(edo_status="sent"))
    with app.app_context():
        with db.engine.connect() as connection:
            connection.exec_driver_sql("pragma busy_timeout=0")
        assert open_items.store_missing() == 0
    session.rollback()
    with app.app_context():
        assert open_items.store_missing() == 5


def test_the_command_finds_a_wrong_snapshot_and_makes_it_anew(
    app: Flask, session: Session, contracts: list[Contract]
) -> None:
    assert run(app, "open-items-check") == (
        0,
        "Сверено договоров: 0, расходится: 0, не посчитано на сегодня: 5\n",
    )
    assert run(app, "open-items-refresh") == (0, "Посчитано договоров: 5\n")
    session.execute(
        update(Charge).where(Charge.contract_id == contracts[2].id).values(gross_amount=Decimal(1))
    )
    session.commit()
    assert run(app, "open-items-check") == (
        1,
        "расходится: договор 00002-ЭС\n"
        "Сверено договоров: 5, расходится: 1, не посчитано на сегодня: 0\n",
    )
    assert run(app, "open-items-refresh") == (0, "Посчитано договоров: 0\n")
    assert run(app, "open-items-refresh", "--all") == (0, "Посчитано договоров: 5\n")
    assert run(app, "open-items-check")[0] == 0


def test_on_postgresql_what_reads_the_ledger_waits_for_who_is_changing_it(
    postgres_session: Session, postgres_app: Flask
) -> None:
    """The worker never overwrites what an import has stored with what was before."""
    make = Factory(postgres_session)
    contract = make.contract()
    charge = make.charge(contract, date(2026, 10, 31), "100.00")
    make.commit()
    # An import has changed the document and stored the snapshot, and is not committed yet.
    charge.gross_amount *= 2
    store_snapshots(postgres_session, [contract.id], TODAY)

    def work() -> None:
        with postgres_app.app_context(), Session(db.engine) as session:
            store_snapshots(session, [contract.id], TODAY)
            session.commit()

    worker = threading.Thread(target=work)
    worker.start()
    worker.join(0.3)
    assert worker.is_alive()
    postgres_session.commit()
    worker.join(20)
    assert not worker.is_alive()
    found = check_snapshots(postgres_session, TODAY)
    assert (found.compared, found.differing) == (1, [])
    assert postgres_session.scalar(select(OpenItemSnapshot.balance_amount)) == 200
