"""Forms of «Показания» for staff: the filter, and the decision about ticked readings."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import Field, Form, SelectField, StringField, ValidationError

from app.actions.readings.decisions import MAX_REASON
from app.domain.period import Month
from app.domain.reading_checks import Doubt, Remark
from app.domain.readings import ReadingStatus
from app.lib.database import MAX_ID
from app.models import Department
from app.queries.readings.staff import ReadingFilter, Unusual, WarningFilter
from app.sections.staff.readings import labels
from app.web.field_errors import MaxLength, field_error
from app.web.forms import printable

ALL = "all"
MONTHS = 24
MAX_TICKED = 200


def offered(form: Form, field: Field) -> None:
    """Validate that a value is one of the list.

    Raises:
        ValidationError: somebody has changed the address by hand.
    """
    if field.data not in field.choices:
        raise ValidationError(field_error(field, "выберите из списка"))


class ReadingFilterForm(Form):
    """Filter of submitted readings, read from the address."""

    department = SelectField("Отделение", validate_choice=False, validators=[offered])
    month = SelectField("Расчетный месяц", validate_choice=False, validators=[offered], default=ALL)
    state = SelectField(
        "Статус",
        choices=labels.STATUS_FILTER | {ALL: "Все"},
        validate_choice=False,
        validators=[offered],
        default=str(ReadingStatus.SENT),
    )
    warned = SelectField(
        "Что необычно",
        choices={ALL: "Все"} | labels.WARNED_FILTER,
        validate_choice=False,
        validators=[offered],
        default=ALL,
    )
    q = StringField(
        "Договор или номер прибора",
        filters=[printable, str.strip],
        validators=[MaxLength(60, "слишком длинно")],
    )

    @classmethod
    def from_query(
        cls,
        args: MultiDict[str, str],
        departments: Sequence[Department],
        department_id: int | None,
        today: date,
    ) -> ReadingFilterForm:
        """Read the address; without a department, the clerk's.

        Args:
            department_id: the clerk's department.
        """
        choices = {ALL: "Все отделения"} | {
            str(department.id): department.name for department in departments
        }
        default = str(department_id) if str(department_id) in choices else ALL
        form = cls(args, department=default)
        form.department.choices = choices
        last = Month.of(today)
        months = [last.plus(-back) for back in range(MONTHS)]
        form.month.choices = {ALL: "Все"} | {str(month): month.label for month in months}
        return form

    @property
    def wanted(self) -> ReadingFilter:
        """The filter that has been validated."""
        return ReadingFilter(
            None if self.department.data == ALL else int(self.department.data),
            None if self.month.data == ALL else Month.parse(self.month.data),
            None if self.state.data == ALL else ReadingStatus(self.state.data),
            _unusual(self.warned.data),
            self.q.data or "",
        )

    @property
    def query(self) -> dict[str, Any]:
        """The filter as parameters of an address."""
        return {field.name: field.data for field in self if field.data}


@dataclass
class DecisionForm:
    """Which readings were ticked, whether to accept or reject them, and why.

    Attributes:
        seen: status that the clerk has seen, by the id of a reading.
        confirmed: ids of doubtful readings that were ticked on the second step.
        errors: by the id of the control; "" where there is none.
    """

    seen: dict[int, str] = field(default_factory=dict)
    confirmed: frozenset[int] = frozenset()
    reason: str = ""
    rejects: bool = False
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, data: MultiDict[str, str]) -> DecisionForm:
        """Read and check what was sent."""
        doubtful = _seen(data.getlist("doubtful"))
        form = cls(
            _seen(data.getlist("reading")) | doubtful,
            frozenset(doubtful),
            printable(data.get("reason")).strip(),
            data.get("do") == "refuse",
        )
        if not form.seen:
            form.errors[""] = labels.NOTHING_TICKED
        if form.rejects and not form.reason:
            form.errors["reason"] = labels.NO_REASON
        elif form.reason and not form.rejects:
            form.errors["reason"] = labels.REASON_TO_ACCEPT
        elif len(form.reason) > MAX_REASON:
            form.errors["reason"] = labels.LONG_REASON
        return form


def _unusual(code: str) -> Unusual | None:
    """What is chosen in «Что необычно»; None: everything."""
    if code == ALL:
        return None
    kinds: tuple[type[Unusual], ...] = (WarningFilter, Doubt, Remark)
    return next(kind(code) for kind in kinds if code in set(kind))


def _seen(values: Sequence[str]) -> dict[int, str]:
    """Parse «12-sent»: id and status that the clerk has seen."""
    found = (re.fullmatch(r"([0-9]{1,19})-([a-z]{1,9})", text) for text in values[:MAX_TICKED])
    pairs = ((int(match[1]), match[2]) for match in found if match)
    return {key: status for key, status in pairs if key <= MAX_ID}


def only_numbers(args: Mapping[str, str], *names: str) -> list[int]:
    """Parse small numbers of an address; what is none is 0."""
    texts = [args.get(name, "") for name in names]
    return [int(text) if re.fullmatch("[0-9]{1,6}", text) else 0 for text in texts]
