"""What billing has sent of one contract, and what the pages show of it between two imports.

The day decides what is overdue. Everything else changes on few days only: when something is dated,
when a month with a balance begins or ends, when an advance is no longer asked for. Between two of
these days the figures are the same.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from app.domain.allocation import Receipt
from app.domain.corrections import LedgerDocument, corrections_of_interest
from app.domain.money import ZERO
from app.domain.open_items import ADVANCE_MONTHS, OpenItems, build_open_items
from app.domain.period import EARLIEST, Month
from app.domain.receivables import IssuedInvoice, is_monthly
from app.domain.turnover import Entry, EntryKind


class LedgerPayment(NamedTuple):
    """A payment, refund (below zero) or offset as the ledger has it; roubles.

    Attributes:
        period: month that the payment names.
        is_interest: its purpose says that it pays late interest.
    """

    id: int
    kind: EntryKind
    on: date
    amount: Decimal
    period: Month | None = None
    is_interest: bool = False
    number: str = ""


class MonthEnds(NamedTuple):
    """The balances that billing sent for the two ends of a month; roubles, above zero owed."""

    month: Month
    opening: Decimal
    closing: Decimal


@dataclass(frozen=True, slots=True)
class ContractLedger:
    """Everything that billing has sent of the money of one contract, of any day.

    Attributes:
        documents: with those that were withdrawn, in any order.
        invoices: in any order.
        payments: in any order.
        balances: the oldest month first.
    """

    documents: Sequence[LedgerDocument] = ()
    invoices: Sequence[IssuedInvoice] = ()
    payments: Sequence[LedgerPayment] = ()
    balances: Sequence[MonthEnds] = ()

    @property
    def first_day(self) -> date:
        """First day that billing knows of; what is older is within the first balance."""
        return self.balances[0].month.first if self.balances else date.min

    @property
    def opening(self) -> Decimal:
        """Balance before that day, roubles."""
        return self.balances[0].opening if self.balances else ZERO


class ValidDays(NamedTuple):
    """Business dates ``first``..``last`` between which nothing changes but what is overdue."""

    first: date
    last: date

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class MoneySnapshot:
    """The money of one contract on a day, as an import leaves it.

    Attributes:
        interest_corrections: ids of the documents, of any day, that belong to late interest by
            what they correct and not by their own kind.
    """

    valid: ValidDays
    open_items: OpenItems
    last_charge: Entry | None
    last_payment: Entry | None
    interest_corrections: frozenset[int]


def build_snapshot(ledger: ContractLedger, today: date) -> MoneySnapshot:
    """Compute the money of a contract on a business date, and the days on which it is the same."""
    first = ledger.first_day
    open_items = build_open_items(
        [document for document in ledger.documents if document.on <= today],
        ledger.invoices,
        [
            Receipt(payment.amount, payment.period, payment.is_interest)
            for payment in ledger.payments
            if first <= payment.on <= today
        ],
        today,
        balance=compute_balance(ledger, today),
        since=first,
        opening=ledger.opening,
    )
    return MoneySnapshot(
        find_valid_days(ledger, today),
        open_items,
        _find_last_charge(ledger.documents, today),
        _find_last_payment(ledger.payments, today),
        corrections_of_interest(ledger.documents),
    )


def charge_entry(on: date, number: str, period: Month | None, gross: Decimal) -> Entry:
    """A monthly document as the ledger shows it; roubles."""
    return Entry(on, EntryKind.UPD, number, period, "", gross, ZERO)


def payment_entry(on: date, number: str, amount: Decimal) -> Entry:
    """A payment as the ledger shows it in short, without its period and purpose; roubles."""
    return Entry(on, EntryKind.PAYMENT, number, None, "", ZERO, amount)


def find_anchor(balances: Sequence[MonthEnds], day: date) -> tuple[Decimal, date]:
    """The balance to start from on the way to a day, and the first day it does not include yet.

    Args:
        balances: the oldest month first; there may be gaps.

    Returns:
        Roubles, and a day; one after ``day`` where all balances are of later months.
    """
    month = Month.of(day)
    known = bisect_right(balances, month, key=lambda balance: balance.month)
    if known:
        last = balances[known - 1]
        if last.month == month:
            return last.opening, month.first
        return last.closing, last.month.next_first
    if balances:
        return balances[0].opening, balances[0].month.first
    return ZERO, EARLIEST


def compute_balance(ledger: ContractLedger, day: date) -> Decimal:
    """Compute the balance at the end of a day, roubles; above zero the customer owes."""
    base, since = find_anchor(ledger.balances, day)
    if since <= day:
        return base + _turnover(ledger, since, day)
    return base - _turnover(ledger, day + timedelta(days=1), since - timedelta(days=1))


def find_valid_days(ledger: ContractLedger, today: date) -> ValidDays:
    """Find the days around ``today`` on which the snapshot of a contract is the same."""
    days = [document.on for document in ledger.documents]
    days += [payment.on for payment in ledger.payments]
    days += _ends_of_balances(ledger.balances, Month.of(today))
    days += _ends_of_advances(ledger, today)
    first = max([day for day in days if day <= today], default=date.min)
    next_first = min([day for day in days if day > today], default=None)
    return ValidDays(first, next_first - timedelta(days=1) if next_first else date.max)


def _ends_of_balances(balances: Sequence[MonthEnds], this: Month) -> Iterator[date]:
    """First days of the months around this one from which on another balance is the anchor."""
    known = bisect_right(balances, this, key=lambda balance: balance.month)
    for balance in balances[max(0, known - 1) : known + 1]:
        yield balance.month.first
        yield balance.month.next_first


def _ends_of_advances(ledger: ContractLedger, today: date) -> Iterator[date]:
    """First days on which invoices of months without a charge are no longer asked for."""
    charged = {
        document.period
        for document in ledger.documents
        if is_monthly(document)
        and not document.is_withdrawn
        and ledger.first_day <= document.on <= today
    }
    for period in {invoice.period for invoice in ledger.invoices} - charged:
        yield period.plus(ADVANCE_MONTHS + 1).first


def _turnover(ledger: ContractLedger, first: date, last: date) -> Decimal:
    """What operations of these days add to the balance, roubles."""
    charged = (
        document.gross
        for document in ledger.documents
        if not document.is_withdrawn and first <= document.on <= last
    )
    paid = (payment.amount for payment in ledger.payments if first <= payment.on <= last)
    return sum(charged, ZERO) - sum(paid, ZERO)


def _find_last_charge(documents: Iterable[LedgerDocument], today: date) -> Entry | None:
    found = max(
        (
            document
            for document in documents
            if is_monthly(document)
            and not document.is_withdrawn
            and EARLIEST <= document.on <= today
        ),
        key=lambda document: (document.on, document.id),
        default=None,
    )
    return found and charge_entry(found.on, found.number, found.period, found.gross)


def _find_last_payment(payments: Iterable[LedgerPayment], today: date) -> Entry | None:
    found = max(
        (
            payment
            for payment in payments
            if payment.kind is EntryKind.PAYMENT and EARLIEST <= payment.on <= today
        ),
        key=lambda payment: (payment.on, payment.id),
        default=None,
    )
    return found and payment_entry(found.on, found.number, found.amount)
