"""Readings: digits, consumption, doubts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import ReadingError
from app.domain.period import Month
from app.domain.reading_checks import (
    CheckedReading,
    Doubt,
    Expectation,
    Remark,
    check_meter_power,
    check_reading,
    compute_max_energy,
    has_doubts,
)
from app.domain.readings import (
    KnownReading,
    Scale,
    build_consumption,
    compute_consumption,
    compute_typical_month,
    parse_reading,
    sum_by_month,
)

D = Decimal
SCALE = Scale(5, 2, D(1))


@pytest.mark.parametrize(
    ("whole", "fraction", "value"),
    [
        ("12345", "67", "12345.67"),
        ("12345", "5", "12345.50"),
        ("12345", "05", "12345.05"),
        ("12345", "", "12345.00"),
        ("12345,67", "", "12345.67"),
        ("12345.6", "", "12345.60"),
        (" 12 345 ", "6", "12345.60"),
        ("12\u00a0345,60", "", "12345.60"),
        ("00012", "00", "12.00"),
        ("000000012", "", "12.00"),
        ("0", "", "0.00"),
        ("12345", "6700", "12345.67"),
        ("12345,", "", "12345.00"),
    ],
)
def test_what_people_type_becomes_an_exact_number(whole: str, fraction: str, value: str) -> None:
    assert str(parse_reading(whole, fraction, SCALE)) == value


@pytest.mark.parametrize(
    ("whole", "fraction", "code"),
    [
        ("", "", "empty"),
        ("", "5", "empty"),
        (",5", "", "empty"),
        ("-1", "", "format"),
        ("1e5", "", "format"),
        ("NaN", "", "format"),
        ("١٢٣", "", "format"),
        ("12a", "", "format"),
        ("1,5", "5", "twice"),
        ("123456", "", "whole_long"),
        ("12345", "678", "fraction_long"),
        ("12345,678", "", "fraction_long"),
        ("12345", "-5", "fraction_format"),
        ("1,2,3", "", "fraction_format"),
        ("1", "²", "fraction_format"),
    ],
)
def test_what_is_no_reading_is_refused_by_name(whole: str, fraction: str, code: str) -> None:
    with pytest.raises(ReadingError) as caught:
        parse_reading(whole, fraction, SCALE)
    assert caught.value.code == code


def test_a_register_without_decimals_accepts_only_zeros() -> None:
    whole_only = Scale(6, 0, D(1))
    assert str(parse_reading("123", "00", whole_only)) == "123"
    with pytest.raises(ReadingError) as caught:
        parse_reading("123", "5", whole_only)
    assert caught.value.code == "no_fraction"


@given(st.integers(1, 8), st.integers(0, 4), st.data())
def test_whatever_fits_the_register_comes_back_from_its_boxes(
    digits: int, decimals: int, data: st.DataObject
) -> None:
    scale = Scale(digits, decimals, D(1))
    value = D(data.draw(st.integers(0, 10 ** (digits + decimals) - 1))).scaleb(-decimals)
    whole, _, fraction = f"{value:.{decimals}f}".partition(".")
    assert parse_reading(whole, fraction, scale) == value


@given(st.text(max_size=50), st.text(max_size=50))
def test_no_text_does_worse_than_be_refused(whole: str, fraction: str) -> None:
    try:
        value = parse_reading(whole, fraction, SCALE)
    except ReadingError:
        return
    assert 0 <= value < 100_000
    assert value == value.quantize(D("0.01"))


@pytest.mark.parametrize(
    ("previous", "value", "multiplier", "rolled_over", "kwh"),
    [
        ("100.00", "110.50", "40", False, "420.000"),
        ("99990.00", "10.00", "1", True, "20.000"),
        ("99990.00", "10.00", "6000", True, "120000.000"),
        ("5.00", "5.00", "80", False, "0.000"),
    ],
)
def test_consumption_is_the_difference_times_the_multiplier(
    previous: str, value: str, multiplier: str, rolled_over: bool, kwh: str
) -> None:
    scale = Scale(5, 2, D(multiplier))
    assert str(compute_consumption(D(previous), D(value), scale, rolled_over=rolled_over)) == kwh


def doubts(value: str, **known: D | None) -> list[str]:
    expected = Expectation(**({"previous": D("1000.00")} | known))  # type: ignore[arg-type]
    return list(check_reading(D(value), SCALE, expected).doubts)


def test_implausible_readings_are_asked_about() -> None:
    assert doubts("1100.00", typical_month_kwh=D(100), max_energy_kwh=D(500)) == []
    assert doubts("1000.00") == [Doubt.ZERO]
    assert doubts("1301.00", typical_month_kwh=D(100)) == [Doubt.UNUSUAL]
    assert doubts("1300.00", typical_month_kwh=D(100)) == []
    assert doubts("1501.00", max_energy_kwh=D(500)) == [Doubt.POWER]
    assert doubts("1501.00", typical_month_kwh=D(100), max_energy_kwh=D(500)) == [
        Doubt.UNUSUAL,
        Doubt.POWER,
    ]
    assert doubts("5.00", previous=None) == []


def remarks(value: str, **known: object) -> list[str]:
    expected = Expectation(**({"previous": D("1000.00")} | known))  # type: ignore[arg-type]
    return list(check_reading(D(value), SCALE, expected).remarks)


def test_a_fraction_of_the_typical_month_is_remarked_and_not_asked_about() -> None:
    assert remarks("1033.00", typical_month_kwh=D(100)) == [Remark.LOW]
    assert remarks("1034.00", typical_month_kwh=D(100)) == []
    assert doubts("1033.00", typical_month_kwh=D(100)) == []
    assert remarks("1033.00") == []
    assert remarks("1000.00", typical_month_kwh=D(100)) == [], "no consumption is a doubt already"


def test_consumption_since_a_computed_reading_is_remarked() -> None:
    assert remarks("1100.00", is_estimated=True) == [Remark.ESTIMATED]
    assert remarks("900.00", is_estimated=True) == [Remark.ESTIMATED], "it may explain the decrease"
    assert remarks("900.00", previous=None, is_estimated=True) == []


@given(
    value=st.decimals("0.00", "99999.99", places=2),
    previous=st.decimals("0.00", "99999.99", places=2),
    typical=st.decimals("0.01", "5000", places=2),
)
def test_no_reading_is_far_above_and_far_below_the_usual_at_once(
    value: D, previous: D, typical: D
) -> None:
    checked = check_reading(value, SCALE, Expectation(previous, typical))
    assert not {Doubt.UNUSUAL, Remark.LOW} <= {*checked.doubts, *checked.remarks}
    assert has_doubts(checked.unusual) == bool(checked.doubts)


def test_passing_zero_is_asked_only_where_it_is_plausible() -> None:
    around = check_reading(D("10.00"), SCALE, Expectation(D("99990.00"), D(30), D(500)))
    assert (around.rolled_over, around.consumption_kwh) == (True, D("20.000"))
    assert around.doubts == (Doubt.ROLL_OVER,)
    slip = check_reading(D("900.00"), SCALE, Expectation(D("1000.00"), D(30), D(500)))
    assert (slip.rolled_over, slip.doubts) == (False, (Doubt.LESS,))
    assert slip.consumption_kwh is None
    # Without the maximum power habit tells, and without habit half the scale.
    assert doubts("10.00", previous=D("99990.00"), typical_month_kwh=D(30)) == [Doubt.ROLL_OVER]
    assert doubts("40000.00", previous=D("50000.00"), typical_month_kwh=D(30)) == [Doubt.LESS]
    assert doubts("10.00", previous=D("60000.00")) == [Doubt.ROLL_OVER]
    assert doubts("10.00", previous=D("20000.00")) == [Doubt.LESS]


def test_less_than_a_control_reading_within_the_month_is_asked_about() -> None:
    assert doubts("1003.00", minimum=D("1005.00")) == [Doubt.LESS]
    assert doubts("1006.00", minimum=D("1005.00")) == []


def test_what_a_person_said_of_passing_zero_is_not_decided_again() -> None:
    before = known("2026-10", "90000.00")
    denied = replace(known("2026-11", "100.00"), rolled_over=False)
    confirmed = replace(known("2026-11", "89000.00"), rolled_over=True)
    denied_row = build_consumption([before, denied], SCALE)
    confirmed_row = build_consumption([before, confirmed], SCALE)
    assert [item.consumption_kwh for item in denied_row] == [None, None]
    assert [item.consumption_kwh for item in confirmed_row] == [None, D("99000.000")]


def test_zones_share_the_maximum_power_of_their_meter() -> None:
    zones = [CheckedReading(D(1), D(300)), CheckedReading(D(1), D(300))]
    assert [zone.doubts for zone in check_meter_power(zones, D(500))] == [(Doubt.POWER,), ()]
    assert [zone.doubts for zone in check_meter_power(zones, D(600))] == [(), ()]
    assert check_meter_power(zones, None) == tuple(zones)


def test_power_times_hours_counts_whole_days() -> None:
    assert compute_max_energy(D("15.000"), date(2026, 10, 31), date(2026, 11, 30)) == D(
        15 * 24 * 30
    )
    assert compute_max_energy(D("15.000"), date(2026, 11, 30), date(2026, 11, 30)) == D(15 * 24)
    assert compute_max_energy(None, date(2026, 10, 31), date(2026, 11, 30)) is None
    assert compute_max_energy(D(15), None, date(2026, 11, 30)) is None


def known(period: str, value: str, kind: str = "regular", on: date | None = None) -> KnownReading:
    month = Month.parse(period)
    return KnownReading(month, on or month.last, D(value), kind, "portal")


def test_consumption_of_a_row_of_readings_stops_at_gaps_and_new_meters() -> None:
    row = build_consumption(
        [
            known("2026-01", "99900.00"),
            known("2026-02", "50.00"),
            known("2026-05", "350.00"),
            known("2026-06", "20.00"),
            known("2026-07", "5.00", "initial", date(2026, 7, 10)),
            known("2026-07", "25.00"),
        ],
        SCALE,
    )
    assert [item.consumption_kwh for item in row] == [
        None,
        D("150.000"),
        D("300.000"),
        None,
        None,
        D("20.000"),
    ]
    assert [item.rolled_over for item in row] == [False, True, False, False, False, False]
    assert [item.months for item in row] == [1, 1, 3, 1, 1, 0]
    assert sum_by_month(row) == {Month(2026, 2): D("150.000"), Month(2026, 7): D("20.000")}


def test_the_typical_month_is_the_mean_of_the_last_twelve() -> None:
    assert compute_typical_month([D(1), D(2)]) is None
    assert compute_typical_month([D(100), *[D(10)] * 12]) == D(10)
