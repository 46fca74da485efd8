"""Form of the sign-in page."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import DataRequired, InputRequired, Length

from app.web.forms import printable, safe_next


class SignInForm(FlaskForm):
    """Contract number and password; the number may be written in any common way."""

    login = StringField(
        "Номер договора",
        filters=[printable],
        validators=[
            DataRequired("Поле «Номер договора»: введите номер, например 00000-ЭС"),
            Length(max=200, message="Поле «Номер договора»: слишком длинный номер"),
        ],
    )
    password = PasswordField(
        "Пароль",
        validators=[
            InputRequired("Поле «Пароль»: введите пароль"),
            Length(max=200, message="Поле «Пароль»: слишком длинный пароль"),
        ],
    )
    next = HiddenField(filters=[lambda target: safe_next(target, "")])
