"""What a contract owes, by document, by month and by invoice: one allocation for every page.

The amount due of a month is split into receivables (``app.domain.receivables``); money is then
allocated to these (``app.domain.allocation``), late interest apart from energy. An invoice of a
month that is not charged yet is an advance: the ledger does not know it. So the same kopeck is
unpaid in the month, in the invoice and in the total, and

    Σ unpaid receivables without advances − paid on advances − credit = ledger balance.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from app.domain.allocation import Allocation, OpenAmount, Receipt, allocate
from app.domain.corrections import (
    CorrectedAmounts,
    DebtKind,
    LedgerDocument,
    apply_corrections,
)
from app.domain.money import ZERO
from app.domain.period import Month
from app.domain.receivables import (
    DocumentBalance,
    InvoiceBalance,
    IssuedInvoice,
    Receivable,
    ReceivableKind,
    ReceivablesBuilder,
    is_monthly,
)
from app.domain.unpaid_items import UnpaidItems

ADVANCE_MONTHS = 2
"""An advance of an older month that was never charged is no longer asked for."""


@dataclass(frozen=True, slots=True)
class OpenItems(UnpaidItems):
    """What a contract has to pay, and the balance of each invoice and document; roubles.

    Attributes:
        invoices: by id, of those that ask for something; documents have replaced the others.
        documents: by id, of all that the ledger counts one by one.
    """

    invoices: Mapping[int, InvoiceBalance]
    documents: Mapping[int, DocumentBalance]

    def of_invoice(self, invoice_id: int) -> InvoiceBalance:
        """What is covered of an invoice and what is unpaid of it, roubles.

        Both are zero where documents have replaced it.
        """
        return self.invoices.get(invoice_id, InvoiceBalance())


def build_open_items(
    documents: Collection[LedgerDocument],
    invoices: Collection[IssuedInvoice],
    receipts: Collection[Receipt],
    today: date,
    *,
    balance: Decimal | None = None,
    since: date = date.min,
    opening: Decimal = ZERO,
) -> OpenItems:
    """Allocate what was received to what was asked for. The order of rows does not matter.

    Args:
        documents: all of the contract up to today, with those that were withdrawn.
        invoices: all of the contract.
        receipts: money posted from ``since`` up to today.
        today: business date; what is due today is not overdue yet.
        balance: of the ledger today, roubles; where it is not what documents and receipts lead to,
            the difference is a debt or a credit without a document. None: what they lead to.
        since: first day that billing has sent; older documents are within ``opening``.
        opening: balance before ``since``, roubles; above zero the customer owes.
    """
    debts = _Debts.of(documents, since, opening)
    computed = opening + sum((document.gross for document in debts.documents), ZERO)
    computed -= sum((receipt.amount for receipt in receipts), ZERO)
    balance = computed if balance is None else balance
    builder = _split_energy_debt(debts, invoices, since, today)
    builder.add_other(max(ZERO, balance - computed))
    credits = (max(ZERO, -opening), max(ZERO, computed - balance))
    energy = _allocate_energy(builder, debts, receipts, credits)
    interest = _allocate_interest(debts, receipts)
    return OpenItems(
        today,
        balance,
        _unpaid(builder, debts, energy, interest),
        credit={
            DebtKind.ENERGY: max(ZERO, energy.unallocated),
            DebtKind.LATE_INTEREST: max(ZERO, interest.unallocated),
        },
        prepaid_advances=builder.prepaid_advances(energy),
        invoices=builder.invoice_balances(energy),
        documents=builder.document_balances(energy)
        | _interest_balances(debts, interest)
        | _credit_note_balances(debts),
    )


@dataclass(frozen=True, slots=True)
class _Debts:
    """Documents that the ledger counts one by one, with their amounts due after corrections.

    Attributes:
        raising: those that raise a debt, by the debt; the oldest first.
    """

    documents: Sequence[LedgerDocument]
    corrected: CorrectedAmounts
    raising: Mapping[DebtKind, Sequence[LedgerDocument]]

    @classmethod
    def of(cls, documents: Collection[LedgerDocument], since: date, opening: Decimal) -> _Debts:
        """Those dated from ``since`` on and not withdrawn."""
        counted = [
            document for document in documents if document.on >= since and not document.is_withdrawn
        ]
        counted.sort(key=lambda document: document.sort_key)
        corrected = apply_corrections(documents, since, max(ZERO, opening))
        raising: dict[DebtKind, list[LedgerDocument]] = {kind: [] for kind in DebtKind}
        for document in counted:
            if document.id in corrected.amounts:
                raising[corrected.kinds[document.id]].append(document)
        return cls(counted, corrected, raising)


def _split_energy_debt(
    debts: _Debts, invoices: Collection[IssuedInvoice], since: date, today: date
) -> ReceivablesBuilder:
    """Receivables of the opening debt, of what was charged, and of advances."""
    charged = {document.period for document in debts.documents if is_monthly(document)}
    energy = debts.raising[DebtKind.ENERGY]
    builder = ReceivablesBuilder(energy, invoices, debts.corrected.amounts, charged)
    builder.add_opening(debts.corrected.opening, Month.of(since))
    builder.add_months()
    builder.add_advances(max(Month.of(since), Month.of(today).plus(-ADVANCE_MONTHS)))
    return builder


def _allocate_energy(
    builder: ReceivablesBuilder,
    debts: _Debts,
    receipts: Iterable[Receipt],
    credits: Iterable[Decimal],
) -> Allocation[int]:
    """Receivables by their place, and the money that is not for interest.

    Args:
        credits: overpayments without a receipt, roubles; those of corrections come on top.
    """
    money = [receipt for receipt in receipts if not receipt.is_interest]
    corrected = debts.corrected.credit[DebtKind.ENERGY]
    return allocate(builder.open_amounts(), [*money, *map(Receipt, (corrected, *credits))])


def _allocate_interest(debts: _Debts, receipts: Iterable[Receipt]) -> Allocation[int]:
    """Late interest by document id, and the money whose purpose says that it pays interest."""
    return allocate(
        [
            OpenAmount(
                document.id,
                document.on,
                document.period,
                debts.corrected.amounts[document.id],
                document.external_id,
            )
            for document in debts.raising[DebtKind.LATE_INTEREST]
        ],
        [
            *(receipt for receipt in receipts if receipt.is_interest),
            Receipt(debts.corrected.credit[DebtKind.LATE_INTEREST]),
        ],
    )


def _unpaid(
    builder: ReceivablesBuilder, debts: _Debts, energy: Allocation[int], interest: Allocation[int]
) -> tuple[Receivable, ...]:
    """Energy by due date, then late interest, then what was refunded beyond what was received."""
    return (
        *builder.unpaid(energy),
        *_unpaid_interest(debts, interest),
        *_refunded_debt(ReceivableKind.OTHER, energy.unallocated),
        *_refunded_debt(ReceivableKind.INTEREST, interest.unallocated),
    )


def _unpaid_interest(debts: _Debts, paid: Allocation[int]) -> Iterator[Receivable]:
    for document in debts.raising[DebtKind.LATE_INTEREST]:
        amount, covered = debts.corrected.amounts[document.id], paid.covered[document.id]
        if amount != covered:
            yield Receivable(ReceivableKind.INTEREST, amount, covered, document.id, document.number)


def _interest_balances(debts: _Debts, paid: Allocation[int]) -> dict[int, DocumentBalance]:
    amounts = debts.corrected.amounts
    return {
        document.id: DocumentBalance(
            amounts[document.id],
            amounts[document.id] - paid.covered[document.id],
            DebtKind.LATE_INTEREST,
        )
        for document in debts.raising[DebtKind.LATE_INTEREST]
    }


def _credit_note_balances(debts: _Debts) -> dict[int, DocumentBalance]:
    """Documents that do not raise a debt: nothing is due of them."""
    return {
        document.id: DocumentBalance(ZERO, ZERO, debts.corrected.kinds[document.id])
        for document in debts.documents
        if document.id not in debts.corrected.amounts
    }


def _refunded_debt(kind: ReceivableKind, unallocated: Decimal) -> Iterator[Receivable]:
    """A debt that arose because more was refunded than had been received."""
    if unallocated < ZERO:
        yield Receivable(kind, -unallocated, ZERO)
