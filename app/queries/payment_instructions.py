"""Reads of what is to be paid, as payments of their own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP

from sqlalchemy.orm import Session

from app.domain.charges import Document
from app.domain.invoices import InvoiceCard, payment_purpose
from app.domain.money import KOPECK, ZERO
from app.domain.open_items import OpenItems
from app.domain.payment_instructions import (
    ContractName,
    PaymentInstruction,
    document_purpose,
    interest_purpose,
    rest_purpose,
    vat_clause,
)
from app.domain.receivables import Receivable, ReceivableKind
from app.queries.charges import list_by_ids
from app.queries.contracts import VisibleContract
from app.queries.invoices import list_some
from app.queries.open_items import read_open_items


@dataclass(frozen=True, slots=True)
class PaymentPlan:
    """Everything that is asked for: overdue first, then by day; and the sums of it."""

    open_items: OpenItems
    instructions: tuple[PaymentInstruction, ...]

    def find(self, code: str) -> PaymentInstruction | None:
        return next((each for each in self.instructions if each.code == code), None)


def list_payment_instructions(
    session: Session, contract: VisibleContract, today: date
) -> PaymentPlan:
    """What a contract has to pay; the sum is exactly ``Dues.total``."""
    open_items = read_open_items(session, contract, today)
    name = ContractName(contract.number, contract.signed_on)
    ids = {
        kind: [demand.id for demand in open_items.unpaid if demand.kind is kind]
        for kind in ReceivableKind
    }
    cards = list_some(session, contract, open_items, ids[ReceivableKind.INVOICE])
    documents = list_by_ids(
        session, contract, ids[ReceivableKind.DOCUMENT] + ids[ReceivableKind.INTEREST]
    )
    by_id = {document.id: document for document in documents}
    found = [invoice_instruction(card, name) for card in cards]
    rest, interest, numbers = ZERO, ZERO, []
    for demand in open_items.unpaid:
        match demand.kind:
            case ReceivableKind.DOCUMENT:
                found.append(_document_instruction(by_id[demand.id], demand, name))
            case ReceivableKind.REST:
                rest += demand.unpaid
            case ReceivableKind.INTEREST:
                interest += demand.unpaid
                if demand.id:
                    numbers.append(by_id[demand.id].number)
    if rest:
        found.append(PaymentInstruction(ReceivableKind.REST, rest, rest_purpose(name, today)))
    if interest:
        found.append(
            PaymentInstruction(ReceivableKind.INTEREST, interest, interest_purpose(name, numbers))
        )
    return PaymentPlan(
        open_items, tuple(sorted(found, key=lambda instruction: _place(instruction, today)))
    )


def invoice_instruction(card: InvoiceCard, name: ContractName) -> PaymentInstruction:
    """What is still to be paid of an invoice."""
    return PaymentInstruction(
        ReceivableKind.INVOICE,
        card.unpaid,
        payment_purpose(card, name),
        card.id,
        card.number,
        card.issued_on,
        card.due_on,
        card.period,
    )


_AT_ONCE = (ReceivableKind.REST, ReceivableKind.DOCUMENT, ReceivableKind.INTEREST)


def _place(instruction: PaymentInstruction, today: date) -> tuple[bool, bool, date, int, str, str]:
    """What is overdue by day, then what is to be paid at once, then what falls due later."""
    at_once = instruction.due_on is None
    return (
        not instruction.is_overdue(today),
        at_once,
        instruction.due_on or date.min,
        _AT_ONCE.index(instruction.kind) if at_once else 0,
        f"{instruction.on}" if at_once else "",
        instruction.number,
    )


def _document_instruction(
    document: Document, demand: Receivable, name: ContractName
) -> PaymentInstruction:
    amount = demand.unpaid
    vat = ZERO
    if document.gross:
        vat = (document.vat * amount / document.gross).quantize(KOPECK, ROUND_HALF_UP)
    words = vat_clause(vat, *(part.rate for part in document.parts))
    purpose = document_purpose(name, document.number, document.on, document.period, words)
    return PaymentInstruction(
        ReceivableKind.DOCUMENT,
        amount,
        purpose,
        document.id,
        document.number,
        document.on,
        demand.due_on,
        document.period,
    )
