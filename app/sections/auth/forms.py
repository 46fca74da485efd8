"""Form of the sign-in page."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField

from app.web.account_fields import login_field
from app.web.field_errors import MaxLength, RequiredInput
from app.web.forms import safe_next


class SignInForm(FlaskForm):
    """Contract number and password; the number may be written in any common way."""

    login = login_field()
    password = PasswordField(
        "Пароль",
        validators=[
            RequiredInput("введите пароль"),
            MaxLength(200, "слишком длинный пароль"),
        ],
    )
    next = HiddenField(filters=[lambda target: safe_next(target, "")])
