"""Forms of enquiries for staff: filter of the queue, reply, note, assignment, topic."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import urlencode

from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import Form, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import ValidationError

from app.domain.enquiries import DeadlineFilter, QueueState, Reply
from app.lib.database import MAX_ID
from app.models import AnswerTemplate, Department, Enquiry, EnquiryTopic, StaffMember
from app.queries.enquiries.staff import NONE, EnquiryFilter
from app.sections.enquiries.forms import MAX_TEXT, lines
from app.sections.staff.enquiries.labels import DEADLINES, STATES, STEPS
from app.web.field_errors import ListField, field_error
from app.web.forms import printable

MAX_SEARCH = 60


class EnquiryFilterForm(Form):
    """Filter of the queue; a value that is no choice counts as the first one."""

    state = SelectField("Состояние", choices=dict(STATES), default=QueueState.WAITING)
    department = SelectField("Отделение", default="")
    topic = SelectField("Вид обращения", default="")
    who = SelectField("Чьи", default="")
    deadline = SelectField(
        "Срок ответа", name="term", choices=dict(DEADLINES), default=DeadlineFilter.ANY
    )
    q = StringField(
        "Номер обращения или договора",
        filters=[lambda text: printable(text).strip()[:MAX_SEARCH]],
    )

    @classmethod
    def from_query(
        cls,
        args: MultiDict[str, str],
        departments: Sequence[Department],
        topics: Sequence[EnquiryTopic],
        staff: Sequence[StaffMember],
        department_id: int | None,
    ) -> EnquiryFilterForm:
        """Read the address; without a department it is the clerk's."""
        form = cls(args)
        form.department.choices = {"": "Все отделения", "0": "Без отделения"} | _named(departments)
        form.topic.choices = {"": "Все виды"} | _named(topics)
        form.who.choices = {"": "Все", "me": "Мои", "0": "Ничьи"} | _named(staff)
        if "department" not in args:
            form.department.data = str(department_id or "")
        for field, first in (
            (form.state, QueueState.WAITING),
            (form.department, ""),
            (form.topic, ""),
            (form.who, ""),
            (form.deadline, DeadlineFilter.ANY),
        ):
            if field.data not in field.choices:
                field.data = str(first)
        return form

    def wanted(self, staff_id: int) -> EnquiryFilter:
        """The filter; «Мои» are those of the clerk with this id."""
        who = str(staff_id) if self.who.data == "me" else self.who.data
        return EnquiryFilter(
            QueueState(self.state.data),
            _id(self.department.data),
            _id(self.topic.data),
            _id(who),
            DeadlineFilter(self.deadline.data),
            self.q.data,
        )

    def query(self, **changes: str) -> str:
        """The filter as a query string, with some values changed."""
        return urlencode({field.name: field.data or "" for field in self} | changes)


class ReplyForm(FlaskForm):
    """Reply to a customer: «Ответить», «Запросить уточнения», «Отклонить»."""

    key = HiddenField()
    seen = HiddenField()
    step = RadioField(
        "Что сделать", choices=dict(STEPS), default=Reply.ANSWER, validate_choice=False
    )
    template = SelectField("Шаблон ответа", default="", validate_choice=False)
    text = TextAreaField("Текст потребителю", filters=[lines])

    def offer(self, templates: Sequence[AnswerTemplate]) -> None:
        """Fill the list of ready answers; without any the page has no such list."""
        self.templates = {str(template.id): template for template in templates}
        names = {key: template.name for key, template in self.templates.items()}
        self.template.choices = {"": "Выберите шаблон"} | names

    def insert(self, text: str) -> None:
        """Put a ready answer after what has been typed."""
        typed = (self.text.data or "").rstrip()
        self.text.data = f"{typed}\n\n{text}" if typed else text
        self.template.data = ""

    def validate_step(self, field: RadioField) -> None:
        if field.data not in field.choices:
            raise ValidationError(field_error(field, "выберите"))

    def validate_text(self, field: TextAreaField) -> None:
        if not field.data.strip():
            raise ValidationError(field_error(field, "напишите, что прочтет потребитель"))
        _check_length(field)

    @property
    def seen_id(self) -> int | None:
        """Id of the last entry that was on the page."""
        return read_id(self.seen.data)


class CloseForm(FlaskForm):
    """«Закрыть обращение», with a message to the customer or without."""

    close_key = HiddenField()
    close_text = TextAreaField("Что написать потребителю", filters=[lines])

    def validate_close_text(self, field: TextAreaField) -> None:
        _check_length(field)


class NoteForm(FlaskForm):
    """Internal note («Внутренняя заметка»)."""

    note_key = HiddenField()
    note = TextAreaField("Внутренняя заметка", filters=[lines])

    def validate_note(self, field: TextAreaField) -> None:
        _check_length(field)


class AssignForm(FlaskForm):
    """Assignment («Назначить»)."""

    assignee = ListField("Исполнитель")

    def offer(self, staff: Sequence[StaffMember], enquiry: Enquiry) -> None:
        """Fill the list with colleagues and the present assignee."""
        present = enquiry.assignee
        closed = {str(present.id): f"{present.name} (вход закрыт)"} if present else {}
        self.assignee.choices = {"": "Никто"} | closed | _named(staff)


class TopicForm(FlaskForm):
    """Topic and department («Сменить вид»)."""

    topic = ListField("Вид обращения")
    department = ListField("Отделение")

    def offer(
        self, topics: Sequence[EnquiryTopic], departments: Sequence[Department], enquiry: Enquiry
    ) -> None:
        """Fill the lists with topics and departments in force, and the present ones."""
        present = [enquiry.department] if enquiry.department else []
        self.topics = {str(topic.id): topic for topic in (enquiry.topic, *topics)}
        self.departments = {
            str(department.id): department for department in (*present, *departments)
        }
        self.topic.choices = _named(self.topics.values())
        self.department.choices = {"": "Без отделения"} | _named(self.departments.values())


def read_id(text: str | None) -> int | None:
    """Parse an id in a hidden field; None where there is none."""
    is_id = text and text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= MAX_ID
    return int(text) if text and is_id else None


def _id(text: str) -> int | None:
    if text == "":
        return None
    return int(text) if text != "0" else NONE


def _check_length(field: TextAreaField) -> None:
    if len(field.data) > MAX_TEXT:
        advice = (
            f"нужно до {MAX_TEXT} знаков, введено {len(field.data)}. Остальное приложите файлом"
        )
        raise ValidationError(field_error(field, advice))


def _named(rows: Iterable[Department | EnquiryTopic | StaffMember]) -> dict[str, str]:
    return {str(row.id): row.name for row in rows}
