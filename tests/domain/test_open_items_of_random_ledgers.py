"""Open items of random ledgers: documents, months, invoices and the balance are one sum."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from app.domain.allocation import Receipt
from app.domain.corrections import DebtKind, LedgerDocument, debt_kinds
from app.domain.money import ZERO, from_kopecks
from app.domain.open_items import build_open_items
from app.domain.period import Month
from app.domain.receivables import IssuedInvoice, ReceivableKind
from app.domain.turnover import EntryKind
from tests.domain.test_open_items import CORRECTION, FINE, TODAY, UPD

# Documents correct earlier ones, one another, themselves in a circle, or nothing.

AMOUNTS = st.integers(1, 10**7).map(from_kopecks)
SIGNED = st.integers(-(10**7), 10**7).map(from_kopecks)
PERIODS = st.sampled_from([Month(2026, number) for number in (7, 8, 9, 10, 11)])
DAYS = st.dates(date(2026, 7, 1), TODAY)


@st.composite
def ledgers(draw: st.DrawFn) -> list[LedgerDocument]:
    count = draw(st.integers(0, 10))
    targets = st.none() | st.integers(0, count).map(lambda number: f"D{number}")
    return [
        LedgerDocument(
            number,
            f"D{number}",
            draw(st.sampled_from([UPD, CORRECTION, FINE, EntryKind.OTHER])),
            draw(DAYS),
            draw(PERIODS),
            draw(SIGNED),
            draw(targets),
            draw(st.sampled_from([False, False, False, True])),
        )
        for number in range(1, count + 1)
    ]


INVOICES = st.lists(
    st.tuples(
        PERIODS,
        st.dates(date(2026, 7, 1), date(2026, 12, 31)),
        AMOUNTS,
        st.sampled_from(["advance30", "advance40", "final", "other"]),
    ),
    max_size=8,
).map(
    lambda rows: [IssuedInvoice(number, f"I{number}", *row) for number, row in enumerate(rows, 1)]
)
RECEIPTS = st.lists(st.builds(Receipt, SIGNED, st.none() | PERIODS, st.booleans()), max_size=8)
BALANCES = st.none() | SIGNED
OPENINGS = st.tuples(st.sampled_from([date.min, date(2026, 8, 1), date(2026, 10, 1)]), SIGNED)


def total(amounts: Sequence[Decimal]) -> Decimal:
    return sum(amounts, ZERO)


@given(ledgers(), INVOICES, RECEIPTS, BALANCES, OPENINGS)
def test_unpaid_by_month_by_invoice_and_the_balance_are_one_sum_with_credit_apart(
    documents: list[LedgerDocument],
    invoices: list[IssuedInvoice],
    receipts: list[Receipt],
    balance: Decimal | None,
    opening: tuple[date, Decimal],
) -> None:
    open_items = build_open_items(
        documents,
        invoices,
        receipts,
        TODAY,
        balance=balance,
        since=opening[0],
        opening=opening[1],
    )
    charged = [receivable for receivable in open_items.unpaid if not receivable.is_advance]
    ahead = open_items.prepaid_advances
    unpaid = total([row.unpaid for row in charged])
    assert unpaid - ahead - total(list(open_items.credit.values())) == open_items.balance
    states = open_items.documents.values()
    # Nothing negative is owed, nothing is paid beyond its receivable.
    for receivable in open_items.unpaid:
        assert 0 <= receivable.covered < receivable.amount
    for state in states:
        assert 0 <= state.unpaid <= state.amount_due
    assert min(open_items.credit.values()) >= 0
    for invoice in invoices:
        covered, left = open_items.of_invoice(invoice.id)
        assert min(covered, left) >= 0
        assert covered + left <= invoice.total
        assert left == total(
            [
                receivable.unpaid
                for receivable in open_items.unpaid
                if (receivable.kind, receivable.id) == (ReceivableKind.INVOICE, invoice.id)
            ]
        )
    reconciliation = open_items.reconciliation
    assert (
        reconciliation.unpaid_documents
        - reconciliation.prepaid_advances
        - reconciliation.energy_credit
        - reconciliation.interest_credit
        == reconciliation.balance
    )
    assert (
        reconciliation.unpaid_documents
        - reconciliation.not_yet_due
        + reconciliation.overdue_advances
        == open_items.overdue
    )
    assert (
        min(
            reconciliation.unpaid_documents,
            reconciliation.not_yet_due,
            reconciliation.overdue_advances,
            reconciliation.prepaid_advances,
        )
        >= 0
    )
    assert reconciliation.is_needed or open_items.overdue <= max(ZERO, open_items.balance)
    assert (
        open_items.overdue
        + total(
            [
                receivable.unpaid
                for receivable in open_items.unpaid
                if not receivable.is_overdue(TODAY)
            ]
        )
        == open_items.total
    )


@given(ledgers(), INVOICES, RECEIPTS, BALANCES, OPENINGS)
def test_the_documents_of_a_month_and_its_invoices_have_the_same_unpaid(
    documents: list[LedgerDocument],
    invoices: list[IssuedInvoice],
    receipts: list[Receipt],
    balance: Decimal | None,
    opening: tuple[date, Decimal],
) -> None:
    # Invoices of older times ask for the opening debt, which has no months.
    invoices = [invoice for invoice in invoices if invoice.period >= Month.of(opening[0])]
    open_items = build_open_items(
        documents,
        invoices,
        receipts,
        TODAY,
        balance=balance,
        since=opening[0],
        opening=opening[1],
    )
    periods = {document.id: document.period for document in documents}
    bills = {invoice.id: invoice.period for invoice in invoices}
    by_document: dict[tuple[Month, bool], Decimal] = {}
    for key, state in open_items.documents.items():
        place = periods[key], state.debt is DebtKind.LATE_INTEREST
        by_document[place] = by_document.get(place, ZERO) + state.unpaid
    by_place: dict[tuple[Month, bool], Decimal] = {}
    for receivable in open_items.unpaid:
        if receivable.is_advance or not receivable.id:
            continue
        is_invoice = receivable.kind is ReceivableKind.INVOICE
        month = (bills if is_invoice else periods)[receivable.id]
        place = month, receivable.kind is ReceivableKind.INTEREST
        by_place[place] = by_place.get(place, ZERO) + receivable.unpaid
    assert {key: value for key, value in by_document.items() if value} == {
        key: value for key, value in by_place.items() if value
    }


@given(ledgers(), INVOICES, RECEIPTS)
def test_late_interest_never_pays_energy_nor_energy_late_interest(
    documents: list[LedgerDocument], invoices: list[IssuedInvoice], receipts: list[Receipt]
) -> None:
    kinds = debt_kinds(documents)
    energy, interest = (
        total(
            [
                document.gross
                for document in documents
                if kinds[document.id] is kind and not document.is_withdrawn
            ]
        )
        - total([receipt.amount for receipt in receipts if receipt.is_interest is is_interest])
        for kind, is_interest in ((DebtKind.ENERGY, False), (DebtKind.LATE_INTEREST, True))
    )
    open_items = build_open_items(documents, invoices, receipts, TODAY)
    advances = [receivable for receivable in open_items.unpaid if receivable.is_advance]
    of_energy = total(
        [
            receivable.unpaid
            for receivable in open_items.unpaid
            if receivable.kind is not ReceivableKind.INTEREST
        ]
    ) - total([advance.unpaid for advance in advances])
    assert of_energy - open_items.prepaid_advances - open_items.credit[DebtKind.ENERGY] == energy
    assert open_items.interest - open_items.credit[DebtKind.LATE_INTEREST] == interest
    # A credit is left only where its own debt asks for nothing.
    if open_items.credit[DebtKind.LATE_INTEREST]:
        assert open_items.interest == ZERO
    if open_items.credit[DebtKind.ENERGY]:
        assert of_energy == ZERO


@given(ledgers(), INVOICES, RECEIPTS, OPENINGS, st.randoms())
def test_the_order_of_rows_does_not_matter(
    documents: list[LedgerDocument],
    invoices: list[IssuedInvoice],
    receipts: list[Receipt],
    opening: tuple[date, Decimal],
    chance: random.Random,
) -> None:
    known = build_open_items(
        documents, invoices, receipts, TODAY, since=opening[0], opening=opening[1]
    )
    for rows in (documents, invoices, receipts):
        chance.shuffle(rows)
    again = build_open_items(
        documents, invoices, receipts, TODAY, since=opening[0], opening=opening[1]
    )
    assert again == known
