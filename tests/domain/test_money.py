"""Roubles in words."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import AmountError
from app.domain.money import from_kopecks, parse_roubles, plural, sum_in_words

WORDS = [
    ("0.00", "Ноль рублей 00 копеек"),
    ("1.01", "Один рубль 01 копейка"),
    ("2.02", "Два рубля 02 копейки"),
    ("11.11", "Одиннадцать рублей 11 копеек"),
    ("1234.56", "Одна тысяча двести тридцать четыре рубля 56 копеек"),
    ("21001.21", "Двадцать одна тысяча один рубль 21 копейка"),
    ("2000000.00", "Два миллиона рублей 00 копеек"),
    ("-500.05", "Минус пятьсот рублей 05 копеек"),
]


@pytest.mark.parametrize(("amount", "words"), WORDS)
def test_a_sum_is_written_in_words(amount: str, words: str) -> None:
    assert sum_in_words(Decimal(amount)) == words


@given(st.integers(-(10**15), 10**15))
def test_kopecks_become_roubles_exactly(kopecks: int) -> None:
    roubles = from_kopecks(kopecks)
    assert roubles * 100 == kopecks
    assert roubles.as_tuple().exponent == -2


@pytest.mark.parametrize(
    ("number", "form"), [(1, "a"), (2, "b"), (4, "b"), (5, "c"), (11, "c"), (14, "c"), (21, "a"),
                         (112, "c"), (122, "b"), (0, "c")],
)  # fmt: skip
def test_the_plural_form_follows_the_number(number: int, form: str) -> None:
    assert plural(number, ("a", "b", "c")) == form


@pytest.mark.parametrize(
    ("typed", "roubles"),
    [
        ("12345,67", "12345.67"),
        ("12 345.67", "12345.67"),
        ("12\u00a0345,6 ₽", "12345.60"),
        (" 100 руб. ", "100.00"),
        ("100 рублей", "100.00"),
        ("0,01", "0.01"),
    ],
)
def test_a_sum_is_read_as_people_type_it(typed: str, roubles: str) -> None:
    assert parse_roubles(typed) == Decimal(roubles)


@pytest.mark.parametrize(
    "typed",
    ["", "-1", "1e5", "1,234", "NaN", "١٢٣", "1 000 000 000 000 000", "сто", "1,2,3", "\x00"],
)
def test_what_is_no_sum_is_refused(typed: str) -> None:
    with pytest.raises(AmountError):
        parse_roubles(typed)
