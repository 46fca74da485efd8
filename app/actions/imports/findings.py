"""Store errors and warnings of a batch with its job, and read them for pages and programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.actions.imports import Fault, Report
from app.actions.imports.report import LISTED_WARNINGS
from app.domain.imports import LISTED_ERRORS
from app.integrations.spreadsheets import Column, Kind, Table
from app.models import ImportJob

FIELDS = ("file", "line", "column", "message")


@dataclass(frozen=True, slots=True)
class Findings:
    """The first errors and warnings; ``downloadable_errors``: how many a file has."""

    errors: Sequence[Fault] = ()
    warnings: Sequence[Fault] = ()
    downloadable_errors: int = 0


def pack_findings(report: Report) -> dict[str, Any]:
    """What a job stores of a report: a bounded number of texts, beside the true counts."""
    return {
        "errors": [_values(fault) for fault in report.errors[:LISTED_ERRORS]],
        "warnings": [_values(fault) for fault in report.warnings[:LISTED_WARNINGS]],
        "kept_errors": len(report.errors),
    }


def read_findings(job: ImportJob) -> Findings:
    """What was found in a batch; empty until it has been read."""
    found = job.findings or {}
    return Findings(
        [_fault(values) for values in found.get("errors", ())],
        [_fault(values) for values in found.get("warnings", ())],
        found.get("kept_errors", 0),
    )


def as_json(faults: Sequence[Fault]) -> list[dict[str, Any]]:
    """Faults for a program: file, line, column and message of each."""
    return [dict(zip(FIELDS, _values(fault), strict=True)) for fault in faults]


def fault_table(report: Report) -> Table:
    """All errors for a spreadsheet, in the order they were found."""
    columns = (
        Column("Файл", Kind.TEXT, 22),
        Column("Строка", Kind.WHOLE, 10),
        Column("Столбец", Kind.TEXT, 20),
        Column("Ошибка", Kind.TEXT, 60),
    )
    rows = [(fault.file, fault.line, fault.column, fault.message) for fault in report.errors]
    return Table("Ошибки", columns, rows)


def _values(fault: Fault) -> list[Any]:
    return [fault.file, fault.line, fault.column, fault.message]


def _fault(values: Sequence[Any]) -> Fault:
    file, line, column, message = values
    return Fault(file, message, line, column)
