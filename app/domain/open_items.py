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
    debt_kinds,
)
from app.domain.money import ZERO
from app.domain.period import Month
from app.domain.receivables import (
    DocumentBalance,
    IssuedInvoice,
    Receivable,
    ReceivableKind,
    ReceivablesBuilder,
    is_monthly,
)

ADVANCE_MONTHS = 2
"""An advance of an older month that was never charged is no longer asked for."""


@dataclass(frozen=True, slots=True)
class BalanceReconciliation:
    """How the ledger balance leads to what is overdue; roubles, never negative.

    ``unpaid_documents − prepaid_advances − credits = balance`` and
    ``unpaid_documents − not_yet_due + overdue_advances = overdue``.

    Attributes:
        unpaid_documents: unpaid of what has been charged.
        not_yet_due: of that, what falls due today or later.
        overdue_advances: overdue invoices of months that are not charged yet.
        prepaid_advances: money allocated to invoices of months that are not charged yet.
        energy_credit: overpaid for energy, and not asked for by anything.
        interest_credit: overpaid late interest.
    """

    balance: Decimal
    overdue: Decimal
    unpaid_documents: Decimal
    not_yet_due: Decimal
    overdue_advances: Decimal
    prepaid_advances: Decimal
    energy_credit: Decimal
    interest_credit: Decimal

    @property
    def overdue_documents(self) -> Decimal:
        return self.unpaid_documents - self.not_yet_due

    @property
    def is_needed(self) -> bool:
        """Whether what is overdue is not simply a part of the balance."""
        return bool(self.overdue) and (bool(self.overdue_advances) or self.overdue > self.balance)

    @property
    def explains_balance(self) -> bool:
        """Whether the balance is not simply what is unpaid by document."""
        return self.unpaid_documents != self.balance


@dataclass(frozen=True, slots=True)
class OpenItems:
    """Open items of a contract: what is owed, and by when; roubles.

    Attributes:
        balance: of the ledger; above zero the customer owes.
        receivables: by due date; also those that are paid.
        credit: overpaid, and held for receivables to come of the same debt.
        documents: balance by document id, of all that the ledger counts one by one.
    """

    today: date
    balance: Decimal
    receivables: tuple[Receivable, ...]
    credit: Mapping[DebtKind, Decimal]
    documents: Mapping[int, DocumentBalance]

    @property
    def unpaid(self) -> list[Receivable]:
        return [item for item in self.receivables if item.unpaid]

    @property
    def total(self) -> Decimal:
        """Everything that is asked for, whatever its day."""
        return _sum_unpaid(self.receivables)

    @property
    def overdue(self) -> Decimal:
        return _sum_unpaid(item for item in self.receivables if item.is_overdue(self.today))

    @property
    def overdue_since(self) -> date | None:
        """Due date of the oldest receivable that is overdue."""
        overdue = (item for item in self.unpaid if item.is_overdue(self.today))
        return min((item.due_on for item in overdue if item.due_on), default=None)

    @property
    def interest(self) -> Decimal:
        """Unpaid late interest; it is paid by a payment order apart from energy."""
        return _sum_unpaid(
            item for item in self.receivables if item.kind is ReceivableKind.INTEREST
        )

    @property
    def next_due_on(self) -> date | None:
        """The nearest due date from today on."""
        days = (item.due_on for item in self.unpaid if not item.is_overdue(self.today))
        return min((day for day in days if day), default=None)

    @property
    def next_amount(self) -> Decimal:
        """What is to be paid by that date, roubles."""
        return _sum_unpaid(self._next)

    @property
    def next_invoice(self) -> str | None:
        """Number of the invoice that asks for it; None where none does, or several do."""
        items = {(item.kind, item.id): item.number for item in self._next}
        return next(iter(items.values())) or None if len(items) == 1 else None

    @property
    def _next(self) -> list[Receivable]:
        day = self.next_due_on
        return [item for item in self.unpaid if day and item.due_on == day]

    @property
    def reconciliation(self) -> BalanceReconciliation:
        """How the ledger balance leads to what is overdue."""
        charged = [item for item in self.receivables if not item.is_advance]
        advances = [item for item in self.receivables if item.is_advance]
        return BalanceReconciliation(
            balance=self.balance,
            overdue=self.overdue,
            unpaid_documents=_sum_unpaid(charged),
            not_yet_due=_sum_unpaid(item for item in charged if not item.is_overdue(self.today)),
            overdue_advances=_sum_unpaid(item for item in advances if item.is_overdue(self.today)),
            prepaid_advances=sum((item.covered for item in advances), ZERO),
            energy_credit=self.credit[DebtKind.ENERGY],
            interest_credit=self.credit[DebtKind.LATE_INTEREST],
        )

    def of_invoice(self, invoice_id: int) -> tuple[Decimal, Decimal]:
        """What is covered of an invoice and what is unpaid of it, roubles.

        Both are zero where documents have replaced it.
        """
        items = [
            item
            for item in self.receivables
            if item.kind is ReceivableKind.INVOICE and item.id == invoice_id
        ]
        return sum((item.covered for item in items), ZERO), _sum_unpaid(items)


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
        _receivables(builder, debts, energy, interest),
        credit={
            DebtKind.ENERGY: max(ZERO, energy.unallocated),
            DebtKind.LATE_INTEREST: max(ZERO, interest.unallocated),
        },
        documents=builder.document_balances(energy)
        | _interest_balances(debts, interest)
        | _credit_note_balances(debts),
    )


@dataclass(frozen=True, slots=True)
class _Debts:
    """Documents that the ledger counts one by one, with their amounts due after corrections."""

    documents: Sequence[LedgerDocument]
    kinds: Mapping[int, DebtKind]
    corrected: CorrectedAmounts

    @classmethod
    def of(cls, documents: Collection[LedgerDocument], since: date, opening: Decimal) -> _Debts:
        """Those dated from ``since`` on and not withdrawn."""
        counted = [
            document for document in documents if document.on >= since and not document.is_withdrawn
        ]
        corrected = apply_corrections(documents, since, max(ZERO, opening))
        return cls(counted, debt_kinds(documents), corrected)

    def raising(self, kind: DebtKind) -> list[LedgerDocument]:
        """Documents that raise a debt, the oldest first."""
        documents = (
            document
            for document in self.documents
            if document.id in self.corrected.amounts and self.kinds[document.id] is kind
        )
        return sorted(documents, key=lambda document: document.sort_key)


def _split_energy_debt(
    debts: _Debts, invoices: Collection[IssuedInvoice], since: date, today: date
) -> ReceivablesBuilder:
    """Receivables of the opening debt, of what was charged, and of advances."""
    charged = {document.period for document in debts.documents if is_monthly(document)}
    energy = debts.raising(DebtKind.ENERGY)
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
            for document in debts.raising(DebtKind.LATE_INTEREST)
        ],
        [
            *(receipt for receipt in receipts if receipt.is_interest),
            Receipt(debts.corrected.credit[DebtKind.LATE_INTEREST]),
        ],
    )


def _receivables(
    builder: ReceivablesBuilder, debts: _Debts, energy: Allocation[int], interest: Allocation[int]
) -> tuple[Receivable, ...]:
    """Energy by due date, then late interest, then what was refunded beyond what was received."""
    return (
        *builder.receivables(energy),
        *_interest_receivables(debts, interest),
        *_refunded_debt(ReceivableKind.OTHER, energy.unallocated),
        *_refunded_debt(ReceivableKind.INTEREST, interest.unallocated),
    )


def _interest_receivables(debts: _Debts, paid: Allocation[int]) -> Iterator[Receivable]:
    for document in debts.raising(DebtKind.LATE_INTEREST):
        amount, covered = debts.corrected.amounts[document.id], paid.covered[document.id]
        yield Receivable(ReceivableKind.INTEREST, amount, covered, document.id)


def _interest_balances(debts: _Debts, paid: Allocation[int]) -> dict[int, DocumentBalance]:
    amounts = debts.corrected.amounts
    return {
        document.id: DocumentBalance(
            amounts[document.id],
            amounts[document.id] - paid.covered[document.id],
            DebtKind.LATE_INTEREST,
        )
        for document in debts.raising(DebtKind.LATE_INTEREST)
    }


def _credit_note_balances(debts: _Debts) -> dict[int, DocumentBalance]:
    """Documents that do not raise a debt: nothing is due of them."""
    return {
        document.id: DocumentBalance(ZERO, ZERO, debts.kinds[document.id])
        for document in debts.documents
        if document.id not in debts.corrected.amounts
    }


def _sum_unpaid(receivables: Iterable[Receivable]) -> Decimal:
    return sum((receivable.unpaid for receivable in receivables), ZERO)


def _refunded_debt(kind: ReceivableKind, unallocated: Decimal) -> Iterator[Receivable]:
    """A debt that arose because more was refunded than had been received."""
    if unallocated < ZERO:
        yield Receivable(kind, -unallocated, ZERO)
