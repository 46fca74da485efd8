"""Events of a contract: which day tells of what."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from app.domain.access import Role
from app.domain.corrections import DebtKind
from app.domain.events import (
    EventKind,
    NewEvent,
    find_due_days,
    kinds_of,
    list_payment_events,
    list_window_events,
)
from app.domain.period import Month
from app.domain.reading_windows import Window
from app.domain.receivables import Receivable, ReceivableKind
from app.domain.unpaid_items import UnpaidItems

TODAY = date(2026, 11, 21)
WINDOW = Window(Month(2026, 11), date(2026, 11, 20), date(2026, 12, 1))


def owes(*items: tuple[str, date | None, str]) -> UnpaidItems:
    """What is unpaid: number, due date and roubles of each."""
    unpaid = [
        Receivable(ReceivableKind.INVOICE, Decimal(amount), Decimal(0), place, number, due_on)
        for place, (number, due_on, amount) in enumerate(items, 1)
    ]
    return UnpaidItems(TODAY, Decimal(0), unpaid, dict.fromkeys(DebtKind, Decimal(0)), Decimal(0))


def kinds(events: list[NewEvent]) -> list[EventKind]:
    return [event.kind for event in events]


@pytest.mark.parametrize(
    ("left", "wanted", "found"),
    [
        (4, {3}, []),
        (3, {3}, [3]),
        # The worker was down on the day: it is told late rather than never.
        (1, {3}, [3]),
        (0, {3}, [3]),
        (-1, {3}, []),
        (2, {1, 3, 7}, [3, 7]),
    ],
)
def test_a_reminder_is_due_from_its_day_to_the_day_itself(
    left: int, wanted: set[int], found: list[int]
) -> None:
    assert find_due_days(TODAY + timedelta(days=left), TODAY, wanted) == found


def test_a_due_date_is_one_event_with_the_sum_of_what_falls_on_it() -> None:
    day = TODAY + timedelta(days=2)
    (event,) = list_payment_events(7, owes(("15", day, "100.50"), ("16", day, "200.00")), {3})
    assert event.kind == EventKind.DUE
    assert event.facts == {"due_on": str(day), "amount": "300.50", "number": "", "days": 2}
    assert event.dedupe_key == f"due:7:{day}:3"


def test_an_overdue_payment_is_told_for_a_week_on_the_day_after_it_was_due() -> None:
    def told(days_ago: int) -> list[NewEvent]:
        day = TODAY - timedelta(days=days_ago)
        return list(list_payment_events(7, owes(("15", day, "1.00")), {3}))

    assert [kinds(told(days)) for days in (0, 1, 7, 8)] == [
        [EventKind.DUE],
        [EventKind.OVERDUE],
        [EventKind.OVERDUE],
        [],
    ]
    assert told(7)[0].happened_on == TODAY - timedelta(days=6)
    assert told(1)[0].facts["number"] == "15"


def test_debt_without_a_due_date_and_what_is_paid_are_no_events() -> None:
    paid = Receivable(ReceivableKind.INVOICE, Decimal(5), Decimal(5), 1, "15", TODAY)
    unpaid = UnpaidItems(TODAY, Decimal(0), [paid], {}, Decimal(0))
    assert not list(list_payment_events(7, unpaid, {3}))
    assert not list(list_payment_events(7, owes(("", None, "5.00")), {3}))


@pytest.mark.parametrize(
    ("day", "meters", "found"),
    [
        (date(2026, 11, 19), (2, 2), []),
        (date(2026, 11, 20), (2, 2), ["window_opens"]),
        (date(2026, 11, 28), (2, 1), ["window_opens", "window_closes"]),
        (date(2026, 12, 1), (2, 1), ["window_opens", "window_closes"]),
        (date(2026, 12, 1), (2, 0), ["window_opens"]),
        (date(2026, 12, 2), (2, 1), ["readings_missed"]),
        (date(2026, 12, 2), (2, 0), []),
        (date(2026, 12, 9), (2, 1), []),
        (date(2026, 11, 25), (0, 0), []),
    ],
)
def test_a_window_is_told_when_it_opens_nears_its_end_and_is_missed(
    day: date, meters: tuple[int, int], found: list[str]
) -> None:
    assert kinds(list(list_window_events(7, WINDOW, meters, day, {3}))) == found


def test_an_engineer_learns_nothing_of_money_and_only_managers_of_access() -> None:
    money = {"invoice", "document", "correction", "payment", "due", "overdue"}
    assert not money & set(kinds_of(Role.ENGINEER))
    assert money < set(kinds_of(Role.ACCOUNTANT))
    assert [role for role in Role if EventKind.ACCESS in kinds_of(role)] == [
        Role.OWNER,
        Role.DIRECTOR,
    ]
    assert set(kinds_of(Role.OWNER)) == set(EventKind)
