"""What an import brings becomes events, once each, for those who had access on their day."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.access import Role
from app.domain.events import EventKind
from app.models import Charge, Contract, ContractEvent, Invoice, Membership, Payment
from tests.actions.import_steps import import_package, portal, write_batch
from tests.factories import Factory

pytest_plugins = ["tests.postgres"]
__all__ = ["portal"]

HEADS = {
    "charges": "charge_id;contract_no;kind;doc_no;doc_date;period;corrects_charge_id;amount;"
    "vat_amount;total;deleted",
    "invoices": "invoice_id;contract_no;kind;invoice_no;invoice_date;due_date;period;total;deleted",
    "payments": "payment_id;contract_no;kind;paid_on;amount;period;purpose;deleted",
}
NUMBER = "00123-ЭС"
INVOICE = f"I9;{NUMBER};final;15;2026-11-10;2026-11-18;2026-10;1200.50;"
NUMBERS = itertools.count(1)


@pytest.fixture
def contract(portal: Session) -> Contract:
    """A contract with an owner since 1 November, and one row in each table."""
    make = Factory(portal)
    make.supplier()
    contract = make.contract(NUMBER)
    make.account(contract)
    make.charge(contract, date(2026, 9, 30), "1.00")
    make.invoice(contract, date(2026, 9, 18), "1.00")
    make.payment(contract, date(2026, 9, 18), "1.00")
    make.commit()
    return contract


def load(portal: Session, folder: Path, **lines: Sequence[str]) -> list[ContractEvent]:
    """Import these lines of files, and list all events."""
    files = {name: [HEADS[name], *rows] for name, rows in lines.items()}
    import_package(portal, write_batch(folder / f"batch-{next(NUMBERS)}", **files))
    return list(portal.scalars(select(ContractEvent).order_by(ContractEvent.id)))


def kinds(events: Sequence[ContractEvent]) -> list[str]:
    return sorted(event.kind for event in events)


def test_a_new_invoice_document_correction_and_payment_are_an_event_each(
    portal: Session, contract: Contract, tmp_path: Path
) -> None:
    events = load(
        portal,
        tmp_path,
        invoices=[INVOICE],
        charges=[
            f"C9;{NUMBER};upd;7;2026-11-05;2026-10;;100.00;20.00;120.00;",
            f"C10;{NUMBER};ukd;8;2026-11-06;2026-10;C9;-10.00;-2.00;-12.00;",
        ],
        payments=[f"P9;{NUMBER};payment;2026-11-07;55.00;;Оплата;"],
    )
    assert kinds(events) == ["correction", "document", "invoice", "payment"]
    invoice = next(event for event in events if event.kind == "invoice")
    assert invoice.facts == {
        "number": "15",
        "issued_on": "2026-11-10",
        "due_on": "2026-11-18",
        "amount": "1200.50",
    }
    assert invoice.happened_on == date(2026, 11, 10)
    row = portal.scalars(select(Invoice).filter_by(external_id="I9")).one()
    assert (invoice.contract_id, invoice.subject_id) == (contract.id, row.id)


def test_the_same_batch_again_and_a_changed_invoice_make_no_second_event(
    portal: Session, contract: Contract, tmp_path: Path
) -> None:
    load(portal, tmp_path, invoices=[INVOICE])
    again = INVOICE.replace("1200.50", "1300.00")
    assert kinds(load(portal, tmp_path, invoices=[again])) == ["invoice"]


def test_what_is_older_than_the_access_or_than_news_is_no_event(
    portal: Session, contract: Contract, tmp_path: Path
) -> None:
    owner = portal.scalars(select(Membership)).one()
    before = INVOICE.replace("2026-11-10", "2026-10-31")
    assert not load(portal, tmp_path, invoices=[before])
    owner.created_at = datetime(2020, 1, 1, tzinfo=UTC)
    portal.commit()
    old = INVOICE.replace("I9", "I10").replace("2026-11-10", "2026-09-01")
    assert not load(portal, tmp_path, invoices=[old])
    recent = INVOICE.replace("I9", "I11").replace("2026-11-10", "2026-10-31")
    assert kinds(load(portal, tmp_path, invoices=[recent])) == ["invoice"]


@pytest.mark.parametrize("ended", ["revoked_at", "paused_at"])
def test_nobody_to_tell_is_no_event(
    portal: Session, contract: Contract, tmp_path: Path, ended: str
) -> None:
    owner = portal.scalars(select(Membership)).one()
    setattr(owner, ended, datetime(2026, 11, 2, tzinfo=UTC))
    portal.commit()
    assert not load(portal, tmp_path, invoices=[INVOICE])


def test_an_engineer_alone_makes_no_event_of_money(
    portal: Session, contract: Contract, tmp_path: Path
) -> None:
    portal.scalars(select(Membership)).one().role = Role.ENGINEER
    portal.commit()
    assert not load(portal, tmp_path, invoices=[INVOICE])


def test_files_that_fill_an_empty_table_are_history(portal: Session, tmp_path: Path) -> None:
    make = Factory(portal)
    make.supplier()
    make.account(make.contract(NUMBER))
    make.commit()
    assert not load(portal, tmp_path, invoices=[INVOICE])
    assert portal.scalars(select(Invoice)).one()


def test_a_payment_that_finds_its_contract_late_is_an_event(
    portal: Session, contract: Contract, tmp_path: Path
) -> None:
    line = "P9;{};payment;2026-11-07;55.00;;Оплата;"
    assert not load(portal, tmp_path, payments=[line.format("")])
    (event,) = load(portal, tmp_path, payments=[line.format(NUMBER)])
    assert (event.kind, event.facts["amount"]) == (EventKind.PAYMENT, "55.00")
    assert portal.get_one(Payment, event.subject_id).contract_id == contract.id


def test_a_withdrawn_document_leaves_no_event_that_leads_nowhere(
    portal: Session, contract: Contract, tmp_path: Path
) -> None:
    line = f"C9;{NUMBER};upd;7;2026-11-05;2026-10;;100.00;20.00;120.00;"
    assert kinds(load(portal, tmp_path, charges=[line], invoices=[INVOICE])) == [
        "document",
        "invoice",
    ]
    assert kinds(load(portal, tmp_path, charges=[line + "1"])) == ["invoice"]
    assert portal.scalars(select(Charge).filter_by(external_id="C9")).one().withdrawn_at
