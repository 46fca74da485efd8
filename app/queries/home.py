"""Read the home page: balance, what is overdue or due next, last operations."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy.orm import Session

from app.domain.open_items import OpenItems
from app.domain.turnover import Entry, EntryKind
from app.queries.contracts import VisibleContract
from app.queries.open_items import read_open_items
from app.queries.settlements import balance_on, find_last_operation

PAYMENTS = (EntryKind.PAYMENT,)
CHARGES = (EntryKind.UPD,)


@dataclass(frozen=True, slots=True)
class MoneyOverview:
    """Balance today in roubles, above zero the customer owes; dues; the last operations."""

    balance: Decimal
    open_items: OpenItems
    last_payment: Entry | None
    last_charge: Entry | None


def money_overview(session: Session, contract: VisibleContract, today: date) -> MoneyOverview:
    """The settlements of a contract in short, as of a business date."""
    balance = balance_on(session, contract, today)
    return MoneyOverview(
        balance=balance,
        open_items=read_open_items(session, contract, today, balance),
        last_payment=find_last_operation(session, contract, PAYMENTS, today),
        last_charge=find_last_operation(session, contract, CHARGES, today),
    )
