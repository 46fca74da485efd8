"""Reads of what is to be paid, as payments of their own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from sqlalchemy.orm import Session

from app.domain.charges import Document
from app.domain.dues import Dues
from app.domain.invoices import InvoiceCard, invoice_words
from app.domain.money import KOPECK, ZERO
from app.domain.payables import (
    ContractName,
    Payable,
    PayableKind,
    document_purpose,
    interest_purpose,
    rest_purpose,
    share_rest,
    vat_words,
)
from app.domain.period import Month
from app.domain.turnover import EntryKind
from app.queries.charges import list_by_ids, list_of_months
from app.queries.contracts import VisibleContract
from app.queries.dues import Coverage, read_dues
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
    dues, coverage = read_dues(session, contract, today)
    name = ContractName(contract.number, contract.signed_on)
    cards = list_some(session, contract, dues, [key for key in dues.asked if key > 0])
    invoices = [
        *(invoice_payable(card, name) for card in cards),
        *_months(session, contract, dues, name),
    ]
    invoices.sort(key=lambda each: (each.due_on or today, each.number))
    passed = [each for each in invoices if each.is_overdue(today)]
    return ToPay(
        dues,
        (
            *passed,
            *_rest(session, contract, dues, coverage, name, today),
            *_interest(session, contract, dues, coverage, name),
            *invoices[len(passed) :],
        ),
    )


def invoice_payable(card: InvoiceCard, name: ContractName) -> Payable:
    """What is still to be paid of an invoice."""
    return Payable(
        PayableKind.INVOICE, card.unpaid, invoice_words(card, name), card.id, card.number,
        card.issued_on, card.due_on, card.period,
    )  # fmt: skip


def _months(
    session: Session, contract: VisibleContract, dues: Dues, name: ContractName
) -> list[Payable]:
    """Months that were charged without an invoice, each by its first document."""
    asked = {Month(*divmod(-key, 100)): amount for key, amount in dues.asked.items() if key < 0}
    found = []
    for document in list_of_months(session, contract, asked):
        amount = asked.pop(document.period, None)
        if amount is not None:
            found.append(
                replace(_document_payable(document, amount, name), due_on=dues.due[document.period])
            )
    return found


def _document_payable(document: Document, amount: Decimal, name: ContractName) -> Payable:
    vat = ZERO
    if document.gross:
        vat = (document.vat * amount / document.gross).quantize(KOPECK, ROUND_HALF_UP)
    words = vat_words(vat, *(part.rate for part in document.parts))
    purpose = document_purpose(name, document.number, document.on, document.period, words)
    return Payable(
        PayableKind.DOCUMENT, amount, purpose, document.id, document.number, document.on,
        period=document.period,
    )  # fmt: skip


def _rest(
    session: Session, contract: VisibleContract, dues: Dues, coverage: Coverage,
    name: ContractName, today: date,
) -> list[Payable]:  # fmt: skip
    """Debt that no invoice asks for: by document, and what is older than those."""
    if not dues.rest:
        return []
    open_documents = [
        (each.id, each.unpaid)
        for each in coverage.documents
        if each.unpaid and each.kind != EntryKind.LATE_INTEREST
        and (each.kind != EntryKind.UPD or each.period not in dues.invoiced)
    ]  # fmt: skip
    shares, left = share_rest(dues.rest, open_documents)
    found = [
        _document_payable(document, shares[document.id], name)
        for document in list_by_ids(session, contract, shares)
    ]
    if left:
        found.insert(0, Payable(PayableKind.REST, left, rest_purpose(name, today)))
    return found


def _interest(
    session: Session, contract: VisibleContract, dues: Dues, coverage: Coverage, name: ContractName
) -> list[Payable]:
    if not dues.interest:
        return []
    ids = [
        each.id
        for each in coverage.documents
        if each.unpaid and each.kind == EntryKind.LATE_INTEREST
    ]
    numbers = [document.number for document in list_by_ids(session, contract, ids)]
    return [Payable(PayableKind.INTEREST, dues.interest, interest_purpose(name, numbers))]
