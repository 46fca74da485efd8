"""What an import says afterwards: faults with their places, and counts by file."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

from app.domain.errors import DomainError

LISTED_WARNINGS = 200


class ImportRefusedError(DomainError):
    """The batch has errors; nothing of it was taken. The report says which."""

    def __init__(self, report: Report) -> None:
        super().__init__(f"{report.error_count} errors")
        self.report = report


@dataclass(frozen=True, slots=True)
class Fault:
    """One error or warning; ``line`` counts from 1, the header being line 1."""

    file: str
    message: str
    line: int | None = None
    column: str | None = None

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        return f"{place} — {self.message}"


@dataclass(slots=True)
class FileCounts:
    """Rows of one file by what became of them."""

    rows: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    withdrawn: int = 0
    refused: int = 0


@dataclass
class Report:
    """Faults and counts of a batch. At most ``max_errors`` errors are kept; all are counted."""

    max_errors: int
    errors: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    error_count: int = 0
    warning_count: int = 0
    counts: dict[str, FileCounts] = field(default_factory=dict)

    def error(
        self, file: str, message: str, line: int | None = None, column: str | None = None
    ) -> None:
        self.error_count += 1
        if len(self.errors) < self.max_errors:
            self.errors.append(_fault(file, message, line, column))

    def warn(
        self, file: str, message: str, line: int | None = None, column: str | None = None
    ) -> None:
        self.warning_count += 1
        if len(self.warnings) < LISTED_WARNINGS:
            self.warnings.append(_fault(file, message, line, column))

    def of(self, file: str) -> FileCounts:
        return self.counts.setdefault(file, FileCounts())

    def as_dict(self) -> dict[str, dict[str, int]]:
        """Counts for the ``import_runs`` row."""
        return {file: asdict(counts) for file, counts in self.counts.items()}

    def totals(self) -> dict[str, int]:
        """Counts over all files, for a line of the log."""
        totals: dict[str, int] = {"warnings": self.warning_count}
        for counts in self.as_dict().values():
            for name, count in counts.items():
                totals[name] = totals.get(name, 0) + count
        return totals


def _fault(file: str, message: str, line: int | None, column: str | None) -> Fault:
    """Names and values come from the batch as they are; shown is only what can be shown."""
    return Fault(_printable(file), _printable(message), line, column and _printable(column))


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() or c == "\u00a0" else "\ufffd" for c in text)
