"""After any import the open items in the tables are those that the ledger leads to."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.actions.imports import ImportOptions, apply_import, touched_contracts
from app.actions.open_items import store_missing_snapshots
from app.integrations.billing_files import Package
from app.models import Contract, OpenItemSnapshot
from app.queries.ledgers import list_ledgers
from app.queries.open_item_checks import check_snapshots
from app.queries.open_item_snapshots import list_contracts_without
from tests.actions.import_steps import (
    PAID,
    SAMPLE,
    dump,
    import_package,
    portal,
    refused,
    run_command,
    write_batch,
)
from tests.conftest import NOW
from tests.factories import Factory

pytest_plugins = ["tests.postgres"]
__all__ = ["portal"]

TODAY = NOW.date()
HEADS = {
    "charges": "charge_id;contract_no;kind;doc_no;doc_date;period;corrects_charge_id;amount;"
    "vat_amount;total;deleted",
    "invoices": "invoice_id;contract_no;kind;invoice_no;invoice_date;due_date;period;total;deleted",
    "payments": "payment_id;contract_no;kind;paid_on;amount;period;purpose;deleted",
    "balances": "contract_no;period;opening;charged;corrected;penalty;paid;closing;deleted",
}
NUMBERS = itertools.count(1)

KOPECKS = st.integers(-300_00, 900_00).map(lambda kopecks: f"{kopecks / 100:.2f}")
KEYS = st.integers(1, 6)
PLACES = st.sampled_from("AB")
DAYS = st.dates(date(2026, 8, 1), date(2027, 2, 20))
MONTHS = st.sampled_from(["2026-08", "2026-09", "2026-10", "2026-11", "2026-12"])
GONE = st.sampled_from(["", "", "", "1"])
CHARGES = st.tuples(
    PLACES,
    st.sampled_from(["upd", "upd", "ukd", "penalty"]),
    DAYS,
    MONTHS,
    st.none() | KEYS,
    KOPECKS,
    GONE,
)
INVOICES = st.tuples(
    PLACES, st.sampled_from(["advance30", "final"]), DAYS, MONTHS, st.integers(1, 900), GONE
)
PAYMENTS = st.tuples(
    st.sampled_from("AB-"),
    st.sampled_from(["payment", "refund", "offset"]),
    DAYS,
    KOPECKS,
    st.just("") | MONTHS,
    st.sampled_from(["Оплата", "Оплата пени"]),
    GONE,
)
BALANCES = st.tuples(KOPECKS, KOPECKS, GONE)
BATCHES = st.fixed_dictionaries(
    {},
    optional={
        "charges": st.dictionaries(KEYS, CHARGES, max_size=4),
        "invoices": st.dictionaries(KEYS, INVOICES, max_size=3),
        "payments": st.dictionaries(KEYS, PAYMENTS, max_size=3),
        "balances": st.dictionaries(st.tuples(PLACES, MONTHS), BALANCES, max_size=3),
    },
)


def lines_of(name: str, rows: dict[Any, tuple[Any, ...]], prefix: str) -> list[str]:
    """A drawn file of a batch; contracts and keys are those of one example."""

    def number(place: str) -> str:
        return "" if place == "-" else f"{prefix}{place}"

    def line(key: Any, row: tuple[Any, ...]) -> Sequence[object]:
        if name == "charges":
            place, kind, on, month, corrects, total, gone = row
            target = f"{prefix}{corrects}" if corrects else ""
            facts = kind, f"№{key}", on, month, target, total, "0.00", total, gone
            return f"{prefix}{key}", number(place), *facts
        if name == "invoices":
            place, kind, on, month, total, gone = row
            return f"{prefix}{key}", number(place), kind, f"№{key}", on, on, month, total, gone
        if name == "payments":
            place, *facts = row
            return f"{prefix}{key}", number(place), *facts
        (place, month), (opening, closing, gone) = key, row
        return number(place), month, opening, "0", "0", "0", "0", closing, gone

    return [HEADS[name], *(";".join(map(str, line(key, row))) for key, row in rows.items())]


def load(session: Session, folder: Path, now: datetime = NOW) -> None:
    """Load a package whatever has been loaded before, and commit."""
    with Package(folder) as package:
        options = ImportOptions(is_forced=True)
        apply_import(session, package, options, now, lambda name, done: None)
    session.commit()


def snapshots(session: Session) -> dict[str, OpenItemSnapshot]:
    """By number of the contract."""
    session.expire_all()
    rows = session.execute(
        select(Contract.number, OpenItemSnapshot).join(
            Contract, Contract.id == OpenItemSnapshot.contract_id
        )
    )
    return {row[0]: row[1] for row in rows}


def ledgers_of(session: Session, ids: Sequence[int]) -> dict[int, tuple[set[Any], ...]]:
    """What billing has sent of each contract, in no order."""
    return {
        key: tuple(map(set, (found.documents, found.invoices, found.payments, found.balances)))
        for key, found in list_ledgers(session, ids).items()
    }


def differing(session: Session, *days: date) -> list[tuple[date, Sequence[str]]]:
    """Contracts whose snapshot for a day is wrong."""
    found = [(day, check_snapshots(session, day).differing) for day in days]
    return [(day, numbers) for day, numbers in found if numbers]


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(batches=st.lists(st.tuples(BATCHES, st.integers(0, 40)), min_size=1, max_size=5))
def test_after_any_sequence_of_batches_and_days_snapshots_are_what_the_ledger_says(
    portal: Session,
    tmp_path_factory: pytest.TempPathFactory,
    batches: list[tuple[dict[str, Any], int]],
) -> None:
    example = next(NUMBERS)
    prefix = f"{example}-"
    make = Factory(portal)
    owner = make.customer(external_id=prefix).id
    ids = [make.contract(f"{prefix}{place}", customer_id=owner).id for place in "AB"]
    make.commit()
    folder = tmp_path_factory.mktemp("batches")
    now, ledgers = NOW, ledgers_of(portal, ids)
    for place, (files, days) in enumerate(batches):
        now += timedelta(days=days)
        rows = {name: lines_of(name, found, prefix) for name, found in files.items()}
        if not rows:
            continue
        load(portal, write_batch(folder / str(place), **rows), now)
        ahead = [now.date() + timedelta(days=number) for number in (0, 1, 12, 45, 80)]
        assert differing(portal, *ahead) == []
        before, ledgers = ledgers, ledgers_of(portal, ids)
        missing = list_contracts_without(portal, now.date())
        assert not {key for key in ids if ledgers[key] != before[key]} & set(missing)


def computed_anew(session: Session, folder: Path) -> list[str]:
    """Numbers of the contracts whose snapshots a package replaces."""
    session.execute(update(OpenItemSnapshot).values(format=0))
    session.commit()
    import_package(session, folder)
    return sorted(number for number, row in snapshots(session).items() if row.format)


def test_only_what_a_batch_changes_is_computed_anew(portal: Session, tmp_path: Path) -> None:
    import_package(portal, SAMPLE)
    same = "ПЛ-000014;00003-ЭС;payment;2026-09-17;3500.00"
    new = "ПЛ-1;00001-ЭС;payment;2026-11-17;1.00"
    batch = write_batch(tmp_path / "1", payments=[PAID, new, same])
    assert computed_anew(portal, batch) == ["00001-ЭС", "00003-ЭС"]
    again = write_batch(tmp_path / "2", payments=[PAID, same, new])
    assert computed_anew(portal, again) == []
    names = write_batch(tmp_path / "3", services=["service_code;name;unit", "EE;Иное;"])
    assert computed_anew(portal, names) == []


def test_a_payment_that_passes_to_another_contract_changes_both(
    portal: Session, tmp_path: Path
) -> None:
    import_package(portal, SAMPLE)
    moved = "ПЛ-000014;00001-ЭС;payment;2026-09-17;3500.00"
    batch = write_batch(tmp_path / "1", payments=[PAID, moved])
    assert computed_anew(portal, batch) == ["00001-ЭС", "00003-ЭС"]
    assert differing(portal, TODAY) == []
    nobody = "ПЛ-000014;;payment;2026-09-17;3500.00"
    batch = write_batch(tmp_path / "2", payments=[PAID, nobody])
    assert computed_anew(portal, batch) == ["00001-ЭС"]
    assert differing(portal, TODAY) == []


def test_withdrawn_records_change_their_contract(portal: Session, tmp_path: Path) -> None:
    import_package(portal, SAMPLE)
    gone = "ПЛ-000014;00003-ЭС;payment;2026-09-17;3500.00;1"
    batch = write_batch(tmp_path / "1", payments=[f"{PAID};deleted", gone])
    assert computed_anew(portal, batch) == ["00003-ЭС"]
    assert differing(portal, TODAY) == []


def test_a_batch_that_is_not_committed_leaves_ledger_and_snapshots_in_step(
    portal: Session, tmp_path: Path
) -> None:
    import_package(portal, SAMPLE)
    before = dump(portal)
    new = write_batch(tmp_path / "1", payments=[PAID, "ПЛ-1;00001-ЭС;payment;2026-11-17;1.00"])
    import_package(portal, new, dry_run=True)
    assert dump(portal) == before
    refused(portal, write_batch(tmp_path / "2", payments=[PAID, "ПЛ-2;нет;payment;2026-11-17;1"]))
    assert dump(portal) == before


def test_a_large_batch_deletes_snapshots_and_leaves_them_to_the_job(
    portal: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_package(portal, SAMPLE)
    known = set(snapshots(portal))
    monkeypatch.setattr(touched_contracts, "AT_ONCE", 1)
    both = [f"ПЛ-{n};0000{n}-ЭС;payment;2026-11-17;1.00" for n in (1, 3)]
    import_package(portal, write_batch(tmp_path / "1", payments=[PAID, *both]))
    assert set(snapshots(portal)) == known - {"00001-ЭС", "00003-ЭС"}
    assert sum(store_missing_snapshots(portal, TODAY, None)) >= 2
    assert set(snapshots(portal)) >= known
    assert differing(portal, TODAY) == []


def test_the_job_of_a_large_batch_stores_them_after_its_commit(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(touched_contracts, "AT_ONCE", 1)
    assert run_command(app, SAMPLE).exit_code == 0
    assert {"00001-ЭС", "00003-ЭС"} <= set(snapshots(session))
    assert not list_contracts_without(session, TODAY)
    assert differing(session, TODAY) == []
