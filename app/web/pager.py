"""Pages of a long table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pager:
    """Which rows of a table are shown; ``number`` counts from 1."""

    number: int
    size: int
    total: int

    @classmethod
    def from_query(cls, text: str | None, size: int, total: int) -> Pager:
        """Read ``page``; what is no page of this table is its first page."""
        number = int(text) if text and text.isascii() and text.isdigit() and len(text) < 7 else 1
        return cls(number if 1 <= number <= -(-total // size) else 1, size, total)

    @property
    def offset(self) -> int:
        return (self.number - 1) * self.size

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))

    @property
    def first_row(self) -> int:
        return min(self.offset + 1, self.total)

    @property
    def last_row(self) -> int:
        return min(self.offset + self.size, self.total)
