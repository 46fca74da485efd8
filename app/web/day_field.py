"""A field for a day that may be left empty, as filters have two of."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from wtforms import StringField
from wtforms.validators import ValidationError

from app.domain.errors import PeriodError
from app.domain.period import Period, parse_day
from app.web.context import clock
from app.web.field_errors import field_error


class DayField(StringField):
    """A date, or nothing; ``day`` is what was read. Unreadable text stays to be corrected."""

    data: str | None
    day: date | None = None

    def pre_validate(self, form: Any) -> None:
        if not self.data:
            return
        try:
            found = parse_day(self.data)
            self.day = Period(found, found).first
        except PeriodError:
            advice = "нужна дата, например 01.11.2026"
            raise ValidationError(field_error(self, advice)) from None
        self.data = found.isoformat()


def midnight(day: date) -> datetime:
    """When a day begins in the supplier's zone."""
    return datetime.combine(day, time.min, clock().zone)
