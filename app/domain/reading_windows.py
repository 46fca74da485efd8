"""Reading windows: on which days readings of a month are accepted, by regime."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from app.domain.period import Month


class Regime(StrEnum):
    """How readings of a supply point are collected."""

    MONTH_END = "month_end"
    """The reading as of 00:00 on the 1st, with a signed act."""
    MKD = "mkd"
    """Premises in an apartment building: read in the last third of the month."""


@dataclass(frozen=True, slots=True)
class WindowRules:
    """Days of the month, both included. ``month_end`` closes in the month after."""

    month_end_opens: int = 20
    month_end_closes: int = 1
    mkd_opens: int = 23
    mkd_closes: int = 26


@dataclass(frozen=True, slots=True)
class Window:
    """Days on which readings of a month are accepted, both included, in the supplier's zone."""

    period: Month
    opens: date
    closes: date

    def is_open(self, day: date) -> bool:
        """Whether readings are accepted on a day."""
        return self.opens <= day <= self.closes

    def taken_on(self, day: date) -> date:
        """Date a reading that is submitted on ``day``.

        Never in the future; what comes on the 1st is the reading at the end of the month before.
        """
        return min(day, self.period.last) if day <= self.closes else day


def window_of(regime: str, period: Month, rules: WindowRules) -> Window:
    """Build the window of a month.

    Args:
        regime: a ``Regime``; whatever else counts as ``month_end``.
        period: the month whose readings are accepted.
        rules: days of the windows.
    """
    if regime == Regime.MKD:
        return Window(period, _day(period, rules.mkd_opens), _day(period, rules.mkd_closes))
    following = period.plus(1)
    return Window(
        period, _day(period, rules.month_end_opens), _day(following, rules.month_end_closes)
    )


def window_on(regime: str, day: date, rules: WindowRules) -> Window:
    """Find the window that is open on a day, else the last one that has closed.

    Args:
        regime: a ``Regime``.
        day: in the supplier's zone.
        rules: days of the windows.
    """
    month = Month.of(day)
    for period in (month.plus(-1), month):
        window = window_of(regime, period, rules)
        if window.is_open(day):
            return window
    this = window_of(regime, month, rules)
    return this if this.closes < day else window_of(regime, month.plus(-1), rules)


def windows_on(day: date, rules: WindowRules) -> dict[str, Window]:
    """Find the windows of all regimes on a day, as ``window_on`` finds one.

    Args:
        day: in the supplier's zone.
        rules: days of the windows.

    """
    return {regime: window_on(regime, day, rules) for regime in Regime}


def next_window(regime: str, window: Window, rules: WindowRules) -> Window:
    """Build the window of the month after ``window``."""
    return window_of(regime, window.period.plus(1), rules)


def _day(month: Month, number: int) -> date:
    """A day of a month, or its last where the month is shorter."""
    return month.first.replace(day=min(number, month.last.day))
