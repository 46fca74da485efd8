"""A column of readings copied from a spreadsheet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.reading_columns import fit_column, parse_column

NBSP, NARROW = "\u00a0", "\u202f"


@pytest.mark.parametrize(
    ("line", "whole", "fraction"),
    [
        ("86410,12", "86410", "12"),
        ("86410.12", "86410", "12"),
        ("86 410,12", "86410", "12"),
        (f"86{NBSP}410,12", "86410", "12"),
        (f"86{NARROW}410,12", "86410", "12"),
        ("86'410.12", "86410", "12"),
        ("86,410.12", "86410", "12"),
        ("86.410,12", "86410", "12"),
        ("86410", "86410", ""),
        ("86410,", "86410", ""),
        ("86410\t12", "86410", "12"),
        ("86 410\t05", "86410", "05"),
        ("86410;12", "86410", "12"),
        (" 86410,12 \t", "86410", "12"),
    ],
)
def test_a_number_comes_in_every_way_a_spreadsheet_writes_it(
    line: str, whole: str, fraction: str
) -> None:
    (found,) = parse_column(line + "\r\n")
    assert (found.whole, found.fraction, found.is_number) == (whole, fraction, True)


@pytest.mark.parametrize(
    "line", ["Показание", "-5", "1e5", "12\t34\t56", "86.410.12", "١٢٣", "12\tx", "#ЗНАЧ!"]
)
def test_what_is_no_reading_is_named_by_its_line_and_shown(line: str) -> None:
    _, found = parse_column(f"1\n{line}\n")
    assert not found.is_number
    assert found.number == 2
    assert found.whole == found.text


def test_an_empty_line_holds_its_place_and_those_at_the_end_mean_nothing() -> None:
    lines = parse_column("1\n\n3\n\n \t\n")
    assert [(line.number, line.whole) for line in lines] == [(1, "1"), (2, ""), (3, "3")]
    fit = fit_column(lines, [10, 11])
    assert [(register_id, line.whole) for register_id, line in fit.placed] == [(10, "1")]
    assert [line.number for line in fit.surplus] == [3]


@given(
    st.lists(
        st.tuples(st.integers(0, 10**7), st.integers(0, 99), st.sampled_from([",", ".", "\t"])),
        min_size=1,
    ),
    st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_every_reading_comes_back_in_its_order(
    rows: list[tuple[int, int, str]], ending: str
) -> None:
    text = "".join(f"{whole}{mark}{part:02d}{ending}" for whole, part, mark in rows)
    found = parse_column(text)
    assert [(line.whole, line.fraction) for line in found] == [
        (str(whole), f"{part:02d}") for whole, part, _ in rows
    ]


@given(st.text())
def test_any_text_is_read_without_an_error(text: str) -> None:
    for line in parse_column(text):
        assert line.whole or not line.fraction
