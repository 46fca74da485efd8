"""Calendar months and the period that the demo data cover."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple, Self

SATURDAY = 5


class Month(NamedTuple):
    """A billing month; compares and hashes as (year, number)."""

    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"

    @classmethod
    def of(cls, day: date) -> Self:
        """The month that holds ``day``."""
        return cls(day.year, day.month)

    @property
    def first_day(self) -> date:
        return self.day(1)

    @property
    def last_day(self) -> date:
        return self.day(monthrange(self.year, self.number)[1])

    def day(self, number: int) -> date:
        """The given day of the month, from 1."""
        return date(self.year, self.number, number)

    def shift(self, months: int) -> Month:
        """The month so many months later, or earlier if negative."""
        years, index = divmod(self.number - 1 + months, 12)
        return Month(self.year + years, index + 1)


@dataclass(frozen=True, slots=True)
class Timeline:
    """The months that are billed, and the moment at which billing made its export.

    Attributes:
        now: aware time of the export in the supplier's zone.
        months: complete months, oldest first, the last one just before the month of ``now``.
    """

    now: datetime
    months: tuple[Month, ...]

    @classmethod
    def until(cls, now: datetime, length: int) -> Self:
        """``length`` complete months before the month of ``now``."""
        current = Month.of(now.date())
        return cls(now, tuple(current.shift(-back) for back in range(length, 0, -1)))

    @property
    def today(self) -> date:
        return self.now.date()

    @property
    def first(self) -> Month:
        return self.months[0]

    @property
    def last(self) -> Month:
        """The last complete month."""
        return self.months[-1]

    @property
    def current(self) -> Month:
        """The month that is still running."""
        return self.last.shift(1)

    def ago(self, months: int) -> Month:
        """The month so many months before the last complete one."""
        return self.last.shift(-months)


def working_day_before(day: date) -> date:
    """``day`` itself or the Friday before it; public holidays are ignored."""
    return day - timedelta(days=max(0, day.weekday() - SATURDAY + 1))


def working_day_after(day: date) -> date:
    """``day`` itself or the Monday after it; public holidays are ignored."""
    return day + timedelta(days=7 - day.weekday() if day.weekday() >= SATURDAY else 0)
