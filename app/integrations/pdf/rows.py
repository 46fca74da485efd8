"""The element ``<pdf:rows>`` of PDF templates: a long table of plain text.

xhtml2pdf makes four objects of every cell and measures each of them five times. Of a table in
``<pdf:rows>`` it makes one row, the pattern, by the style sheet of the document; all rows are then
drawn as lines of text in the places that the pattern gives.
"""

from __future__ import annotations

import re
from typing import Any
from xml.dom.minidom import Element, Node, Text

from xhtml2pdf.tags import pisaTag

from app.integrations.pdf.row_table import Lines, Row, UnfittedRowTable

_SPACES = re.compile(r"[^\S\xa0]+")
"""White space that HTML shows as one space; the no-break space is none of it."""


class RowsTag(pisaTag):  # type: ignore[misc]
    """A table whose first row is not shown: its empty cells say how the others look.

    The other cells hold text and ``<br>``, as many in each row as in the first; their attributes,
    and elements in them, change nothing.
    """

    rows: list[Row]

    def start(self, context: Any) -> None:
        """Read the rows before xhtml2pdf comes to them."""
        self.rows = read_rows(self.node)

    def end(self, context: Any) -> None:
        """Put the rows into the place of the pattern that xhtml2pdf has made."""
        pattern = context.story.pop()
        if self.rows:
            context.story.append(UnfittedRowTable(pattern, self.rows))


def read_rows(element: Element) -> list[Row]:
    """Read the rows and leave the pattern, with a digit in each cell, which gives it a height.

    Raises:
        ValueError: a row has more cells than the pattern, or fewer.
    """
    pattern, *rows = element.getElementsByTagName("tr")
    columns = _cells(pattern)
    texts = [tuple(_lines_of(cell) for cell in _cells(row)) for row in rows]
    if any(len(row) != len(columns) for row in texts):
        raise ValueError(f"a row without {len(columns)} cells in <pdf:rows>")
    body: Any = pattern.parentNode
    for node in body.childNodes:
        if node is not pattern:
            node.unlink()
    body.childNodes[:] = [pattern]
    for cell in columns:
        digit = Text()
        digit.data = "0"
        cell.appendChild(digit)
    return texts


def _cells(row: Element) -> list[Element]:
    return [node for node in row.childNodes if node.nodeType == Node.ELEMENT_NODE]


def _lines_of(cell: Element) -> Lines:
    text = _text_of(cell).strip(" \n")
    return tuple(line.strip(" ") for line in text.split("\n")) if text else ()


def _text_of(element: Element) -> str:
    """The text in an element; a line ends at ``<br>`` and nowhere else."""
    parts = []
    for node in element.childNodes:
        if node.nodeType == Node.TEXT_NODE:
            parts.append(_SPACES.sub(" ", node.data))
        elif node.nodeType == Node.ELEMENT_NODE:
            parts.append("\n" if node.tagName == "br" else _text_of(node))
    return "".join(parts)
