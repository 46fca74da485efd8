"""Filter form of the audit log, and what it makes for the queries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from werkzeug.datastructures import MultiDict
from wtforms import Form, StringField
from wtforms.validators import ValidationError

from app.models import StaffMember
from app.queries.audit_log import ActorGroup, AuditFilter
from app.sections.staff.audit_log.labels import ACTOR_GROUPS, GROUPS, actions_of
from app.web.context import clock
from app.web.day_field import DayField, midnight
from app.web.field_errors import ListField, MaxLength
from app.web.forms import printable

DAYS_SHOWN = 30
MAX_KEY = 200


class AuditFilterForm(Form):
    """Whose events, about what, of which days. A day left empty is no bound."""

    who = ListField(
        "Кто",
        choices={str(group): label for group, label in ACTOR_GROUPS.items()},
        default=str(ActorGroup.PEOPLE),
    )
    staff = ListField("Сотрудник", default="")
    key = StringField(
        "Договор или номер",
        filters=[printable, str.strip],
        validators=[MaxLength(MAX_KEY, f"не больше {MAX_KEY} знаков")],
    )
    action = ListField("Действие", choices={"": "Любое"} | GROUPS, default="")
    first = DayField("С", filters=[printable, str.strip])
    last = DayField("По", filters=[printable, str.strip])

    @classmethod
    def read(cls, args: MultiDict[str, str], staff: Sequence[StaffMember]) -> AuditFilterForm:
        """The form as a query or a post brings it; without any day, the last days are shown."""
        values = {name: args[name] for name in args if name in cls.field_names()}
        if "first" not in values and "last" not in values:
            values["first"] = (clock().today() - timedelta(days=DAYS_SHOWN)).isoformat()
        form = cls(MultiDict(values))
        people = {str(member.id): f"{member.name} ({member.login})" for member in staff}
        form.staff.choices = {"": "Любой"} | people
        # A field that was not sent at all has its default.
        for field in (form.who, form.staff, form.action):
            if field.data is None:
                field.data = field.default
        return form

    @staticmethod
    def field_names() -> tuple[str, ...]:
        """Names of what can be chosen."""
        return ("who", "staff", "key", "action", "first", "last")

    def validate_last(self, field: DayField) -> None:
        """The second day is not before the first."""
        if self.first.day and field.day and field.day < self.first.day:
            raise ValidationError("Дата «По» раньше даты «С». Поменяйте их местами")

    def audit_filter(self) -> AuditFilter:
        """The filter for the queries; only of a form that is valid."""
        return AuditFilter(
            group=ActorGroup(self.who.data),
            staff_id=int(self.staff.data) if self.staff.data else None,
            key=self.key.data or "",
            actions=actions_of(self.action.data) if self.action.data else None,
            since=midnight(self.first.day) if self.first.day else None,
            until=midnight(self.last.day + timedelta(days=1)) if self.last.day else None,
        )

    def query(self) -> dict[str, str]:
        """What a link to this very choice carries: what was chosen, and both days."""
        values = {name: str(self[name].data or "") for name in self.field_names()}
        return {name: value for name, value in values.items() if value or name in ("first", "last")}
