"""Form of a staff member: login, name, role, department."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    SelectField,
    StringField,
)

from app.domain.staff import StaffRole
from app.sections.staff.labels import ROLES
from app.web.field_errors import LINE, Required
from app.web.forms import printable


class StaffForm(FlaskForm):
    """One of the supplier's people."""

    login = StringField("Логин", filters=[printable])
    name = StringField(
        "Фамилия, имя, отчество",
        filters=[printable, str.strip],
        validators=[Required("введите имя"), LINE],
    )
    role = SelectField(
        "Роль",
        choices={str(role): label for role, label in ROLES.items()},
        default=StaffRole.OPERATOR.value,
        validate_choice=True,
    )
    department = SelectField("Отделение", default="")
    is_active = BooleanField("Может входить", default=True)
