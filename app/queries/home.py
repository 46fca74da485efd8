"""Reads of the answer a person comes for: what do I owe, by when, what came last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy.orm import Session

from app.domain.dues import Dues
from app.domain.turnover import Entry, EntryKind
from app.queries.contracts import VisibleContract
from app.queries.dues import read_dues
from app.queries.settlements import balance_on, find_last_operation

PAYMENTS = (EntryKind.PAYMENT,)
CHARGES = (EntryKind.UPD,)


@dataclass(frozen=True, slots=True)
class MoneyOverview:
    """Balance today in roubles, above zero the customer owes; dues; the last operations."""

    balance: Decimal
    dues: Dues
    last_payment: Entry | None
    last_charge: Entry | None


def money_overview(session: Session, contract: VisibleContract, today: date) -> MoneyOverview:
    """The settlements of a contract in short, as of a business date."""
    balance = balance_on(session, contract, today)
    return MoneyOverview(
        balance=balance,
        dues=read_dues(session, contract, today, balance),
        last_payment=find_last_operation(session, contract, PAYMENTS, today),
        last_charge=find_last_operation(session, contract, CHARGES, today),
    )
