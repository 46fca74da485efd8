"""Forms of enquiries (user manual §5): new enquiry, addition, rating."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    HiddenField,
    RadioField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, ValidationError

from app.domain.contacts import normalise_phone, show_email
from app.domain.enquiries import MAX_DRAFT_TEXT, TopicUse, is_topic_for
from app.domain.errors import ContactError
from app.queries.enquiries.choices import Choice, Choices, PointChoice, TopicChoice
from app.sections.enquiries.labels import ANSWER_WAYS, RATINGS
from app.web.account_fields import check_email_field
from app.web.contact_errors import contact_error_text
from app.web.field_errors import ListField, MaxLength, Required, field_error
from app.web.forms import printable

MAX_TEXT = 5000
CHOOSE = {"": "Выберите"}
DRAFTED = (
    "source",
    "premises_kind",
    "organisation",
    "topic",
    "department",
    "phone",
    "email",
    "supply_point",
    "address",
    "text",
    "violation_at",
    "answer_way",
    "edo_operator",
    "participant_id",
    "signatory",
)
"""Fields that a draft has; consents are ticked anew each time."""
DETAILS: dict[str, tuple[str, ...]] = {
    TopicUse.QUALITY: ("violation_at", "answer_way"),
    TopicUse.EDO: ("edo_operator", "participant_id", "signatory"),
}
"""Fields that only some topics have, by use."""


def lines(text: str | None) -> str:
    """Clean text of several lines of control and direction characters."""
    return "\n".join(printable(line) for line in (text or "").splitlines())


def _trimmed(text: str | None) -> str:
    return printable(text).strip()


def _text(
    label: str, advice: str, longest: int, *more_filters: Callable[[str], str]
) -> StringField:
    return StringField(
        label,
        filters=[_trimmed, *more_filters],
        validators=[
            Required(advice),
            MaxLength(longest, f"нужно до {longest} знаков"),
        ],
    )


def _detail(label: str, longest: int) -> StringField:
    return StringField(
        label,
        filters=[_trimmed],
        validators=[MaxLength(longest, f"нужно до {longest} знаков")],
    )


def _choice(label: str) -> ListField:
    return ListField(label, validators=[Required("выберите из списка")])


def _too_long(field: TextAreaField) -> str:
    return f"нужно до {MAX_TEXT} знаков, введено {len(field.data)}. Остальное приложите файлом"


class DraftForm(FlaskForm):
    """A form whose text is stored as a draft, whatever else is wrong with it."""

    def check_draft(self) -> bool:
        """Say beside the text that a draft holds only its beginning."""
        count = len(self.text.data or "")
        if count > MAX_DRAFT_TEXT:
            self.text.errors = [
                field_error(
                    self.text,
                    f"в черновике сохранены первые {MAX_DRAFT_TEXT} знаков, введено {count}. "
                    "Сократите текст или приложите его файлом",
                )
            ]
        return count <= MAX_DRAFT_TEXT


class EnquiryForm(DraftForm):
    """«Направить документы он-лайн»."""

    key = HiddenField()
    source = HiddenField(name="about")
    premises_kind = _choice("Вид помещения")
    organisation = _text("Наименование организации", "введите, как в договоре", 300)
    topic = _choice("Вид обращения")
    department = ListField(
        "Отделение",
        # Where there are none the page has no such list.
        filters=[lambda text: text or ""],
    )
    phone = _text("Контактный телефон", "введите номер, например +7 912 345-67-89", 60)
    email = _text(
        "Адрес электронной почты", "введите адрес, например buh@example.ru", 254, show_email
    )
    address = _text("Адрес помещения", "введите адрес", 500)
    supply_point = ListField("Точка поставки", filters=[lambda text: text or ""])
    violation_at = _detail("Время нарушения", 200)
    answer_way = RadioField("Как прислать ответ", choices=ANSWER_WAYS, validate_choice=False)
    edo_operator = _detail("Оператор ЭДО", 200)
    participant_id = _detail("Идентификатор участника ЭДО", 100)
    signatory = _detail("Подписант: фамилия, имя, отчество и должность", 300)
    text = TextAreaField("Текст обращения", filters=[lines])
    consent_data = BooleanField("Даю согласие на обработку персональных данных")
    consent_answer = BooleanField("Согласен получить ответ в электронном виде")

    has_files = False
    """Whether files come with it: then the text may be left out."""

    def offer(
        self, choices: Choices, topics: Sequence[TopicChoice], points: Sequence[PointChoice]
    ) -> None:
        """Fill the lists with what this contract may choose from."""
        self.topics = {str(topic.id): topic for topic in topics}
        self.premises_kind.choices = CHOOSE | _names(choices.premises_kinds)
        self.topic.choices = CHOOSE | _names(topics)
        self.department.choices = {"": "Определит поставщик"} | _names(choices.departments)
        self.supply_point.choices = {"": "Весь договор"} | {
            str(point.id): point.name
            if point.name == point.address
            else f"{point.name}, {point.address}"
            for point in points
        }

    @property
    def use(self) -> str:
        """Use of the chosen topic that has additional fields: ``edo``, ``quality`` or none."""
        topic = self.topics.get(self.topic.data or "")
        return use_of(topic) if topic else ""

    def typed(self) -> dict[str, str]:
        """Text of every field that a draft has, by its name on the page."""
        return {self[field].name: str(self[field].data or "") for field in DRAFTED}

    @classmethod
    def from_draft(cls, typed: Mapping[str, str]) -> EnquiryForm:
        """The form as a draft has it; what the browser has sent comes first."""
        return cls(data={"source" if name == "about" else name: typed[name] for name in typed})

    def validate_phone(self, field: StringField) -> None:
        try:
            normalise_phone(field.data, may_have_extension=True)
        except ContactError as error:
            reason = contact_error_text(error, "не похоже на номер. Например +7 912 345-67-89")
            raise ValidationError(field_error(field, reason)) from None

    def validate_email(self, field: StringField) -> None:
        check_email_field(field)

    def validate_text(self, field: TextAreaField) -> None:
        if not field.data.strip() and not self.has_files:
            advice = "напишите, что случилось или что нужно, или приложите файл"
            raise ValidationError(field_error(field, advice))
        if len(field.data) > MAX_TEXT:
            raise ValidationError(field_error(field, _too_long(field)))

    def validate_violation_at(self, field: StringField) -> None:
        self._need(field, TopicUse.QUALITY, "напишите, когда это было")

    def validate_answer_way(self, field: RadioField) -> None:
        if self.use == TopicUse.QUALITY and field.data not in ANSWER_WAYS:
            raise ValidationError(field_error(field, "выберите способ"))

    def validate_edo_operator(self, field: StringField) -> None:
        self._need(field, TopicUse.EDO, "введите название, например Диадок или СБИС")

    def validate_participant_id(self, field: StringField) -> None:
        if self.use == TopicUse.EDO and not re.fullmatch(r"[\w@.\-]{3,100}", field.data, re.ASCII):
            advice = (
                "нужны латинские буквы и цифры, "
                "например 2BM-7415000018-741501001-2026. Его назовет ваш оператор"
            )
            raise ValidationError(field_error(field, advice))

    def validate_signatory(self, field: StringField) -> None:
        self._need(field, TopicUse.EDO, "введите, кто подписывает документы")

    def validate_consent_data(self, field: BooleanField) -> None:
        if not field.data:
            raise ValidationError("Без согласия на обработку персональных данных ответить нельзя")

    def validate_consent_answer(self, field: BooleanField) -> None:
        if not field.data:
            raise ValidationError(
                "Отметьте согласие получить ответ в электронном виде: иначе обратитесь в отделение"
            )

    def details(self) -> dict[str, str]:
        """Values of the additional fields of the chosen topic."""
        return {name: self[name].data for name in DETAILS.get(self.use, ())}

    def _need(self, field: Any, use: TopicUse, advice: str) -> None:
        if self.use == use and not field.data:
            raise ValidationError(field_error(field, advice))


def _names(choices: Iterable[Choice | TopicChoice]) -> dict[str, str]:
    """Names by their ids, as a list of a form takes them."""
    return {str(choice.id): choice.name for choice in choices}


def use_of(topic: TopicChoice) -> str:
    """``edo`` or ``quality`` for topics with fields of their own, else empty."""
    return next(
        (str(use) for use in (TopicUse.EDO, TopicUse.QUALITY) if is_topic_for(topic, use)), ""
    )


class AdditionForm(DraftForm):
    """«Дополнить»."""

    key = HiddenField()
    text = TextAreaField("Сообщение", filters=[lines])

    def validate_text(self, field: TextAreaField) -> None:
        if len(field.data) > MAX_TEXT:
            raise ValidationError(field_error(field, _too_long(field)))

    def typed(self) -> dict[str, str]:
        """Text of the field that a draft has."""
        return {"text": self.text.data or ""}


class RatingForm(FlaskForm):
    """Rating of an answer."""

    rating = RadioField(
        "Оцените ответ",
        choices=RATINGS,
        validators=[InputRequired("Выберите оценку")],
        invalid_choice_message="Выберите оценку",
    )
    comment = StringField(
        "Что можно было сделать лучше",
        filters=[_trimmed],
        name="words",
        validators=[Length(max=1000, message="Нужно до 1000 знаков")],
    )
