"""History of a register: readings and consumption month by month, and the bars of its chart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.domain.period import Month
from app.domain.readings import ReadingConsumption, sum_by_month

MONTHS = 36


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """A month with its readings, oldest first.

    Attributes:
        consumption_kwh: None for no reading, the first of a meter, or what spans a gap.
        year_ago_kwh: of the same month a year before.
    """

    period: Month
    readings: tuple[ReadingConsumption, ...]
    consumption_kwh: Decimal | None
    year_ago_kwh: Decimal | None


def build_history(
    readings: Sequence[ReadingConsumption], last: Month, months: int = MONTHS
) -> list[HistoryRow]:
    """Build the rows of the months up to ``last``, newest first, without leaving out gaps.

    Args:
        readings: of one register, as ``build_consumption`` returns them.
        last: the newest month, with or without a reading.
        months: at most so many rows.

    Returns:
        Nothing where there are no readings; else rows back to the first month with a reading.
    """
    if not readings:
        return []
    consumption = sum_by_month(readings)
    by_period: dict[Month, list[ReadingConsumption]] = {}
    for reading in readings:
        by_period.setdefault(reading.reading.period, []).append(reading)
    first = max(min(by_period), last.plus(1 - months))
    rows = []
    period = last
    while period >= first:
        rows.append(
            HistoryRow(
                period,
                tuple(by_period.get(period, ())),
                consumption.get(period),
                consumption.get(period.plus(-12)),
            )
        )
        period = period.plus(-1)
    return rows


@dataclass(frozen=True, slots=True)
class Bar:
    """A month of a chart; heights from 0 to 100, None where nothing is known."""

    period: Month
    height: int | None
    year_ago: int | None


def find_highest(rows: Sequence[HistoryRow]) -> Decimal | None:
    """Find the highest consumption, kWh, the years before included; None where none is known."""
    values = (value for row in rows for value in (row.consumption_kwh, row.year_ago_kwh))
    return max((value for value in values if value is not None), default=None)


def build_bars(rows: Sequence[HistoryRow]) -> list[Bar]:
    """Scale months to the highest consumption; the oldest month comes first.

    Args:
        rows: newest first, as ``build_history`` returns them.
    """
    highest = find_highest(rows) or Decimal(0)

    def height(value: Decimal | None) -> int | None:
        if value is None or highest <= 0:
            return None
        return max(0, round(value * 100 / highest))

    return [
        Bar(row.period, height(row.consumption_kwh), height(row.year_ago_kwh))
        for row in reversed(rows)
    ]
