"""The words of payments, and debt laid on documents."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from app.domain.money import ZERO, from_kopecks
from app.domain.payables import (
    MAX_PURPOSE,
    ContractName,
    document_purpose,
    interest_purpose,
    invoice_purpose,
    rest_purpose,
    share_rest,
    vat_within,
    vat_words,
)
from app.domain.period import Month

CONTRACT = ContractName("01234-ЭС", date(2020, 2, 1))
OCTOBER = Month(2026, 10)


def test_the_words_of_an_invoice_are_those_that_banks_know() -> None:
    vat = vat_words(vat_within(Decimal("123456.78"), Decimal("22")), Decimal("22.00"))
    assert invoice_purpose(CONTRACT, "17", date(2026, 10, 31), OCTOBER, vat) == (
        "Оплата за электроэнергию по договору № 01234-ЭС от 01.02.2020, "
        "счет № 17 от 31.10.2026, за 10.2026, в т.ч. НДС 22% - 22262-70"
    )


def test_late_interest_names_its_documents_and_has_no_vat() -> None:
    assert interest_purpose(CONTRACT, ["П-1", "П-2"]) == (
        "Оплата пени по договору № 01234-ЭС от 01.02.2020, документы № П-1, П-2, НДС не облагается"
    )
    many = interest_purpose(CONTRACT, ["П" * 20] * 12)
    assert many == "Оплата пени по договору № 01234-ЭС от 01.02.2020, НДС не облагается"


@given(st.text(max_size=400), st.text(max_size=300))
def test_no_purpose_is_too_long_and_the_vat_is_never_cut_off(contract: str, number: str) -> None:
    name = ContractName(contract, date(2020, 2, 1))
    vat = "в т.ч. НДС 20%, 22% - 22262-70"
    on = date(2026, 10, 31)
    for words, end in (
        (invoice_purpose(name, number, on, OCTOBER, vat), vat),
        (document_purpose(name, number, on, OCTOBER, vat), vat),
        (rest_purpose(name, on), "в т.ч. НДС"),
        (interest_purpose(name, [number]), "НДС не облагается"),
    ):
        assert len(words) <= MAX_PURPOSE
        assert words.endswith(end)


def test_a_debt_is_laid_on_the_last_documents() -> None:
    documents = [(1, Decimal("100.00")), (2, Decimal("50.00"))]
    assert share_rest(Decimal("70.00"), documents) == (
        {2: Decimal("50.00"), 1: Decimal("20.00")},
        ZERO,
    )
    assert share_rest(Decimal("200.00"), documents)[1] == Decimal("50.00")


@given(
    st.integers(0, 10**9).map(from_kopecks),
    st.lists(st.integers(0, 10**8).map(from_kopecks), max_size=8),
)
def test_shares_and_rest_are_the_debt(debt: Decimal, unpaid: list[Decimal]) -> None:
    shares, rest = share_rest(debt, list(enumerate(unpaid)))
    assert sum(shares.values(), rest) == debt
    assert all(0 < share <= unpaid[key] for key, share in shares.items())
