"""Events of the audit log in Russian, as rows of the page and of the files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from app.domain.audit_log import ActorKind
from app.domain.contacts import show_email
from app.integrations.spreadsheets import Cell, Column, Kind, Table
from app.queries.audit_log import AuditRow, Names
from app.sections.staff.audit_log.labels import (
    SUBJECTS,
    action_label,
    field_label,
    value_label,
)
from app.sections.staff.audit_log.page_labels import page_label
from app.web.context import clock
from app.web.filters import moment

MAX_SHOWN = 200
NAMELESS = {
    ActorKind.CUSTOMER: "посетитель",
    ActorKind.VISITOR: "посетитель",
    ActorKind.BILLING: "биллинг",
    ActorKind.SYSTEM: "система",
    ActorKind.COMMAND_LINE: "командная строка",
}
COLUMNS = (
    Column("Когда", Kind.TEXT, 20),
    Column("Кто", Kind.TEXT, 34),
    Column("Действие", Kind.TEXT, 34),
    Column("Что", Kind.TEXT, 20),
    Column("Номер", Kind.TEXT, 24),
    Column("Было → стало", Kind.TEXT, 60),
    Column("Адрес", Kind.TEXT, 18),
)


@dataclass(frozen=True, slots=True)
class Change:
    """A value before and after; ``before`` None: a fact, which has one value only."""

    name: str
    before: str | None
    after: str

    @property
    def shown_before(self) -> str | None:
        """The value before, short enough for the page."""
        return None if self.before is None else _cut(self.before)

    @property
    def shown_after(self) -> str:
        """The value after, short enough for the page."""
        return _cut(self.after)

    def __str__(self) -> str:
        was = "" if self.before is None else f"{self.before} → "
        return f"{self.name}: {was}{self.after}"


@dataclass(frozen=True, slots=True)
class Line:
    """An event in Russian; ``contract_id`` 0: there is no contract's page to open."""

    when: str
    who: str
    action: str
    subject: str
    key: str
    contract_id: int
    changes: Sequence[Change]
    address: str

    def cells(self) -> tuple[Cell, ...]:
        """The row in a file."""
        changes = "; ".join(str(change) for change in self.changes)
        return (
            self.when,
            self.who,
            self.action,
            self.subject,
            self.key,
            changes,
            self.address,
        )


def make_lines(rows: Iterable[AuditRow], names: Names) -> Iterator[Line]:
    """Events in Russian, their values whole."""
    for row in rows:
        account = names.accounts.get(row.account_id or 0)
        key, contract_id = row.subject_key, 0
        if row.subject == "contracts":
            contract_id = row.contract_id or 0
        elif row.subject == "accounts" and account and key == str(row.account_id):
            key, contract_id = show_email(account.email), account.contract_id
        elif row.subject == "lists":
            key = page_label(key)
        yield Line(
            f"{clock().local(row.happened_at):%d.%m.%Y, %H:%M:%S}",
            _who(row, names),
            action_label(row.action),
            SUBJECTS.get(row.subject, row.subject),
            key,
            contract_id,
            list(_changes(row.changes)),
            "" if row.actor_kind is ActorKind.COMMAND_LINE else row.address or "",
        )


def make_table(lines: Iterable[Line]) -> Table:
    """The rows as a file's table."""
    return Table("Журнал", COLUMNS, [line.cells() for line in lines])


def _cut(text: str) -> str:
    """A long value in short; the file has the whole."""
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"


def _who(row: AuditRow, names: Names) -> str:
    if row.staff_id is not None:
        name, login = names.staff.get(row.staff_id, ("сотрудник", str(row.staff_id)))
        return f"{name} ({login})"
    if row.import_run_id is not None:
        began, what = names.runs[row.import_run_id]
        return f"биллинг: загрузка {moment(began)}, {what}"
    account = names.accounts.get(row.account_id or 0)
    if account is not None and row.actor_kind is not ActorKind.COMMAND_LINE:
        email = show_email(account.email)
        return f"{email}, договор №\u00a0{account.number}" if account.number else email
    return NAMELESS[row.actor_kind]


def _changes(changes: dict[str, Any]) -> Iterator[Change]:
    for name, value in changes.items():
        if isinstance(value, list) and len(value) == 2:
            before, after = (value_label(name, part) for part in value)
            yield Change(field_label(name), before, after)
        else:
            yield Change(field_label(name), None, value_label(name, value))
