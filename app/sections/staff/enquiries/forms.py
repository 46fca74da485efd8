"""Forms of the desk's enquiries: which are shown, and what is done with one."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from urllib.parse import urlencode

from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import Form, HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import ValidationError

from app.domain.enquiries import QueueState, Reply, Term
from app.lib.database import MAX_ID
from app.models import Department, Enquiry, EnquiryTopic, StaffMember
from app.queries.enquiries.staff import NONE, Queue
from app.sections.enquiries.forms import MAX_TEXT, lines
from app.sections.staff.enquiries.labels import STATES, STEPS, TERMS
from app.web.field_errors import ListField, field_error
from app.web.forms import is_uuid, printable

MAX_WORDS = 60


class QueueForm(Form):
    """Which enquiries of the queue are shown; what is no choice is the first one."""

    state = SelectField("Состояние", choices=dict(STATES), default=QueueState.WAITING)
    department = SelectField("Отделение", default="")
    topic = SelectField("Вид обращения", default="")
    who = SelectField("Чьи", default="")
    term = SelectField("Срок ответа", choices=dict(TERMS), default=Term.ANY)
    q = StringField(
        "Номер обращения или договора",
        filters=[lambda text: printable(text).strip()[:MAX_WORDS]],
    )

    @classmethod
    def from_query(
        cls,
        args: MultiDict[str, str],
        departments: Sequence[Department],
        topics: Sequence[EnquiryTopic],
        staff: Sequence[StaffMember],
        own_department: int | None,
    ) -> QueueForm:
        """Read the address; without a department it is the clerk's own."""
        form = cls(args)
        form.department.choices = {"": "Все отделения", "0": "Без отделения"} | _named(departments)
        form.topic.choices = {"": "Все виды"} | _named(topics)
        form.who.choices = {"": "Все", "me": "Мои", "0": "Ничьи"} | _named(staff)
        if "department" not in args:
            form.department.data = str(own_department or "")
        for field, first in (
            (form.state, QueueState.WAITING),
            (form.department, ""),
            (form.topic, ""),
            (form.who, ""),
            (form.term, Term.ANY),
        ):
            if field.data not in field.choices:
                field.data = str(first)
        return form

    def queue(self, staff_id: int) -> Queue:
        """What is asked for, by the clerk with this id."""
        who = str(staff_id) if self.who.data == "me" else self.who.data
        return Queue(
            QueueState(self.state.data),
            _id(self.department.data),
            _id(self.topic.data),
            _id(who),
            Term(self.term.data),
            self.q.data,
        )

    def query(self, **changes: str) -> str:
        """The same as a query string, with what is to be otherwise."""
        return urlencode({field.name: field.data or "" for field in self} | changes)


class ReplyForm(FlaskForm):
    """«Ответить», «Запросить уточнения», «Отклонить»."""

    key = HiddenField()
    seen = HiddenField()
    step = RadioField(
        "Что сделать",
        choices=dict(STEPS),
        default=Reply.ANSWER,
        invalid_choice_message="Поле «Что сделать»: выберите",
    )
    text = TextAreaField("Текст потребителю", filters=[lines])

    def validate_text(self, field: TextAreaField) -> None:
        if not field.data.strip():
            raise ValidationError(field_error(field, "напишите, что прочтет потребитель"))
        _check_length(field)

    @property
    def seen_id(self) -> int | None:
        """The last entry that was on the page."""
        return read_id(self.seen.data)


class CloseForm(FlaskForm):
    """«Закрыть обращение»: a last word to the customer, if there is one."""

    close_key = HiddenField()
    close_text = TextAreaField("Что написать потребителю", filters=[lines])

    def validate_close_text(self, field: TextAreaField) -> None:
        _check_length(field)


class NoteForm(FlaskForm):
    """«Внутренняя заметка»."""

    note_key = HiddenField()
    note = TextAreaField("Внутренняя заметка", filters=[lines])

    def validate_note(self, field: TextAreaField) -> None:
        _check_length(field)


class AssignForm(FlaskForm):
    """«Назначить»."""

    assignee = ListField("Исполнитель")

    def offer(self, staff: Sequence[StaffMember], enquiry: Enquiry) -> None:
        """Colleagues; whoever has it now stays on the list."""
        now = enquiry.assignee
        mine = {str(now.id): f"{now.name} (вход закрыт)"} if now else {}
        self.assignee.choices = {"": "Никто"} | mine | _named(staff)


class TopicForm(FlaskForm):
    """«Сменить вид»."""

    topic = ListField("Вид обращения")
    department = ListField("Отделение")

    def offer(
        self, topics: Sequence[EnquiryTopic], departments: Sequence[Department], enquiry: Enquiry
    ) -> None:
        """What may be chosen; what it has now stays on the lists."""
        own = [enquiry.department] if enquiry.department else []
        self.topics = {str(each.id): each for each in (enquiry.topic, *topics)}
        self.departments = {str(each.id): each for each in (*own, *departments)}
        self.topic.choices = _named(self.topics.values())
        self.department.choices = {"": "Без отделения"} | _named(self.departments.values())


def fresh_key(key: str | None) -> str:
    """The key of a form as a page has made it, else another."""
    return key if key and is_uuid(key) else str(uuid.uuid4())


def read_id(text: str | None) -> int | None:
    """An id in a hidden field; None where there is none."""
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
    return {str(each.id): each.name for each in rows}
