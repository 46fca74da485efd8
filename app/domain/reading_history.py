"""History of a meter: readings and consumption month by month, its zones side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby, zip_longest

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
class MonthHistory:
    """A month of a meter, its zones side by side.

    Attributes:
        zones: the month of each register; None where the register has no history that far back.
        total_kwh: of all zones whose consumption is known; None where it is of none.
        year_ago_kwh: the same of a year before.
    """

    period: Month
    zones: tuple[HistoryRow | None, ...]
    total_kwh: Decimal | None
    year_ago_kwh: Decimal | None

    @property
    def has_readings(self) -> bool:
        """Whether any zone was read."""
        return any(zone.readings for zone in self.zones if zone)


def join_zones(histories: Sequence[Sequence[HistoryRow]]) -> list[MonthHistory]:
    """Lay the histories of a meter's registers side by side, the newest month first.

    Args:
        histories: as ``build_history`` returns them, all up to the same month.
    """
    return [
        MonthHistory(
            next(zone.period for zone in zones if zone),
            zones,
            _sum_known(zone.consumption_kwh for zone in zones if zone),
            _sum_known(zone.year_ago_kwh for zone in zones if zone),
        )
        for zones in zip_longest(*histories)
    ]


def _sum_known(values: Iterable[Decimal | None]) -> Decimal | None:
    known = [value for value in values if value is not None]
    return sum(known, Decimal(0)) if known else None


def group_by_year(months: Iterable[MonthHistory]) -> list[tuple[int, list[MonthHistory]]]:
    """Group months by calendar year, in their order."""
    return [(year, list(found)) for year, found in groupby(months, lambda row: row.period.year)]
