"""A chart keeps its scale whatever one month has."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from app.domain.bar_charts import build_chart
from app.domain.period import Month

D = Decimal
FIRST = Month(2025, 12)


def months(*values: int | None) -> list[tuple[Month, Decimal | None, Decimal | None]]:
    return [
        (FIRST.plus(place), None if value is None else D(value), None)
        for place, value in enumerate(values)
    ]


def test_round_marks_reach_over_the_highest_bar() -> None:
    chart = build_chart(months(900, 1300, None, 1870))
    assert chart is not None
    assert chart.ticks == (0, 500, 1000, 1500, 2000)
    assert [month.bar and month.bar.height for month in chart.months] == [45, 65, None, D("93.5")]
    assert not chart.has_cut


def test_one_month_that_is_much_higher_is_cut_and_the_others_keep_their_height() -> None:
    chart = build_chart(months(*[1000] * 11, 96_780))
    assert chart is not None
    assert chart.top == 1000
    last = chart.months[-1].bar
    assert last is not None
    assert (last.value, last.height, last.is_cut) == (96_780, 100, True)
    assert chart.months[0].bar is not None
    assert chart.months[0].bar.height == 100


def test_where_many_months_are_high_none_is_cut() -> None:
    chart = build_chart(months(10, 10, 10, 1000, 1000))
    assert chart is not None
    assert chart.top == 1000
    assert not chart.has_cut


def test_nothing_is_drawn_of_nothing() -> None:
    assert build_chart(months(None, None)) is None
    assert build_chart(months(0, None)) is None


@given(
    st.lists(st.none() | st.decimals(0, 10**9, places=3), min_size=1, max_size=24),
)
def test_every_bar_fits_its_scale(values: list[Decimal | None]) -> None:
    chart = build_chart([(FIRST.plus(n), value, None) for n, value in enumerate(values)])
    if chart is None:
        assert not any(values)
        return
    steps = {after - before for before, after in zip(chart.ticks, chart.ticks[1:], strict=False)}
    assert len(steps) == 1
    assert 2 <= len(chart.ticks) <= 6
    for value, month in zip(values, chart.months, strict=True):
        assert (month.bar is None) == (value is None)
        if month.bar and value is not None:
            assert 0 <= month.bar.height <= 100
            assert month.bar.is_cut == (value > chart.top)
