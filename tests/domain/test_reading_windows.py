"""When readings are taken, to the day, in both regimes."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.period import Month
from app.domain.reading_windows import Regime, WindowRules, next_window, window_of, window_on

RULES = WindowRules()
MONTH_END, MKD = Regime.MONTH_END, Regime.MKD


@pytest.mark.parametrize(
    ("regime", "day", "period", "is_open"),
    [
        (MONTH_END, "2026-11-19", "2026-10", False),
        (MONTH_END, "2026-11-20", "2026-11", True),
        (MONTH_END, "2026-11-30", "2026-11", True),
        (MONTH_END, "2026-12-01", "2026-11", True),
        (MONTH_END, "2026-12-02", "2026-11", False),
        (MONTH_END, "2026-12-31", "2026-12", True),
        (MONTH_END, "2027-01-01", "2026-12", True),
        (MONTH_END, "2027-01-02", "2026-12", False),
        (MONTH_END, "2024-02-29", "2024-02", True),
        (MONTH_END, "2024-03-01", "2024-02", True),
        (MKD, "2026-11-22", "2026-10", False),
        (MKD, "2026-11-23", "2026-11", True),
        (MKD, "2026-11-26", "2026-11", True),
        (MKD, "2026-11-27", "2026-11", False),
        (MKD, "2027-01-05", "2026-12", False),
    ],
)
def test_a_day_lies_in_or_after_its_window(
    regime: Regime, day: str, period: str, is_open: bool
) -> None:
    window = window_on(regime, date.fromisoformat(day), RULES)
    assert (str(window.period), window.is_open(date.fromisoformat(day))) == (period, is_open)


def test_a_reading_never_speaks_of_the_future_and_on_the_1st_of_the_month_before() -> None:
    window = window_of(MONTH_END, Month(2026, 11), RULES)
    assert window.taken_on(date(2026, 11, 22)) == date(2026, 11, 22)
    assert window.taken_on(date(2026, 12, 1)) == date(2026, 11, 30)
    assert window.taken_on(date(2026, 12, 5)) == date(2026, 12, 5)


def test_a_day_that_a_month_lacks_is_its_last() -> None:
    rules = WindowRules(month_end_opens=31, mkd_opens=30, mkd_closes=31)
    assert window_of(MONTH_END, Month(2026, 2), rules).opens == date(2026, 2, 28)
    assert window_of(MKD, Month(2024, 2), rules).closes == date(2024, 2, 29)


@given(
    st.sampled_from(Regime),
    st.dates(date(2020, 1, 1), date(2040, 12, 31)),
    st.builds(
        WindowRules, st.integers(2, 31), st.integers(1, 1), st.integers(1, 20), st.integers(21, 31)
    ),
)
def test_windows_follow_each_other_without_overlap(
    regime: Regime, day: date, rules: WindowRules
) -> None:
    window = window_on(regime, day, rules)
    following = next_window(regime, window, rules)
    assert window.opens <= window.closes < following.opens
    assert window.opens <= day < following.opens
    assert window.taken_on(day) <= day
    assert window_on(regime, following.opens - timedelta(days=1), rules) == window
