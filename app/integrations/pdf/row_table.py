"""Rows of plain text in the columns, the style and the borders of one row made by xhtml2pdf."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

from reportlab.lib.enums import TA_LEFT, TA_RIGHT
from reportlab.lib.utils import asUnicode
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus.flowables import Flowable
from xhtml2pdf.config.resources import check_deadline
from xhtml2pdf.xhtml2pdf_reportlab import PmlParagraph, PmlTable

Lines = tuple[str, ...]
Row = tuple[Lines, ...]
"""The lines of each cell; none in an empty one."""

ROUNDING = 1e-6
"""Points by which a sum of heights may be more than the room, as in reportlab's frames."""


class FittedRow(NamedTuple):
    """A row whose lines fit into their columns, and its height in points."""

    cells: Row
    height: float


class Column(NamedTuple):
    """Where the text of a column stands and how it looks; lengths in points.

    Attributes:
        left: of the text, from the left edge of the table.
        width: most that a line may take.
        above, below: padding of a cell.
        ascent: from the top of a line to its base line.
        leading: height of a line.
    """

    left: float
    width: float
    above: float
    below: float
    ascent: float
    leading: float
    is_right_aligned: bool
    font: str
    size: float
    colour: Any
    paragraph: PmlParagraph

    def fit(self, lines: Lines) -> Lines:
        """Break the lines that are too wide."""
        return tuple(part for line in lines for part in self._break(line))

    def _break(self, line: str) -> Sequence[str]:
        if stringWidth(line, self.font, self.size) <= self.width:
            return (line,)
        # xhtml2pdf decides where, also in a word that is wider than the column.
        style, [frag, end] = self.paragraph.style, self.paragraph.frags
        paragraph = PmlParagraph("", style, frags=[frag.clone(text=line), end])
        paragraph.width = self.width
        broken = paragraph.breakLines([self.width, self.width])
        return ["".join(asUnicode(piece.text) for piece in part.words) for part in broken.lines]

    @property
    def style(self) -> tuple[Any, ...]:
        return self.font, self.size, self.colour

    def left_of(self, line: str) -> float:
        """Where a line begins, from the left edge of the table."""
        if not self.is_right_aligned:
            return self.left
        return self.left + self.width - float(stringWidth(line, self.font, self.size))


class Border(NamedTuple):
    """A line along a row: over it, under it, or from its top to its bottom.

    Attributes:
        left, right: its ends, from the left edge of the table.
        starts, ends: 0 at the top of the row, 1 at its bottom.
    """

    left: float
    right: float
    starts: int
    ends: int
    width: float
    colour: Any
    cap: int

    @property
    def pen(self) -> tuple[Any, ...]:
        return self.width, self.colour, self.cap

    @property
    def is_below(self) -> bool:
        return self.starts == self.ends == 1

    def is_continued_by(self, other: Border) -> bool:
        """Whether both make one line."""
        return self.right == other.left and self[2:] == other[2:]


class Pattern(NamedTuple):
    """What all rows have in common."""

    columns: Sequence[Column]
    borders: Sequence[Border]

    def fit(self, row: Row) -> FittedRow:
        """Break the lines of a row that are too wide."""
        check_deadline()
        cells = list(zip(self.columns, row, strict=True))
        return self._measure(tuple(column.fit(lines) for column, lines in cells))

    def cut(self, row: FittedRow, height: float) -> tuple[FittedRow, FittedRow]:
        """Part a row into the lines for which there is room, one at least, and the others."""
        cells = [
            (lines, max(1, int((height - column.above - column.below) / column.leading)))
            for column, lines in zip(self.columns, row.cells, strict=True)
        ]
        upper = tuple(lines[:count] for lines, count in cells)
        lower = tuple(lines[count:] for lines, count in cells)
        return self._measure(upper), self._measure(lower)

    def _measure(self, cells: Row) -> FittedRow:
        heights = [
            column.above + len(lines) * column.leading + column.below
            for column, lines in zip(self.columns, cells, strict=True)
        ]
        return FittedRow(cells, max(heights))


def read_pattern(table: PmlTable) -> Pattern:
    """Read the columns and borders of a table of one row, each of whose cells has one line.

    Args:
        table: wrapped.

    Raises:
        ValueError: it has a style that is not drawn here.
    """
    if table._bkgrndcmds:
        raise ValueError("rows have no background here")
    places = zip(table._colpositions, table._colWidths, strict=False)
    cells = zip(table._cellvalues[0], table._cellStyles[0], strict=True)
    columns = [
        _column(left, width, cell, style)
        for (left, width), (cell, style) in zip(places, cells, strict=True)
    ]
    borders: list[Border] = []
    for side, (first, _), (last, _), *style in table._linecmds:
        border = _border(side, table._colpositions[first : last + 2], style)
        if borders and borders[-1].is_continued_by(border):
            border = borders.pop()._replace(right=border.right)
        borders.append(border)
    return Pattern(columns, borders)


def _column(left: float, width: float, cell: Any, style: Any) -> Column:
    [flowable] = cell if isinstance(cell, list | tuple) else [cell]
    [paragraph] = getattr(flowable, "_content", [flowable])
    if paragraph.style.alignment not in (TA_LEFT, TA_RIGHT):
        raise ValueError("text stands left or right here")
    text = paragraph.frags[0]
    return Column(
        left + style.leftPadding,
        width - style.leftPadding - style.rightPadding,
        style.topPadding,
        style.bottomPadding,
        paragraph.blPara.lines[0].ascent,
        paragraph.height,
        paragraph.style.alignment == TA_RIGHT,
        text.fontName,
        text.fontSize,
        text.textColor,
        paragraph,
    )


_SIDES = {"LINEABOVE": (0, 0), "LINEBELOW": (1, 1), "LINEBEFORE": (0, 1), "LINEAFTER": (0, 1)}


def _border(side: str, edges: Sequence[float], style: Sequence[Any]) -> Border:
    width, colour, cap, dashes, _, count, _ = style
    if dashes or count > 1:
        raise ValueError("borders are plain lines here")
    left = edges[-1] if side == "LINEAFTER" else edges[0]
    right = edges[0] if side == "LINEBEFORE" else edges[-1]
    return Border(left, right, *_SIDES[side], width, colour, cap)


class RowTable(Flowable):  # type: ignore[misc]
    """Rows under each other, of which a page takes as many as it has room for."""

    def __init__(
        self,
        pattern: Pattern,
        rows: Sequence[FittedRow],
        *,
        follows_rows: bool = False,
        ends_in_row: bool = False,
    ) -> None:
        """Make a part of a table.

        Args:
            follows_rows: the page before ends with rows of the table.
            ends_in_row: the last row goes on on the next page.
        """
        super().__init__()
        self._pattern, self._rows = pattern, rows
        self._follows_rows, self._ends_in_row = follows_rows, ends_in_row

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        self.width, self.height = width, sum(row.height for row in self._rows)
        return self.width, self.height

    def split(self, width: float, height: float) -> list[RowTable]:
        """Part the rows for which there is room from the others."""
        bottoms = list(accumulate(row.height for row in self._rows))
        count = bisect_right(bottoms, height + ROUNDING)
        if count:
            return self._parts(self._rows[:count], self._rows[count:], is_cut=False)
        # A page of its own has been tried: the row is higher than any.
        if getattr(self, "_postponed", False):
            upper, lower = self._pattern.cut(self._rows[0], height)
            return self._parts([upper], [lower, *self._rows[1:]], is_cut=True)
        return []

    def _parts(
        self, upper: Sequence[FittedRow], lower: Sequence[FittedRow], *, is_cut: bool
    ) -> list[RowTable]:
        starts, ends = self._follows_rows, self._ends_in_row
        return [
            RowTable(self._pattern, upper, follows_rows=starts, ends_in_row=is_cut),
            RowTable(self._pattern, lower, follows_rows=not is_cut, ends_in_row=ends),
        ]

    def draw(self) -> None:
        """Draw text and borders."""
        edges = list(accumulate((-row.height for row in self._rows), initial=self.height))
        self._draw_text(edges)
        pen = None
        for border, start, end in self._lines(edges):
            if border.pen != pen:
                pen = border.pen
                self.canv.setLineWidth(border.width)
                self.canv.setStrokeColor(border.colour)
                self.canv.setLineCap(border.cap)
            self.canv.line(border.left, start, border.right, end)

    def _lines(self, edges: Sequence[float]) -> Iterator[tuple[Border, float, float]]:
        """Borders with the heights of their ends above the lower edge of the table."""
        borders = self._pattern.borders
        if self._follows_rows:
            # What parts two rows is seen on both pages.
            yield from ((border, edges[0], edges[0]) for border in borders if border.is_below)
        for number, row in enumerate(pairwise(edges), 1):
            is_cut = self._ends_in_row and number == len(self._rows)
            for border in borders:
                if not (is_cut and border.is_below):
                    yield border, row[border.starts], row[border.ends]

    def _draw_text(self, tops: Sequence[float]) -> None:
        text = self.canv.beginText()
        style = None
        for top, row in zip(tops, self._rows, strict=False):
            for column, lines in zip(self._pattern.columns, row.cells, strict=True):
                if lines and column.style != style:
                    style = column.style
                    text.setFont(column.font, column.size)
                    text.setFillColor(column.colour)
                base = top - column.above - column.ascent
                for number, line in enumerate(lines):
                    text.setTextOrigin(column.left_of(line), base - number * column.leading)
                    text.textLine(line)
        self.canv.drawText(text)


class UnfittedRowTable(RowTable):
    """A whole table, whose lines are broken when the width of the page is known."""

    def __init__(self, table: PmlTable, rows: Sequence[Row]) -> None:
        """Make a table of rows that look like the one of another table."""
        super().__init__(Pattern((), ()), ())
        self._table, self._texts = table, rows

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        """Break lines, once: the frames of a document are equally wide."""
        if not self._rows:
            self._table.wrapOn(self.canv, width, height)
            self._pattern = read_pattern(self._table)
            self._rows = [self._pattern.fit(row) for row in self._texts]
        return super().wrap(width, height)
