"""What is overdue and what comes next."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from app.domain.allocation import Receipt
from app.domain.dues import InvoiceDue, build_dues
from app.domain.money import ZERO, from_kopecks
from app.domain.period import Month

TODAY = date(2026, 11, 22)
OCTOBER, NOVEMBER = Month(2026, 10), Month(2026, 11)


def invoice(number: str, period: Month, due_on: date, total: str) -> InvoiceDue:
    return InvoiceDue(hash(number), number, period, due_on, Decimal(total))


def money(amount: str, period: Month | None = None) -> Receipt:
    return Receipt(Decimal(amount), period)


FINAL = invoice("final", OCTOBER, date(2026, 12, 18), "300.00")
ADVANCE30 = invoice("a30", NOVEMBER, date(2026, 11, 10), "30.00")
ADVANCE40 = invoice("a40", NOVEMBER, date(2026, 11, 25), "40.00")


def test_a_charge_that_is_due_later_is_not_overdue() -> None:
    dues = build_dues(Decimal("300.00"), [FINAL], {OCTOBER}, TODAY)
    assert (dues.overdue, dues.overdue_since) == (ZERO, None)
    assert (dues.next_amount, dues.next_due_on) == (Decimal("300.00"), date(2026, 12, 18))


def test_an_invoice_due_today_is_not_overdue_yet() -> None:
    today = invoice("t", OCTOBER, TODAY, "300.00")
    assert build_dues(Decimal("300.00"), [today], {OCTOBER}, TODAY).overdue == ZERO


def test_an_unpaid_advance_is_overdue_although_the_ledger_does_not_know_it() -> None:
    dues = build_dues(ZERO, [ADVANCE30, ADVANCE40], set(), TODAY)
    assert (dues.overdue, dues.overdue_since) == (Decimal("30.00"), date(2026, 11, 10))
    assert (dues.next_amount, dues.next_invoice) == (Decimal("40.00"), "a40")


def test_a_paid_advance_is_not_asked_for_again() -> None:
    dues = build_dues(Decimal("-30.00"), [ADVANCE30, ADVANCE40], set(), TODAY)
    assert dues.overdue == ZERO
    assert dues.next_amount == Decimal("40.00")


def test_an_overpayment_covers_the_next_invoice() -> None:
    dues = build_dues(Decimal("-100.00"), [ADVANCE30, ADVANCE40], set(), TODAY)
    assert (dues.next_amount, dues.next_due_on) == (ZERO, None)


def test_days_overdue_count_from_the_oldest_invoice_that_is_not_covered() -> None:
    old = [
        invoice(str(month), Month(2026, month), date(2026, month + 1, 18), "100.00")
        for month in (7, 8, 9)
    ]
    charged = {Month(2026, month) for month in (7, 8, 9)}
    assert build_dues(Decimal("150.00"), old, charged, TODAY).overdue_since == date(2026, 9, 18)
    assert build_dues(Decimal("100.00"), old, charged, TODAY).overdue_since == date(2026, 10, 18)


SEPTEMBER = Month(2026, 9)
OLD = invoice("old", SEPTEMBER, date(2026, 10, 18), "1000.00")


def test_what_is_asked_for_lies_in_the_newest_invoices_for_money_pays_the_oldest() -> None:
    newer = invoice("newer", OCTOBER, date(2026, 11, 18), "500.00")
    dues = build_dues(
        Decimal("600.00"), [OLD, newer], {SEPTEMBER, OCTOBER}, TODAY, receipts=[money("900.00")]
    )
    assert dues.asked == {OLD.id: Decimal("100.00"), newer.id: Decimal("500.00")}
    assert (dues.overdue, dues.overdue_since, dues.rest) == (Decimal("600.00"), OLD.due_on, ZERO)


def test_money_that_names_its_month_leaves_the_older_debt_overdue() -> None:
    dues = build_dues(
        Decimal("970.00"), [OLD, ADVANCE30, ADVANCE40], {SEPTEMBER}, TODAY,
        receipts=[money("30.00", NOVEMBER)],
    )  # fmt: skip
    assert dues.overdue == Decimal("1000.00")
    assert dues.asked == {OLD.id: Decimal("1000.00"), ADVANCE40.id: Decimal("40.00")}
    ahead = build_dues(
        Decimal("930.00"), [OLD, ADVANCE40], {SEPTEMBER}, TODAY, receipts=[money("70.00", NOVEMBER)]
    )
    assert ahead.asked == {OLD.id: Decimal("970.00")}
    assert (ahead.overdue, ahead.next_amount) == (Decimal("970.00"), ZERO)


def test_late_interest_is_told_apart_and_makes_no_invoice_look_older() -> None:
    dues = build_dues(Decimal("1050.00"), [OLD], {SEPTEMBER}, TODAY, interest=Decimal("50.00"))
    assert (dues.overdue, dues.interest) == (Decimal("1050.00"), Decimal("50.00"))
    assert dues.asked == {OLD.id: Decimal("1000.00")}
    assert dues.overdue_since == OLD.due_on


def test_a_debt_that_no_invoice_asks_for_is_the_rest() -> None:
    dues = build_dues(Decimal("1200.00"), [OLD], {SEPTEMBER}, TODAY)
    assert (dues.asked, dues.rest) == ({OLD.id: Decimal("1000.00")}, Decimal("200.00"))
    assert build_dues(Decimal("7.00"), [], set(), TODAY).rest == Decimal("7.00")


def test_debt_from_before_the_first_month_takes_the_money_first() -> None:
    dues = build_dues(
        Decimal("1000.00"), [OLD], {SEPTEMBER}, TODAY,
        receipts=[money("500.00")], opening=Decimal("500.00"),
    )  # fmt: skip
    assert dues.asked == {OLD.id: Decimal("1000.00")}
    assert dues.covered == {OLD.id: ZERO}


AMOUNTS = st.integers(0, 10**8).map(from_kopecks)
PERIODS = st.sampled_from([SEPTEMBER, OCTOBER, NOVEMBER])


@given(
    balance=st.integers(-(10**9), 10**9).map(from_kopecks),
    bills=st.lists(
        st.tuples(
            PERIODS,
            st.dates(date(2026, 9, 1), date(2026, 12, 31)),
            st.integers(1, 10**8).map(from_kopecks),
        ),
        max_size=8,
    ),
    interest=AMOUNTS,
    opening=AMOUNTS,
    receipts=st.lists(st.builds(Receipt, AMOUNTS, st.none() | PERIODS), max_size=5),
)
def test_the_parts_are_the_whole_and_the_whole_never_passes_the_demand(
    balance: Decimal,
    bills: list[tuple[Month, date, Decimal]],
    interest: Decimal,
    opening: Decimal,
    receipts: list[Receipt],
) -> None:
    invoices = [
        InvoiceDue(number, str(number), period, due_on, total)
        for number, (period, due_on, total) in enumerate(bills, 1)
    ]
    charged = {SEPTEMBER, OCTOBER}
    dues = build_dues(
        balance, invoices, charged, TODAY, interest=interest, receipts=receipts, opening=opening
    )
    by_id = {each.id: each for each in invoices}
    assert min(dues.overdue, dues.next_amount, dues.interest, dues.rest) >= 0
    for key, asked in dues.asked.items():
        assert 0 < asked <= by_id[key].total - dues.covered[key]
    passed = sum((a for key, a in dues.asked.items() if by_id[key].due_on < TODAY), ZERO)
    assert passed + dues.interest + dues.rest == dues.overdue
    ahead = sum((each.total for each in invoices if each.period not in charged), ZERO)
    assert dues.total <= max(ZERO, balance + ahead)
    assert bool(dues.next_amount) == (dues.next_due_on is not None)
