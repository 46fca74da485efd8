"""Which documents the money received has paid."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from app.domain.allocation import Claim, Receipt, allocate
from app.domain.period import Month

JAN, FEB, MAR = Month(2026, 1), Month(2026, 2), Month(2026, 3)


def claim(period: Month, amount: str) -> Claim[Month]:
    return Claim(period, period.last, period, Decimal(amount))


def money(amount: str, period: Month | None = None) -> Receipt:
    return Receipt(Decimal(amount), period)


def covered(claims: list[Claim[Month]], *receipts: Receipt) -> tuple[list[str], str]:
    allocation = allocate(claims, receipts)
    return [str(allocation.covered[each.key]) for each in claims], str(allocation.left)


THREE = [claim(JAN, "100.00"), claim(FEB, "100.00"), claim(MAR, "100.00")]


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
CLAIMS = st.lists(st.tuples(MONTHS, SUMS), max_size=12).map(
    lambda pairs: [
        Claim(number, period.last, period, amount) for number, (period, amount) in enumerate(pairs)
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


@given(CLAIMS, RECEIPTS)
def test_nothing_is_paid_twice_and_nothing_is_lost(
    claims: list[Claim[int]], receipts: list[Receipt]
) -> None:
    allocation = allocate(claims, receipts)
    assert sum(allocation.covered.values()) + allocation.left == sum(
        (receipt.amount for receipt in receipts), Decimal(0)
    )
    for each in claims:
        assert 0 <= allocation.covered[each.key] <= each.amount
    if allocation.left > 0:
        assert all(allocation.covered[each.key] == each.amount for each in claims)


@given(CLAIMS, st.lists(SUMS.map(Receipt), max_size=12))
def test_without_named_periods_no_newer_claim_is_paid_before_an_older(
    claims: list[Claim[int]], receipts: list[Receipt]
) -> None:
    allocation = allocate(claims, receipts)
    by_age = sorted(claims, key=lambda each: each.on)
    for older, newer in pairwise(by_age):
        if allocation.covered[newer.key] > 0:
            assert allocation.covered[older.key] == older.amount
