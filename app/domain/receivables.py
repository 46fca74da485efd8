"""What is asked for: the energy debt of a contract cut into demands, each with its day.

The documents of a month, lowered by what corrects them, are the demand of the month. Its invoices
ask for that demand and never for more; a document that no invoice asks for stands for itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from app.domain.allocation import Allocation, Claim
from app.domain.corrections import DebtKind, LedgerDocument
from app.domain.money import ZERO
from app.domain.period import Month
from app.domain.turnover import EntryKind

ADVANCES = ("advance30", "advance40")
FINAL_DAY = 18
"""Day of the next month by which a month is to be paid, where no invoice says another."""


@dataclass(frozen=True, slots=True)
class IssuedInvoice:
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
    def order(self) -> tuple[date, str, int]:
        return self.due_on, self.number, self.id


class ReceivableKind(StrEnum):
    """What is asked for."""

    INVOICE = "invoice"
    DOCUMENT = "document"
    """A document, or the part of one, that no invoice asks for."""
    REST = "rest"
    """Debt without a document in the portal: mostly older than all of them."""
    INTEREST = "interest"


@dataclass(frozen=True, slots=True)
class Receivable:
    """A sum that is asked for and what of it is covered; roubles. ``id`` of invoice or document."""

    kind: ReceivableKind
    amount: Decimal
    covered: Decimal
    id: int = 0
    number: str = ""
    """Of an invoice."""
    due_on: date | None = None
    """None: at once."""
    is_advance: bool = False
    """Of a month that is not charged yet: no part of the ledger balance."""

    @property
    def unpaid(self) -> Decimal:
        return self.amount - self.covered

    def is_overdue(self, today: date) -> bool:
        return self.due_on is None or self.due_on < today


@dataclass(frozen=True, slots=True)
class DocumentBalance:
    """What a document asks for after its corrections, and what of that is unpaid; roubles."""

    demand: Decimal
    unpaid: Decimal
    debt: DebtKind = DebtKind.ENERGY


@dataclass(frozen=True, slots=True)
class _Piece:
    """A demand before money is laid on it."""

    kind: ReceivableKind
    amount: Decimal
    on: date
    """Its place in the order of payment."""
    order: str
    id: int = 0
    number: str = ""
    due_on: date | None = None
    period: Month | None = None
    is_advance: bool = False
    is_of_month: bool = False
    """An invoice that asks for documents of its month."""


class ReceivableLedger:
    """Cuts the energy debt into demands, each with its day."""

    def __init__(
        self,
        documents: Sequence[LedgerDocument],
        invoices: Iterable[IssuedInvoice],
        amounts: Mapping[int, Decimal],
        charged: Collection[Month],
    ) -> None:
        self.pieces: list[_Piece] = []
        self.amounts = amounts
        self.charged = charged
        self.months: dict[Month, list[LedgerDocument]] = {}
        # Invoices ask for the monthly documents first: corrections seldom have one.
        for document in sorted(documents, key=lambda each: (not is_monthly(each), each.order)):
            self.months.setdefault(document.period, []).append(document)
        self.invoices = sorted(invoices, key=lambda invoice: invoice.order)
        self.left = {invoice.id: invoice.total for invoice in self.invoices}
        """What of each invoice has found nothing to ask for yet."""
        self.invoiced: dict[int, Decimal] = {}
        """What of each document the invoices of its month ask for."""

    def add_opening(self, opening: Decimal, first: Month) -> None:
        """Debt of older times: the last invoices of those times ask for it, then nothing does."""
        for invoice in reversed(self.invoices):
            if invoice.period < first and invoice.period not in self.charged:
                opening -= self._add_invoice(invoice, opening)
        self._add(_Piece(ReceivableKind.REST, opening, date.min, ""))

    def add_months(self) -> None:
        """What was charged: by invoice as far as those ask, beyond that by document."""
        for month, documents in self.months.items():
            demand = left = sum((self.amounts[document.id] for document in documents), ZERO)
            for invoice in self.invoices:
                # An advance asks for the month to come, not for what a correction has added to it.
                if invoice.period == month and (month in self.charged or not invoice.is_advance):
                    left -= self._add_invoice(invoice, left, is_of_month=True)
            invoiced = demand - left
            for document in documents:
                part = self.invoiced[document.id] = min(self.amounts[document.id], invoiced)
                invoiced -= part
                self._add_document(document, self.amounts[document.id] - part)

    def add_advances(self, first: Month) -> None:
        """Invoices of months that are not charged yet."""
        for invoice in self.invoices:
            if invoice.period >= first and invoice.period not in self.charged:
                self._add_invoice(invoice, invoice.total, is_advance=True)

    def add_debt(self, amount: Decimal) -> None:
        """What the ledger counts beyond documents and money."""
        self._add(_Piece(ReceivableKind.REST, amount, date.max, ""))

    def claims(self) -> list[Claim[int]]:
        return [
            Claim(place, piece.on, piece.period, piece.amount, piece.order)
            for place, piece in enumerate(self.pieces)
        ]

    def receivables(self, paid: Allocation[int]) -> list[Receivable]:
        """The pieces with what is paid of them, by due date."""
        by_date = sorted(
            enumerate(self.pieces), key=lambda pair: (pair[1].due_on or date.min, pair[1].order)
        )
        return [
            Receivable(
                piece.kind,
                piece.amount,
                paid.covered[place],
                piece.id,
                piece.number,
                piece.due_on,
                piece.is_advance,
            )
            for place, piece in by_date
        ]

    def document_states(self, paid: Allocation[int]) -> dict[int, DocumentBalance]:
        """What of each document is unpaid: its own piece, and its part of the month's invoices."""
        own: dict[int, Decimal] = {}
        pool: dict[Month | None, Decimal] = {}
        for place, piece in enumerate(self.pieces):
            if piece.kind is ReceivableKind.DOCUMENT:
                own[piece.id] = paid.covered[place]
            elif piece.is_of_month:
                pool[piece.period] = pool.get(piece.period, ZERO) + paid.covered[place]
        states = {}
        for month, documents in self.months.items():
            left = pool.get(month, ZERO)
            for document in documents:
                share = min(self.invoiced[document.id], left)
                left -= share
                demand = self.amounts[document.id]
                states[document.id] = DocumentBalance(
                    demand, demand - share - own.get(document.id, ZERO)
                )
        return states

    def _add_invoice(
        self,
        invoice: IssuedInvoice,
        limit: Decimal,
        *,
        is_advance: bool = False,
        is_of_month: bool = False,
    ) -> Decimal:
        """Have an invoice ask for up to ``limit``; what it asks for."""
        amount = min(self.left[invoice.id], limit)
        self.left[invoice.id] -= amount
        order = f"{invoice.number}/{invoice.id:012d}"
        self._add(
            _Piece(
                ReceivableKind.INVOICE,
                amount,
                invoice.due_on,
                order,
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
        due_on = None
        if is_monthly(document):
            due_on = document.period.next_first.replace(day=FINAL_DAY)
        self._add(
            _Piece(
                ReceivableKind.DOCUMENT,
                amount,
                due_on or document.on,
                document.external_id,
                document.id,
                due_on=due_on,
                period=document.period,
            )
        )

    def _add(self, piece: _Piece) -> None:
        if piece.amount > ZERO:
            self.pieces.append(piece)


def is_monthly(document: LedgerDocument) -> bool:
    return document.kind is EntryKind.UPD
