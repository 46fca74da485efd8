"""Billing months and periods: parsing of typed dates, ranges with both ends included.

All are business dates in the supplier's zone.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from app.domain.characters import DASHES
from app.domain.errors import PeriodError

MONTH_NAMES = [
    "январь",
    "февраль",
    "март",
    "апрель",
    "май",
    "июнь",
    "июль",
    "август",
    "сентябрь",
    "октябрь",
    "ноябрь",
    "декабрь",
]
MONTH_NAMES_GENITIVE = [
    "января",
    "февраля",
    "марта",
    "апреля",
    "мая",
    "июня",
    "июля",
    "августа",
    "сентября",
    "октября",
    "ноября",
    "декабря",
]
_TO_HYPHEN = dict.fromkeys(map(ord, DASHES), "-")
EARLIEST = date(2000, 1, 1)
LATEST = date(2099, 12, 31)
MAX_MONTHS = 120
CACHED_DAYS = 16
"""Days whose ready-made periods are remembered; every page with a filter asks for today's."""
_CENTURY = 2000
"""Of years written with two digits: business dates are of 2000 to 2099."""
_ISO_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_RUSSIAN_DATE = re.compile(
    r"([0-9]{1,2})([./, -])([0-9]{1,2})\2([0-9]{4}|[0-9]{2})(?: ?(?:г\.?|года?))?"
)
_DATE_WITH_NAME = re.compile(
    r"([0-9]{1,2}) ([а-я]{3,8})\.? ([0-9]{4}|[0-9]{2})(?: ?(?:г\.?|года?))?"
)
_MONTH_OF_YEAR = re.compile(r"([0-9]{1,2})[./-]([0-9]{4}|[0-9]{2})")
_YEAR_AND_MONTH = re.compile(r"([0-9]{4})[./-]([0-9]{1,2})")
_MONTH_WITH_NAME = re.compile(r"([а-я]{3,8})\.? ([0-9]{4}|[0-9]{2})(?: ?(?:г\.?|года?))?")


class Month(NamedTuple):
    """A billing month (расчетный период); a tuple, so that months compare and hash quickly."""

    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> Month:
        """The month that a business date lies in."""
        return cls(day.year, day.month)

    @classmethod
    @lru_cache(maxsize=1024)  # a page reads hundreds of rows of a few months
    def parse(cls, text: str) -> Month:
        """From ``YYYY-MM``, the form it has in tables and exchange files."""
        return cls(int(text[:4]), int(text[5:7]))

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"

    @property
    def first(self) -> date:
        return date(self.year, self.number, 1)

    @property
    def last(self) -> date:
        return _last_day(self)

    @property
    def next_first(self) -> date:
        """First day of the month after this one."""
        return self.plus(1).first

    def plus(self, months: int) -> Month:
        """The month so many months later, earlier if negative."""
        year, rest = divmod(self.year * 12 + self.number - 1 + months, 12)
        return Month(year, rest + 1)

    @property
    def label(self) -> str:
        """«Ноябрь 2025»."""
        return f"{MONTH_NAMES[self.number - 1].capitalize()} {self.year}"

    @property
    def dative(self) -> str:
        """«ноябрю 2025»: compared to it."""
        return self._inflected("ю", "у")

    @property
    def instrumental(self) -> str:
        """«ноябрем 2025»: compared with it."""
        return self._inflected("ем", "ом")

    @property
    def prepositional(self) -> str:
        """«ноябре 2025»: in it."""
        return self._inflected("е", "е")

    def _inflected(self, soft: str, hard: str) -> str:
        """The name with the ending of a case; only «март» and «август» end in a consonant."""
        name = MONTH_NAMES[self.number - 1]
        name = name[:-1] + soft if name[-1] in "ьй" else name + hard
        return f"{name} {self.year}"

    @property
    def short_label(self) -> str:
        """«11.2025», as documents write a billing month."""
        return f"{self.number:02d}.{self.year}"


@lru_cache(maxsize=MAX_MONTHS * 10)
def _last_day(month: Month) -> date:
    return date(month.year, month.number, monthrange(month.year, month.number)[1])


@dataclass(frozen=True, slots=True)
class Period:
    """Dates ``first``..``last``, both included; ``first`` is never after ``last``."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.first > self.last:
            raise PeriodError("reversed")
        if self.first < EARLIEST or self.last > LATEST:
            raise PeriodError("out_of_range")
        if (
            self.last.year - self.first.year
        ) * 12 + self.last.month - self.first.month >= MAX_MONTHS:
            raise PeriodError("too_long")

    @property
    def months(self) -> list[Month]:
        """Months that the period touches, in order."""
        first = self.first.year * 12 + self.first.month - 1
        last = self.last.year * 12 + self.last.month
        return [Month(index // 12, index % 12 + 1) for index in range(first, last)]

    def month_label(self, month: Month) -> str:
        """«Ноябрь 2026», or «1–15 ноября 2026» where the period takes only a part of it."""
        first, last = month.first, month.last
        if self.first <= first and last <= self.last:
            return month.label
        first, last = max(self.first, first), min(self.last, last)
        days = f"{first.day}–{last.day}" if first != last else f"{first.day}"
        return f"{days} {MONTH_NAMES_GENITIVE[month.number - 1]} {month.year}"


def parse_day(text: str) -> date:
    """Parse a date as a browser's date field (``2026-11-22``) or a person writes it: the day first.

    «22.11.2026», «22.11.26», «1/2/26», «22-11-2026», «22 11 26», «22 ноября 2026 г.».

    Raises:
        PeriodError: ``unreadable``.
    """
    text = _normalize(text)
    if match := _ISO_DATE.fullmatch(text):
        year, month, day = match.groups()
    elif match := _RUSSIAN_DATE.fullmatch(text):
        day, _, month, year = match.groups()
    elif match := _DATE_WITH_NAME.fullmatch(text):
        day, name, year = match.groups()
        month = str(_month_number(name))
    else:
        raise PeriodError("unreadable")
    try:
        return date(_whole_year(year), int(month), int(day))
    except ValueError:
        raise PeriodError("unreadable") from None


def parse_month(text: str) -> Month:
    """Parse a month as a browser's field (``2026-10``) or a person writes it.

    «10.2026», «10.26», «октябрь 2026».

    Raises:
        PeriodError: ``unreadable``.
    """
    text = _normalize(text)
    if match := _YEAR_AND_MONTH.fullmatch(text):
        year, month = match.groups()
    elif match := _MONTH_OF_YEAR.fullmatch(text):
        month, year = match.groups()
    elif match := _MONTH_WITH_NAME.fullmatch(text):
        month, year = str(_month_number(match[1])), match[2]
    else:
        raise PeriodError("unreadable")
    # «01.11» is a day without its year, not January of 2011.
    is_day = len(year) == 2 and month.isdecimal() and "." in text and int(year) <= 12
    if not 1 <= int(month) <= 12 or is_day:
        raise PeriodError("unreadable")
    return Month(_whole_year(year), int(month))


def _normalize(text: str) -> str:
    """One line in small letters, with plain dashes and spaces."""
    text = " ".join(text[:60].lower().translate(_TO_HYPHEN).split())
    # Telephones put a space behind a full stop, and a full stop for two spaces.
    return re.sub(r"(?<=[0-9]) ?([./,-]) ?(?=[0-9])", r"\1", re.sub(r"(?<=[0-9])[.,]$", "", text))


def _whole_year(text: str) -> int:
    return int(text) + (_CENTURY if len(text) == 2 else 0)


def _month_number(text: str) -> int:
    """«ноябрь», «ноября», «ноя», «нояб» → 11; 0 for anything else."""
    return next((n for n, name in enumerate(MONTH_NAMES, 1) if text in _forms(name)), 0)


def _forms(month: str) -> set[str]:
    genitive = MONTH_NAMES_GENITIVE[MONTH_NAMES.index(month)]
    return {month, genitive, month[:3], month[:4]}


@lru_cache(CACHED_DAYS)
def last_months(today: date, count: int) -> Period:
    """The period of ``count`` months that ends with the month of ``today``."""
    this = Month.of(today)
    return Period(this.plus(1 - count).first, this.last)


@lru_cache(CACHED_DAYS)
def presets(today: date) -> tuple[tuple[str, Period], ...]:
    """Ready-made periods for filters, each with its Russian label; the same all day.

    The one that a page begins with comes first: on a phone the line is cut after three.
    """
    this = Month.of(today)
    quarter = Month(today.year, (today.month - 1) // 3 * 3 + 1)
    return (
        ("12 месяцев", last_months(today, 12)),
        ("36 месяцев", last_months(today, 36)),
        ("Этот год", Period(date(today.year, 1, 1), date(today.year, 12, 31))),
        ("Прошлый год", Period(date(today.year - 1, 1, 1), date(today.year - 1, 12, 31))),
        ("Квартал", Period(quarter.first, quarter.plus(2).last)),
        ("Прошлый квартал", Period(quarter.plus(-3).first, quarter.plus(-1).last)),
        ("Этот месяц", Period(this.first, this.last)),
        ("Прошлый месяц", Period(this.plus(-1).first, this.plus(-1).last)),
    )
