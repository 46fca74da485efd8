"""Form fields of accounts that several sections share: login, new password, second factor."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import ValidationError

from app.domain.contacts import normalise_email
from app.domain.errors import ContactError, PasswordError
from app.domain.passwords import check_password
from app.web.contact_errors import contact_error_text
from app.web.field_errors import MaxLength, Required, field_error
from app.web.forms import PASSWORD_ERRORS, printable, safe_next

WRONG_CODE = "код не подходит. Дождитесь следующего; каждый код годен один раз"


def login_field() -> StringField:
    """The contract number that a customer signs in with."""
    return StringField(
        "Номер договора",
        filters=[printable],
        validators=[
            Required("введите номер, например 00000-ЭС"),
            MaxLength(254, "слишком длинный номер"),
        ],
    )


def check_email_field(
    field: StringField, otherwise: str = "не похоже на адрес. Например buh@example.ru"
) -> None:
    """Validate the address in a field of any form.

    Args:
        otherwise: text for what is no address at all.
    """
    try:
        normalise_email(field.data or "")
    except ContactError as error:
        text = contact_error_text(error, otherwise)
        raise ValidationError(field_error(field, text)) from None


class NewPasswordForm(FlaskForm):
    """A new password, twice."""

    password = PasswordField("Новый пароль")
    password_again = PasswordField("Подтверждение пароля")

    def validate_password(self, field: PasswordField) -> None:
        try:
            check_password(field.data or "")
        except PasswordError as error:
            raise ValidationError(field_error(field, PASSWORD_ERRORS[error.code])) from None

    def validate_password_again(self, field: PasswordField) -> None:
        if (field.data or "") != (self.password.data or ""):
            raise ValidationError(field_error(field, "пароли не совпадают"))

    def refuse(self, error: PasswordError) -> None:
        """Show beside the field why a password may not be set."""
        self.password.errors = [field_error(self.password, PASSWORD_ERRORS[error.code])]


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

    def refuse(self) -> None:
        """Show beside the field that the code is wrong."""
        self.code.errors = [field_error(self.code, WRONG_CODE)]
