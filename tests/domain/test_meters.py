"""Meters in a reading window: which reading counts, what is missing, what is accepted."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from app.domain.meters import (
    MeterReadings,
    RegisterReadings,
    RejectedReading,
    build_regime_windows,
    build_register_readings,
    check_meter,
)
from app.domain.period import Month
from app.domain.reading_checks import Doubt
from app.domain.reading_windows import Window, WindowRules, window_of
from app.domain.readings import KnownReading, ReadingStatus, Scale, SubmittedValue, merge_readings
from tests.domain.test_readings import known

D = Decimal
SCALE = Scale(5, 2, D(1))
NOVEMBER = Month(2026, 11)
TODAY = date(2026, 11, 21)
WINDOW = window_of("month_end", NOVEMBER, WindowRules())


def register(*readings: KnownReading, rejected: RejectedReading | None = None) -> RegisterReadings:
    return build_register_readings(1, "T0", SCALE, readings, NOVEMBER, rejected)


def meter(*registers: RegisterReadings, window: Window = WINDOW) -> MeterReadings:
    return MeterReadings(
        id=1,
        serial_number="12345678",
        model=None,
        supply_point="Магазин",
        address="г. Миасс",
        multiplier=D(1),
        installed_on=date(2020, 1, 1),
        removed_on=None,
        next_verification_on=None,
        is_automatic=False,
        regime="month_end",
        max_power_kw=None,
        window=window,
        registers=registers,
    )


OCTOBER = known("2026-10", "100.00")
SENT = replace(known("2026-11", "150.00"), receipt_id=7, status="sent")


def test_billing_s_reading_has_the_receipt_of_what_was_submitted() -> None:
    billed = known("2026-11", "150.00")
    (merged,) = merge_readings([billed], [SubmittedValue(SENT, D("150.00"))])
    assert (merged.receipt_id, merged.status) == (7, ReadingStatus.ACCEPTED)
    assert merged.is_acknowledged


def test_a_roll_over_confirmed_for_another_value_does_not_count_for_billing_s() -> None:
    submitted = SubmittedValue(replace(SENT, rolled_over=True), D("150.00"))
    (same,) = merge_readings([known("2026-11", "150.00")], [submitted])
    (other,) = merge_readings([known("2026-11", "151.00")], [submitted])
    assert (same.rolled_over, other.rolled_over) == (True, None)


def test_a_submitted_reading_comes_before_a_computed_one() -> None:
    computed = replace(known("2026-11", "140.00"), source="calc")
    assert merge_readings([computed], [SubmittedValue(SENT, D("150.00"))]) == [SENT]
    assert merge_readings([computed], []) == [computed]


def test_a_control_reading_is_not_this_month_s_but_bounds_it() -> None:
    control = known("2026-11", "130.00", "control", date(2026, 11, 10))
    found = register(OCTOBER, control)
    assert (found.previous, found.current, found.minimum) == (OCTOBER, None, D("130.00"))
    assert found.is_missing


def test_a_rejected_reading_is_shown_until_another_one_counts() -> None:
    rejected = RejectedReading(3, "Опечатка")
    assert register(OCTOBER, rejected=rejected).rejected == rejected
    assert register(OCTOBER, SENT, rejected=rejected).rejected is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, ""),
        ({"is_automatic": True}, "automatic"),
        ({"removed_on": TODAY}, "removed"),
        ({"supplied_until": date(2026, 10, 31)}, "ended"),
        ({"registers": ()}, "unknown"),
        ({"installed_on": date(2026, 12, 1)}, "not_installed"),
        ({"registers": (register(OCTOBER, known("2026-11", "150.00")),)}, "billed"),
    ],
)
def test_why_a_meter_accepts_no_readings(change: dict[str, object], reason: str) -> None:
    found = replace(meter(register(OCTOBER)), **change)  # type: ignore[arg-type]
    assert found.closed_reason(TODAY) == reason
    assert found.is_missing(TODAY) is (reason == "")
    assert found.is_due(TODAY) is (reason in ("", "billed"))
    assert not found.is_due(WINDOW.closes + timedelta(days=1))


def test_a_late_reading_is_accepted_only_where_none_came_in_time() -> None:
    after = date(2026, 12, 5)
    assert meter(register(OCTOBER)).closed_reason(after) == ""
    assert meter(register(OCTOBER, SENT)).closed_reason(after) == "closed"


def test_zones_of_one_meter_are_checked_together() -> None:
    zones = register(OCTOBER), register(OCTOBER)
    # 1 kW from 31 October to 21 November.
    found = replace(meter(*zones), max_power_kw=D(1))
    assert found.max_energy_kwh(TODAY) == 24 * 21
    entries = check_meter(found, [(zone, D("400.00")) for zone in zones], TODAY, 3)
    assert [entry.checked.doubts for entry in entries] == [(Doubt.POWER,), ()]
    assert [entry.checked.consumption_kwh for entry in entries] == [300, 300]


def test_each_regime_has_one_window_with_its_missing_meters() -> None:
    mkd = window_of("mkd", Month(2026, 10), WindowRules())
    meters = [
        meter(register(OCTOBER)),
        meter(register(OCTOBER, SENT)),
        replace(meter(register(OCTOBER), window=mkd), regime="mkd"),
        replace(meter(register(OCTOBER)), is_automatic=True),
    ]
    windows = build_regime_windows(meters, TODAY, WindowRules())
    assert [(found.regime, found.missing) for found in windows] == [("mkd", 0), ("month_end", 1)]
    assert windows[0].window.period == NOVEMBER
