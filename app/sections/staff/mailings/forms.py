"""Forms of a mailing: whom it goes to, what it says, where a test message goes."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from decimal import Decimal

from flask_wtf import FlaskForm
from wtforms import FileField, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import ValidationError

from app.actions.mailings.texts import MailingText
from app.domain.answer_templates import list_unknown
from app.domain.contacts import normalise_email
from app.domain.errors import AmountError, ContactError
from app.domain.mailings import MAX_RECIPIENTS, PLACEHOLDERS, Audience
from app.domain.money import parse_roubles
from app.domain.period import Month
from app.models import Department
from app.sections.enquiries.forms import lines
from app.sections.staff.mailings.labels import AUDIENCES, RESTRICTION_SUBJECT, RESTRICTION_TEXT
from app.web.contact_errors import contact_error_text
from app.web.context import clock
from app.web.field_errors import MaxLength, Required, field_error
from app.web.forms import printable

MAX_TEXT, MAX_SMS, MAX_SUBJECT = 5000, 300, 150
MAX_LIST_BYTES = 900_000
MONTHS = 3


def _line(text: str | None) -> str:
    return printable(text).strip()


def _number(field: StringField, least: int, most: int) -> int:
    if not re.fullmatch("[0-9]{1,5}", field.data or "") or not least <= int(field.data) <= most:
        raise ValidationError(field_error(field, f"нужно целое число от {least} до {most}"))
    return int(field.data)


class TextForm(FlaskForm):
    """What a mailing says."""

    subject = StringField(
        "Тема письма",
        filters=[_line],
        validators=[
            Required("напишите, о чем письмо"),
            MaxLength(MAX_SUBJECT, f"не больше {MAX_SUBJECT} знаков"),
        ],
    )
    text = TextAreaField(
        "Текст письма",
        filters=[lines],
        validators=[
            Required("напишите текст"),
            MaxLength(MAX_TEXT, f"не больше {MAX_TEXT} знаков"),
        ],
    )
    sms_text = StringField(
        "Текст смс",
        filters=[_line],
        validators=[MaxLength(MAX_SMS, f"не больше {MAX_SMS} знаков")],
    )

    allowed: Collection[str] = PLACEHOLDERS[Audience.DEBTORS]

    def fit_to(self, audience: str) -> None:
        """Allow the placeholders that a mailing to these contracts has values for."""
        self.allowed = PLACEHOLDERS[Audience(audience)]

    def validate_subject(self, field: StringField) -> None:
        self._check_placeholders(field)

    def validate_text(self, field: TextAreaField) -> None:
        self._check_placeholders(field)

    def validate_sms_text(self, field: StringField) -> None:
        self._check_placeholders(field)

    def _check_placeholders(self, field: StringField) -> None:
        if unknown := list_unknown(field.data or "", self.allowed):
            known = ", ".join(f"{{{name}}}" for name in self.allowed)
            advice = f"подстановки {unknown[0]} здесь нет. Есть {known}"
            raise ValidationError(field_error(field, advice))

    def message(self) -> MailingText:
        """The text, once the form is valid."""
        return MailingText(self.subject.data, self.text.data.strip(), self.sms_text.data)


class MailingForm(TextForm):
    """«Новая рассылка»; of the conditions only those of the chosen audience count."""

    key = HiddenField()
    audience = RadioField(
        "Кому",
        choices={str(audience): label for audience, label in AUDIENCES.items()},
        default=str(Audience.DEBTORS),
        validate_choice=False,
    )
    amount = StringField("Долг от, ₽", filters=[_line], default="1000")
    days = StringField("Просрочка от, дней", filters=[_line], default="1")
    month = SelectField("Нет показаний за", validate_choice=False)
    department = SelectField("Отделение", default="", validate_choice=False)
    numbers = TextAreaField("Номера договоров", filters=[lines])
    file = FileField("Или файл CSV")
    cap = StringField("Не больше договоров", filters=[_line], default="500")

    least: Decimal = Decimal(0)
    day_count: int = 0
    limit: int = 0

    def begin_warning(self) -> None:
        """Fill in what a warning of a restriction says."""
        self.audience.data = str(Audience.RESTRICTION)
        self.subject.data, self.text.data = RESTRICTION_SUBJECT, RESTRICTION_TEXT
        self.fit_to(Audience.RESTRICTION)

    def offer(self, departments: Sequence[Department]) -> None:
        """Fill the lists: months that end with the present one, departments."""
        this = Month.of(clock().today())
        months = [this.plus(-back) for back in range(MONTHS)]
        self.month.choices = {str(month): month.label for month in months}
        if self.audience.data in self.audience.choices:
            self.fit_to(self.audience.data)
        self.department.choices = {"": "Все отделения"} | {
            str(department.id): department.name for department in departments
        }

    def validate_audience(self, field: RadioField) -> None:
        if field.data not in field.choices:
            raise ValidationError(field_error(field, "выберите"))

    def validate_amount(self, field: StringField) -> None:
        if self.audience.data != Audience.DEBTORS:
            return
        try:
            self.least = parse_roubles(field.data)
        except AmountError:
            advice = "нужна сумма, например 1000 или 1 500,50"
            raise ValidationError(field_error(field, advice)) from None

    def validate_days(self, field: StringField) -> None:
        if self.audience.data == Audience.DEBTORS:
            self.day_count = _number(field, 1, 3650)

    def validate_month(self, field: SelectField) -> None:
        if self.audience.data == Audience.NO_READINGS and field.data not in field.choices:
            raise ValidationError(field_error(field, "выберите из списка"))

    def validate_department(self, field: SelectField) -> None:
        if field.data not in field.choices:
            raise ValidationError(field_error(field, "выберите из списка"))

    def validate_numbers(self, field: TextAreaField) -> None:
        has_file = bool(self.file.data and self.file.data.filename)
        if self.audience.data not in (Audience.LIST, Audience.RESTRICTION):
            return
        if not field.data.strip() and not has_file:
            raise ValidationError(field_error(field, "вставьте номера или выберите файл"))
        if field.data.strip() and has_file:
            raise ValidationError(field_error(field, "нужно одно из двух: номера или файл"))

    def validate_cap(self, field: StringField) -> None:
        self.limit = _number(field, 1, MAX_RECIPIENTS)

    def department_id(self) -> int | None:
        """The chosen department; None: all of them."""
        return int(self.department.data) if self.department.data else None

    def read_list(self) -> tuple[str, str]:
        """Text of the list and what it is called; a file in UTF-8 or windows-1251."""
        if self.numbers.data.strip():
            return self.numbers.data, "Список"
        content = self.file.data.stream.read(MAX_LIST_BYTES)
        name = printable(self.file.data.filename)[:100]
        try:
            return content.decode("utf-8-sig"), name
        except UnicodeDecodeError:
            return content.decode("cp1251", "replace"), name


class MailingTestForm(FlaskForm):
    """«Пробное письмо себе»."""

    address = StringField("Ваш e-mail", filters=[_line])

    def validate_address(self, field: StringField) -> None:
        try:
            normalise_email(field.data)
        except ContactError as error:
            reason = contact_error_text(error, "не похоже на адрес. Например buh@example.ru")
            raise ValidationError(field_error(field, reason)) from None
