"""A waterfall of two compared months: from one total by its parts to the other.

Horizontal places are per cents of the picture's width, so that texts have their size at any width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

from app.domain.bill_change_facts import ComparedMonths
from app.domain.bill_comparison import BillComparison
from app.domain.formats import money
from app.web.bill_change_rows import PartRow
from app.web.filters import signed_money

MOST_PARTS = 8
"""Bars of causes; the smallest of more are one."""
STEP = 38
"""Pixels from bar to bar."""
_SEEN = Decimal("0.15")
"""Per cent of the width that is wide enough to be seen."""
_LEFT_OUT = Decimal("0.6")
"""The scale begins above zero where both totals are beyond this part of the largest."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar, its label and figure; ``x`` and ``width`` in per cent, ``y`` in pixels.

    Attributes:
        mark: «whole» for a total, «up» or «down» for a part.
        link: per cent where a line leads on to the next bar; None: the last one.
    """

    label: str
    figure: str
    mark: str
    x: Decimal
    width: Decimal
    y: int
    link: Decimal | None


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars from top to bottom; ``base`` is the amount at the left edge, roubles."""

    bars: tuple[Bar, ...]
    base: Decimal
    height: int


def build_chart(
    months: ComparedMonths, comparison: BillComparison, rows: Sequence[PartRow]
) -> Chart:
    """Draw the parts in the order of the table."""
    before, after = comparison.totals
    steps = [(row.label, row.amount) for row in rows]
    if len(steps) > MOST_PARTS:
        rest = sum((amount for _, amount in steps[MOST_PARTS - 1 :]), Decimal(0))
        steps = [*steps[: MOST_PARTS - 1], ("Остальное", rest)]
    levels = [before]
    for _, amount in steps:
        levels.append(levels[-1] + amount)
    base, top = _bounds(levels)

    def place(amount: Decimal) -> Decimal:
        return ((amount - base) / (top - base) * 100).quantize(Decimal("0.01"))

    zero = max(base, Decimal(0))
    spans = [(months.before.label, money(before), "whole", zero, before, before)]
    for (label, amount), start in zip(steps, levels, strict=False):
        mark = "up" if amount > 0 else "down"
        spans.append((label, signed_money(amount), mark, start, start + amount, start + amount))
    spans.append((months.after.label, money(after), "whole", zero, after, after))
    bars: list[Bar] = []
    for label, figure, mark, start, end, reached in spans:
        left, right = sorted((place(start), place(end)))
        # What is too thin to be seen is in the table alone.
        if mark == "whole" or right - left >= _SEEN:
            y = 8 + STEP * len(bars)
            bars.append(Bar(label, figure, mark, left, right - left, y, place(reached)))
    return Chart(tuple(bars), base, STEP * len(bars))


def _bounds(levels: Sequence[Decimal]) -> tuple[Decimal, Decimal]:
    """The amounts at both edges; a round one at the left where zero is far off."""
    low, high = min(levels), max(levels)
    if low > high * _LEFT_OUT and low > 0:
        room = max(high - low, high / 100) / 3
        digits = Decimal(1).scaleb(room.adjusted())
        base = ((low - room) / digits).quantize(Decimal(1), ROUND_FLOOR) * digits
    else:
        base = min(low, Decimal(0))
    high = max(high, Decimal(0))
    return base, high if high > base else base + 1
