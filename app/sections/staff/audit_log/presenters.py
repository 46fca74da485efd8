"""Lines of the journal as the page and the files show them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from app.domain.contacts import show_email
from app.integrations.spreadsheets import Cell, Column, Kind, Table
from app.queries.audit_log import COMMAND_LINE, JournalRow, Names, Who
from app.sections.staff.audit_log.labels import (
    SUBJECTS,
    action_words,
    field_words,
    page_words,
    value_words,
)
from app.web.context import clock
from app.web.filters import moment

MAX_SHOWN = 200
NAMELESS = {Who.CUSTOMERS: "посетитель", Who.BILLING: "биллинг", Who.SYSTEM: "система"}
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

    def __str__(self) -> str:
        was = "" if self.before is None else f"{self.before} → "
        return f"{self.name}: {was}{self.after}"


@dataclass(frozen=True, slots=True)
class Line:
    """A line in words; ``contract_id`` 0: nothing to open."""

    when: str
    who: str
    action: str
    subject: str
    key: str
    contract_id: int
    changes: Sequence[Change]
    address: str

    def cells(self) -> tuple[Cell, ...]:
        """The line in a file."""
        changes = "; ".join(str(each) for each in self.changes)
        return (
            self.when,
            self.who,
            self.action,
            self.subject,
            self.key,
            changes,
            self.address,
        )


def make_lines(rows: Iterable[JournalRow], names: Names) -> Iterator[Line]:
    """Rows in words, whole."""
    for row in rows:
        account = names.accounts.get(row.account_id or 0)
        key, contract_id = row.subject_key, 0
        if row.subject == "contracts":
            contract_id = names.contracts.get(key, 0)
        elif row.subject == "accounts" and account and key == str(row.account_id):
            key, contract_id = show_email(account.email), account.contract_id
        elif row.subject == "lists":
            key = page_words(key)
        yield Line(
            f"{clock().local(row.happened_at):%d.%m.%Y, %H:%M:%S}",
            _who(row, names),
            action_words(row.action),
            SUBJECTS.get(row.subject, row.subject),
            key,
            contract_id,
            list(_changes(row.changes)),
            "" if row.address in (None, COMMAND_LINE) else str(row.address),
        )


def make_table(lines: Iterable[Line]) -> Table:
    """The lines as a file's table."""
    return Table("Журнал", COLUMNS, [line.cells() for line in lines])


def cut(text: str) -> str:
    """A long value in short; the file has the whole."""
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"


def _who(row: JournalRow, names: Names) -> str:
    if row.staff_id is not None:
        name, login = names.staff.get(row.staff_id, ("сотрудник", str(row.staff_id)))
        return f"{name} ({login})"
    if row.import_run_id is not None:
        began, what = names.runs[row.import_run_id]
        return f"биллинг: загрузка {moment(began)}, {what}"
    if row.address == COMMAND_LINE:
        return "командная строка"
    account = names.accounts.get(row.account_id or 0)
    if account is not None:
        email = show_email(account.email)
        return f"{email}, договор № {account.number}" if account.number else email
    return NAMELESS[row.who]


def _changes(changes: dict[str, Any]) -> Iterator[Change]:
    for name, value in changes.items():
        if isinstance(value, list) and len(value) == 2:
            before, after = (value_words(name, each) for each in value)
            yield Change(field_words(name), before, after)
        else:
            yield Change(field_words(name), None, value_words(name, value))
