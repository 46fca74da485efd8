"""Split the energy debt of a contract into receivables, each with its due date.

A receivable is an amount that the supplier asks for: an invoice, a document without an invoice, or
older debt. The documents of a month, lowered by what corrects them, are the amount due of the
month. Its invoices ask for that amount and never for more; a document that no invoice asks for is a
receivable itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from app.domain.allocation import Allocation, OpenAmount
from app.domain.corrections import DebtKind, LedgerDocument
from app.domain.money import ZERO
from app.domain.period import Month
from app.domain.turnover import EntryKind

ADVANCES = ("advance30", "advance40")
FINAL_DAY = 18
"""Day of the next month by which a month is to be paid, where no invoice says another."""


class IssuedInvoice(NamedTuple):
    """An invoice as far as due dates go; roubles above zero."""

    id: int
    number: str
    period: Month
    due_on: date
    total: Decimal
    kind: str = "final"

    @property
    def is_advance(self) -> bool:
        return self.kind in ADVANCES

    @property
    def sort_key(self) -> tuple[date, str, int]:
        return self.due_on, self.number, self.id


class ReceivableKind(StrEnum):
    """What an amount is asked for; the values are part of addresses."""

    INVOICE = "invoice"
    DOCUMENT = "document"
    """A document, or the part of one, that no invoice asks for."""
    OTHER = "rest"
    """Debt without a document in the portal: mostly older than all of them."""
    INTEREST = "interest"


@dataclass(frozen=True, slots=True)
class Receivable:
    """An amount that is asked for and what of it is covered by payments; roubles.

    Attributes:
        id: of the invoice or document; 0 for other debt.
        number: of the invoice or document.
        due_on: None: at once.
        is_advance: for a month that is not charged yet: no part of the ledger balance.
    """

    kind: ReceivableKind
    amount: Decimal
    covered: Decimal
    id: int = 0
    number: str = ""
    due_on: date | None = None
    is_advance: bool = False

    @property
    def unpaid(self) -> Decimal:
        return self.amount - self.covered

    def is_overdue(self, today: date) -> bool:
        """Whether it should have been paid before ``today``, a business date."""
        return self.due_on is None or self.due_on < today


class DocumentBalance(NamedTuple):
    """Amount due of a document after its corrections, and what of that is unpaid; roubles."""

    amount_due: Decimal
    unpaid: Decimal
    debt: DebtKind = DebtKind.ENERGY


class InvoiceBalance(NamedTuple):
    """What payments have covered of an invoice, and what is still asked for; roubles."""

    covered: Decimal = ZERO
    unpaid: Decimal = ZERO


class _Item(NamedTuple):
    """A receivable before payments are allocated to it.

    Attributes:
        on: its place in the order of payment.
        is_of_month: an invoice that asks for documents of its month.
    """

    kind: ReceivableKind
    amount: Decimal
    on: date
    tie_breaker: str
    id: int = 0
    number: str = ""
    due_on: date | None = None
    period: Month | None = None
    is_advance: bool = False
    is_of_month: bool = False


_NOTHING = InvoiceBalance()


class ReceivablesBuilder:
    """Splits the energy debt of a contract into receivables; late interest is no part of it."""

    def __init__(
        self,
        documents: Sequence[LedgerDocument],
        invoices: Iterable[IssuedInvoice],
        amounts: Mapping[int, Decimal],
        charged: Collection[Month],
    ) -> None:
        """Begin without receivables.

        Args:
            documents: energy documents that raise the debt.
            invoices: all of the contract.
            amounts: amount due by document id, after corrections; roubles.
            charged: months that have a monthly document.
        """
        self.items: list[_Item] = []
        self.amounts = amounts
        self.charged = charged
        self.months: dict[Month, list[LedgerDocument]] = {}
        # Invoices ask for the monthly documents first: corrections seldom have one.
        for document in sorted(
            documents, key=lambda document: (not is_monthly(document), document.sort_key)
        ):
            self.months.setdefault(document.period, []).append(document)
        self.invoices = sorted(invoices, key=lambda invoice: invoice.sort_key)
        self.invoices_by_month: dict[Month, list[IssuedInvoice]] = {}
        for invoice in self.invoices:
            self.invoices_by_month.setdefault(invoice.period, []).append(invoice)
        self.unused = {invoice.id: invoice.total for invoice in self.invoices}
        """What of each invoice has found nothing to ask for yet."""
        self.invoiced: dict[int, Decimal] = {}
        """What of each document the invoices of its month ask for."""

    def add_opening(self, opening: Decimal, first: Month) -> None:
        """Add debt older than ``first``: the last invoices of that time ask for it."""
        for invoice in reversed(self.invoices):
            if invoice.period < first and invoice.period not in self.charged:
                opening -= self._add_invoice(invoice, opening)
        self._add_debt(opening, date.min)

    def add_months(self) -> None:
        """Add what was charged: by invoice as far as those ask, beyond that by document."""
        for month, documents in self.months.items():
            amount_due = remainder = sum(
                (self.amounts[document.id] for document in documents), ZERO
            )
            for invoice in self.invoices_by_month.get(month, ()):
                # An advance asks for the month to come, not for what a correction has added to it.
                if month in self.charged or not invoice.is_advance:
                    remainder -= self._add_invoice(invoice, remainder, is_of_month=True)
            invoiced = amount_due - remainder
            for document in documents:
                part = self.invoiced[document.id] = min(self.amounts[document.id], invoiced)
                invoiced -= part
                self._add_document(document, self.amounts[document.id] - part)

    def add_advances(self, first: Month) -> None:
        """Add invoices of months from ``first`` that are not charged yet."""
        for invoice in self.invoices:
            if invoice.period >= first and invoice.period not in self.charged:
                self._add_invoice(invoice, invoice.total, is_advance=True)

    def add_other(self, amount: Decimal) -> None:
        """Add what the ledger counts beyond documents and payments, roubles."""
        self._add_debt(amount, date.max)

    def open_amounts(self) -> list[OpenAmount[int]]:
        """The receivables for ``allocate``; the key is the place among them."""
        return [
            OpenAmount(place, item.on, item.period, item.amount, item.tie_breaker)
            for place, item in enumerate(self.items)
        ]

    def unpaid(self, allocation: Allocation[int]) -> list[Receivable]:
        """The receivables that are not covered, or not in full, by due date."""
        unpaid = (
            (place, item)
            for place, item in enumerate(self.items)
            if item.amount != allocation.covered[place]
        )
        by_date = sorted(unpaid, key=lambda pair: (pair[1].due_on or date.min, pair[1].tie_breaker))
        return [
            Receivable(
                item.kind,
                item.amount,
                allocation.covered[place],
                item.id,
                item.number,
                item.due_on,
                item.is_advance,
            )
            for place, item in by_date
        ]

    def prepaid_advances(self, allocation: Allocation[int]) -> Decimal:
        """Money allocated to invoices of months that are not charged yet, roubles."""
        return sum(
            (allocation.covered[place] for place, item in enumerate(self.items) if item.is_advance),
            ZERO,
        )

    def invoice_balances(self, allocation: Allocation[int]) -> dict[int, InvoiceBalance]:
        """What is covered and unpaid of each invoice that asks for something, by id."""
        balances: dict[int, InvoiceBalance] = {}
        for place, item in enumerate(self.items):
            if item.kind is ReceivableKind.INVOICE:
                covered, unpaid = balances.get(item.id, _NOTHING)
                part = allocation.covered[place]
                balances[item.id] = InvoiceBalance(covered + part, unpaid + item.amount - part)
        return balances

    def document_balances(self, allocation: Allocation[int]) -> dict[int, DocumentBalance]:
        """What of each document is unpaid, by id: its own receivable, and its part of the
        invoices of its month."""
        covered: dict[int, Decimal] = {}
        by_invoices: dict[Month | None, Decimal] = {}
        for place, item in enumerate(self.items):
            if item.kind is ReceivableKind.DOCUMENT:
                covered[item.id] = allocation.covered[place]
            elif item.is_of_month:
                paid = by_invoices.get(item.period, ZERO) + allocation.covered[place]
                by_invoices[item.period] = paid
        balances = {}
        for month, documents in self.months.items():
            remainder = by_invoices.get(month, ZERO)
            for document in documents:
                share = min(self.invoiced[document.id], remainder)
                remainder -= share
                amount_due = self.amounts[document.id]
                unpaid = amount_due - share - covered.get(document.id, ZERO)
                balances[document.id] = DocumentBalance(amount_due, unpaid)
        return balances

    def _add_invoice(
        self,
        invoice: IssuedInvoice,
        limit: Decimal,
        *,
        is_advance: bool = False,
        is_of_month: bool = False,
    ) -> Decimal:
        """Have an invoice ask for up to ``limit``; return what it asks for."""
        amount = min(self.unused[invoice.id], limit)
        if amount > ZERO:
            self.unused[invoice.id] -= amount
            self.items.append(
                _Item(
                    ReceivableKind.INVOICE,
                    amount,
                    invoice.due_on,
                    f"{invoice.number}/{invoice.id:012d}",
                    invoice.id,
                    invoice.number,
                    invoice.due_on,
                    invoice.period,
                    is_advance,
                    is_of_month,
                )
            )
        return amount

    def _add_document(self, document: LedgerDocument, amount: Decimal) -> None:
        if amount <= ZERO:
            return
        due_on = None
        if is_monthly(document):
            due_on = document.period.next_first.replace(day=FINAL_DAY)
        self.items.append(
            _Item(
                ReceivableKind.DOCUMENT,
                amount,
                due_on or document.on,
                document.external_id,
                document.id,
                document.number,
                due_on,
                document.period,
            )
        )

    def _add_debt(self, amount: Decimal, on: date) -> None:
        """Have nothing ask for a debt that no document explains."""
        if amount > ZERO:
            self.items.append(_Item(ReceivableKind.OTHER, amount, on, ""))


def is_monthly(document: LedgerDocument) -> bool:
    """Whether a document charges a month (УПД), rather than corrects one or charges interest."""
    return document.kind is EntryKind.UPD
