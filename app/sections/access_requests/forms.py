"""Forms of a request for access and of the owner's decision."""

from __future__ import annotations

import re

from flask_wtf import FlaskForm
from wtforms import BooleanField, DateField, RadioField, StringField
from wtforms.validators import Optional, ValidationError

from app.actions.people.access_requests import NewAccessRequest
from app.domain.access import INVITED, Role
from app.domain.contacts import normalise_email, show_email
from app.domain.errors import ContactError, PeopleError
from app.sections.people.labels import ERRORS, ROLES
from app.sections.registration.forms import FirstEntryForm
from app.web.contact_errors import contact_error_text
from app.web.field_errors import MaxLength, Required, field_error
from app.web.forms import printable

NO_CONSENT = "Без согласия на обработку персональных данных передать запрос нельзя"
NAME = re.compile(r"[^\W\d_](?:[^\W\d_]|[ .’'-])*")
"""Letters, and what stands between names: the owner reads it in an email of ours."""


def _trimmed(text: str | None) -> str:
    return " ".join(printable(text).split())


class AccessRequestForm(FirstEntryForm):
    """Who asks for access, to which contract."""

    person_name = StringField(
        "Имя и фамилия",
        filters=[_trimmed],
        validators=[Required("введите имя"), MaxLength(80, "нужно до 80 знаков")],
    )
    email = StringField(
        "Адрес e-mail",
        filters=[_trimmed, show_email],
        validators=[Required("введите адрес, например buh@example.ru")],
    )
    consent = BooleanField("Подтверждаю свое согласие на обработку персональных данных")

    def validate_person_name(self, field: StringField) -> None:
        if field.data and not NAME.fullmatch(field.data):
            raise ValidationError(field_error(field, "нужны только буквы, пробелы и дефисы"))

    def validate_email(self, field: StringField) -> None:
        try:
            normalise_email(field.data or "")
        except ContactError as error:
            text = contact_error_text(error, "не похоже на адрес. Например buh@example.ru")
            raise ValidationError(field_error(field, text)) from None

    def validate_consent(self, field: BooleanField) -> None:
        if not field.data:
            raise ValidationError(NO_CONSENT)

    def details(self) -> NewAccessRequest:
        """What was typed; call after validation."""
        return NewAccessRequest(
            number=self.number.data,
            inn=self.plain_inn,
            person_name=self.person_name.data,
            email=normalise_email(self.email.data),
        )


class DecisionForm(FlaskForm):
    """Role and last day of whoever asks for access."""

    role = RadioField(
        "Роль",
        choices={str(role): ROLES[role] for role in INVITED},
        default=str(Role.ACCOUNTANT),
        invalid_choice_message="Выберите роль",
    )
    access_until = DateField("Доступ до", validators=[Optional()])

    def show_error(self, error: PeopleError) -> None:
        """Show beside its field why nobody was invited."""
        field = self.access_until if error.code in ("past", "longer") else self.role
        field.errors = [field_error(field, ERRORS[error.code])]
