"""What is known of a supply point: verification and power."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from app.domain.period import Month
from app.domain.point_passport import PassportMeter, VerificationState, compute_power
from app.domain.readings import Scale, build_consumption
from tests.domain.test_readings import known

D = Decimal
SCALE = Scale(6, 2, D(1))
NOVEMBER = Month(2026, 11)
TODAY = date(2026, 11, 21)


def meter(next_on: date | None, removed_on: date | None = None) -> PassportMeter:
    return PassportMeter(1, "1", None, None, removed_on, D(1), None, None, None, next_on, None)


@pytest.mark.parametrize(
    ("next_on", "expected"),
    [
        (None, VerificationState.UNKNOWN),
        (date(2026, 11, 20), VerificationState.EXPIRED),
        (date(2026, 11, 21), VerificationState.SOON),
        (date(2027, 2, 19), VerificationState.SOON),
        (date(2027, 2, 20), VerificationState.VALID),
    ],
)
def test_a_verification_is_announced_three_months_before(
    next_on: date | None, expected: VerificationState
) -> None:
    assert meter(next_on).verification(TODAY) == expected
    assert meter(next_on, TODAY).verification(TODAY) == VerificationState.UNKNOWN
    assert meter(next_on, TODAY + timedelta(days=1)).verification(TODAY) == expected


def test_mean_power_is_energy_by_the_hours_between_the_readings() -> None:
    rows = build_consumption([known("2026-09", "0"), known("2026-10", "7440")], SCALE)
    (month,) = compute_power([rows], D(10), NOVEMBER)
    assert (month.period, month.consumption_kwh) == (Month(2026, 10), 7440)
    assert (month.mean_kw, month.share, month.is_over) == (10, 100, False)
    (month,) = compute_power([rows, rows], D(10), NOVEMBER)
    assert (month.mean_kw, month.share, month.is_over) == (20, 200, True)
    (month,) = compute_power([rows], None, NOVEMBER)
    assert (month.share, month.is_over) == (None, False)


def test_a_meter_and_the_one_that_came_for_it_share_the_month() -> None:
    former = build_consumption(
        [known("2026-09", "0"), known("2026-10", "3600", on=date(2026, 10, 15))], SCALE
    )
    present = build_consumption(
        [
            known("2026-10", "0", kind="initial", on=date(2026, 10, 15)),
            known("2026-10", "3840"),
        ],
        SCALE,
    )
    (month,) = compute_power([former, present], D(10), NOVEMBER)
    assert (month.consumption_kwh, month.mean_kw) == (7440, 10)


def test_what_spans_a_gap_or_is_long_past_is_left_out() -> None:
    rows = build_consumption(
        [
            known("2025-10", "0"),
            known("2025-11", "100"),
            known("2026-02", "400"),
            known("2026-03", "500"),
        ],
        SCALE,
    )
    assert [str(month.period) for month in compute_power([rows], None, NOVEMBER)] == ["2026-03"]
