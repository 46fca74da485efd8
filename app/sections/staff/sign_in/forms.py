"""Form of staff sign-in: login and password."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import (
    HiddenField,
    PasswordField,
    StringField,
)

from app.web.field_errors import LINE, Required, RequiredInput
from app.web.forms import printable, safe_next


class StaffSignInForm(FlaskForm):
    """Login and password."""

    login = StringField("Логин", filters=[printable], validators=[Required("введите логин"), LINE])
    password = PasswordField("Пароль", validators=[RequiredInput("введите пароль"), LINE])
    next = HiddenField(filters=[lambda target: safe_next(target, "")])
