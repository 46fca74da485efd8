"""Forms of contacts and passwords."""

from __future__ import annotations

import re

from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField
from wtforms.validators import ValidationError

from app.domain.contacts import normalise_phone, show_email
from app.domain.errors import ContactError, DomainError, PasswordError, SignInRefusedError
from app.web.account_fields import NewPasswordForm, check_email_field
from app.web.contact_errors import contact_error_text
from app.web.field_errors import MaxLength, Required, field_error
from app.web.forms import printable, trimmed

REFUSED = "пароль не подходит"


class CurrentPassword(FlaskForm):
    """The current password, asked for before changes."""

    current = PasswordField(
        "Действующий пароль",
        validators=[Required("введите пароль, с которым входите")],
    )

    def refuse_current(self) -> None:
        """Show beside the field that the password is wrong."""
        self.current.errors = [field_error(self.current, REFUSED)]


class ContactsForm(CurrentPassword):
    """«Внести контактные данные» (user manual §10)."""

    person_name = StringField(
        "Контактное лицо",
        filters=[trimmed],
        validators=[MaxLength(200, "нужно до 200 знаков")],
    )
    position = StringField(
        "Должность",
        filters=[trimmed],
        validators=[MaxLength(200, "нужно до 200 знаков")],
    )
    email = StringField(
        "Адрес e-mail",
        filters=[trimmed, show_email],
        validators=[Required("введите адрес, например buh@example.ru")],
    )
    phone = StringField("Номер телефона", filters=[trimmed])

    def validate_email(self, field: StringField) -> None:
        check_email_field(field)

    def validate_phone(self, field: StringField) -> None:
        if not field.data:
            return
        try:
            normalise_phone(field.data)
        except ContactError as error:
            text = contact_error_text(error, "не похоже на номер. Например +7 912 345-67-89")
            raise ValidationError(field_error(field, text)) from None

    def show_error(self, error: DomainError) -> None:
        """Show an error beside its field: the current password, or a number without codes."""
        if isinstance(error, SignInRefusedError):
            self.refuse_current()
            return
        text = (
            "номер можно заменить другим, но не удалить"
            if isinstance(error, ContactError)
            else "код подтверждения приходит только на мобильные номера +7 9…"
        )
        self.phone.errors = [field_error(self.phone, text)]


class PasswordForm(CurrentPassword, NewPasswordForm):
    """«Изменить пароль»: the current one, and the new one twice."""

    def show_error(self, error: SignInRefusedError | PasswordError) -> None:
        """Show an error beside the current or the new password."""
        if isinstance(error, PasswordError):
            self.refuse(error)
        else:
            self.refuse_current()


class PhoneCodeForm(FlaskForm):
    """The code from the text message."""

    code = StringField(
        "Код подтверждения",
        filters=[lambda text: re.sub(r"\s", "", printable(text))],
        validators=[
            Required("введите шесть цифр из смс"),
            MaxLength(60, "слишком длинный код"),
        ],
    )

    def refuse(self) -> None:
        """Show beside the field that the code is wrong."""
        self.code.errors = [field_error(self.code, "код не подходит или устарел")]
