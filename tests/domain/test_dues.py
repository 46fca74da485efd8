"""What is overdue and what comes next."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from app.domain.dues import InvoiceDue, build_dues
from app.domain.money import ZERO, from_kopecks
from app.domain.period import Month

TODAY = date(2026, 11, 22)
OCTOBER, NOVEMBER = Month(2026, 10), Month(2026, 11)


def invoice(number: str, period: Month, due_on: date, total: str) -> InvoiceDue:
    return InvoiceDue(number, period, due_on, Decimal(total))


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


@given(
    balance=st.integers(-(10**9), 10**9).map(from_kopecks),
    invoices=st.lists(
        st.builds(
            InvoiceDue,
            number=st.text("abc", min_size=1, max_size=3),
            period=st.sampled_from([OCTOBER, NOVEMBER]),
            due_on=st.dates(date(2026, 9, 1), date(2026, 12, 31)),
            total=st.integers(1, 10**8).map(from_kopecks),
        ),
        max_size=8,
    ),
)
def test_nothing_is_negative_and_nothing_passes_the_whole_demand(
    balance: Decimal, invoices: list[InvoiceDue]
) -> None:
    dues = build_dues(balance, invoices, {OCTOBER}, TODAY)
    assert dues.overdue >= 0
    assert dues.next_amount >= 0
    ahead = sum((i.total for i in invoices if i.period == NOVEMBER), ZERO)
    assert dues.overdue + dues.next_amount <= max(ZERO, balance + ahead)
    assert bool(dues.next_amount) == (dues.next_due_on is not None)
