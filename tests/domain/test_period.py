"""Months and periods."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import PeriodError
from app.domain.period import Month, Period, last_months, parse_day, parse_month, presets

DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-11-22", date(2026, 11, 22)),
        (" 22.11.2026 ", date(2026, 11, 22)),
        ("1.2.2026", date(2026, 2, 1)),
        ("01.11.26", date(2026, 11, 1)),
        ("1.11.26", date(2026, 11, 1)),
        ("01.11.99", date(2099, 11, 1)),
        ("01/11/2026", date(2026, 11, 1)),
        ("1/2/26", date(2026, 2, 1)),
        ("01-11-2026", date(2026, 11, 1)),
        ("01–11–26", date(2026, 11, 1)),
        ("01,11,2026", date(2026, 11, 1)),
        ("01.11.2026 г.", date(2026, 11, 1)),
        ("22\u00a0ноября 2026 года", date(2026, 11, 22)),
        ("1 мая 26", date(2026, 5, 1)),
        ("3 сент. 2026", date(2026, 9, 3)),
        ("2028-02-29", date(2028, 2, 29)),
    ],
)
def test_a_date_is_read_as_browsers_and_people_write_it(text: str, day: date) -> None:
    assert parse_day(text) == day


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "2025-02-30",
        "0000-00-00",
        "2026-13-01",
        "11/22/2026",
        "01.11/26",
        "1.1.1",
        "01.11.026",
        "1 мартобря 2026",
        "2 июнь2026",
        "26.11.01..",
        "٢٠٢٦-١١-٢٢",
        "2026-11-22T00",
        "\x00",
        "9" * 10_000,
        "' OR 1=1--",
    ],
)
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(PeriodError) as error:
        parse_day(text)
    assert error.value.code == "unreadable"


@given(st.integers(1990, 2100), st.integers(1, 12), st.integers(-500, 500))
def test_adding_months_and_taking_them_away_returns(year: int, number: int, count: int) -> None:
    month = Month(year, number)
    assert month.plus(count).plus(-count) == month
    assert Month.parse(str(month)) == month
    assert month.last.day in (28, 29, 30, 31)
    assert month.next_first > month.last


@given(DAYS, st.integers(0, 3600))
def test_months_of_a_period_are_consecutive_and_hold_both_ends(first: date, days: int) -> None:
    period = Period(first, min(first + timedelta(days), date(2099, 12, 31)))
    months = period.months
    assert months[0] == Month.of(period.first)
    assert months[-1] == Month.of(period.last)
    assert all(after == before.plus(1) for before, after in itertools.pairwise(months))


@pytest.mark.parametrize(
    ("first", "last", "code"),
    [
        (date(2026, 2, 1), date(2026, 1, 31), "reversed"),
        (date(1999, 12, 31), date(2000, 1, 1), "out_of_range"),
        (date(2026, 1, 1), date(2100, 1, 1), "out_of_range"),
        (date(2010, 1, 1), date(2020, 1, 1), "too_long"),
    ],
)
def test_an_impossible_period_is_refused_with_its_reason(
    first: date, last: date, code: str
) -> None:
    with pytest.raises(PeriodError) as error:
        Period(first, last)
    assert error.value.code == code


def test_ten_years_are_the_longest_period() -> None:
    assert len(Period(date(2010, 1, 1), date(2019, 12, 31)).months) == 120


@given(DAYS.filter(lambda day: date(2004, 1, 1) < day < date(2099, 1, 1)))
def test_presets_hold_today_or_a_day_of_the_time_before(today: date) -> None:
    months_back = {"Прошлый месяц": 1, "Прошлый квартал": 3, "Прошлый год": 12}
    for phrase, period in presets(today):
        reference = Month.of(today).plus(-months_back.get(phrase, 0))
        assert reference in period.months
        assert (today in (period.first, period.last)) or (
            (period.first <= today <= period.last) is (phrase not in months_back)
        )
    assert len(last_months(today, 12).months) == 12


def test_last_quarter_and_last_year_are_whole_and_over() -> None:
    found = dict(presets(date(2026, 2, 10)))
    assert found["Прошлый квартал"] == Period(date(2025, 10, 1), date(2025, 12, 31))
    assert found["Прошлый год"] == Period(date(2025, 1, 1), date(2025, 12, 31))


def test_a_month_that_the_period_cuts_is_labelled_by_its_days() -> None:
    period = Period(date(2026, 9, 10), date(2026, 11, 15))
    labels = [period.month_label(month) for month in period.months]
    assert labels == ["10–30 сентября 2026", "Октябрь 2026", "1–15 ноября 2026"]
    assert Period(date(2026, 5, 3), date(2026, 5, 3)).month_label(Month(2026, 5)) == "3 мая 2026"


@pytest.mark.parametrize(
    "text",
    [
        "2026-10",
        "10.2026",
        "10.26",
        "10/2026",
        " Октябрь 2026 ",
        "окт. 26",
        "октября 2026 г.",
        "2026.10",
        "10–2026",
    ],
)
def test_a_month_is_read_as_browsers_and_people_write_it(text: str) -> None:
    assert parse_month(text) == Month(2026, 10)


@pytest.mark.parametrize("text", ["", "2026", "13.2026", "2026-00", "окатбрь 2026", "1.10.2026"])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(PeriodError):
        parse_month(text)


@given(DAYS, st.sampled_from(["%d.%m.%y", "%d.%m.%Y", "%d/%m/%Y", "%d-%m-%y", "%Y-%m-%d"]))
def test_every_writing_of_a_day_is_that_day(day: date, writing: str) -> None:
    assert parse_day(day.strftime(writing)) == day


@given(st.text(max_size=40))
def test_any_text_is_a_day_or_refused(text: str) -> None:
    try:
        day = parse_day(text)
    except PeriodError:
        return
    assert parse_day(day.isoformat()) == day


@pytest.mark.parametrize(
    "typed", ["01. 11. 26", "01 11 26", "01.11.26.", "01 . 11 . 2026", "1 11 2026"]
)
def test_a_day_is_read_as_a_telephone_types_it(typed: str) -> None:
    assert parse_day(typed) == date(2026, 11, 1)


@pytest.mark.parametrize("typed", ["01.11", "10.12", "1.1"])
def test_a_day_without_its_year_is_no_month_of_long_ago(typed: str) -> None:
    with pytest.raises(PeriodError):
        parse_month(typed)


@pytest.mark.parametrize(
    ("number", "dative", "instrumental", "prepositional"),
    [
        (1, "январю", "январем", "январе"),
        (3, "марту", "мартом", "марте"),
        (5, "маю", "маем", "мае"),
        (6, "июню", "июнем", "июне"),
        (8, "августу", "августом", "августе"),
        (12, "декабрю", "декабрем", "декабре"),
    ],
)
def test_months_have_the_cases_that_sentences_need(
    number: int, dative: str, instrumental: str, prepositional: str
) -> None:
    month = Month(2026, number)
    assert month.dative == f"{dative} 2026"
    assert month.instrumental == f"{instrumental} 2026"
    assert month.prepositional == f"{prepositional} 2026"
