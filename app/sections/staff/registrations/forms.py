"""Form of the refusal of a registration."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import (
    StringField,
)

from app.web.field_errors import MaxLength, Required
from app.web.forms import printable


class RefusalForm(FlaskForm):
    """Why a registration is refused; the person reads it."""

    reason = StringField(
        "Причина отказа",
        filters=[printable, str.strip],
        validators=[
            Required("напишите, почему; это прочитает заявитель"),
            MaxLength(300, "не больше 300 знаков"),
        ],
    )
