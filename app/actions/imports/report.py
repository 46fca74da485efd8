"""Collect errors and warnings of an import with their places, and counts by file."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace

from app.domain.errors import DomainError

LISTED_WARNINGS = 200
LISTED_OF_A_KIND = 20
LISTED_PLACES = 6


class ImportRefusedError(DomainError):
    """The batch has errors; nothing of it was loaded. The report says which."""

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
    count: int = 1
    """How many faults of the batch this entry represents."""

    def __str__(self) -> str:
        return f"{self.place} — {self.message}"

    @property
    def place(self) -> str:
        """«payments.csv:3:paid_on»."""
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part)


@dataclass(slots=True)
class FileCounts:
    """Rows of one file by outcome; ``rows`` is all of them."""

    rows: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    withdrawn: int = 0
    refused: int = 0


@dataclass(slots=True)
class _Kind:
    """Faults of one kind, listed as one entry.

    Attributes:
        entry: its index in the list; None: it is not listed.
        places: of the faults after the first, up to ``LISTED_PLACES``.
    """

    first: Fault
    entry: int | None = None
    count: int = 0
    places: list[str] = field(default_factory=list)


@dataclass
class Report:
    """Faults and counts of a batch. At most ``max_errors`` errors are listed; all are counted.

    Warnings are listed up to a number for each kind, with one entry that counts the rest.
    """

    max_errors: int
    errors: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    error_count: int = 0
    warning_count: int = 0
    counts: dict[str, FileCounts] = field(default_factory=dict)
    _kinds: dict[str, _Kind] = field(default_factory=dict)
    _repeated: dict[tuple[str, str | None, str], _Kind] = field(default_factory=dict)

    def error(
        self,
        file: str,
        message: str,
        line: int | None = None,
        column: str | None = None,
        *,
        kind: str | None = None,
        count: int = 1,
    ) -> None:
        """Count ``count`` errors and list one.

        Errors of the same ``kind`` are listed once for the whole package, with the places of the
        next few.
        """
        self.error_count += count
        fault = _fault(file, message, line, column, count)
        if kind is not None:
            self._add_to_kind(kind, fault)
        elif self.room:
            self.errors.append(fault)

    def raise_if_refused(self) -> None:
        """Stop the import once there is an error.

        Raises:
            ImportRefusedError: there is one.
        """
        if self.error_count:
            raise ImportRefusedError(self)

    @property
    def room(self) -> int:
        """How many more errors can be listed."""
        return max(self.max_errors - len(self.errors), 0)

    @property
    def unlisted_errors(self) -> int:
        """How many errors are counted but not listed."""
        return self.error_count - sum(fault.count for fault in self.errors)

    def _add_to_kind(self, kind: str, fault: Fault) -> None:
        known = self._kinds.get(kind)
        if known is None:
            known = self._kinds[kind] = _Kind(fault)
            if self.room:
                known.entry = len(self.errors)
                self.errors.append(fault)
        elif len(known.places) < LISTED_PLACES:
            known.places.append(fault.place)
        known.count += fault.count
        if known.entry is not None and known.count > 1:
            message = f"{known.first.message} ({_more(known.count - 1, known.places)})"
            self.errors[known.entry] = replace(known.first, message=message, count=known.count)

    def warn(
        self,
        file: str,
        message: str,
        line: int | None = None,
        column: str | None = None,
        *,
        kind: str | None = None,
        count: int = 1,
    ) -> None:
        """List a warning; ``kind`` says in general words what differs only in detail."""
        self.warning_count += count
        known = self._kind_of_warning(file, column, kind or message)
        known.count += 1
        if known.count > LISTED_OF_A_KIND or len(self.warnings) >= LISTED_WARNINGS:
            self._count_unlisted(known, count)
        else:
            self.warnings.append(_fault(file, message, line, column, count))

    def warn_more(self, file: str, kind: str, column: str | None, count: int) -> None:
        """Count warnings of a kind whose first ones have been listed."""
        self.warning_count += count
        self._count_unlisted(self._kind_of_warning(file, column, kind), count)

    def _kind_of_warning(self, file: str, column: str | None, kind: str) -> _Kind:
        key = (file, column, kind)
        if key not in self._repeated:
            self._repeated[key] = _Kind(_fault(file, kind, None, column, 0))
        return self._repeated[key]

    def _count_unlisted(self, known: _Kind, count: int) -> None:
        """Update the entry of a kind that says how many are not listed."""
        if known.entry is None and len(self.warnings) >= 2 * LISTED_WARNINGS:
            return
        if known.entry is None:
            known.entry = len(self.warnings)
            self.warnings.append(known.first)
        total = self.warnings[known.entry].count + count
        message = f"{known.first.message}: таких еще {_grouped(total)}"
        self.warnings[known.entry] = replace(known.first, message=message, count=total)

    def warn_first(self, file: str, message: str) -> None:
        """List a warning before all others, however many there are."""
        self.warning_count += 1
        self.warnings[:] = [_fault(file, message, None, None), *self.warnings][:LISTED_WARNINGS]

    def of(self, file: str) -> FileCounts:
        """Counts of a file, to be added to."""
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


def _fault(file: str, message: str, line: int | None, column: str | None, count: int = 1) -> Fault:
    """Make a fault; characters of the batch that cannot be printed are replaced."""
    return Fault(_printable(file), _printable(message), line, column and _printable(column), count)


def _more(count: int, places: list[str]) -> str:
    """«и еще 1 203: payments.csv:3:paid_on, payments.csv:4:paid_on …»."""
    phrase = f"и еще {_grouped(count)}"
    if not places:
        return phrase
    return f"{phrase}: {', '.join(places)}{' …' if count > len(places) else ''}"


def _grouped(number: int) -> str:
    return f"{number:,}".replace(",", "\u00a0")


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() or c == "\u00a0" else "\ufffd" for c in text)
