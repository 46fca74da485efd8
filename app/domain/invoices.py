"""Invoices: whether they are paid, and the purpose of their payment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from app.domain.money import ZERO
from app.domain.payment_instructions import ContractName, included_vat, invoice_purpose, vat_clause
from app.domain.period import Month


class InvoiceStatus(StrEnum):
    """Whether an invoice is paid today, for information."""

    PAID = "paid"
    PARTLY = "partly"
    OPEN = "open"
    OVERDUE = "overdue"
    REPLACED = "replaced"
    """Not covered by payments, and yet nothing is owed: a later document has replaced it."""


@dataclass(frozen=True, slots=True)
class InvoiceHeader:
    """An invoice as billing has issued it; roubles.

    ``vat_rate`` is in per cent, None where billing has not said.
    """

    id: int
    kind: str
    number: str
    issued_on: date
    due_on: date
    period: Month
    total: Decimal
    vat_rate: Decimal | None


@dataclass(frozen=True, slots=True)
class InvoiceCard(InvoiceHeader):
    """An invoice, what payments have covered of it, and what is still asked for; roubles.

    ``covered`` and ``unpaid`` are together less than ``total`` where a correction has lowered the
    month.
    """

    covered: Decimal
    unpaid: Decimal

    @property
    def lowered(self) -> Decimal:
        """What documents ask for less than the invoice; zero where they ask for nothing."""
        return self.total - self.covered - self.unpaid if self.covered or self.unpaid else ZERO

    def status(self, today: date) -> InvoiceStatus:
        """An invoice due today is not overdue yet."""
        if not self.unpaid:
            return InvoiceStatus.PAID if self.covered else InvoiceStatus.REPLACED
        if self.due_on < today:
            return InvoiceStatus.OVERDUE
        return InvoiceStatus.PARTLY if self.covered else InvoiceStatus.OPEN

    def days_overdue(self, today: date) -> int:
        """Days since the due date; 0 until it has passed."""
        return max(0, (today - self.due_on).days)


def payment_purpose(invoice: InvoiceHeader, contract: ContractName, amount: Decimal) -> str:
    """Write the purpose of a payment of an invoice; the VAT in it follows the invoice's rate.

    Args:
        amount: roubles that are paid.
    """
    vat = included_vat(amount, invoice.vat_rate)
    return invoice_purpose(
        contract,
        invoice.number,
        invoice.issued_on,
        invoice.period,
        vat_clause(vat, invoice.vat_rate),
    )
