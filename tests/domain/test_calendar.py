"""Days of a person's calendar."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from app.domain.calendar import add_working_days, list_due_entries, list_window_entries
from app.domain.reading_windows import Regime, WindowRules
from app.domain.receivables import Receivable, ReceivableKind
from app.domain.unpaid_items import UnpaidItems

TODAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("day", "number", "found"),
    [
        (date(2026, 12, 1), 3, date(2026, 12, 4)),
        # Over a weekend, over the New Year, over a holiday in the week.
        (date(2026, 10, 1), 3, date(2026, 10, 6)),
        (date(2027, 1, 1), 3, date(2027, 1, 13)),
        (date(2026, 11, 1), 3, date(2026, 11, 5)),
        (date(2026, 12, 1), 0, date(2026, 12, 1)),
    ],
)
def test_an_act_is_due_so_many_working_days_after(day: date, number: int, found: date) -> None:
    assert add_working_days(day, number) == found


def test_three_windows_are_shown_each_with_its_act() -> None:
    entries = list(list_window_entries(7, "00123-ЭС", Regime.MONTH_END, TODAY, WindowRules()))
    windows = [entry for entry in entries if entry.key.startswith("window")]
    assert [(entry.first, entry.last) for entry in windows] == [
        (date(2026, 11, 20), date(2026, 12, 1)),
        (date(2026, 12, 20), date(2027, 1, 1)),
        (date(2027, 1, 20), date(2027, 2, 1)),
    ]
    acts = [entry.first for entry in entries if entry.key.startswith("act")]
    assert acts == [date(2026, 12, 4), date(2027, 1, 13), date(2027, 2, 4)]
    assert len({entry.key for entry in entries}) == 6


def test_premises_in_apartment_buildings_have_windows_without_acts() -> None:
    entries = list(list_window_entries(7, "00123-ЭС", Regime.MKD, TODAY, WindowRules()))
    assert [entry.first for entry in entries] == [
        date(2026, 10, 23),
        date(2026, 11, 23),
        date(2026, 12, 23),
    ]


def test_what_falls_due_on_one_day_is_one_entry_with_the_sum() -> None:
    kind, zero = ReceivableKind.INVOICE, Decimal(0)
    unpaid = [
        Receivable(kind, Decimal("100.50"), zero, 1, "15", TODAY),
        Receivable(kind, Decimal("200.00"), zero, 2, "16", TODAY),
        Receivable(kind, Decimal("5.00"), Decimal("5.00"), 3, "17", date(2026, 12, 1)),
        Receivable(kind, Decimal("7.00"), zero, 4, "18", None),
    ]
    (entry,) = list_due_entries(7, "00123-ЭС", UnpaidItems(TODAY, zero, unpaid, {}, zero))
    assert entry.title.replace("\u00a0", " ") == "Оплатить 300,50 ₽, договор № 00123-ЭС"
    assert (entry.first, entry.last) == (TODAY, TODAY)
