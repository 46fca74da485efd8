"""People of a contract as a table for spreadsheets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from app.domain.access import Role
from app.integrations.spreadsheets import Cell, Column, Kind, Table
from app.models import Invitation
from app.queries.people import Person
from app.sections.people.labels import ROLES
from app.web.downloads import moment_cell


def people_table(people: Sequence[Person], invitations: Sequence[Invitation]) -> Table:
    """One row per person with access, then one per invitation without an answer."""
    columns = (
        Column("Имя", Kind.TEXT, 30),
        Column("Адрес e-mail", Kind.TEXT, 30),
        Column("Роль", Kind.TEXT, 16),
        Column("Доступ", Kind.TEXT, 24),
        Column("Доступ до", Kind.DATE, 12),
        Column("Был в кабинете", Kind.MOMENT, 18),
        Column("Заметка", Kind.TEXT, 40),
    )
    rows = [_person(person) for person in people]
    rows += [_invitation(invitation) for invitation in invitations]
    return Table("Сотрудники и доступ", columns, rows)


def _person(person: Person) -> list[Cell]:
    return [
        person.name,
        person.email,
        ROLES[Role(person.role)],
        "приостановлен" if person.paused_at else "открыт",
        person.access_until,
        moment_cell(person.last_seen_at),
        person.note,
    ]


def _invitation(invitation: Invitation) -> list[Cell]:
    until: date | None = invitation.access_until
    name, email, role = invitation.person_name, invitation.email, ROLES[Role(invitation.role)]
    return [name, email, role, "приглашение без ответа", until, None, invitation.note]
