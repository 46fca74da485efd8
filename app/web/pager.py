"""Pages of a long table."""

from __future__ import annotations

from dataclasses import dataclass

MAX_PAGE = 100_000


@dataclass(frozen=True, slots=True)
class Pager:
    """Which rows of a table are shown; ``number`` counts from 1."""

    number: int
    size: int
    total: int = 0

    @classmethod
    def from_query(cls, text: str | None, size: int) -> Pager:
        """Read ``page``; anything that is no page number is the first page."""
        is_number = bool(text) and text is not None and text.isascii() and text.isdigit()
        number = int(text) if is_number and text and len(text) < 7 else 1
        return cls(min(max(number, 1), MAX_PAGE), size)

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
