"""«Справочники»: departments, topics, kinds of premises, ready answers: list, add, edit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response

from app.actions import directories as actions
from app.domain.directories import RecordSource, record_source
from app.domain.errors import DirectoryError
from app.domain.staff import StaffPermission
from app.extensions import db
from app.models import AnswerTemplate, Department, EnquiryTopic, PremisesKind
from app.queries import directories as queries
from app.queries.enquiries.customer import list_departments, list_topics
from app.sections.staff.blueprint import bp
from app.sections.staff.content.forms import (
    AnswerForm,
    DepartmentForm,
    DirectoryForm,
    PremisesForm,
    TopicForm,
)
from app.sections.staff.content.presenters import COLUMNS, present_rows
from app.web.context import clock, config
from app.web.field_errors import field_error
from app.web.forms import summary_of
from app.web.fragments import render_page
from app.web.pager import STAFF_PAGE_ROWS, Pager
from app.web.permissions import staff_access

FAULTS = {
    "taken": ("name", "такая запись уже есть. Измените ее или назовите иначе"),
    "last": ("is_active", "это последняя запись, потребителям нужен выбор"),
}


@dataclass(frozen=True, slots=True)
class Directory:
    """A directory: its table, its form and its Russian labels."""

    kind: str
    model: Any
    form: type[DirectoryForm]
    title: str
    one: str
    add: str


DIRECTORIES = {
    directory.kind: directory
    for directory in (
        Directory(
            "departments",
            Department,
            DepartmentForm,
            "Отделения",
            "Отделение",
            "Добавить отделение",
        ),
        Directory(
            "topics",
            EnquiryTopic,
            TopicForm,
            "Виды обращений",
            "Вид обращения",
            "Добавить вид обращения",
        ),
        Directory(
            "premises",
            PremisesKind,
            PremisesForm,
            "Виды помещений",
            "Вид помещения",
            "Добавить вид помещения",
        ),
        Directory(
            "answers",
            AnswerTemplate,
            AnswerForm,
            "Шаблоны ответов",
            "Шаблон ответа",
            "Добавить шаблон ответа",
        ),
    )
}
KINDS = f"<any({', '.join(DIRECTORIES)}):kind>"


@bp.get("/directories")
@staff_access(StaffPermission.ANNOUNCE)
def directories() -> ResponseReturnValue:
    """List the directories that the role may change."""
    return render_page(
        "staff/content/index.html", fragment="results", directories=DIRECTORIES.values()
    )


@bp.get(f"/directories/{KINDS}")
@staff_access(StaffPermission.DIRECTORIES)
def directory(kind: str) -> ResponseReturnValue:
    """The records of a directory, first those in use."""
    found = DIRECTORIES[kind]
    total = queries.count_rows(db.session(), found.model)
    pager = Pager.from_request(STAFF_PAGE_ROWS, total)
    return render_page(
        "staff/content/rows.html",
        fragment="results",
        directory=found,
        rows=present_rows(
            kind,
            queries.list_rows(db.session(), found.model, pager.offset, pager.size),
            _names(kind),
            config().enquiry_answer_days,
        ),
        columns=COLUMNS[kind],
        pager=pager,
        saved=request.args.get("saved"),
    )


@bp.get(f"/directories/{KINDS}/new")
@staff_access(StaffPermission.DIRECTORIES)
def directory_new(kind: str) -> ResponseReturnValue:
    """The form of a record that only the portal has."""
    form = _offer(DIRECTORIES[kind].form())
    if isinstance(form, PremisesForm):
        form.position.data = str(queries.next_position(db.session()))
    return _page(DIRECTORIES[kind], form)


@bp.post(f"/directories/{KINDS}/new")
@staff_access(StaffPermission.DIRECTORIES)
def directory_new_submit(kind: str) -> ResponseReturnValue:
    """Add a record."""
    found = DIRECTORIES[kind]
    form = _offer(found.form())
    if not form.validate():
        return _page(found, form, status=422)
    try:
        actions.add_row(db.session(), found.model, form.values(), clock().now())
    except DirectoryError as error:
        return _refuse(found, form, error)
    db.session.commit()
    return redirect(url_for("staff.directory", kind=kind, saved=1), 303)


@bp.get(f"/directories/{KINDS}/<id:row_id>")
@staff_access(StaffPermission.DIRECTORIES)
def directory_row(kind: str, row_id: int) -> ResponseReturnValue:
    """Form of a record, with who owns it: billing, staff or the portal."""
    found = DIRECTORIES[kind]
    row = queries.get_row(db.session(), found.model, row_id)
    return _page(found, _offer(found.form(obj=row), row), row)


@bp.post(f"/directories/{KINDS}/<id:row_id>")
@staff_access(StaffPermission.DIRECTORIES)
def directory_row_submit(kind: str, row_id: int) -> ResponseReturnValue:
    """Save a record; imports no longer overwrite it."""
    found = DIRECTORIES[kind]
    row = queries.get_row(db.session(), found.model, row_id)
    form = _offer(found.form(), row)
    if not form.validate():
        return _page(found, form, row, status=422)
    try:
        actions.change_row(db.session(), row, form.values(), clock().now())
    except DirectoryError as error:
        return _refuse(found, form, error, row)
    db.session.commit()
    return redirect(url_for("staff.directory", kind=kind, saved=1), 303)


@bp.post(f"/directories/{KINDS}/<id:row_id>/give-back")
@staff_access(StaffPermission.DIRECTORIES)
def directory_give_back(kind: str, row_id: int) -> ResponseReturnValue:
    """«Вернуть данные биллинга»."""
    row = queries.get_row(db.session(), DIRECTORIES[kind].model, row_id)
    actions.give_back(db.session(), row, clock().now())
    db.session.commit()
    return redirect(url_for("staff.directory", kind=kind, saved="back"), 303)


def _record_source(row: Any) -> RecordSource:
    is_of_portal = isinstance(row, PremisesKind | AnswerTemplate)
    return RecordSource.PORTAL if is_of_portal else record_source(row)


def _names(kind: str) -> dict[int, str]:
    """Names of what the records of a directory refer to."""
    if kind == "answers":
        return queries.name_topics(db.session())
    return queries.name_departments(db.session()) if kind == "topics" else {}


def _offer(form: Any, row: Any = None) -> Any:
    """The form with what it chooses from; a choice that is switched off stays where it is."""
    if isinstance(form, TopicForm):
        present = row.department_id if row is not None else None
        known = {choice.id: choice.name for choice in list_departments(db.session())}
        form.offer(_with_present(known, present, "topics"))
    elif isinstance(form, AnswerForm):
        present = row.topic_id if row is not None else None
        known = {choice.id: choice.name for choice in list_topics(db.session())}
        form.offer(_with_present(known, present, "answers"))
    return form


def _with_present(known: dict[int, str], present: int | None, kind: str) -> dict[int, str]:
    if present and present not in known:
        return known | {present: f"{_names(kind)[present]} (выключено)"}
    return known


def _refuse(found: Directory, form: Any, error: DirectoryError, row: Any = None) -> Response:
    name, text = FAULTS[error.code]
    form[name].errors = [field_error(form[name], text)]
    return _page(found, form, row, 422)


def _page(found: Directory, form: Any, row: Any = None, status: int = 200) -> Response:
    return render_page(
        "staff/content/row.html",
        fragment="results",
        directory=found,
        form=form,
        row=row,
        record_source=_record_source(row) if row else None,
        answer_days=config().enquiry_answer_days,
        faults=summary_of(form),
        status=status,
    )
