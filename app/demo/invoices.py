"""Invoices: advances for the running month, and what is left after it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from app.demo.documents import Document
from app.demo.money import round_money, vat_percent
from app.demo.parties import Deal
from app.demo.rows import InvoiceKind, InvoiceRow
from app.demo.timeline import Month, Timeline

# Government Decree 442, clause 82: 30 % by the 10th, 40 % by the 25th, the rest by the 18th.
_ADVANCES: tuple[tuple[InvoiceKind, str, Decimal, int], ...] = (
    ("advance30", "A30", Decimal("0.30"), 10),
    ("advance40", "A40", Decimal("0.40"), 25),
)
_FINAL_DUE_DAY = 18


def issue_invoices(deal: Deal, documents: list[Document], timeline: Timeline) -> list[InvoiceRow]:
    """Invoices of a contract; those of a billed month add up to its УПД, to the kopeck."""
    invoices: list[InvoiceRow] = []
    previous = documents[0].row.total
    for document in documents:
        month, total = document.row.period, document.row.total
        # A month far below the one before it would leave a negative rest: billing caps advances.
        advances = _advances(deal, month, min(previous, total))
        rest = total - sum((invoice.total for invoice in advances), Decimal(0))
        due_on = month.shift(1).day(_FINAL_DUE_DAY)
        final = _invoice(
            deal, "final", "FIN", month, issued_on=month.last_day, due_on=due_on, total=rest
        )
        invoices += [*advances, final]
        previous = total
    if deal.contract.status != "terminated":
        invoices += _advances(deal, timeline.current, previous)
    return invoices


def _advances(deal: Deal, month: Month, base: Decimal) -> list[InvoiceRow]:
    """Advances of a month, shares of ``base`` roubles; none if the contract has none."""
    if not deal.contract.has_advance:
        return []
    return [
        _invoice(
            deal,
            kind,
            code,
            month,
            issued_on=month.first_day,
            due_on=month.day(day),
            total=round_money(base * share),
        )
        for kind, code, share, day in _ADVANCES
    ]


def _invoice(
    deal: Deal,
    kind: InvoiceKind,
    code: str,
    month: Month,
    *,
    issued_on: date,
    due_on: date,
    total: Decimal,
) -> InvoiceRow:
    return InvoiceRow(
        invoice_id=f"INV-{deal.key}-{month.year}{month.number:02d}-{code}",
        contract_no=deal.no,
        kind=kind,
        invoice_no=f"{deal.key}-{month.number:02d}{month.year % 100:02d}-{code}",
        invoice_date=issued_on,
        due_date=due_on,
        period=month,
        total=total,
        vat_rate=vat_percent(month),
    )
