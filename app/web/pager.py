"""Pagination of long tables by page number."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request

PAGE_ROWS = 25
STAFF_PAGE_ROWS = 50


@dataclass(frozen=True, slots=True)
class Pager:
    """The page of a table that is shown: ``number`` counts from 1, ``size`` is rows of a page."""

    number: int
    size: int
    total: int

    @classmethod
    def from_query(cls, text: str | None, size: int, total: int) -> Pager:
        """Read ``page``; what is no page of this table is its first page."""
        number = int(text) if text and text.isascii() and text.isdigit() and len(text) < 7 else 1
        return cls(number if 1 <= number <= -(-total // size) else 1, size, total)

    @classmethod
    def from_request(cls, size: int, total: int) -> Pager:
        """The page that ``page`` in the query of the current request asks for."""
        return cls.from_query(request.args.get("page"), size, total)

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
