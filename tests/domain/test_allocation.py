"""Which documents the money received has paid."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from app.domain.allocation import OpenAmount, Receipt, allocate
from app.domain.period import Month

JAN, FEB, MAR = Month(2026, 1), Month(2026, 2), Month(2026, 3)


def open_amount(period: Month, amount: str) -> OpenAmount[Month]:
    return OpenAmount(period, period.last, period, Decimal(amount))


def money(amount: str, period: Month | None = None) -> Receipt:
    return Receipt(Decimal(amount), period)


def covered(amounts: list[OpenAmount[Month]], *receipts: Receipt) -> tuple[list[str], str]:
    allocation = allocate(amounts, receipts)
    return [str(allocation.covered[item.key]) for item in amounts], str(allocation.unallocated)


THREE = [open_amount(JAN, "100.00"), open_amount(FEB, "100.00"), open_amount(MAR, "100.00")]


def test_the_oldest_is_paid_first() -> None:
    assert covered(THREE, money("150.00")) == (["100.00", "50.00", "0.00"], "0.00")


def test_a_payment_that_names_its_period_pays_that_one() -> None:
    assert covered(THREE, money("100.00", MAR), money("30.00")) == (
        ["30.00", "0.00", "100.00"],
        "0.00",
    )


def test_what_a_named_period_does_not_need_pays_the_oldest() -> None:
    assert covered(THREE, money("150.00", MAR)) == (["50.00", "0.00", "100.00"], "0.00")


def test_what_nobody_asks_for_is_left_over() -> None:
    assert covered(THREE, money("500.00")) == (["100.00"] * 3, "200.00")


def test_a_refund_uncovers_the_newest() -> None:
    assert covered(THREE, money("300.00"), money("-120.00")) == (
        ["100.00", "80.00", "0.00"],
        "0.00",
    )


def test_more_given_back_than_received_is_said() -> None:
    assert covered(THREE, money("-50.00")) == (["0.00"] * 3, "-50.00")


SUMS = st.integers(0, 10**9).map(lambda kopecks: Decimal(kopecks).scaleb(-2))
MONTHS = st.builds(Month, st.just(2026), st.integers(1, 12))
AMOUNTS = st.lists(st.tuples(MONTHS, SUMS), max_size=12).map(
    lambda pairs: [
        OpenAmount(number, period.last, period, amount)
        for number, (period, amount) in enumerate(pairs)
    ]
)
RECEIPTS = st.lists(
    st.builds(
        Receipt,
        st.integers(-(10**9), 10**9).map(lambda kopecks: Decimal(kopecks).scaleb(-2)),
        st.none() | MONTHS,
    ),
    max_size=12,
)


@given(AMOUNTS, RECEIPTS)
def test_nothing_is_paid_twice_and_nothing_is_lost(
    amounts: list[OpenAmount[int]], receipts: list[Receipt]
) -> None:
    allocation = allocate(amounts, receipts)
    assert sum(allocation.covered.values()) + allocation.unallocated == sum(
        (receipt.amount for receipt in receipts), Decimal(0)
    )
    for item in amounts:
        assert 0 <= allocation.covered[item.key] <= item.amount
    if allocation.unallocated > 0:
        assert all(allocation.covered[item.key] == item.amount for item in amounts)


@given(AMOUNTS, st.lists(SUMS.map(Receipt), max_size=12))
def test_without_named_periods_no_newer_amount_is_paid_before_an_older(
    amounts: list[OpenAmount[int]], receipts: list[Receipt]
) -> None:
    allocation = allocate(amounts, receipts)
    by_age = sorted(amounts, key=lambda item: item.on)
    for older, newer in pairwise(by_age):
        if allocation.covered[newer.key] > 0:
            assert allocation.covered[older.key] == older.amount
