"""A field for date and time, in the supplier's zone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from wtforms import StringField
from wtforms.validators import ValidationError

from app.domain.announcements import read_moment, show_moment
from app.domain.errors import PeriodError
from app.web.context import local_now
from app.web.field_errors import field_error
from app.web.forms import printable

MAX_SHOWN = 40


def _line(value: object) -> str:
    return printable(str(value)).strip()[:MAX_SHOWN] if value is not None else ""


class MomentField(StringField):
    """Date and time as a browser sends them, or as people write them.

    ``moment`` is what was read, None where nothing was typed. What cannot be read stays in a plain
    text field, for a browser's own would not show it.
    """

    moment: datetime | None = None

    def __init__(self, label: str, **options: Any) -> None:
        super().__init__(label, filters=[_line], **options)

    def show(self, moment: datetime) -> None:
        """Fill in a moment of the supplier's zone."""
        self.data = show_moment(moment)

    @property
    def is_readable(self) -> bool:
        """Whether a browser's field for date and time shows it."""
        return not self.data or self.moment is not None or not self.errors

    def pre_validate(self, form: Any) -> None:
        if not self.data:
            return
        try:
            self.moment = read_moment(self.data).replace(tzinfo=local_now().tzinfo)
        except PeriodError:
            advice = "нужны дата и время, например 22.11.2026 10:00"
            raise ValidationError(field_error(self, advice)) from None
        self.data = show_moment(self.moment)
