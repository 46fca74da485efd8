"""What a contract owes, by document, by month and by invoice: one allocation for every page.

The documents of a month, lowered by what corrects them, are the demand of the month. Its invoices
ask for that demand and never for more; a document that no invoice asks for stands for itself. An
invoice of a month that is not charged yet is an advance: the ledger does not know it. Money is then
laid on these demands, late interest apart from energy. So the same kopeck is unpaid in the month,
in the invoice and in the total, and

    Σ unpaid demands without advances − money laid on advances − credit = ledger balance.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from app.domain.allocation import Claim, Receipt, allocate
from app.domain.corrections import DebtKind, LedgerDocument, apply_corrections, debt_kinds
from app.domain.money import ZERO
from app.domain.period import Month
from app.domain.receivables import (
    DocumentBalance,
    IssuedInvoice,
    Receivable,
    ReceivableKind,
    ReceivableLedger,
    is_monthly,
)

ADVANCE_MONTHS = 2
"""An advance of an older month that was never charged is no longer asked for."""


@dataclass(frozen=True, slots=True)
class BalanceReconciliation:
    """How the ledger balance leads to what is overdue; roubles, never negative.

    ``documents − ahead − credits = balance`` and ``documents − later + advances = overdue``.
    """

    balance: Decimal
    overdue: Decimal
    documents: Decimal
    """Unpaid of what has been charged."""
    later: Decimal
    """Of that, what falls due today or later."""
    advances: Decimal
    """Overdue invoices of months that are not charged yet."""
    ahead: Decimal
    """Money laid on invoices of months that are not charged yet."""
    credit: Decimal
    """Overpaid for energy, and not asked for by anything."""
    interest_credit: Decimal
    """Overpaid late interest."""

    @property
    def overdue_documents(self) -> Decimal:
        return self.documents - self.later

    @property
    def is_needed(self) -> bool:
        """Whether what is overdue is not simply a part of the balance."""
        return bool(self.overdue) and (bool(self.advances) or self.overdue > self.balance)

    @property
    def explains_balance(self) -> bool:
        """Whether the balance is not simply what is unpaid by document."""
        return self.documents != self.balance


@dataclass(frozen=True, slots=True)
class OpenItems:
    """Answer to «what do I owe, by when»; roubles."""

    today: date
    balance: Decimal
    """Of the ledger; above zero the customer owes."""
    receivables: tuple[Receivable, ...]
    """By due date; also those that are paid."""
    credit: Mapping[DebtKind, Decimal]
    """Overpaid, and kept for demands to come of the same debt."""
    documents: Mapping[int, DocumentBalance]
    """By id, all that the ledger counts one by one."""

    @property
    def unpaid(self) -> list[Receivable]:
        return [demand for demand in self.receivables if demand.unpaid]

    @property
    def total(self) -> Decimal:
        """Everything that is asked for, whatever its day."""
        return _sum(self.receivables)

    @property
    def overdue(self) -> Decimal:
        return _sum(demand for demand in self.receivables if demand.is_overdue(self.today))

    @property
    def overdue_since(self) -> date | None:
        """Due date of the oldest demand with an overdue rest."""
        days = (each.due_on for each in self.unpaid if each.due_on and each.is_overdue(self.today))
        return min(days, default=None)

    @property
    def interest(self) -> Decimal:
        """Late interest; it is paid by an order of its own."""
        return _sum(demand for demand in self.receivables if demand.kind is ReceivableKind.INTEREST)

    @property
    def next_due_on(self) -> date | None:
        days = (demand.due_on for demand in self.unpaid if not demand.is_overdue(self.today))
        return min((day for day in days if day), default=None)

    @property
    def next_amount(self) -> Decimal:
        return _sum(self._next)

    @property
    def next_invoice(self) -> str | None:
        """Number of the invoice that asks for it; None where none does, or several do."""
        asking = {(demand.kind, demand.id): demand.number for demand in self._next}
        return next(iter(asking.values())) or None if len(asking) == 1 else None

    @property
    def _next(self) -> list[Receivable]:
        day = self.next_due_on
        return [demand for demand in self.unpaid if day and demand.due_on == day]

    @property
    def reconciliation(self) -> BalanceReconciliation:
        charged = [demand for demand in self.receivables if not demand.is_advance]
        advances = [demand for demand in self.receivables if demand.is_advance]
        return BalanceReconciliation(
            balance=self.balance,
            overdue=self.overdue,
            documents=_sum(charged),
            later=_sum(demand for demand in charged if not demand.is_overdue(self.today)),
            advances=_sum(demand for demand in advances if demand.is_overdue(self.today)),
            ahead=sum((demand.covered for demand in advances), ZERO),
            credit=self.credit[DebtKind.ENERGY],
            interest_credit=self.credit[DebtKind.LATE_INTEREST],
        )

    def of_invoice(self, invoice_id: int) -> tuple[Decimal, Decimal]:
        """What is covered of an invoice and what is unpaid of it; both zero where documents took
        its place."""
        asking = [
            demand
            for demand in self.receivables
            if demand.kind is ReceivableKind.INVOICE and demand.id == invoice_id
        ]
        return sum((demand.covered for demand in asking), ZERO), _sum(asking)


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
    """Lay what was received on what was asked for. The order of rows does not matter.

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
    inside = [
        document for document in documents if document.on >= since and not document.is_withdrawn
    ]
    found = opening + sum((document.gross for document in inside), ZERO)
    found -= sum((receipt.amount for receipt in receipts), ZERO)
    balance = found if balance is None else balance
    kinds = debt_kinds(documents)
    net = apply_corrections(documents, since, max(ZERO, opening))
    energy, interest = (
        sorted(
            (each for each in inside if each.id in net.amounts and kinds[each.id] is kind),
            key=lambda document: document.order,
        )
        for kind in DebtKind
    )
    charged = {document.period for document in inside if is_monthly(document)}
    plan = ReceivableLedger(energy, invoices, net.amounts, charged)
    plan.add_opening(net.opening, Month.of(since))
    plan.add_months()
    plan.add_advances(max(Month.of(since), Month.of(today).plus(-ADVANCE_MONTHS)))
    plan.add_debt(max(ZERO, balance - found))
    lent = [net.credit[DebtKind.ENERGY], max(ZERO, -opening), max(ZERO, found - balance)]
    money = [each for each in receipts if not each.is_interest]
    paid = allocate(plan.claims(), [*money, *map(Receipt, lent)])
    fines = allocate(
        [
            Claim(each.id, each.on, each.period, net.amounts[each.id], each.external_id)
            for each in interest
        ],
        [
            *(each for each in receipts if each.is_interest),
            Receipt(net.credit[DebtKind.LATE_INTEREST]),
        ],
    )
    return OpenItems(
        today=today,
        balance=balance,
        receivables=(
            *plan.receivables(paid),
            *(
                Receivable(
                    ReceivableKind.INTEREST, net.amounts[each.id], fines.covered[each.id], each.id
                )
                for each in interest
            ),
            *_given_back(ReceivableKind.REST, paid.left),
            *_given_back(ReceivableKind.INTEREST, fines.left),
        ),
        credit={
            DebtKind.ENERGY: max(ZERO, paid.left),
            DebtKind.LATE_INTEREST: max(ZERO, fines.left),
        },
        documents={
            **plan.document_states(paid),
            **{
                each.id: DocumentBalance(
                    net.amounts[each.id],
                    net.amounts[each.id] - fines.covered[each.id],
                    DebtKind.LATE_INTEREST,
                )
                for each in interest
            },
            **{
                each.id: DocumentBalance(ZERO, ZERO, kinds[each.id])
                for each in inside
                if each.id not in net.amounts
            },
        },
    )


def _sum(receivables: Iterable[Receivable]) -> Decimal:
    return sum((demand.unpaid for demand in receivables), ZERO)


def _given_back(kind: ReceivableKind, left: Decimal) -> Iterator[Receivable]:
    """A debt that came about because more was given back than had been received."""
    if left < ZERO:
        yield Receivable(kind, -left, ZERO)
