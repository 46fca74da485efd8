"""Monthly balances: running totals of charges and payments."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from app.demo.money import ZERO
from app.demo.parties import Deal
from app.demo.rows import BalanceRow, ChargeRow, PaymentRow
from app.demo.timeline import Month, Timeline


def close_months(
    deal: Deal,
    opening: Decimal,
    charges: list[ChargeRow],
    payments: list[PaymentRow],
    timeline: Timeline,
) -> list[BalanceRow]:
    """One row per month up to the running one; a month without operations has its row too.

    Args:
        opening: balance before the first month, roubles; above zero the customer owes.
    """
    charged: dict[tuple[str, Month], Decimal] = defaultdict(lambda: ZERO)
    for charge in charges:
        charged[charge.kind, Month.of(charge.doc_date)] += charge.total
    paid: dict[Month, Decimal] = defaultdict(lambda: ZERO)
    for payment in payments:
        paid[Month.of(payment.posted_on or payment.paid_on)] += payment.amount
    rows = []
    for month in (*timeline.months, timeline.current):
        row = BalanceRow(
            contract_no=deal.no,
            period=month,
            opening=opening,
            charged=charged["upd", month],
            corrected=charged["ukd", month],
            penalty=charged["penalty", month],
            paid=paid[month],
            closing=opening
            + charged["upd", month]
            + charged["ukd", month]
            + charged["penalty", month]
            - paid[month],
        )
        rows.append(row)
        opening = row.closing
    return rows
