"""Form of an enquiry that came on paper or by telephone."""

from __future__ import annotations

from datetime import date, timedelta

from flask import request
from wtforms import RadioField, StringField
from wtforms.validators import ValidationError

from app.domain.enquiries import EnquiryChannel
from app.domain.formats import day
from app.sections.enquiries.forms import EnquiryForm
from app.sections.enquiries.labels import ANSWER_WAYS, RECEIVED
from app.web.context import clock
from app.web.day_field import DayField
from app.web.field_errors import MaxLength, field_error
from app.web.forms import printable
from app.web.uploads import FIELD

OLDEST = timedelta(days=366)
CHANNELS = {
    str(EnquiryChannel.PHONE): "По телефону",
    str(EnquiryChannel.WRITTEN): "На бумаге",
}


def _line(text: str | None) -> str:
    return printable(text).strip()


class EntryForm(EnquiryForm):
    """«Внести обращение»: what the customer would have typed, and how it came.

    Consents are on paper or in the contract: a clerk gives none for somebody else. A telephone and
    an address are asked for and not demanded.
    """

    consent_data = None
    consent_answer = None
    source = None
    channel = RadioField("Как поступило", choices=CHANNELS, validate_choice=False)
    received_on = DayField("Когда поступило", filters=[_line])
    incoming_number = StringField(
        "Входящий номер", filters=[_line], validators=[MaxLength(60, "нужно до 60 знаков")]
    )
    phone = StringField("Контактный телефон", filters=[_line])
    email = StringField("Адрес электронной почты", filters=[_line])

    has_account = False
    """Whether somebody has registered, who reads the answer in the portal."""

    def validate_channel(self, field: RadioField) -> None:
        if field.data not in CHANNELS:
            raise ValidationError(field_error(field, "выберите"))

    def validate_received_on(self, field: DayField) -> None:
        today = clock().today()
        if field.day is None:
            raise ValidationError(field_error(field, "нужна дата, например 01.11.2026"))
        if field.day > today:
            raise ValidationError(field_error(field, "этот день еще не наступил"))
        if field.day < today - OLDEST:
            raise ValidationError(field_error(field, "это больше года назад. Проверьте год"))

    def validate_phone(self, field: StringField) -> None:
        if field.data:
            super().validate_phone(field)

    def validate_email(self, field: StringField) -> None:
        if field.data:
            super().validate_email(field)

    def validate_answer_way(self, field: RadioField) -> None:
        if field.data not in ANSWER_WAYS:
            raise ValidationError(field_error(field, "выберите способ"))
        if field.data == "portal" and not self.email.data and not self.has_account:
            advice = "у договора нет учетной записи. Укажите e-mail или выберите ответ на бумаге"
            raise ValidationError(field_error(field, advice))

    def sends_files(self) -> bool:
        """Whether files have come with the form."""
        return any(part.filename for part in request.files.getlist(FIELD))

    def received_day(self) -> date:
        """The day it came, once the form is valid."""
        return self.received_on.day or clock().today()

    def details(self) -> dict[str, str]:
        how = RECEIVED[EnquiryChannel(self.channel.data)]
        found = {"received": f"{how} {day(self.received_day())}", **super().details()}
        found["answer_way"] = self.answer_way.data
        if self.incoming_number.data:
            found["incoming_number"] = self.incoming_number.data
        return found
