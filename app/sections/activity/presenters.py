"""What people of a contract have done, as rows of the page and of the files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from app.domain.formats import day
from app.integrations.spreadsheets import Cell, Column, Kind, Table
from app.queries.activity import ActivityRow
from app.sections.activity.labels import ACTORS, LABELS, page_label
from app.sections.people.labels import ROLES
from app.web.downloads import moment_cell

COLUMNS = (
    Column("Когда", Kind.MOMENT, 18),
    Column("Кто", Kind.TEXT, 34),
    Column("Что", Kind.TEXT, 34),
    Column("Подробности", Kind.TEXT, 50),
    Column("Сеть", Kind.TEXT, 18),
)
ROLE_LABELS = {str(role): label for role, label in ROLES.items()}


@dataclass(frozen=True, slots=True)
class Line:
    """Something that was done, in Russian."""

    happened_at: datetime
    who: str
    action: str
    detail: str
    address: str

    def cells(self) -> tuple[Cell, ...]:
        """The row in a file."""
        return (moment_cell(self.happened_at), self.who, self.action, self.detail, self.address)


def make_line(row: ActivityRow) -> Line:
    """A row in Russian."""
    return Line(
        row.happened_at,
        row.person or ACTORS.get(row.actor_kind, "посетитель"),
        LABELS.get(row.action, row.action),
        _detail(row),
        row.address or "",
    )


def make_table(rows: Iterable[ActivityRow]) -> Table:
    """The rows as a file's table."""
    return Table("Кто что делал", COLUMNS, [make_line(row).cells() for row in rows])


def _detail(row: ActivityRow) -> str:
    """The facts of an event that its firm may know, in one line."""
    facts = row.changes
    parts = []
    if page := facts.get("page"):
        parts.append(page_label(str(page)))
    if extension := facts.get("file"):
        parts.append(str(extension).upper())
    if email := facts.get("email"):
        parts.append(str(email))
    if role := facts.get("role"):
        parts.append(ROLE_LABELS.get(str(role), str(role)))
    if until := facts.get("until"):
        parts.append(f"по {day(date.fromisoformat(str(until)))}")
    return ", ".join(parts)
