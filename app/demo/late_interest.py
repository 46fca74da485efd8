"""Late interest (пени): what a late payer is charged on top, without VAT."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from app.demo.cast import Payer
from app.demo.documents import Document
from app.demo.money import ZERO, price_line, round_money
from app.demo.parties import Deal
from app.demo.payments import STOPPED_AGO, InvoicePayment
from app.demo.rows import ChargeLineRow, ChargeRow
from app.demo.timeline import Month, Timeline

# 1/130 of a key rate of 16 % a year per day. Billing knows steps and dates; a demo needs none.
DAILY_RATE = Decimal("0.16") / 130
QUARTER = 3
SMALLEST = Decimal("20.00")


def charge_late_interest(
    deal: Deal, payments: list[InvoicePayment], timeline: Timeline
) -> list[Document]:
    """Documents of late interest: by quarter, and each month once a debtor stopped paying."""
    if deal.role.payer not in {Payer.LATE, Payer.STOPPED}:
        return []
    documents = []
    since = timeline.first.first_day
    for month in deal.months:
        stopped = deal.role.payer is Payer.STOPPED and month >= timeline.ago(STOPPED_AGO)
        if month.number % QUARTER and not stopped:
            continue
        total = round_money(_interest(payments, since, month.last_day))
        since = month.last_day + timedelta(days=1)
        if total >= SMALLEST:
            documents.append(_document(deal, month, total))
    return documents


def _interest(payments: Iterable[InvoicePayment], since: date, until: date) -> Decimal:
    """Interest for the days of ``since``..``until`` on which an invoice was overdue, roubles."""
    interest = Decimal(0)
    for item in payments:
        first = max(item.invoice.due_date + timedelta(days=1), since)
        last = min(item.paid_on or until, until)
        interest += item.invoice.total * DAILY_RATE * max((last - first).days + 1, 0)
    return interest


def _document(deal: Deal, month: Month, total: Decimal) -> Document:
    qty, price = Decimal(1), total.quantize(Decimal("0.00001"))
    sums = price_line(qty, price, None)
    line = ChargeLineRow(
        charge_id=f"PEN-{deal.key}-{month.year}{month.number:02d}",
        line_no=1,
        service_code="PEN",
        point_id=None,
        meter_id=None,
        zone=None,
        qty=qty,
        unit=None,
        price=price,
        amount=sums.amount,
        vat_rate=None,
        vat_amount=ZERO,
        total=sums.total,
        method="calc",
    )
    row = ChargeRow(
        charge_id=line.charge_id,
        contract_no=deal.no,
        kind="penalty",
        doc_no=f"П{deal.key}/{month.number:02d}{month.year % 100:02d}",
        doc_date=month.last_day,
        period=month,
        corrects_charge_id=None,
        amount=sums.amount,
        vat_amount=ZERO,
        total=sums.total,
        edo_status="none",
    )
    return Document(row, (line,))
