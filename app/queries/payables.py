"""Reads of what is to be paid, as payments of their own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP

from sqlalchemy.orm import Session

from app.domain.charges import Document
from app.domain.demands import Demand, DemandKind
from app.domain.dues import Dues
from app.domain.invoices import InvoiceCard, invoice_words
from app.domain.money import KOPECK, ZERO
from app.domain.payables import (
    ContractName,
    Payable,
    document_purpose,
    interest_purpose,
    rest_purpose,
    vat_words,
)
from app.queries.charges import list_by_ids
from app.queries.contracts import VisibleContract
from app.queries.dues import read_dues
from app.queries.invoices import list_some


@dataclass(frozen=True, slots=True)
class ToPay:
    """Everything that is asked for: overdue first, then by day; and the sums of it."""

    dues: Dues
    payables: tuple[Payable, ...]

    def find(self, code: str) -> Payable | None:
        return next((each for each in self.payables if each.code == code), None)


def list_payables(session: Session, contract: VisibleContract, today: date) -> ToPay:
    """What a contract has to pay; the sum is exactly ``Dues.total``."""
    dues = read_dues(session, contract, today)
    name = ContractName(contract.number, contract.signed_on)
    ids = {
        kind: [demand.id for demand in dues.unpaid if demand.kind is kind] for kind in DemandKind
    }
    cards = list_some(session, contract, dues, ids[DemandKind.INVOICE])
    documents = list_by_ids(session, contract, ids[DemandKind.DOCUMENT] + ids[DemandKind.INTEREST])
    by_id = {document.id: document for document in documents}
    found = [invoice_payable(card, name) for card in cards]
    rest, interest, numbers = ZERO, ZERO, []
    for demand in dues.unpaid:
        match demand.kind:
            case DemandKind.DOCUMENT:
                found.append(_document_payable(by_id[demand.id], demand, name))
            case DemandKind.REST:
                rest += demand.unpaid
            case DemandKind.INTEREST:
                interest += demand.unpaid
                if demand.id:
                    numbers.append(by_id[demand.id].number)
    if rest:
        found.append(Payable(DemandKind.REST, rest, rest_purpose(name, today)))
    if interest:
        found.append(Payable(DemandKind.INTEREST, interest, interest_purpose(name, numbers)))
    return ToPay(dues, tuple(sorted(found, key=lambda payable: _place(payable, today))))


def invoice_payable(card: InvoiceCard, name: ContractName) -> Payable:
    """What is still to be paid of an invoice."""
    return Payable(
        DemandKind.INVOICE,
        card.unpaid,
        invoice_words(card, name),
        card.id,
        card.number,
        card.issued_on,
        card.due_on,
        card.period,
    )


_AT_ONCE = (DemandKind.REST, DemandKind.DOCUMENT, DemandKind.INTEREST)


def _place(payable: Payable, today: date) -> tuple[bool, bool, date, int, str, str]:
    """What is overdue by day, then what is to be paid at once, then what falls due later."""
    at_once = payable.due_on is None
    return (
        not payable.is_overdue(today),
        at_once,
        payable.due_on or date.min,
        _AT_ONCE.index(payable.kind) if at_once else 0,
        f"{payable.on}" if at_once else "",
        payable.number,
    )


def _document_payable(document: Document, demand: Demand, name: ContractName) -> Payable:
    amount = demand.unpaid
    vat = ZERO
    if document.gross:
        vat = (document.vat * amount / document.gross).quantize(KOPECK, ROUND_HALF_UP)
    words = vat_words(vat, *(part.rate for part in document.parts))
    purpose = document_purpose(name, document.number, document.on, document.period, words)
    return Payable(
        DemandKind.DOCUMENT,
        amount,
        purpose,
        document.id,
        document.number,
        document.on,
        demand.due_on,
        document.period,
    )
