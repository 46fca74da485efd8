"""Readings and consumption of a register, month by month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.domain.period import Month
from app.domain.readings import Used, by_month

MONTHS = 36


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """A month: its readings, oldest first, and what was used; kWh."""

    period: Month
    readings: tuple[Used, ...]
    used: Decimal | None
    """None: no reading, the first of a meter, or a consumption that spans a gap."""
    year_ago: Decimal | None


def build_history(used: Sequence[Used], last: Month, months: int = MONTHS) -> list[HistoryRow]:
    """The months up to ``last``, newest first; months without readings are gaps and stay."""
    if not used:
        return []
    known = by_month(used)
    groups: dict[Month, list[Used]] = {}
    for each in used:
        groups.setdefault(each.reading.period, []).append(each)
    first = max(min(groups), last.plus(1 - months))
    rows = []
    period = last
    while period >= first:
        group = groups.get(period, [])
        rows.append(
            HistoryRow(
                period,
                tuple(group),
                known.get(period),
                known.get(period.plus(-12)),
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


def build_bars(rows: Sequence[HistoryRow]) -> list[Bar]:
    """Months from the oldest to the newest, scaled to the highest, the years before included."""
    values = [value for row in rows for value in (row.used, row.year_ago) if value is not None]
    top = max(values, default=Decimal(0))

    def height(value: Decimal | None) -> int | None:
        if value is None or top <= 0:
            return None
        return max(0, round(value * 100 / top))

    return [Bar(row.period, height(row.used), height(row.year_ago)) for row in reversed(rows)]
