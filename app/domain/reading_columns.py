"""A column of readings copied from a spreadsheet, parsed line by line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import zip_longest

from app.domain.readings import MAX_TYPED

MAX_COLUMN = 200_000
"""Characters: thousands of lines, whatever stands in them."""
_NUMBER = re.compile(r"([0-9]+)(?:[.,]([0-9]*))?")
_SEPARATORS = re.compile(r"[\t;]")
_GROUPING = re.compile(r"[\s'’]+")


@dataclass(frozen=True, slots=True)
class ColumnLine:
    """A line of a pasted column.

    Attributes:
        number: counted from 1, empty lines included.
        text: as it was pasted, in short.
        whole: what belongs into the first box of a register; empty: the register is left out.
        fraction: what belongs into the second box.
        is_number: false where the line is no reading; ``whole`` is then what was pasted.
    """

    number: int
    text: str
    whole: str
    fraction: str
    is_number: bool = True


def parse_column(text: str) -> list[ColumnLine]:
    """Parse a pasted column: a reading a line, or two cells, the whole part and the fraction.

    A comma or a point is the decimal separator; spaces of any kind only group digits. An empty
    line holds the place of a register that is left out; empty lines at the end mean nothing.
    """
    lines = re.split(r"\r\n|\r|\n", text[:MAX_COLUMN])
    while lines and not lines[-1].strip(" \t;\u00a0"):
        lines.pop()
    return [_parse_line(number, line) for number, line in enumerate(lines, 1)]


def _parse_line(number: int, line: str) -> ColumnLine:
    shown = " ".join(line.split())[:MAX_TYPED]
    cells = [_GROUPING.sub("", cell) for cell in _SEPARATORS.split(line)]
    while cells and not cells[-1]:
        cells.pop()
    if not cells:
        return ColumnLine(number, shown, "", "")
    if len(cells) == 1:
        found = _NUMBER.fullmatch(_without_grouping(cells[0]))
        if found:
            return ColumnLine(number, shown, found[1], found[2] or "")
    elif len(cells) == 2 and all(re.fullmatch("[0-9]+", cell) for cell in cells):
        return ColumnLine(number, shown, cells[0], cells[1])
    return ColumnLine(number, shown, shown, "", is_number=False)


def _without_grouping(cell: str) -> str:
    """«86,410.12» as «86410.12»: of two kinds of separators the last is the decimal one."""
    last = max(cell.rfind("."), cell.rfind(","))
    if "." in cell and "," in cell and cell.count(cell[last]) == 1:
        return re.sub("[.,]", "", cell[:last]) + cell[last:]
    return cell


@dataclass(frozen=True, slots=True)
class ColumnFit:
    """Lines of a column beside the registers they are for.

    Attributes:
        placed: (register id, line) in order.
        surplus: lines with a value for which there is no register.
    """

    placed: tuple[tuple[int, ColumnLine], ...]
    surplus: tuple[ColumnLine, ...]


def fit_column(lines: list[ColumnLine], register_ids: list[int]) -> ColumnFit:
    """Lay lines beside registers, one each, in order; empty lines skip theirs."""
    placed = []
    surplus = []
    for line, register_id in zip_longest(lines, register_ids):
        if line is None:
            break
        if not line.whole:
            continue
        if register_id is None:
            surplus.append(line)
        else:
            placed.append((register_id, line))
    return ColumnFit(tuple(placed), tuple(surplus))
