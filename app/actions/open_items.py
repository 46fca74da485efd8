"""Store what pages show of the money of contracts, so that they need not compute it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Select, bindparam, delete, insert
from sqlalchemy.orm import Session

from app.domain.contract_ledger import MoneySnapshot, build_snapshot
from app.domain.corrections import DebtKind
from app.domain.snapshot_texts import FORMAT, write_balances, write_ids, write_unpaid
from app.lib.database import lock_until_commit
from app.lib.garbage_collection import no_cycle_search
from app.models import OpenItemSnapshot
from app.queries.ledgers import list_ledgers
from app.queries.open_item_snapshots import list_contracts_without

PORTION = 100
"""Contracts whose ledgers are in memory at once; some 250 rows each."""

_DELETE = delete(OpenItemSnapshot).where(
    OpenItemSnapshot.contract_id.in_(bindparam("contract_ids", expanding=True))
)
_INSERT = insert(OpenItemSnapshot)


def store_snapshots(session: Session, contract_ids: Sequence[int], today: date) -> None:
    """Compute the snapshots of some contracts from their ledgers and store them anew.

    The caller commits. What others are writing of these ledgers is in the result or undoes it: the
    old rows are deleted before anything is read, which makes writers of SQLite queue, and on
    PostgreSQL a lock does.

    Args:
        contract_ids: at most ``PORTION``.
        today: business date.
    """
    connection = session.connection()
    lock_until_commit(session, OpenItemSnapshot.__tablename__)
    connection.execute(_DELETE, {"contract_ids": contract_ids})
    with no_cycle_search():
        rows = [
            _values(contract_id, build_snapshot(ledger, today))
            for contract_id, ledger in list_ledgers(session, contract_ids).items()
        ]
        connection.execute(_INSERT, rows)


def store_missing_snapshots(session: Session, today: date, limit: int | None) -> Iterator[int]:
    """Store snapshots for contracts that have none for today, in portions.

    Args:
        today: business date.
        limit: contracts at most; None: all of them.

    Yields:
        The size of each portion once it is stored, for the caller to commit.
    """
    contract_ids = list_contracts_without(session, today, limit)
    for start in range(0, len(contract_ids), PORTION):
        portion = contract_ids[start : start + PORTION]
        store_snapshots(session, portion, today)
        yield len(portion)


def delete_snapshots(session: Session, contract_ids: Select[int] | None = None) -> None:
    """Delete the snapshots of some contracts, or of all: pages compute what they show.

    Args:
        contract_ids: SELECT of their ids; None: all.
    """
    statement = delete(OpenItemSnapshot)
    if contract_ids is not None:
        statement = statement.where(OpenItemSnapshot.contract_id.in_(contract_ids))
    lock_until_commit(session, OpenItemSnapshot.__tablename__)
    session.connection().execute(statement)


def _values(contract_id: int, snapshot: MoneySnapshot) -> dict[str, Any]:
    items, charge, payment = snapshot.open_items, snapshot.last_charge, snapshot.last_payment
    return {
        "contract_id": contract_id,
        "format": FORMAT,
        "valid_from": snapshot.valid.first,
        "valid_to": snapshot.valid.last,
        "balance_amount": items.balance,
        "energy_credit_amount": items.credit[DebtKind.ENERGY],
        "interest_credit_amount": items.credit[DebtKind.LATE_INTEREST],
        "prepaid_amount": items.prepaid_advances,
        "last_charge_on": charge and charge.on,
        "last_charge_number": charge and charge.document,
        "last_charge_period": charge and charge.period,
        "last_charge_amount": charge and charge.debit,
        "last_payment_on": payment and payment.on,
        "last_payment_number": payment and payment.document,
        "last_payment_amount": payment and payment.credit,
        "interest_corrections": write_ids(snapshot.interest_corrections),
        "unpaid": write_unpaid(items.unpaid),
        "balances": write_balances(items.invoices, items.documents),
    }
