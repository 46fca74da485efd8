"""Reads of what is to be paid and when."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.dues import Dues, InvoiceDue, build_dues
from app.domain.period import Month
from app.domain.turnover import EntryKind
from app.models import Charge, Invoice
from app.queries.contracts import VisibleContract

RECENT_INVOICES = 60
"""Enough for the due dates of the last year and a half, at three invoices a month."""
ADVANCE_MONTHS = 2
"""An advance of an older month that was never charged is no longer asked for."""


def dues_of(session: Session, contract: VisibleContract, balance: Decimal, today: date) -> Dues:
    """Overdue and next payment of a contract.

    Args:
        balance: ledger balance today, roubles.
    """
    invoices = [
        InvoiceDue(number, period, due_on, total)
        for number, period, due_on, total in session.execute(
            select(Invoice.number, Invoice.period, Invoice.due_on, Invoice.total_amount)
            .where(Invoice.contract_id == contract.id, Invoice.withdrawn_at.is_(None))
            .order_by(Invoice.due_on.desc(), Invoice.id.desc())
            .limit(RECENT_INVOICES)
        )
    ]
    oldest = Month.of(today).plus(-ADVANCE_MONTHS)
    charged = set(
        session.scalars(
            select(Charge.period)
            .where(
                Charge.contract_id == contract.id,
                Charge.kind == EntryKind.UPD,
                Charge.doc_date <= today,
                Charge.withdrawn_at.is_(None),
                Charge.period >= min((invoice.period for invoice in invoices), default=oldest),
            )
            .distinct()
        )
    )
    current = [i for i in invoices if i.period in charged or i.period >= oldest]
    return build_dues(balance, current, charged, today)
