"""Forms of directories, the supplier's requisites, announcements and texts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any, ClassVar

from flask_wtf import FlaskForm
from wtforms import BooleanField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import ValidationError

from app.domain.announcements import (
    AnnouncementAudience,
    AnnouncementKind,
    read_moment,
    show_moment,
)
from app.domain.answer_templates import PLACEHOLDERS, list_unknown
from app.domain.company_ids import is_ogrn
from app.domain.contacts import normalise_email
from app.domain.errors import ContactError, PeriodError
from app.models import Announcement, Supplier
from app.web.bank_fields import BankFields, digits
from app.web.contact_errors import contact_error_text
from app.web.field_errors import MaxLength, Required, field_error
from app.web.forms import printable

KIND_LABELS = {
    str(AnnouncementKind.INFO): "Сообщение",
    str(AnnouncementKind.WORKS): "Плановые работы",
    str(AnnouncementKind.OUTAGE): "Отключение",
}
AUDIENCE_LABELS = {
    str(AnnouncementAudience.ALL): "Всем, на каждой странице",
    str(AnnouncementAudience.DEPARTMENT): "Договорам отделения",
    str(AnnouncementAudience.ADDRESS): "Договорам с точкой поставки по адресу",
    str(AnnouncementAudience.CONTRACTS): "Договорам из списка",
    str(AnnouncementAudience.POINTS): "Точкам поставки из списка",
}
MAX_TEXT = 60_000
MAX_ANSWER = 5000
DEFAULT_HOURS = 24


def _line(value: object) -> str:
    return printable(str(value)).strip() if value is not None else ""


def _lines(value: str | None) -> str:
    return "\n".join(printable(line).rstrip() for line in (value or "").splitlines()).strip("\n")


def _text(label: str, longest: int = 200, *, needed: str = "") -> StringField:
    validators: list[Any] = [MaxLength(longest, f"не больше {longest} знаков")]
    if needed:
        validators.insert(0, Required(needed))
    return StringField(label, filters=[_line], validators=validators)


def _read_number(field: StringField, least: int, most: int) -> int:
    if not re.fullmatch("[0-9]{1,4}", field.data) or not least <= int(field.data) <= most:
        raise ValidationError(field_error(field, f"нужно целое число от {least} до {most}"))
    return int(field.data)


def _check_emails(field: StringField) -> None:
    """Check every address: billing may send several in one field."""
    for part in re.split(r"[,;\s]+", field.data.strip(",; ")) if field.data else ():
        try:
            normalise_email(part)
        except ContactError as error:
            text = contact_error_text(error, "это не похоже на адрес, нужен вид name@example.ru")
            raise ValidationError(field_error(field, text)) from None


class DirectoryForm(FlaskForm):
    """A record of a directory; ``values`` are the columns of its row."""

    optional: ClassVar[frozenset[str]] = frozenset()
    is_active = BooleanField("Действует", default=True)

    def values(self) -> dict[str, Any]:
        """What the row is to hold; an empty optional field is no value."""
        found = {
            name: value for name, value in self.data.items() if name not in ("csrf_token", "submit")
        }
        return {n: None if n in self.optional and not v else v for n, v in found.items()}


class DepartmentForm(DirectoryForm):
    """Отделение."""

    optional = frozenset({"address", "phone", "email", "work_hours"})
    name = _text("Название", needed="введите название отделения")
    address = _text("Адрес", 500)
    phone = _text("Телефон", 100)
    email = _text("E-mail", 254)
    work_hours = _text("Часы работы")

    def validate_email(self, field: StringField) -> None:
        _check_emails(field)


class TopicForm(DirectoryForm):
    """Вид обращения."""

    optional = frozenset({"department_id", "answer_days"})
    name = _text("Название", needed="введите название вида обращения")
    department_id = SelectField("Отделение", default="")
    answer_days = _text("Срок ответа, дней", 10)

    def validate_answer_days(self, field: StringField) -> None:
        if field.data:
            _read_number(field, 1, 365)

    def offer(self, departments: Mapping[int, str]) -> None:
        """The departments to choose from."""
        known = {str(key): name for key, name in departments.items()}
        self.department_id.choices = {"": "Потребитель выбирает сам"} | known

    def values(self) -> dict[str, Any]:
        found = super().values()
        for name in self.optional:
            found[name] = int(found[name]) if found[name] else None
        return found


class PremisesForm(DirectoryForm):
    """Вид помещения."""

    name = _text("Название", needed="введите название вида помещения")
    position = _text("Место в списке", 10, needed="введите число, например 1")

    def validate_position(self, field: StringField) -> None:
        _read_number(field, 1, 999)

    def values(self) -> dict[str, Any]:
        return super().values() | {"position": int(self.position.data)}


class AnswerForm(DirectoryForm):
    """Шаблон ответа."""

    optional = frozenset({"topic_id"})
    name = _text("Название", needed="введите название, по нему шаблон выбирают")
    topic_id = SelectField("Вид обращения", default="")
    text = TextAreaField(
        "Текст",
        filters=[_lines],
        validators=[
            Required("напишите текст ответа"),
            MaxLength(MAX_ANSWER, f"нужно до {MAX_ANSWER} знаков, столько бывает в ответе"),
        ],
    )

    def validate_text(self, field: TextAreaField) -> None:
        if unknown := list_unknown(field.data):
            known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
            advice = f"подстановки {unknown[0]} нет. Есть {known}"
            raise ValidationError(field_error(field, advice))

    def offer(self, topics: Mapping[int, str]) -> None:
        """The topics to choose from."""
        known = {str(key): name for key, name in topics.items()}
        self.topic_id.choices = {"": "Любой"} | known

    def values(self) -> dict[str, Any]:
        found = super().values()
        return found | {"topic_id": int(found["topic_id"]) if found["topic_id"] else None}


class SupplierForm(BankFields):
    """The supplier's requisites. Of a bank that billing has sent and nobody has touched nothing is
    said: a telephone has to be changeable beside it."""

    ORDER: ClassVar = (
        "name",
        "short_name",
        "kpp",
        "ogrn",
        "address",
        "bank_name",
        "bic",
        "account",
        "corr_account",
        "phone",
        "email",
        "work_hours",
    )
    name = _text("Полное название", 500, needed="введите, как в уставе")
    short_name = _text("Краткое название")
    kpp = StringField("КПП", filters=[digits])
    ogrn = StringField("ОГРН", filters=[digits])
    address = _text("Адрес", 500)
    phone = _text("Телефон", 100)
    email = _text("E-mail", 254)
    work_hours = _text("Часы работы")

    def __init__(self, supplier: Supplier, **more: Any) -> None:
        super().__init__(obj=supplier, **more)
        self.supplier = supplier

    def values(self) -> dict[str, Any]:
        """What the row is to hold."""
        needed = ("name", "bank_name", "bic", "account", "corr_account")
        return {n: self[n].data or (self[n].data if n in needed else None) for n in self.ORDER}

    def faults(self) -> list[tuple[str, str]]:
        """(id of the control, its first error), in the order of the page."""
        return [(n, str(self[n].errors[0])) for n in self.ORDER if self[n].errors]

    def validate_kpp(self, field: StringField) -> None:
        if field.data and not re.fullmatch("[0-9]{4}[0-9A-Z]{2}[0-9]{3}", field.data):
            raise ValidationError(field_error(field, "нужно 9 знаков, например 741501001"))

    def validate_ogrn(self, field: StringField) -> None:
        if field.data and field.data != self.supplier.ogrn and not is_ogrn(field.data):
            raise ValidationError(
                field_error(field, "нужно 13 цифр, последняя контрольная. Проверьте номер")
            )

    def validate_email(self, field: StringField) -> None:
        _check_emails(field)

    def validate_account(self, field: StringField) -> None:
        if self._is_same_bank():
            return
        super().validate_account(field)

    def validate_corr_account(self, field: StringField) -> None:
        if self._is_same_bank():
            return
        if not field.data:
            raise ValidationError(field_error(field, "введите 20 цифр"))
        super().validate_corr_account(field)

    def _is_same_bank(self) -> bool:
        names = ("bic", "account", "corr_account")
        return all(self[name].data == getattr(self.supplier, name) for name in names)


class AnnouncementForm(FlaskForm):
    """Text of an announcement and its period, in the supplier's zone."""

    text = TextAreaField(
        "Текст",
        filters=[_line],
        validators=[
            Required("напишите, о чем предупредить"),
            MaxLength(500, "не больше 500 знаков"),
        ],
    )
    begins_at = _text("Показывать с", 40)
    ends_at = _text("Показывать до", 40)

    kind = SelectField("Вид", choices=KIND_LABELS, default=AnnouncementKind.INFO)
    audience = RadioField(
        "Кому", choices=AUDIENCE_LABELS, default=AnnouncementAudience.ALL, validate_choice=False
    )
    department = SelectField("Отделение", default="", validate_choice=False)
    place = _text("Часть адреса точки поставки", 200)
    numbers = TextAreaField("Номера договоров или коды точек поставки", filters=[_lines])

    def __init__(
        self,
        now: datetime,
        row: Announcement | None = None,
        departments: Mapping[int, str] | None = None,
    ) -> None:
        super().__init__()
        known = {str(key): name for key, name in (departments or {}).items()}
        self.department.choices = {"": "Выберите"} | known
        self.now = now
        self.moments: dict[str, datetime] = {}
        self.unreadable: set[str] = set()
        if not self.is_submitted():
            self._fill(row)

    def _fill(self, row: Announcement | None) -> None:
        zone = self.now.tzinfo
        self.text.data = row.text if row else ""
        self.begins_at.data = show_moment(row.begins_at.astimezone(zone) if row else self.now)
        ends = row.ends_at.astimezone(zone) if row else self.now
        self.ends_at.data = show_moment(ends, plus_hours=0 if row else DEFAULT_HOURS)
        if row:
            self.kind.data, self.audience.data = row.kind, row.audience
            box = self.boxes.get(row.audience)
            if box is not None:
                box.data = row.audience_text

    @property
    def boxes(self) -> dict[str, Any]:
        """The field that says which contracts are meant, by audience."""
        return {
            AnnouncementAudience.DEPARTMENT: self.department,
            AnnouncementAudience.ADDRESS: self.place,
            AnnouncementAudience.CONTRACTS: self.numbers,
            AnnouncementAudience.POINTS: self.numbers,
        }

    def validate_audience(self, field: RadioField) -> None:
        if field.data not in field.choices:
            raise ValidationError(field_error(field, "выберите"))

    def validate_department(self, field: SelectField) -> None:
        self._need(field, AnnouncementAudience.DEPARTMENT, "выберите из списка")
        if field.data not in field.choices:
            raise ValidationError(field_error(field, "выберите из списка"))

    def validate_place(self, field: StringField) -> None:
        self._need(field, AnnouncementAudience.ADDRESS, "введите, например, улицу и дом")

    def validate_numbers(self, field: TextAreaField) -> None:
        self._need(field, AnnouncementAudience.CONTRACTS, "вставьте номера, по одному в строке")
        self._need(field, AnnouncementAudience.POINTS, "вставьте коды, по одному в строке")
        if len(field.data) > MAX_TEXT:
            raise ValidationError(field_error(field, "слишком длинный список"))

    def _need(self, field: Any, audience: AnnouncementAudience, advice: str) -> None:
        if self.audience.data == audience and not (field.data or "").strip():
            raise ValidationError(field_error(field, advice))

    def validate_begins_at(self, field: StringField) -> None:
        self._read(field)

    def validate_ends_at(self, field: StringField) -> None:
        ends = self._read(field)
        if ends <= self.now:
            raise ValidationError(field_error(field, "это время уже прошло"))
        begins = self.moments.get("begins_at")
        if begins is not None and ends <= begins:
            raise ValidationError(field_error(field, "нужно время позже начала"))

    def _read(self, field: StringField) -> datetime:
        zone: tzinfo | None = self.now.tzinfo
        try:
            moment = read_moment(field.data).replace(tzinfo=zone)
        except PeriodError:
            self.unreadable.add(field.name)
            advice = "нужны дата и время, например 22.11.2026 10:00"
            raise ValidationError(field_error(field, advice)) from None
        field.data = show_moment(moment)
        self.moments[field.name] = moment
        return moment


class TextForm(FlaskForm):
    """A new version of a text, in Markdown."""

    body = TextAreaField(
        "Текст новой редакции",
        filters=[_lines],
        validators=[
            Required("напишите текст"),
            MaxLength(MAX_TEXT, "слишком длинный, нужно до 60 000 знаков"),
        ],
    )
