"""Forms of a forgotten password."""

from __future__ import annotations

import re

from flask_wtf import FlaskForm
from wtforms import PasswordField, RadioField, StringField
from wtforms.validators import DataRequired, Length, ValidationError

from app.domain.errors import PasswordError
from app.domain.passwords import check_password
from app.domain.registration import Channel
from app.web.forms import PASSWORD_ERRORS, printable

TOO_LONG = "Поле «Код подтверждения»: слишком длинный код"


class RecoveryForm(FlaskForm):
    """Contract number, and the channel of the message."""

    login = StringField(
        "Номер договора",
        filters=[printable],
        validators=[
            DataRequired("Поле «Номер договора»: введите номер, например 00000-ЭС"),
            Length(max=200, message="Поле «Номер договора»: слишком длинный номер"),
        ],
    )
    channel = RadioField(
        "Как получить доступ",
        choices={Channel.MAIL.value: "письмом на e-mail", Channel.SMS.value: "кодом по СМС"},
        invalid_choice_message="Выберите письмо или смс",
        default=Channel.MAIL.value,
        validators=[DataRequired("Выберите письмо или смс")],
    )


class NewPasswordForm(FlaskForm):
    """A new password, twice."""

    password = PasswordField("Новый пароль")
    password_again = PasswordField("Подтверждение пароля")

    def validate_password(self, field: PasswordField) -> None:
        try:
            check_password(field.data or "")
        except PasswordError as error:
            raise ValidationError(_error_text(error)) from None

    def validate_password_again(self, field: PasswordField) -> None:
        if (field.data or "") != (self.password.data or ""):
            raise ValidationError("Поле «Подтверждение пароля»: пароли не совпадают")

    def refuse(self, error: PasswordError) -> None:
        """Show beside the field why a password may not be set."""
        self.password.errors = [_error_text(error)]


class CodeForm(NewPasswordForm):
    """A code from a text message, and the new password."""

    code = StringField(
        "Код подтверждения",
        filters=[printable],
        validators=[Length(max=60, message=TOO_LONG)],
    )

    @property
    def plain_code(self) -> str:
        return re.sub(r"\s", "", self.code.data or "")


def _error_text(error: PasswordError) -> str:
    return f"Поле «Новый пароль»: {PASSWORD_ERRORS[error.code]}"
