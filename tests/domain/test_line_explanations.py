"""How a line came about: an equation only where it is true."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from app.domain.line_explanations import (
    BilledLine,
    Explanation,
    ExplanationKind,
    Readings,
    explain_lines,
)

EQUATION, SHARED = ExplanationKind.EQUATION, ExplanationKind.SHARED
KWH = "кВт·ч"


def readings(start: str, end: str, multiplier: str = "1", decimals: int = 2) -> Readings:
    return Readings(Decimal(start), Decimal(end), 5, decimals, Decimal(multiplier))


def explained(
    known: Readings | None, *rows: tuple[str, str, str | None], unit: str = KWH
) -> dict[int, Explanation]:
    """Lines of one register: service, quantity, method."""
    return explain_lines(
        [
            BilledLine(number, "T0", service, Decimal(quantity), unit, method, known)
            for number, (service, quantity, method) in enumerate(rows, 1)
        ]
    )


def kinds(found: dict[int, Explanation]) -> list[str]:
    return [found[number].kind.value for number in sorted(found)]


def test_readings_and_multiplier_explain_a_quantity() -> None:
    found = explained(readings("81444.30", "81809.50", "20"), ("EE", "7304", "meter"))
    assert kinds(found) == ["equation"]
    assert found[1].readings.consumption == Decimal("7304")
    assert not found[1].readings.rollover_units


def test_a_register_that_went_through_zero_goes_on_from_there() -> None:
    found = explained(readings("99990.00", "15.50", "20"), ("EE", "510", "meter"))
    assert kinds(found) == ["equation"]
    assert found[1].readings.rollover_units == 100000
    assert not found[1].readings.has_decreased


def test_a_reading_that_is_less_than_the_one_before_is_no_way_through_zero() -> None:
    assert readings("1000.00", "900.00").has_decreased
    assert not readings("900.00", "1000.00").has_decreased
    assert not readings("1000.00", "1000.00").has_decreased


def test_a_tariff_that_changed_within_the_month_is_explained_by_both_lines_together() -> None:
    found = explained(readings("100", "310"), ("EE", "100", "meter"), ("EE", "110", "meter"))
    assert kinds(found) == ["shared", "shared"]
    assert (found[1].lines, found[1].quantity, found[1].difference) == ((1, 2), 210, 0)
    assert [found[number].is_first for number in (1, 2)] == [True, False]


def test_two_services_of_one_register_share_its_readings_too() -> None:
    found = explained(readings("100", "310"), ("EE1", "100", "meter"), ("EE2", "110", None))
    assert kinds(found) == ["shared", "shared"]


def test_energy_and_transmission_of_the_same_volume_are_both_explained() -> None:
    found = explained(readings("100", "310"), ("EE", "210", "meter"), ("NET", "210", "meter"))
    assert kinds(found) == ["equation", "equation"]


def test_losses_come_on_top_of_what_readings_explain() -> None:
    found = explained(readings("100", "310"), ("EE", "210", "meter"), ("LOSS", "3.15", "calc"))
    assert kinds(found) == ["equation", "apart"]
    found = explained(
        readings("100", "310"),
        ("EE", "100", "meter"),
        ("EE", "110", "meter"),
        ("LOSS", "3", "calc"),
    )
    assert kinds(found) == ["shared", "shared", "apart"]
    assert found[1].lines == (1, 2)


def test_what_billing_has_computed_does_not_hide_a_tariff_that_changed() -> None:
    found = explained(
        readings("100", "310"),
        ("EE", "100", "meter"),
        ("EE", "110", "meter"),
        ("EE", "20", "calc"),
        ("EE", "-5", "recalc"),
    )
    assert kinds(found) == ["shared", "shared", "apart", "by_method"]
    assert found[1].lines == (1, 2)


def test_what_is_taken_off_is_not_charged_on_top() -> None:
    found = explained(readings("100", "310"), ("EE", "210", "meter"), ("EE", "-20", "recalc"))
    assert kinds(found) == ["equation", "by_method"]


def test_readings_of_energy_tell_nothing_of_capacity() -> None:
    for end in ("100", "310"):
        known = readings("100", end)
        lines = [
            BilledLine(1, "T0", "EE", known.consumption, KWH, "meter", known),
            BilledLine(2, "T0", "CAP", Decimal("61.992"), "кВт", "calc", known),
        ]
        assert kinds(explain_lines(lines)) == ["equation"]


def test_an_estimate_or_a_correction_goes_by_its_method() -> None:
    for quantity, method in (
        ("150", "estimated"),
        ("150", "calc"),
        ("-20", "recalc"),
        ("-20", None),
    ):
        found = explained(readings("100", "310"), ("EE", quantity, method))
        assert kinds(found) == ["by_method"]


def test_what_readings_do_not_explain_is_said_with_the_difference_of_all_lines() -> None:
    found = explained(readings("100", "310"), ("EE", "100", "meter"))
    assert kinds(found) == ["unexplained"]
    assert found[1].difference == -110
    found = explained(readings("100", "310"), ("EE", "100", "meter"), ("EE", "150", None))
    assert (found[2].lines, found[2].difference) == ((1, 2), 40)


def test_figures_are_judged_as_they_are_shown() -> None:
    found = explained(readings("100.004", "310.004", decimals=0), ("EE", "210", "meter"))
    assert kinds(found) == ["equation"]
    found = explained(readings("100.4", "310.6", decimals=0), ("EE", "210.2", "meter"))
    assert kinds(found) == ["unexplained"]


def test_a_line_without_readings_has_no_explanation() -> None:
    assert explained(None, ("EE", "100", "meter")) == {}


def test_megawatt_hours_are_compared_as_kilowatt_hours() -> None:
    assert kinds(explained(readings("0", "210"), ("EE", "0.21", "meter"), unit="МВт·ч")) == [
        "equation"
    ]


QUANTITIES = st.integers(-300, 500).map(Decimal)
SERVICES = st.sampled_from(["EE", "NET", "LOSS"])
METHODS = st.sampled_from([None, "meter", "estimated", "calc", "recalc"])


@given(
    st.integers(0, 99999),
    st.integers(0, 99999),
    st.lists(st.tuples(SERVICES, QUANTITIES.map(str), METHODS), min_size=1, max_size=5),
)
def test_whatever_is_called_an_equation_is_one(
    start: int, end: int, rows: list[tuple[str, str, str | None]]
) -> None:
    known = readings(str(start), str(end), decimals=0)
    for number, found in explained(known, *rows).items():
        if found.kind in (EQUATION, SHARED):
            turn = 100000 if end < start else 0
            assert end - start + turn == found.quantity
            assert number in found.lines
        else:
            assert Decimal(rows[number - 1][1]) != known.consumption
        if found.kind is ExplanationKind.UNEXPLAINED:
            assert found.difference
