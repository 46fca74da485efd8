"""Sums of a person's contracts by group, and of stored receivables without making them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from app.domain.contract_totals import sum_by_group, sum_contracts
from app.domain.money import ZERO, from_kopecks
from app.domain.receivables import Receivable, ReceivableKind
from app.domain.snapshot_texts import sum_unpaid, write_unpaid
from app.domain.unpaid_items import UnpaidItems

TODAY = date(2026, 11, 21)


class Money(NamedTuple):
    group: str
    balance: int | None
    overdue: int | None


def test_a_debt_and_an_overpayment_do_not_offset_each_other() -> None:
    total = sum_contracts([Money("", 10050, 50), Money("", -20000, 0), Money("", None, None)])
    assert (total.count, total.shown) == (3, 2)
    assert (total.debt, total.overpayment, total.overdue) == (
        Decimal("100.50"),
        Decimal("200.00"),
        Decimal("0.50"),
    )


def test_groups_come_by_name_and_contracts_without_one_last() -> None:
    groups = sum_by_group([Money(name, 100, 0) for name in ("", "склады", "Магазины", "склады")])
    assert [(group.name, group.count) for group in groups] == [
        ("Магазины", 1),
        ("склады", 2),
        ("", 1),
    ]


AMOUNTS = st.integers(0, 10**9)
RECEIVABLES = st.lists(
    st.builds(
        lambda amount, covered, days, is_advance: Receivable(
            ReceivableKind.INVOICE,
            from_kopecks(amount + covered),
            from_kopecks(covered),
            1,
            "1",
            None if days is None else TODAY + timedelta(days=days),
            is_advance,
        ),
        AMOUNTS,
        AMOUNTS,
        st.none() | st.integers(-60, 60),
        st.booleans(),
    )
)


@given(RECEIVABLES)
def test_sums_of_the_text_are_those_of_the_receivables(unpaid: list[Receivable]) -> None:
    items = UnpaidItems(TODAY, ZERO, unpaid, {}, ZERO)
    found = sum_unpaid(write_unpaid(unpaid), TODAY)
    assert (from_kopecks(found.total), from_kopecks(found.overdue), found.next_due_on) == (
        items.total,
        items.overdue,
        items.next_due_on,
    )
