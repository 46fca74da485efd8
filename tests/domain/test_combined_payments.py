"""Several payments by one payment order."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from app.domain.combined_payments import combine_payments
from app.domain.payment_instructions import MAX_PURPOSE, ContractName, PaymentInstruction
from app.domain.period import Month
from app.domain.receivables import ReceivableKind

CONTRACT = ContractName("00123-ЭС", date(2020, 2, 1))
TODAY = date(2026, 11, 28)
RATE = Decimal(22)


def invoice(number: str, amount: str, month: int, vat: str | None = "18.03") -> PaymentInstruction:
    return PaymentInstruction(
        ReceivableKind.INVOICE,
        Decimal(amount),
        "…",
        int(number),
        number,
        date(2026, month, 1),
        date(2026, month, 18),
        Month(2026, month),
        None if vat is None else Decimal(vat),
        () if vat is None else (RATE,),
    )


INTEREST = PaymentInstruction(ReceivableKind.INTEREST, Decimal("33.00"), "Оплата пени")
OLDER = PaymentInstruction(ReceivableKind.OTHER, Decimal("7.00"), "Долг")


def test_invoices_go_into_one_order_that_names_them_and_late_interest_into_its_own() -> None:
    chosen = (invoice("9", "100.00", 6), INTEREST, invoice("10", "100.00", 7))
    energy, interest = combine_payments(chosen, CONTRACT, TODAY)
    assert (energy.amount, energy.vat, interest) == (Decimal("200.00"), Decimal("36.06"), INTEREST)
    assert energy.purpose == (
        "Оплата за электроэнергию по договору № 00123-ЭС от 01.02.2020, счета № 9, 10, "
        "за 06.2026-07.2026, в т.ч. НДС 22% - 36-06"
    )


def test_one_payment_stays_as_it_is() -> None:
    only = invoice("9", "100.00", 6)
    assert combine_payments((only,), CONTRACT, TODAY) == (only,)
    assert combine_payments((INTEREST,), CONTRACT, TODAY) == (INTEREST,)
    assert combine_payments((), CONTRACT, TODAY) == ()


def test_where_numbers_do_not_fit_the_months_are_named_and_gaps_stay_gaps() -> None:
    chosen = [
        invoice(str(10**12 + month * 10 + part), "1.00", month)
        for month in (1, 2, 3, 5)
        for part in range(4)
    ]
    (energy,) = combine_payments(chosen, CONTRACT, TODAY)
    assert energy.purpose == (
        "Оплата за электроэнергию по договору № 00123-ЭС от 01.02.2020, "
        "за 01.2026-03.2026, 05.2026, в т.ч. НДС 22% - 288-48"
    )


def test_vat_that_is_not_known_of_one_is_not_stated_for_all() -> None:
    (energy,) = combine_payments(
        (invoice("9", "100.00", 6), invoice("10", "1.00", 7, None), OLDER), CONTRACT, TODAY
    )
    assert energy.vat is None
    assert energy.purpose == (
        "Оплата задолженности за электроэнергию по договору № 00123-ЭС от 01.02.2020, "
        "счета № 9, 10, за 06.2026-07.2026, на 28.11.2026, в т.ч. НДС"
    )


AMOUNTS = st.integers(1, 10**10).map(lambda kopecks: Decimal(kopecks).scaleb(-2))
ITEMS = st.builds(
    PaymentInstruction,
    kind=st.sampled_from(ReceivableKind),
    amount=AMOUNTS,
    purpose=st.just("…"),
    id=st.integers(1, 9),
    number=st.text(max_size=60),
    due_on=st.none() | st.dates(),
    period=st.none() | st.builds(Month, st.integers(2000, 2099), st.integers(1, 12)),
    vat=st.none() | AMOUNTS,
    rates=st.lists(st.sampled_from((Decimal(20), RATE)), max_size=2).map(tuple),
)


@given(st.lists(ITEMS, max_size=40))
def test_no_kopeck_is_lost_and_every_purpose_fits(chosen: list[PaymentInstruction]) -> None:
    combined = combine_payments(chosen, CONTRACT, TODAY)
    assert sum(item.amount for item in combined) == sum(item.amount for item in chosen)
    energy = [item for item in combined if item.kind is not ReceivableKind.INTEREST]
    assert len(energy) <= 1
    assert all(len(item.purpose) <= MAX_PURPOSE for item in combined)
    if len(energy) == 1 and energy[0] not in chosen:
        assert "НДС" in energy[0].purpose
