"""Snapshots of the money of a contract: on which days they are the same, and as what text."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.contract_ledger import (
    ContractLedger,
    LedgerPayment,
    MoneySnapshot,
    MonthEnds,
    ValidDays,
    build_snapshot,
    compute_balance,
)
from app.domain.corrections import DebtKind, LedgerDocument
from app.domain.period import Month
from app.domain.receivables import IssuedInvoice
from app.domain.snapshot_texts import (
    FORMAT,
    read_balances,
    read_ids,
    read_unpaid,
    write_balances,
    write_ids,
    write_unpaid,
)
from app.domain.turnover import EntryKind
from tests.domain.test_open_items import CORRECTION, FINE, TODAY, UPD
from tests.domain.test_open_items_of_random_ledgers import INVOICES, PERIODS, SIGNED

SEPTEMBER, OCTOBER, NOVEMBER, DECEMBER = (Month(2026, number) for number in (9, 10, 11, 12))
# Some of them lie in the future, as the batches of some suppliers have it.
DAYS = st.dates(date(2026, 6, 20), date(2027, 4, 10))
BALANCES = st.dictionaries(
    st.sampled_from([Month(2026, 7).plus(number) for number in range(9)]),
    st.tuples(SIGNED, SIGNED),
    max_size=5,
).map(lambda months: [MonthEnds(month, *ends) for month, ends in sorted(months.items())])


@st.composite
def ledgers(draw: st.DrawFn) -> ContractLedger:
    count = draw(st.integers(0, 8))
    targets = st.none() | st.integers(0, count).map(lambda number: f"D{number}")
    documents = [
        LedgerDocument(
            number,
            f"D{number}",
            draw(st.sampled_from([UPD, UPD, CORRECTION, FINE])),
            draw(DAYS),
            draw(PERIODS),
            draw(SIGNED),
            draw(targets),
            draw(st.sampled_from([False, False, True])),
            f"№ {number}",
        )
        for number in range(1, count + 1)
    ]
    payments = [
        LedgerPayment(
            number,
            draw(st.sampled_from([EntryKind.PAYMENT, EntryKind.REFUND])),
            draw(DAYS),
            draw(SIGNED),
            draw(st.none() | PERIODS),
            draw(st.booleans()),
            f"ПП {number}",
        )
        for number in range(1, draw(st.integers(0, 5)) + 1)
    ]
    return ContractLedger(documents, draw(INVOICES), payments, draw(BALANCES))


def on(snapshot: MoneySnapshot, day: date) -> MoneySnapshot:
    """The same figures, as of another day."""
    return replace(snapshot, open_items=replace(snapshot.open_items, today=day))


@given(ledgers(), DAYS, st.lists(DAYS, max_size=4))
def test_on_all_days_for_which_a_snapshot_is_valid_its_figures_are_the_same(
    ledger: ContractLedger, today: date, days: list[date]
) -> None:
    snapshot = build_snapshot(ledger, today)
    assert today in snapshot.valid
    ends = [max(snapshot.valid.first, date(2026, 1, 1)), min(snapshot.valid.last, date(2028, 1, 1))]
    for day in [*ends, *days]:
        if day in snapshot.valid:
            assert build_snapshot(ledger, day) == on(snapshot, day)


@given(ledgers(), DAYS)
def test_what_is_written_of_a_snapshot_is_read_back_exactly(
    ledger: ContractLedger, today: date
) -> None:
    items = build_snapshot(ledger, today).open_items
    assert read_unpaid(write_unpaid(items.unpaid)) == items.unpaid
    assert read_balances(write_balances(items.invoices, items.documents)) == (
        items.invoices,
        items.documents,
    )


def test_ids_are_read_back() -> None:
    assert read_ids(write_ids({3, 1})) == {1, 3}
    assert read_ids(write_ids(())) == frozenset()


UPD_OF_OCTOBER = LedgerDocument(1, "D1", UPD, date(2026, 10, 31), OCTOBER, Decimal("100.00"))
ADVANCE = IssuedInvoice(1, "a", NOVEMBER, date(2026, 11, 10), Decimal("30.00"), "advance30")


@pytest.mark.parametrize(
    ("change", "valid"),
    [
        ({}, ValidDays(date(2026, 10, 31), date.max)),
        # A payment that billing posts at the end of the month counts from then on.
        (
            {"payments": [LedgerPayment(1, EntryKind.PAYMENT, date(2026, 11, 30), Decimal(5))]},
            ValidDays(date(2026, 10, 31), date(2026, 11, 29)),
        ),
        # The advance of November is asked for until January; in February it is not any more.
        ({"invoices": [ADVANCE]}, ValidDays(date(2026, 10, 31), date(2027, 1, 31))),
        # That of a month that is charged is part of the month.
        (
            {"invoices": [ADVANCE._replace(period=OCTOBER)]},
            ValidDays(date(2026, 10, 31), date.max),
        ),
        # From December on the closing balance of November counts, whatever operations say.
        (
            {"balances": [MonthEnds(NOVEMBER, Decimal(0), Decimal(7))]},
            ValidDays(date(2026, 11, 1), date(2026, 11, 30)),
        ),
        # Nobody needs a new snapshot every month as long as nothing changes.
        (
            {"balances": [MonthEnds(OCTOBER, Decimal(0), Decimal(100))]},
            ValidDays(date(2026, 11, 1), date.max),
        ),
    ],
)
def test_a_snapshot_is_valid_from_one_change_to_the_next(
    change: dict[str, object], valid: ValidDays
) -> None:
    ledger = replace(ContractLedger([UPD_OF_OCTOBER]), **change)  # type: ignore[arg-type]
    assert build_snapshot(ledger, TODAY).valid == valid


def test_an_empty_ledger_is_the_same_forever() -> None:
    snapshot = build_snapshot(ContractLedger(), TODAY)
    assert snapshot.valid == ValidDays(date.min, date.max)
    assert (snapshot.last_charge, snapshot.last_payment) == (None, None)
    assert snapshot.open_items.total == 0


def test_before_the_first_balance_the_ledger_is_followed_back_from_it() -> None:
    ledger = ContractLedger(
        [UPD_OF_OCTOBER], balances=[MonthEnds(DECEMBER, Decimal(70), Decimal(0))]
    )
    assert compute_balance(ledger, date(2026, 11, 1)) == Decimal(70)
    assert compute_balance(ledger, date(2026, 10, 30)) == Decimal(-30)


def test_corrections_of_late_interest_are_named_whatever_their_day() -> None:
    fine = LedgerDocument(1, "F", FINE, TODAY, NOVEMBER, Decimal(5))
    reversal = LedgerDocument(
        2, "R", CORRECTION, TODAY + timedelta(days=40), NOVEMBER, Decimal(-5), "F"
    )
    other = LedgerDocument(3, "C", CORRECTION, TODAY, NOVEMBER, Decimal(-1), "D1")
    ledger = ContractLedger([fine, reversal, other, UPD_OF_OCTOBER])
    assert build_snapshot(ledger, TODAY).interest_corrections == {2}
    assert build_snapshot(ledger, TODAY).open_items.documents[1].debt is DebtKind.LATE_INTEREST


def test_the_last_operations_are_monthly_documents_and_payments_up_to_today() -> None:
    tomorrow = TODAY + timedelta(days=1)
    ledger = ContractLedger(
        [
            UPD_OF_OCTOBER._replace(number="A"),
            UPD_OF_OCTOBER._replace(id=2, external_id="D2", number="B"),
            UPD_OF_OCTOBER._replace(id=3, external_id="D3", number="C", on=tomorrow),
            UPD_OF_OCTOBER._replace(id=4, external_id="D4", number="D", is_withdrawn=True),
            LedgerDocument(5, "F", FINE, TODAY, NOVEMBER, Decimal(5), number="пени"),
        ],
        payments=[
            LedgerPayment(7, EntryKind.PAYMENT, date(2026, 11, 2), Decimal(50), number="1"),
            LedgerPayment(6, EntryKind.PAYMENT, date(2026, 11, 2), Decimal(60), number="2"),
            LedgerPayment(8, EntryKind.REFUND, TODAY, Decimal(-5), number="возврат"),
            LedgerPayment(9, EntryKind.PAYMENT, tomorrow, Decimal(9), number="завтра"),
        ],
    )
    snapshot = build_snapshot(ledger, TODAY)
    assert snapshot.last_charge is not None
    assert snapshot.last_payment is not None
    assert (snapshot.last_charge.document, snapshot.last_charge.debit) == ("B", Decimal(100))
    assert (snapshot.last_payment.document, snapshot.last_payment.credit) == ("1", Decimal(50))


def test_what_a_version_writes_never_changes() -> None:
    """Rows stored before an upgrade are read after it: with the first change FORMAT is raised."""
    ledger = ContractLedger(
        [
            LedgerDocument(1, "D1", UPD, date(2026, 9, 30), SEPTEMBER, Decimal(1000), number="У-1"),
            LedgerDocument(2, "D2", CORRECTION, TODAY, SEPTEMBER, Decimal(-150), "D1"),
            LedgerDocument(3, "D3", FINE, TODAY, OCTOBER, Decimal("12.34"), number="П-3"),
            UPD_OF_OCTOBER._replace(id=4, external_id="D4", gross=Decimal(500), number="У-4"),
            LedgerDocument(5, "D5", CORRECTION, TODAY, OCTOBER, Decimal(-2), "D3"),
        ],
        [
            IssuedInvoice(1, "С-1", SEPTEMBER, date(2026, 10, 18), Decimal(900)),
            IssuedInvoice(2, "С-2", OCTOBER, date(2026, 11, 18), Decimal(300)),
            ADVANCE._replace(id=3),
        ],
        [LedgerPayment(1, EntryKind.PAYMENT, date(2026, 10, 20), Decimal(900))],
        [MonthEnds(SEPTEMBER, Decimal(40), Decimal(1040))],
    )
    snapshot = build_snapshot(ledger, TODAY)
    items = snapshot.open_items
    written = (
        FORMAT,
        write_unpaid(items.unpaid),
        write_balances(items.invoices, items.documents),
        write_ids(snapshot.interest_corrections),
        str(items.balance),
    )
    assert written == (
        1,
        '[["invoice",3,"a","2026-11-10",3000,1000,1],'
        '["document",4,"У-4","2026-11-18",20000,0,0],'
        '["invoice",2,"С-2","2026-11-18",30000,0,0],'
        '["interest",3,"П-3",null,1034,0,0]]',
        '{"invoices":[1,85000,0,2,0,30000,3,1000,2000],'
        '"documents":[1,85000,0,0,4,50000,50000,0,3,1034,1034,1,2,0,0,0,5,0,0,1]}',
        "[5]",
        "500.34",
    )
