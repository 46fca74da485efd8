"""What made a bill change: cases whose parts can be worked out on paper."""

from __future__ import annotations

from decimal import Decimal

import pytest

from app.domain.bill_comparison import BillComparison, PartKind, compare_months
from app.domain.bill_groups import BilledDocument
from tests.domain.bills import bill, capacity, correction, interest, item, losses

K = PartKind


def amounts(comparison: BillComparison) -> dict[PartKind, str]:
    return {part.kind: str(part.amount) for part in comparison.parts}


@pytest.mark.parametrize(
    ("before", "after", "parts"),
    [
        pytest.param([bill(item("100", "5"))], [bill(item("100", "5"))], {}, id="nothing changed"),
        pytest.param([], [], {}, id="nothing at all"),
        pytest.param(
            [bill(item("100", "5", "20"))],
            [bill(item("110", "5", "20"))],
            {K.VOLUME: "60.00"},
            id="volume alone",
        ),
        pytest.param(
            [bill(item("100", "5", "20"))],
            [bill(item("100", "6", "20"))],
            {K.PRICE: "120.00"},
            id="price alone",
        ),
        pytest.param(
            [bill(item("100", "5", "20"))],
            [bill(item("200", "7", "20"))],
            # (200 − 100) × 6 and (7 − 5) × 150, with 20 %.
            {K.VOLUME: "720.00", K.PRICE: "360.00"},
            id="each factor at the mean of the other",
        ),
        pytest.param(
            [bill(item("100", "5", "20"))],
            [bill(item("100", "5", "22"))],
            {K.VAT: "10.00"},
            id="rate of VAT alone",
        ),
        pytest.param(
            [bill(item("100", "5", "20"))],
            [bill(item("110", "5", "22"))],
            # 50 with 21 %, and 2 % of 525.
            {K.VOLUME: "60.50", K.VAT: "10.50"},
            id="volume counts at the mean rate",
        ),
        pytest.param(
            [bill(item("100", "6", None))],
            [bill(item("50", "6", None))],
            {K.VOLUME: "-300.00"},
            id="without VAT",
        ),
        pytest.param(
            [bill(item("60", "8", None, zone="T1"), item("40", "4", None, zone="T2"))],
            [bill(item("40", "8", None, zone="T1"), item("60", "4", None, zone="T2"))],
            {K.ZONES: "-80.00"},
            id="more of it at night",
        ),
        pytest.param(
            [bill(item("100", "8", None, 1), item("100", "4", None, 2))],
            [bill(item("150", "8", None, 1), item("50", "4", None, 2))],
            {K.POINT_MIX: "200.00"},
            id="more of it at the dear point",
        ),
        pytest.param(
            [bill(item("60", "8", None, zone="T1"), item("40", "4", None, zone="T2"))],
            [bill(item("120", "8", None, zone="T1"), item("80", "4", None, zone="T2"))],
            {K.VOLUME: "640.00"},
            id="twice as much in every zone is volume alone",
        ),
        pytest.param(
            [bill(item("100", "6", None))],
            [bill(item("70", "7", None, zone="T1"), item("30", "4", None, zone="T2"))],
            {K.ZONES: "10.00"},
            id="zones in place of the whole day",
        ),
        pytest.param(
            [bill(item("100", "5", None), capacity("2", "100", "20"))],
            [bill(item("100", "5", None), capacity("3", "110", "20"))],
            {K.CAPACITY: "156.00"},
            id="capacity",
        ),
        pytest.param(
            [bill(item("100", "5", None), losses("2", "5", "20"))],
            [bill(item("100", "5", None), losses("4", "5", "20"))],
            {K.LOSSES: "12.00"},
            id="losses",
        ),
        pytest.param(
            [bill(item("100", "5", None, 1))],
            [
                bill(
                    item("100", "5", None, 1),
                    item("10", "7", "20", 2),
                    capacity("1", "100", "20", 2),
                )
            ],
            {K.ADDED_POINTS: "204.00"},
            id="a point with all that is billed there",
        ),
        pytest.param(
            [bill(item("100", "5", None, 1), item("10", "7", None, 2))],
            [bill(item("100", "5", None, 1), item("20", "9", None, 3))],
            {K.ADDED_POINTS: "180.00", K.REMOVED_POINTS: "-70.00"},
            id="a point for another",
        ),
        pytest.param(
            [bill(item("100", "5", "20"))],
            [],
            {K.VOLUME: "-600.00"},
            id="a month without charges",
        ),
        pytest.param(
            [bill(item("100", "5", None)), interest("10.00")],
            [bill(item("100", "5", None)), interest("70.00"), correction("-8.00")],
            {K.INTEREST: "60.00", K.CORRECTIONS: "-8.00"},
            id="late interest and corrections",
        ),
        pytest.param(
            [bill(item("100", "5", None))],
            [bill(item("100", "5", None), item("-20", "5", "20", method="recalc"))],
            {K.CORRECTIONS: "-120.00"},
            id="a recalculation inside the document keeps its rate",
        ),
        pytest.param(
            [bill(item("100", "5", None))],
            [bill(item("100", "5", None), item("1", "90", None, unit="шт.", service="S"))],
            {K.OTHER: "90.00"},
            id="a service that is neither energy nor capacity",
        ),
        pytest.param(
            [bill(gross=Decimal("100.00"))],
            [bill(item("100", "5", None))],
            {K.UNITEMIZED: "400.00"},
            id="documents without lines explain nothing",
        ),
        pytest.param(
            [bill(item("100", "5", None))],
            [bill(item("100", "5", None), gross=Decimal("530.00"))],
            {K.FAULT: "30.00"},
            id="a document that is not the sum of its lines",
        ),
        pytest.param(
            [bill(item("100", "5", "20"))],
            [bill(item("100", "5", "20", gross=Decimal("590.00")))],
            {K.FAULT: "-10.00"},
            id="a line that does not come to its sum",
        ),
        pytest.param(
            [bill(item("100", "5", "20"))],
            [bill(item("100", "5", "20"), gross=Decimal("600.01"))],
            {K.ROUNDING: "0.01"},
            id="VAT of the document by a kopeck",
        ),
        pytest.param(
            [bill(item("0", "5", None))],
            [bill(item("100", "5", None))],
            {K.VOLUME: "500.00"},
            id="nothing was used before",
        ),
        pytest.param(
            [bill(item("0", "5", None, net=Decimal("50.00"), gross=Decimal("50.00")))],
            [bill(item("100", "5", None))],
            {K.VOLUME: "500.00", K.OTHER: "-50.00"},
            id="a sum for no quantity has no price",
        ),
        pytest.param(
            [bill(item("0.1", "5000", "20", unit="МВт·ч"))],
            [bill(item("100", "6", "20"))],
            {K.PRICE: "120.00"},
            id="units are converted",
        ),
    ],
)
def test_the_parts_of_a_difference(
    before: list[BilledDocument], after: list[BilledDocument], parts: dict[PartKind, str]
) -> None:
    comparison = compare_months(before, after)
    assert amounts(comparison) == parts
    assert sum(part.amount for part in comparison.parts) == comparison.difference


def test_rounding_of_lines_is_a_part_of_its_own() -> None:
    before = [bill(*(item("1", "0.00400", None, point) for point in range(1, 6)))]
    after = [bill(*(item("2", "0.00400", None, point) for point in range(1, 6)))]
    comparison = compare_months(before, after)
    # 5 × 0,00 and 5 × 0,01 were billed; five times 0,004 is 0,02.
    assert amounts(comparison) == {K.VOLUME: "0.02", K.ROUNDING: "0.03"}


def test_parts_are_listed_by_what_they_contribute_and_rounding_last() -> None:
    before = [bill(item("1000.777", "5.12345", "20"), capacity("3", "99.11111", "20"))]
    after = [
        bill(item("1100.123", "6.54321", "22"), capacity("4", "99.11111", "22")),
        interest("-1.00"),
    ]
    comparison = compare_months(before, after)
    kinds = [part.kind for part in comparison.parts]
    assert kinds == [K.PRICE, K.VOLUME, K.VAT, K.CAPACITY, K.INTEREST, K.ROUNDING]
    assert comparison.energy.after - comparison.energy.before == comparison.difference + 1


def test_equal_parts_have_a_fixed_order() -> None:
    before = [bill(item("100", "5", None)), interest("10.00"), correction("10.00")]
    after = [bill(item("100", "5", None)), interest("20.00"), correction("20.00")]
    for months in ((before, after), (after, before)):
        kinds = [part.kind for part in compare_months(*months).parts]
        assert kinds == [K.CORRECTIONS, K.INTEREST]


def test_shares_add_up_to_a_hundred_and_are_left_out_where_they_tell_nothing() -> None:
    before = [bill(item("100", "3", None), capacity("1", "100", "20"))]
    after = [bill(item("101", "3", None), capacity("1", "105", "20")), interest("9.00")]
    shares = compare_months(before, after).shares
    assert shares is not None
    assert sum(shares) == 100
    assert compare_months(before, [*after, interest("-17.99")]).shares is None
    assert compare_months(before, before).shares is None


def test_the_figures_beside_a_part_have_its_sign() -> None:
    """Prices at the same mix: a dearer mix does not pose as a dearer price."""
    before = [bill(item("90", "4", None, zone="T2"), item("10", "8", None, zone="T1"))]
    after = [bill(item("10", "3.9", None, zone="T2"), item("90", "7.9", None, zone="T1"))]
    parts = {part.kind: part for part in compare_months(before, after).parts}
    assert parts[K.PRICE].amount < 0
    assert parts[K.PRICE].prices is not None
    assert parts[K.PRICE].prices.after < parts[K.PRICE].prices.before
    assert parts[K.ZONES].subject == "T2"
    assert parts[K.ZONES].shares == (90, 10)


def test_energy_and_its_transmission_are_one_volume() -> None:
    def month(kwh: str) -> list[BilledDocument]:
        sent = {"service": "TR", "service_name": "Услуги по передаче"}
        return [bill(item(kwh, "3", None), item(kwh, "2", None, **sent))]

    (part,) = compare_months(month("100"), month("120")).parts
    assert (part.kind, part.amount, part.quantities) == (K.VOLUME, 100, (100, 120))
    (part,) = compare_months(
        month("100"), [bill(item("100", "3", None), item("100", "3", None, service="TR"))]
    ).parts
    assert (part.kind, part.prices) == (K.PRICE, (5, 6))


def test_the_names_of_points_that_came_and_went() -> None:
    before = [bill(item("100", "5", None, 1), item("10", "7", None, 2))]
    after = [bill(item("100", "5", None, 1), item("20", "9", None, 3))]
    comparison = compare_months(before, after)
    assert (comparison.removed, comparison.added) == (("Цех 2",), ("Цех 3",))


def test_groups_and_what_lies_outside_them_come_to_both_totals() -> None:
    before = [bill(item("100", "5"), capacity("2", "100")), interest("5.00")]
    after = [bill(item("130", "5"), capacity("2", "100")), correction("-7.00")]
    comparison = compare_months(before, after)
    for place in (0, 1):
        months = [(group.before, group.after)[place] for group in comparison.groups]
        total = sum(month.gross for month in months) + comparison.ungrouped[place]
        assert total == comparison.totals[place]
    differences = [abs(group.difference) for group in comparison.groups]
    assert differences == sorted(differences, reverse=True)
