"""Forms of the own account: password, recovery codes."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import (
    PasswordField,
)

from app.web.field_errors import LINE, RequiredInput


class PasswordForm(FlaskForm):
    """One's own new password."""

    current = PasswordField(
        "Текущий пароль",
        validators=[RequiredInput("введите пароль"), LINE],
    )
    password = PasswordField("Новый пароль", validators=[RequiredInput("введите пароль"), LINE])


class RecoveryCodesForm(FlaskForm):
    """The password again, before new recovery codes are shown."""

    proof = PasswordField("Пароль", validators=[RequiredInput("введите пароль"), LINE])
