"""Invoices: what is paid of them, and the words of the payment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from app.domain.money import ZERO
from app.domain.period import Month

KOPECK = Decimal("0.01")


class InvoiceStatus(StrEnum):
    """How an invoice stands today, for information."""

    PAID = "paid"
    PARTLY = "partly"
    OPEN = "open"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True)
class InvoiceCard:
    """An invoice and what payments have covered of it; roubles."""

    id: int
    kind: str
    number: str
    issued_on: date
    due_on: date
    period: Month
    total: Decimal
    vat_rate: Decimal | None
    covered: Decimal

    @property
    def unpaid(self) -> Decimal:
        return max(ZERO, self.total - self.covered)

    def status(self, today: date) -> InvoiceStatus:
        """An invoice due today is not overdue yet."""
        if not self.unpaid:
            return InvoiceStatus.PAID
        if self.due_on < today:
            return InvoiceStatus.OVERDUE
        return InvoiceStatus.PARTLY if self.covered else InvoiceStatus.OPEN

    def days_overdue(self, today: date) -> int:
        return max(0, (today - self.due_on).days)


def payment_purpose(
    invoice: InvoiceCard, amount: Decimal, contract_number: str, signed_on: date
) -> str:
    """«Оплата за электроэнергию по договору № … от …, счет № … от …, за 10.2026, в т.ч. НДС …».

    Args:
        amount: roubles that are paid; the VAT in it follows the invoice's rate.
    """
    words = (
        f"Оплата за электроэнергию по договору № {contract_number} от {signed_on:%d.%m.%Y}, "
        f"счет № {invoice.number} от {invoice.issued_on:%d.%m.%Y}, "
        f"за {invoice.period.short_label}"
    )
    if not invoice.vat_rate:
        return f"{words}, НДС не облагается"
    vat = (amount * invoice.vat_rate / (100 + invoice.vat_rate)).quantize(KOPECK, ROUND_HALF_UP)
    rate = f"{invoice.vat_rate:f}".rstrip("0").rstrip(".")
    return f"{words}, в т.ч. НДС {rate}% - {str(vat).replace('.', '-')}"
