"""The turnover sheet: invariants that hold for any operations."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import EntryOutOfRangeError
from app.domain.money import ZERO, from_kopecks
from app.domain.period import Month
from app.domain.turnover import build_turnover, debt_side, overpayment_side

AMOUNTS = st.integers(-(10**12), 10**12).map(from_kopecks)
FIRST = Month(2025, 11)


def months(count: int) -> list[Month]:
    return [FIRST.plus(n) for n in range(count)]


@given(
    opening=AMOUNTS,
    count=st.integers(1, 40),
    entries=st.lists(st.tuples(st.integers(0, 39), AMOUNTS, AMOUNTS), max_size=60),
)
def test_every_row_and_the_total_balance(
    opening: Decimal, count: int, entries: list[tuple[int, Decimal, Decimal]]
) -> None:
    inside = [(FIRST.plus(n % count), debit, credit) for n, debit, credit in entries]
    sheet = build_turnover(opening, inside, months(count))
    assert [row.month for row in sheet.rows] == months(count)
    for row in sheet.rows:
        assert row.opening + row.debit - row.credit == row.closing
    for before, after in zip(sheet.rows, sheet.rows[1:], strict=False):
        assert before.closing == after.opening
    assert sheet.opening == opening
    assert sheet.opening + sheet.debit - sheet.credit == sheet.closing
    assert sheet.debit == sum((debit for _, debit, _ in inside), ZERO)
    assert sheet.credit == sum((credit for _, _, credit in inside), ZERO)


def test_balance_carries_over_a_month_without_entries() -> None:
    turnovers = [(FIRST, Decimal("1200.50"), ZERO), (FIRST.plus(2), ZERO, Decimal("200.00"))]
    sheet = build_turnover(ZERO, turnovers, months(3))
    assert [str(row.closing) for row in sheet.rows] == ["1200.50", "1200.50", "1000.50"]


def test_a_turnover_outside_the_months_is_refused_not_dropped() -> None:
    with pytest.raises(EntryOutOfRangeError):
        build_turnover(ZERO, [(FIRST.plus(5), ZERO, ZERO)], months(2))


@given(AMOUNTS)
def test_of_each_balance_one_side_is_zero(balance: Decimal) -> None:
    assert debt_side(balance) >= 0
    assert overpayment_side(balance) >= 0
    assert ZERO in (debt_side(balance), overpayment_side(balance))
    assert debt_side(balance) - overpayment_side(balance) == balance
