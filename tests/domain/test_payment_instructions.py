"""The words of payments."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.payment_instructions import (
    MAX_PURPOSE,
    ContractName,
    document_purpose,
    included_vat,
    interest_purpose,
    invoice_purpose,
    is_interest_payment,
    other_debt_purpose,
    vat_clause,
)
from app.domain.period import Month

CONTRACT = ContractName("01234-ЭС", date(2020, 2, 1))
OCTOBER = Month(2026, 10)


def test_the_words_of_an_invoice_are_those_that_banks_know() -> None:
    vat = vat_clause(included_vat(Decimal("123456.78"), Decimal("22")), Decimal("22.00"))
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
    for phrase, end in (
        (invoice_purpose(name, number, on, OCTOBER, vat), vat),
        (document_purpose(name, number, on, OCTOBER, vat), vat),
        (other_debt_purpose(name, on), "в т.ч. НДС"),
        (interest_purpose(name, [number]), "НДС не облагается"),
    ):
        assert len(phrase) <= MAX_PURPOSE
        assert phrase.endswith(end)


@pytest.mark.parametrize(
    ("purpose", "is_interest"),
    [
        ("Оплата пени по договору № 1", True),
        ("ПЕНЯ за просрочку", True),
        ("Возврат излишне уплаченной пени", True),
        ("Зачет в счет пени", True),
        ("Оплата неустойки по договору № 1", True),
        ("Оплата за электроэнергию и пени", False),
        ("Возврат переплаты за электроэнергию", False),
        ("Оплата пенного концентрата", False),
        (None, False),
    ],
)
def test_the_words_of_a_payment_tell_whether_it_is_for_late_interest(
    purpose: str | None, is_interest: bool
) -> None:
    assert is_interest_payment(purpose) is is_interest
