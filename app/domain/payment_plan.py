"""Payment plan of a contract: its unpaid receivables as payments to be made, in order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from app.domain.charges import Document
from app.domain.invoices import InvoiceHeader, payment_purpose
from app.domain.money import KOPECK, ZERO
from app.domain.payment_instructions import (
    ContractName,
    PaymentInstruction,
    document_purpose,
    included_vat,
    interest_purpose,
    other_debt_purpose,
    vat_clause,
)
from app.domain.receivables import Receivable, ReceivableKind
from app.domain.unpaid_items import UnpaidItems

_WITHOUT_DUE_DATE = (ReceivableKind.OTHER, ReceivableKind.DOCUMENT, ReceivableKind.INTEREST)


@dataclass(frozen=True, slots=True)
class PaymentPlan:
    """Everything that is asked for: overdue first, then by day; and the sums of it."""

    open_items: UnpaidItems
    instructions: tuple[PaymentInstruction, ...]

    def find(self, code: str) -> PaymentInstruction | None:
        """The instruction with this ``PaymentInstruction.code``."""
        return next((item for item in self.instructions if item.code == code), None)


def build_payment_plan(
    open_items: UnpaidItems,
    invoices: Sequence[InvoiceHeader],
    documents: Iterable[Document],
    contract: ContractName,
    today: date,
) -> PaymentPlan:
    """Turn unpaid receivables into payments: late interest in one, other debt in one.

    Args:
        invoices: the unpaid ones among the receivables.
        documents: the unpaid ones among the receivables, without late interest.
        today: business date.
    """
    by_id = {document.id: document for document in documents}
    unpaid: dict[int, Decimal] = {}
    for item in open_items.unpaid:
        if item.kind is ReceivableKind.INVOICE:
            unpaid[item.id] = unpaid.get(item.id, ZERO) + item.unpaid
    instructions = [
        *(invoice_instruction(invoice, unpaid[invoice.id], contract) for invoice in invoices),
        *(
            _document_instruction(by_id[item.id], item, contract)
            for item in open_items.unpaid
            if item.kind is ReceivableKind.DOCUMENT
        ),
        *_sum_instructions(open_items, contract, today),
    ]
    instructions.sort(key=lambda instruction: _sort_key(instruction, today))
    return PaymentPlan(open_items, tuple(instructions))


def invoice_instruction(
    invoice: InvoiceHeader, unpaid: Decimal, contract: ContractName
) -> PaymentInstruction:
    """What is still to be paid of an invoice, roubles."""
    return PaymentInstruction(
        ReceivableKind.INVOICE,
        unpaid,
        payment_purpose(invoice, contract, unpaid),
        invoice.id,
        invoice.number,
        invoice.issued_on,
        invoice.due_on,
        invoice.period,
        included_vat(unpaid, invoice.vat_rate),
        (invoice.vat_rate,) if invoice.vat_rate else (),
    )


def _document_instruction(
    document: Document, receivable: Receivable, contract: ContractName
) -> PaymentInstruction:
    """What is still to be paid of a document; its VAT in proportion to the amount."""
    vat = ZERO
    if document.gross:
        share = document.vat * receivable.unpaid / document.gross
        vat = share.quantize(KOPECK, ROUND_HALF_UP)
    rates = tuple(part.rate for part in document.parts if part.rate)
    clause = vat_clause(vat, *rates)
    return PaymentInstruction(
        ReceivableKind.DOCUMENT,
        receivable.unpaid,
        document_purpose(contract, document.number, document.on, document.period, clause),
        document.id,
        document.number,
        document.on,
        receivable.due_on,
        document.period,
        vat,
        rates,
    )


def _sum_instructions(
    open_items: UnpaidItems, contract: ContractName, today: date
) -> list[PaymentInstruction]:
    """One payment for debt without documents, one for late interest; those that are not zero."""
    other = [item for item in open_items.unpaid if item.kind is ReceivableKind.OTHER]
    interest = [item for item in open_items.unpaid if item.kind is ReceivableKind.INTEREST]
    numbers = [item.number for item in interest if item.id]
    purposes = (
        (ReceivableKind.OTHER, other, other_debt_purpose(contract, today)),
        (ReceivableKind.INTEREST, interest, interest_purpose(contract, numbers)),
    )
    return [
        PaymentInstruction(kind, sum((item.unpaid for item in items), ZERO), purpose)
        for kind, items, purpose in purposes
        if items
    ]


def _sort_key(
    instruction: PaymentInstruction, today: date
) -> tuple[bool, bool, date, int, str, str]:
    """What is overdue by day, then what is to be paid at once, then what falls due later."""
    is_at_once = instruction.due_on is None
    return (
        not instruction.is_overdue(today),
        is_at_once,
        instruction.due_on or date.min,
        _WITHOUT_DUE_DATE.index(instruction.kind) if is_at_once else 0,
        f"{instruction.on}" if is_at_once else "",
        instruction.number,
    )
