"""Filter of what people of a contract have done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from werkzeug.datastructures import MultiDict
from wtforms import Form
from wtforms.validators import ValidationError

from app.queries.activity import STAFF, ActivityFilter
from app.sections.activity.labels import ACCOUNT_ACTIONS, ACTIONS, KINDS
from app.web.day_field import DayField, midnight
from app.web.field_errors import ListField
from app.web.forms import printable

SUPPLIER = "supplier"


class ActivityForm(Form):
    """Who, what, of which days; what is left empty is no bound."""

    who = ListField("Кто", default="")
    kind = ListField("Что", choices={"": "Все"} | KINDS, default="")
    first = DayField("С", filters=[printable, str.strip])
    last = DayField("По", filters=[printable, str.strip])

    @classmethod
    def read(cls, args: MultiDict[str, str], actors: Sequence[tuple[int, str]]) -> ActivityForm:
        """The form as a query brings it."""
        names = ("who", "kind", "first", "last")
        form = cls(MultiDict({name: args[name] for name in args if name in names}))
        people = {str(key): name for key, name in actors}
        form.who.choices = {"": "Все"} | people | {SUPPLIER: "Сотрудники поставщика"}
        for field in (form.who, form.kind):
            if field.data is None:
                field.data = field.default
        return form

    def validate_last(self, field: DayField) -> None:
        """The second day is not before the first."""
        if self.first.day and field.day and field.day < self.first.day:
            raise ValidationError("Дата «По» раньше даты «С». Поменяйте их местами")

    def activity_filter(self) -> ActivityFilter:
        """The filter for the queries; only of a form that is valid."""
        who, kind = self.who.data, self.kind.data
        account_id = None
        if who:
            account_id = STAFF if who == SUPPLIER else int(who)
        return ActivityFilter(
            actions=[name for name, (its, _) in ACTIONS.items() if kind in ("", its)],
            account_actions=[
                name for name, (its, _) in ACCOUNT_ACTIONS.items() if kind in ("", its)
            ],
            account_id=account_id,
            since=midnight(self.first.day) if self.first.day else None,
            until=midnight(self.last.day + timedelta(days=1)) if self.last.day else None,
        )

    def query(self) -> dict[str, str]:
        """What a link to this very choice carries."""
        return {field.name: str(field.data) for field in self if field.data}
