"""Forms of staff sign-in: login and password, second factor."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import (
    HiddenField,
    PasswordField,
    StringField,
)

from app.web.field_errors import LINE, MaxLength, Required, RequiredInput
from app.web.forms import printable, safe_next


class StaffSignInForm(FlaskForm):
    """Login and password."""

    login = StringField("Логин", filters=[printable], validators=[Required("введите логин"), LINE])
    password = PasswordField("Пароль", validators=[RequiredInput("введите пароль"), LINE])
    next = HiddenField(filters=[lambda target: safe_next(target, "")])


class CodeForm(FlaskForm):
    """A code of the second factor, or a recovery code."""

    code = StringField(
        "Код",
        filters=[printable],
        validators=[
            Required("введите код"),
            MaxLength(40, "слишком длинный код"),
        ],
    )
    next = HiddenField(filters=[lambda target: safe_next(target, "")])
