"""Compare the snapshots of open items with the same figures computed from the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from app.domain.contract_ledger import build_snapshot
from app.models import Contract
from app.queries.ledgers import list_ledgers
from app.queries.open_item_snapshots import list_snapshots

PORTION = 100
"""Contracts whose ledgers are in memory at once."""

_CONTRACTS = (
    select(Contract.id, Contract.number)
    .where(Contract.id > bindparam("last_id"))
    .order_by(Contract.id)
    .limit(PORTION)
)


@dataclass(frozen=True, slots=True)
class SnapshotCheck:
    """What a comparison has found.

    Attributes:
        compared: contracts that have a snapshot for the day.
        missing: contracts that have none, whose pages compute what they show.
        differing: numbers of contracts whose snapshot is wrong.
    """

    compared: int
    missing: int
    differing: Sequence[str]


def check_snapshots(session: Session, today: date) -> SnapshotCheck:
    """Compare the snapshots of all contracts for a business date with their ledgers."""
    compared = missing = 0
    differing: list[str] = []
    for numbers in _list_portions(session):
        ids = list(numbers)
        found, ledgers = list_snapshots(session, ids, today), list_ledgers(session, ids)
        compared += len(found)
        missing += len(ids) - len(found)
        differing += [
            numbers[key]
            for key, snapshot in found.items()
            if snapshot != build_snapshot(ledgers[key], today)
        ]
    return SnapshotCheck(compared, missing, differing)


def _list_portions(session: Session) -> Iterator[dict[int, str]]:
    """Numbers of contracts by id, some at a time."""
    last_id = 0
    while rows := session.connection().execute(_CONTRACTS, {"last_id": last_id}).all():
        yield {row.id: row.number for row in rows}
        last_id = rows[-1].id
