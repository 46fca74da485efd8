"""How a sum came about, and sums by VAT rate."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.charges import RateSum, build_formula, in_kwh, sum_by_rate, times_price


def formula(start: str, end: str, quantity: str, net: str = "0.00", multiplier: str = "20"):
    return build_formula(
        Decimal(start), Decimal(end), 5, Decimal(multiplier), Decimal(quantity),
        Decimal("8.52257"), Decimal(net),
    )  # fmt: skip


def test_readings_multiplier_and_price_explain_a_sum() -> None:
    found = formula("81444.30", "81809.50", "7304", "62248.85")
    assert found.consumption == Decimal("7304.000")
    assert found.explains_quantity
    assert found.explains_net
    assert not found.rolled_over


def test_what_they_do_not_explain_is_said() -> None:
    found = formula("81444.30", "81809.50", "7404", "62248.86")
    assert not found.explains_quantity
    assert found.difference_kwh == 100
    assert not found.explains_net


def test_a_register_that_went_through_zero_goes_on_from_there() -> None:
    found = formula("99990.00", "15.50", "510")
    assert found.rolled_over
    assert found.consumption == Decimal("510.000")
    assert found.explains_quantity


@pytest.mark.parametrize(
    ("quantity", "unit", "kwh"),
    [("5", "кВт·ч", "5"), ("5", "кВт*ч", "5"), ("5", "kWh", "5"), ("5", "МВт·ч", "5000"),
     ("5", "тыс. кВт·ч", "5000"), ("5", "кВт", "0"), ("5", None, "0")],
)  # fmt: skip
def test_only_energy_counts_as_volume(quantity: str, unit: str | None, kwh: str) -> None:
    assert in_kwh(Decimal(quantity), unit) == Decimal(kwh)


def test_a_price_of_five_places_is_rounded_half_up_to_the_kopeck() -> None:
    assert times_price(Decimal("1000"), Decimal("0.00005")) == Decimal("0.05")
    assert times_price(Decimal("100"), Decimal("0.00005")) == Decimal("0.01")


AMOUNTS = st.integers(-(10**9), 10**9).map(lambda kopecks: Decimal(kopecks).scaleb(-2))
RATES = st.sampled_from([None, Decimal(0), Decimal(20), Decimal(22)])


@given(st.lists(st.builds(RateSum, RATES, AMOUNTS, AMOUNTS, AMOUNTS), max_size=20))
def test_sums_by_rate_lose_nothing_and_name_each_rate_once(parts: list[RateSum]) -> None:
    sums = sum_by_rate(parts)
    assert len({part.rate for part in sums}) == len(sums)
    for name in ("net", "vat", "gross"):
        assert sum(getattr(part, name) for part in sums) == sum(
            getattr(part, name) for part in parts
        )
    rates = [part.rate for part in sums if part.rate is not None]
    assert rates == sorted(rates, reverse=True)
