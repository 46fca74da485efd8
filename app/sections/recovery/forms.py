"""Forms of a forgotten password."""

from __future__ import annotations

import re

from flask_wtf import FlaskForm
from wtforms import RadioField, StringField
from wtforms.validators import DataRequired

from app.domain.registration import Channel
from app.web.account_fields import NewPasswordForm, login_field
from app.web.field_errors import MaxLength, field_error
from app.web.forms import printable


class RecoveryForm(FlaskForm):
    """Contract number, and the channel of the message."""

    login = login_field()
    channel = RadioField(
        "Как получить доступ",
        choices={Channel.MAIL.value: "письмом на e-mail", Channel.SMS.value: "кодом по СМС"},
        invalid_choice_message="Выберите письмо или смс",
        default=Channel.MAIL.value,
        validators=[DataRequired("Выберите письмо или смс")],
    )


class CodeForm(NewPasswordForm):
    """A code from a text message, and the new password."""

    code = StringField(
        "Код подтверждения",
        filters=[printable],
        validators=[MaxLength(60, "слишком длинный код")],
    )

    @property
    def plain_code(self) -> str:
        return re.sub(r"\s", "", self.code.data or "")

    def refuse_code(self) -> None:
        """Show beside the field that the code is wrong or has expired."""
        self.code.errors = [field_error(self.code, "код не подходит или устарел")]
