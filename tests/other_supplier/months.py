"""Months as preformatted strings, so that the hot path does no date arithmetic."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Month:
    """A billing month; `key` is unique over years, `vat` is the percent of its deliveries."""

    ym: str
    ru: str
    key: str
    days: tuple[str, ...]
    last: str
    due10: str
    due25: str
    due18_next: str
    previous_last: str
    previous_ym: str
    vat: int
    vat_text: str


def month(ordinal: int) -> Month:
    """Month number `ordinal` = year × 12 + month - 1."""
    year, number = divmod(ordinal, 12)
    ym = f"{year}-{number + 1:02d}"
    days = tuple(f"{ym}-{d:02d}" for d in range(1, monthrange(year, number + 1)[1] + 1))
    before = divmod(ordinal - 1, 12)
    after = divmod(ordinal + 1, 12)
    previous = f"{before[0]}-{before[1] + 1:02d}"
    vat = 22 if year >= 2026 else 20
    return Month(
        ym=ym,
        ru=f"{number + 1:02d}.{year}",
        key=f"{ordinal - 24_000:04d}",
        days=days,
        last=days[-1],
        due10=f"{ym}-10",
        due25=f"{ym}-25",
        due18_next=f"{after[0]}-{after[1] + 1:02d}-18",
        previous_last=f"{previous}-{monthrange(before[0], before[1] + 1)[1]}",
        previous_ym=previous,
        vat=vat,
        vat_text=str(vat),
    )


def months_until(last: str, count: int) -> list[Month]:
    """`count` months, the last of them `last` (YYYY-MM)."""
    year, number = last.split("-")
    ordinal = int(year) * 12 + int(number) - 1
    return [month(n) for n in range(ordinal - count + 1, ordinal + 1)]
