"""Days of a person's calendar: reading windows, acts, due dates, verifications."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from app.domain.events import EventKind
from app.domain.formats import NBSP, roubles
from app.domain.money import ZERO
from app.domain.reading_windows import Regime, WindowRules, next_window, window_on
from app.domain.unpaid_items import UnpaidItems

MONTHS_AHEAD = 3
"""Reading windows that are shown: the present or last one, and those after it."""
ACT_DAYS = 3
"""Working days after the window in which the signed act is handed over."""
_HOLIDAYS = frozenset(
    {(1, day) for day in range(1, 9)} | {(2, 23), (3, 8), (5, 1), (5, 9), (6, 12), (11, 4)}
)
"""Month and day of public holidays (Labour Code, art. 112). What a government moves from year to
year is not among them: then the day here is earlier than needed or a day off, never too late by
more than that."""
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """Something on one day or several.

    Attributes:
        key: the same for the same thing, so that calendars replace it.
        kind, subject_id: what it leads to.
    """

    key: str
    contract_id: int
    first: date
    last: date
    title: str
    kind: EventKind
    subject_id: int | None = None


@dataclass(frozen=True, slots=True)
class CalendarMeter:
    """A meter whose verification comes to its end."""

    id: int
    serial_number: str
    place: str
    verify_on: date


def add_working_days(day: date, number: int) -> date:
    """The working day so many working days after a day."""
    while number:
        day += timedelta(days=1)
        if day.weekday() < _SATURDAY and (day.month, day.day) not in _HOLIDAYS:
            number -= 1
    return day


def list_window_entries(
    contract_id: int, number: str, regime: Regime, today: date, rules: WindowRules
) -> Iterator[CalendarEntry]:
    """The reading windows of a contract, and the days of their acts."""
    window = window_on(regime, today, rules)
    for _ in range(MONTHS_AHEAD):
        month = window.period.label.lower()
        key = f"{contract_id}-{regime}-{window.period}"
        yield CalendarEntry(
            f"window-{key}",
            contract_id,
            window.opens,
            window.closes,
            f"Передать показания за {month}, договор №{NBSP}{number}",
            EventKind.WINDOW_OPENS,
        )
        if regime is Regime.MONTH_END:
            act_on = add_working_days(window.closes, ACT_DAYS)
            yield CalendarEntry(
                f"act-{key}",
                contract_id,
                act_on,
                act_on,
                f"Последний день для акта снятия показаний за {month}, договор №{NBSP}{number}",
                EventKind.WINDOW_OPENS,
            )
        window = next_window(regime, window, rules)


def list_due_entries(contract_id: int, number: str, unpaid: UnpaidItems) -> Iterator[CalendarEntry]:
    """The due dates of what a contract has to pay; what is overdue stays on its day."""
    amounts: dict[date, Decimal] = {}
    for item in unpaid.unpaid:
        if item.due_on is not None and item.unpaid > ZERO:
            amounts[item.due_on] = amounts.get(item.due_on, ZERO) + item.unpaid
    for due_on, amount in amounts.items():
        yield CalendarEntry(
            f"due-{contract_id}-{due_on}",
            contract_id,
            due_on,
            due_on,
            f"Оплатить {roubles(amount)}, договор №{NBSP}{number}",
            EventKind.DUE,
        )


def build_verification_entry(contract_id: int, number: str, meter: CalendarMeter) -> CalendarEntry:
    """The last day before which a meter is to be verified."""
    return CalendarEntry(
        f"verification-{meter.id}",
        contract_id,
        meter.verify_on,
        meter.verify_on,
        f"Поверка прибора №{NBSP}{meter.serial_number}, {meter.place}, договор №{NBSP}{number}",
        EventKind.VERIFICATION,
        meter.id,
    )
