"""Form of a note on a customer, or of a call with one."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField, StringField, TextAreaField
from wtforms.validators import ValidationError

from app.actions.staff.customer_notes import NewNote
from app.domain.contacts import normalise_phone
from app.domain.customer_notes import NoteKind
from app.domain.errors import ContactError
from app.sections.enquiries.forms import lines
from app.sections.enquiries.repeats import fresh_key
from app.web.contact_errors import contact_error_text
from app.web.context import clock, local_now
from app.web.field_errors import MaxLength, field_error
from app.web.forms import printable
from app.web.moment_fields import MomentField

MAX_NOTE = 2000
KINDS = {
    NoteKind.NOTE: "Заметка",
    NoteKind.CALL_IN: "Позвонил потребитель",
    NoteKind.CALL_OUT: "Позвонили потребителю",
}


def _line(text: str | None) -> str:
    return printable(text).strip()


class CustomerNoteForm(FlaskForm):
    """«Записать»: what, when, with whom, and what was said."""

    key = HiddenField()
    kind = RadioField(
        "Что записать",
        choices={str(kind): label for kind, label in KINDS.items()},
        default=str(NoteKind.NOTE),
        validate_choice=False,
    )
    happened_at = MomentField("Когда")
    person = StringField(
        "С кем говорили", filters=[_line], validators=[MaxLength(200, "не больше 200 знаков")]
    )
    phone = StringField("Телефон", filters=[_line])
    text = TextAreaField("Текст", filters=[lines])

    def prepare(self) -> None:
        """Give the form its key, and the present moment where it is opened."""
        self.key.data = fresh_key(self.key.data)
        if not self.is_submitted():
            self.happened_at.show(local_now())

    def validate_kind(self, field: RadioField) -> None:
        if field.data not in field.choices:
            raise ValidationError(field_error(field, "выберите"))

    def validate_happened_at(self, field: MomentField) -> None:
        if field.moment is not None and field.moment > clock().now():
            raise ValidationError(field_error(field, "это время еще не наступило"))

    def validate_phone(self, field: StringField) -> None:
        if not field.data:
            return
        try:
            normalise_phone(field.data, may_have_extension=True)
        except ContactError as error:
            reason = contact_error_text(error, "не похоже на номер. Например +7 912 345-67-89")
            raise ValidationError(field_error(field, reason)) from None

    def validate_text(self, field: TextAreaField) -> None:
        if not field.data.strip():
            raise ValidationError(field_error(field, "напишите, о чем речь"))
        if len(field.data) > MAX_NOTE:
            advice = f"нужно до {MAX_NOTE} знаков, введено {len(field.data)}"
            raise ValidationError(field_error(field, advice))

    def note(self) -> NewNote:
        """What the form says, once it is valid."""
        phone = self.phone.data
        return NewNote(
            self.key.data,
            NoteKind(self.kind.data),
            self.happened_at.moment or clock().now(),
            self.text.data.strip(),
            self.person.data,
            normalise_phone(phone, may_have_extension=True) if phone else "",
        )
