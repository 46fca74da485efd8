"""Volumes, sums by VAT rate, and whether documents are paid."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.charges import (
    PaymentStatus,
    PaymentSummary,
    RateSum,
    in_kw,
    in_kwh,
    multiply_by_price,
    sum_by_rate,
)


@pytest.mark.parametrize(
    ("quantity", "unit", "kwh"),
    [
        ("5", "кВт·ч", "5"),
        ("5", "кВт*ч", "5"),
        ("5", "kWh", "5"),
        ("5", "МВт·ч", "5000"),
        ("5", "тыс. кВт·ч", "5000"),
        ("5", "тыс. кВт-час", "5000"),
        ("5", "кВт часов", "5"),
        ("5", "кВт", "0"),
        ("5", None, "0"),
    ],
)
def test_only_energy_counts_as_volume(quantity: str, unit: str | None, kwh: str) -> None:
    assert in_kwh(Decimal(quantity), unit) == Decimal(kwh)


@pytest.mark.parametrize(
    ("quantity", "unit", "kw"),
    [
        ("58.214", "кВт", "58.214"),
        ("2", "МВт", "2000"),
        ("5", "kW", "5"),
        ("5", "кВт·ч", "0"),
        ("0.1", "МВт·мес", "100"),
        ("5", "кВт в месяц", "5"),
        ("5", "кВт/мес.", "5"),
        ("5", "кВт·час", "0"),
        ("5", "мес.", "0"),
        ("5", None, "0"),
    ],
)
def test_capacity_is_told_from_energy(quantity: str, unit: str | None, kw: str) -> None:
    assert in_kw(Decimal(quantity), unit) == Decimal(kw)


@pytest.mark.parametrize(
    ("gross", "amount_due", "unpaid", "status"),
    [
        ("100", "100", "100", PaymentStatus.OPEN),
        ("100", "90", "90", PaymentStatus.OPEN),
        ("100", "90", "40", PaymentStatus.PARTLY),
        ("100", "90", "0", PaymentStatus.PAID),
        ("100", "0", "0", PaymentStatus.NOT_DUE),
        ("-100", "0", "0", PaymentStatus.CREDIT),
        ("-100", "50", "50", PaymentStatus.OPEN),
        ("100", None, "0", PaymentStatus.OLDER),
    ],
)
def test_a_document_is_paid_when_what_corrections_have_left_of_it_is(
    gross: str, amount_due: str | None, unpaid: str, status: PaymentStatus
) -> None:
    known = None if amount_due is None else Decimal(amount_due)
    assert PaymentSummary(Decimal(gross), known, Decimal(unpaid)).status is status


def test_a_price_of_five_places_is_rounded_half_up_to_the_kopeck() -> None:
    assert multiply_by_price(Decimal("1000"), Decimal("0.00005")) == Decimal("0.05")
    assert multiply_by_price(Decimal("100"), Decimal("0.00005")) == Decimal("0.01")


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
