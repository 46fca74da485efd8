"""Read what a contract has to pay: from its snapshot, or from the ledger where none is valid today.

Both ways give the same figures; the first reads one row.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from app.domain.corrections import corrections_of_interest
from app.domain.open_items import OpenItems
from app.domain.unpaid_items import UnpaidItems
from app.queries.contracts import VisibleContract
from app.queries.ledgers import list_ledgers
from app.queries.open_item_snapshots import (
    MoneyOverview,
    compute_snapshot,
    find_interest_corrections,
    find_open_items,
    find_overview,
    find_unpaid_items,
)


def read_unpaid_items(session: Session, contract: VisibleContract, today: date) -> UnpaidItems:
    """What a contract has to pay as of a business date."""
    found = find_unpaid_items(session, contract.id, today)
    return found or compute_snapshot(session, contract.id, today).open_items


def read_open_items(session: Session, contract: VisibleContract, today: date) -> OpenItems:
    """What a contract has to pay, and the balance of each of its invoices and documents."""
    found = find_open_items(session, contract.id, today)
    return found or compute_snapshot(session, contract.id, today).open_items


def read_money_overview(session: Session, contract: VisibleContract, today: date) -> MoneyOverview:
    """The settlements of a contract in short: what it has to pay, and its last operations."""
    found = find_overview(session, contract.id, today)
    if found is None:
        computed = compute_snapshot(session, contract.id, today)
        return MoneyOverview(computed.open_items, computed.last_charge, computed.last_payment)
    return found


def list_interest_corrections(session: Session, contract: VisibleContract) -> frozenset[int]:
    """Ids of the documents that belong to late interest by what they correct."""
    found = find_interest_corrections(session, contract.id)
    if found is None:
        ledger = list_ledgers(session, [contract.id])[contract.id]
        return corrections_of_interest(ledger.documents)
    return found
