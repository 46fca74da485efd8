"""Sums and dates as tables show them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.formats import MINUS, NBSP, day, money
from app.domain.money import from_kopecks
from app.domain.period import Period
from app.web import filters


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        ("0.00", "0,00"),
        ("-0.00", "0,00"),
        ("0", "0,00"),
        ("0.05", "0,05"),
        ("-0.05", f"{MINUS}0,05"),
        ("999.99", "999,99"),
        ("1000.00", f"1{NBSP}000,00"),
        ("-1234567.8", f"{MINUS}1{NBSP}234{NBSP}567,80"),
    ],
)
def test_a_sum_has_two_places_thousands_apart_and_a_true_minus(amount: str, shown: str) -> None:
    assert money(Decimal(amount)) == shown


@given(st.integers(-(10**15), 10**15))
def test_a_sum_is_read_back_to_the_kopeck(kopecks: int) -> None:
    shown = money(from_kopecks(kopecks))
    assert int(shown.replace(NBSP, "").replace(",", "").replace(MINUS, "-")) == kopecks


def test_a_day_is_written_in_full() -> None:
    assert day(date(2026, 3, 4)) == "04.03.2026"
    assert day(None) == ""


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [
        (date(2026, 10, 1), date(2026, 10, 31), "за октябрь 2026 года"),
        (date(2025, 12, 1), date(2026, 11, 30), "с декабря 2025 по ноябрь 2026 года"),
        (date(2026, 4, 1), date(2026, 6, 30), "с апреля по июнь 2026 года"),
        (date(2026, 1, 1), date(2026, 12, 31), "за 2026 год"),
        (date(2026, 10, 5), date(2026, 10, 12), "с 05.10.2026 по 12.10.2026"),
        (date(2026, 10, 5), date(2026, 10, 5), "за 05.10.2026"),
    ],
)
def test_a_period_reads_as_people_say_it(first: date, last: date, text: str) -> None:
    assert filters.during(Period(first, last)).replace("\u00a0", " ") == text
