"""Roubles in words."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import AmountError
from app.domain.money import amount_in_words, from_kopecks, parse_roubles, plural

TEXTS = [
    ("0.00", "Ноль рублей 00 копеек"),
    ("1.01", "Один рубль 01 копейка"),
    ("2.02", "Два рубля 02 копейки"),
    ("11.11", "Одиннадцать рублей 11 копеек"),
    ("1234.56", "Одна тысяча двести тридцать четыре рубля 56 копеек"),
    ("21001.21", "Двадцать одна тысяча один рубль 21 копейка"),
    ("2000000.00", "Два миллиона рублей 00 копеек"),
    ("-500.05", "Минус пятьсот рублей 05 копеек"),
]


@pytest.mark.parametrize(("amount", "phrase"), TEXTS)
def test_a_sum_is_written_in_words(amount: str, phrase: str) -> None:
    assert amount_in_words(Decimal(amount)) == phrase


@given(st.integers(-(10**15), 10**15))
def test_kopecks_become_roubles_exactly(kopecks: int) -> None:
    roubles = from_kopecks(kopecks)
    assert roubles * 100 == kopecks
    assert roubles.as_tuple().exponent == -2


@pytest.mark.parametrize(
    ("number", "form"),
    [
        (1, "a"),
        (2, "b"),
        (4, "b"),
        (5, "c"),
        (11, "c"),
        (14, "c"),
        (21, "a"),
        (112, "c"),
        (122, "b"),
        (0, "c"),
    ],
)
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
        ("12345-67", "12345.67"),
        ("12 345–67", "12345.67"),
        ("12345=67 руб.", "12345.67"),
        ("12 345 руб. 67 коп.", "12345.67"),
        ("12345 рублей 67 копеек", "12345.67"),
        ("12345 р. 67 к.", "12345.67"),
        ("1 рубль 7 коп", "1.07"),
        ("12345руб67коп", "12345.67"),
        ("12 345,67 ₽", "12345.67"),
        ("12\u202f345,67\u2009р.", "12345.67"),
        ("12345 , 67", "12345.67"),
        ("12.345,67", "12345.67"),
        ("1,234,567.89 руб.", "1234567.89"),
        ("１２３４５，６７", "12345.67"),
    ],
)
def test_a_sum_is_read_as_people_type_it(typed: str, roubles: str) -> None:
    assert parse_roubles(typed) == Decimal(roubles)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "-1",
        "1e5",
        "1,234",
        "NaN",
        "١٢٣",
        "1 000 000 000 000 000",
        "сто",
        "12.345",
        "12,345",
        "12345-6",
        "12345-678",
        "12 34",
        "1 2345",
        "12 345 67",
        "-12345-67",
        "12345-67-89",
        "12345,67 коп.",
        "12 345 руб. 678 коп.",
        "1,234.567",
        "12.345,6",
        "67 коп.",
        "1,2,3",
        "\x00",
    ],
)
def test_what_is_no_sum_is_refused(typed: str) -> None:
    with pytest.raises(AmountError):
        parse_roubles(typed)


@given(
    st.integers(0, 10**11),
    st.sampled_from(["{0},{1}", "{0}.{1}", "{0}-{1}", "{0} руб. {1} коп.", "{0}={1} ₽"]),
)
def test_every_writing_of_a_sum_is_that_sum(kopecks: int, writing: str) -> None:
    roubles = from_kopecks(kopecks)
    whole, part = str(roubles).split(".")
    assert parse_roubles(writing.format(whole, part)) == roubles
    assert parse_roubles(writing.format(f"{int(whole):,}".replace(",", " "), part)) == roubles


@given(st.text(max_size=70) | st.text("0123456789 .,-=рубкоп₽", max_size=20))
def test_any_text_is_a_sum_of_its_own_digits_or_refused(typed: str) -> None:
    try:
        roubles = parse_roubles(typed)
    except AmountError:
        return
    assert roubles.as_tuple().exponent == -2
    assert roubles >= 0


@pytest.mark.parametrize("typed", ["12345,67.", "12 345-67 .", "12345.67,", "12345,67 ₽."])
def test_a_full_stop_that_a_telephone_adds_changes_no_sum(typed: str) -> None:
    assert parse_roubles(typed) == Decimal("12345.67")
