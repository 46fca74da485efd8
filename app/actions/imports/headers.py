"""Check the header of an exchange file, and report once what is wrong with it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from app.actions.imports.report import Report
from app.domain.exchange.layout import FileLayout
from app.domain.exchange.names import explain_spelling, fold_name, match_names
from app.integrations.billing_files import CsvFile, find_other_delimiter

DELETED = "deleted"


def read_header(layout: FileLayout, file: CsvFile, report: Report) -> list[str] | None:
    """Column names as the format writes them; None, with errors in the report, if unusable."""
    known = {column.name for column in layout.columns if not column.is_constant} | {DELETED}
    needed = [column.name for column in layout.columns if column.required or column.in_header]
    return check_header(layout.filename, file, known, needed, report)


def check_header(
    name: str, file: CsvFile, known: Collection[str], needed: Sequence[str], report: Report
) -> list[str] | None:
    """Check the header of any file; the result is as that of ``read_header``.

    Args:
        name: of the file.
        known: columns that it may have.
        needed: columns that it must have.
    """
    line = file.header_line
    renamed = match_names(file.header, known)
    header = [renamed.get(column, column) for column in file.header]
    missing = [column for column in needed if column not in header]
    if missing and not set(known) & set(header):
        report.error(name, _explain_unknown(file.header), line)
        return None
    for column in missing:
        report.error(name, "нет обязательного столбца", line, column)
    repeated = [column for column in header if header.count(column) > 1]
    if repeated:
        report.error(name, "столбец повторяется", line, repeated[0])
    if missing or repeated:
        return None
    _warn_of_renamed(name, renamed, line, report)
    for column in header:
        if column not in known and fold_name(column) in known:
            report.error(name, f"столбец повторяется: есть и {fold_name(column)}", line, column)
            return None
        if column not in known:
            report.warn(name, "неизвестный столбец, не загружен", line, column[:64])
    return header


def _warn_of_renamed(name: str, renamed: dict[str, str], line: int, report: Report) -> None:
    """Give one warning for each kind of misspelling, not for each column."""
    by_fault: dict[str, list[str]] = {}
    for column in renamed:
        by_fault.setdefault(explain_spelling(column), []).append(column[:64])
    for fault, columns in by_fault.items():
        names = ", ".join(f"«{column}»" for column in columns[:5])
        names += f" и еще {len(columns) - 5}" if len(columns) > 5 else ""
        report.warn(name, f"{names}: {fault}; столбец прочитан", line, columns[0])


def _explain_unknown(header: Sequence[str]) -> str:
    """Say in Russian what is wrong with a header without a single known name."""
    if not any(header):
        return "первая строка пуста, а в ней должны быть имена столбцов"
    if delimiter := find_other_delimiter(header):
        shown = "табуляция" if delimiter == "\t" else f"«{delimiter}»"
        return (
            f"в строке имен разделитель {shown}, а указан другой: исправьте delimiter в "
            "manifest.json (в команде — --delimiter)"
        )
    return f"нет ни одного известного имени столбца, первое — «{header[0][:40]}»"
