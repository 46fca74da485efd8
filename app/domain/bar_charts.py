"""Scale of a bar chart of months, which one very high month does not flatten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from statistics import median

from app.domain.period import Month

OUTLIER_TIMES = 3
"""A bar that is more times higher than the median is cut, with its figure written."""
MOST_OUTLIERS = 5
"""Among how many bars one may be cut; where more are that high, they are no outliers."""
TICKS = 4
_STEPS = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))


@dataclass(frozen=True, slots=True)
class ChartBar:
    """A bar: its height in per cent of the scale; ``is_cut`` where its value lies above it."""

    value: Decimal
    height: Decimal
    is_cut: bool


@dataclass(frozen=True, slots=True)
class ChartMonth:
    """A month of the chart, and the same month a year before; None where nothing is known."""

    period: Month
    bar: ChartBar | None
    year_ago: ChartBar | None


@dataclass(frozen=True, slots=True)
class BarChart:
    """Months, the oldest first, and the marks of the scale from zero up.

    Attributes:
        ticks: values of the marks; the last one is the top of the chart.
    """

    months: tuple[ChartMonth, ...]
    ticks: tuple[Decimal, ...]

    @property
    def top(self) -> Decimal:
        """Value at the top of the scale."""
        return self.ticks[-1]

    @property
    def has_cut(self) -> bool:
        """Whether any bar is cut."""
        return any(
            bar.is_cut for month in self.months for bar in (month.bar, month.year_ago) if bar
        )


def build_chart(
    months: Sequence[tuple[Month, Decimal | None, Decimal | None]],
) -> BarChart | None:
    """Build the chart of (month, value, value a year before); None where all are zero or unknown.

    Values below zero are drawn as nothing; there are none where a dial only counts up.
    """
    values = [value for _, *pair in months for value in pair if value is not None and value > 0]
    if not values:
        return None
    ticks = _ticks(_highest_normal(values))
    return BarChart(
        tuple(
            ChartMonth(period, _bar(value, ticks[-1]), _bar(year_ago, ticks[-1]))
            for period, value, year_ago in months
        ),
        ticks,
    )


def _highest_normal(values: Sequence[Decimal]) -> Decimal:
    """The highest value that is no outlier."""
    limit = median(values) * OUTLIER_TIMES
    normal = [value for value in values if value <= limit]
    outliers = len(values) - len(normal)
    return max(normal if outliers * MOST_OUTLIERS <= len(values) else values)


def _ticks(top: Decimal) -> tuple[Decimal, ...]:
    """Round marks from zero to the first one at or above ``top``."""
    rough = top / TICKS
    unit = Decimal(10) ** rough.adjusted()
    step = next(unit * step for step in _STEPS if unit * step >= rough)
    count = int((top / step).to_integral_value(ROUND_CEILING))
    return tuple(step * number for number in range(count + 1))


def _bar(value: Decimal | None, top: Decimal) -> ChartBar | None:
    if value is None:
        return None
    shown = min(max(value, Decimal(0)), top)
    return ChartBar(value, (shown * 100 / top).quantize(Decimal("0.1")), value > top)
