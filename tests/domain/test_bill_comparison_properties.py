"""Whatever two months hold: parts add up to the kopeck, and swapping the months negates them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.bill_comparison import PartKind, compare_months
from app.domain.bill_groups import BilledDocument, BilledItem
from tests.domain.bills import bill, correction, interest, item

MIRROR = {
    PartKind.ADDED_POINTS: PartKind.REMOVED_POINTS,
    PartKind.REMOVED_POINTS: PartKind.ADDED_POINTS,
}
SERVICES = {
    "EE": ("Электрическая энергия", "кВт·ч"),
    "TR": ("Услуги по передаче", "МВт·ч"),
    "LOSS": ("Потери электрической энергии", "кВт·ч"),
    "CAP": ("Мощность", "кВт"),
    "S": ("Опломбировка", None),
}


def kopecks(limit: int = 10**9) -> st.SearchStrategy[Decimal]:
    return st.integers(-limit, limit).map(lambda number: Decimal(number).scaleb(-2))


@st.composite
def items(draw: st.DrawFn) -> BilledItem:
    service = draw(st.sampled_from(sorted(SERVICES)))
    name, unit = SERVICES[service]
    quantity = draw(st.one_of(st.just(0), st.integers(1, 10**8), st.integers(-(10**6), -1)))
    price = draw(st.integers(0, 10**7))
    line = item(
        str(Decimal(quantity).scaleb(-3)),
        str(Decimal(price).scaleb(-5)),
        draw(st.sampled_from(["20", "22", "0", None])),
        draw(st.sampled_from([None, 1, 2, 3])),
        service=service,
        service_name=name,
        unit=unit,
        zone=draw(st.sampled_from([None, "T0", "T1", "T2"])),
        method=draw(st.sampled_from(["meter", "estimated", "recalc", None])),
    )
    # Billing may send anything.
    fault = draw(st.sampled_from(["", "", "", "net", "vat", "gross"]))
    return line._replace(**{fault: draw(kopecks())}) if fault else line


@st.composite
def documents(draw: st.DrawFn) -> BilledDocument:
    kind = draw(st.sampled_from(["bill", "bill", "bill", "faulty", "interest", "correction"]))
    if kind == "interest":
        return interest(str(draw(kopecks())))
    if kind == "correction":
        return correction(str(draw(kopecks())))
    document = bill(*draw(st.lists(items(), max_size=3)))
    return document._replace(gross=draw(kopecks())) if kind == "faulty" else document


months = st.lists(documents(), max_size=3)


@given(months, months)
@settings(max_examples=200)
def test_parts_add_up_to_the_difference_for_any_two_months(
    before: Sequence[BilledDocument], after: Sequence[BilledDocument]
) -> None:
    comparison = compare_months(before, after)
    total = sum(document.gross for document in after) - sum(document.gross for document in before)
    assert comparison.difference == total
    assert sum(part.amount for part in comparison.parts) == total
    assert all(part.amount == part.amount.quantize(Decimal("0.01")) for part in comparison.parts)
    assert all(part.amount for part in comparison.parts)
    rounding = [part.kind is PartKind.ROUNDING for part in comparison.parts]
    assert True not in rounding[:-1]
    ranked = [abs(part.amount) for part in comparison.parts if part.kind is not PartKind.ROUNDING]
    assert ranked == sorted(ranked, reverse=True)
    if comparison.shares is not None:
        assert sum(comparison.shares) == 100


@given(months, months)
@settings(max_examples=200)
def test_swapping_the_months_negates_every_part(
    before: Sequence[BilledDocument], after: Sequence[BilledDocument]
) -> None:
    there = {part.kind: part.amount for part in compare_months(before, after).parts}
    back = compare_months(after, before).parts
    assert {MIRROR.get(part.kind, part.kind): -part.amount for part in back} == there


@given(months, months, st.randoms())
def test_the_order_of_documents_and_lines_says_nothing(
    before: list[BilledDocument], after: list[BilledDocument], chance: object
) -> None:
    shuffled = [document._replace(items=tuple(reversed(document.items))) for document in after]
    shuffled.reverse()
    wanted = [(part.kind, part.amount) for part in compare_months(before, after).parts]
    found = [(part.kind, part.amount) for part in compare_months(before, shuffled).parts]
    assert found == wanted


@given(months)
def test_a_month_compared_with_itself_has_no_parts(month: list[BilledDocument]) -> None:
    assert compare_months(month, month).parts == ()


@given(
    st.lists(
        st.tuples(
            st.integers(1, 10**9),
            st.integers(1, 10**6),
            st.integers(1, 10**9),
            st.integers(1, 10**6),
        ),
        min_size=1,
        max_size=20,
    )
)
@settings(max_examples=100)
def test_rounding_is_at_most_a_kopeck_a_line(figures: list[tuple[int, int, int, int]]) -> None:
    """What is left for it is only what billing and the parts have rounded."""

    def month(place: int, rate: str) -> list[BilledDocument]:
        lines = (
            item(
                str(Decimal(figure[place]).scaleb(-3)),
                str(Decimal(figure[place + 1]).scaleb(-5)),
                rate,
                point,
            )
            for point, figure in enumerate(figures, 1)
        )
        return [bill(*lines)]

    comparison = compare_months(month(0, "20"), month(2, "22"))
    rounding = sum(
        (part.amount for part in comparison.parts if part.kind is PartKind.ROUNDING), Decimal(0)
    )
    kinds = {part.kind for part in comparison.parts}
    assert PartKind.FAULT not in kinds
    bound = Decimal("0.0113") * 2 * len(figures) + Decimal("0.005") * 6
    assert abs(rounding) <= bound
