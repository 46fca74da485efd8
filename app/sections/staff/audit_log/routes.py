"""«Журнал»: the audit log on a page and as a file; downloading it is an event of it."""

from __future__ import annotations

from collections.abc import Iterator

from flask import request
from flask.typing import ResponseReturnValue
from flask.wrappers import Response

from app.actions.audit_log import record_export
from app.domain.staff import StaffPermission
from app.extensions import db
from app.queries import audit_log as queries
from app.queries.pagination import Cursor, Slice
from app.queries.staff import list_staff
from app.sections.staff.audit_log.forms import AuditFilterForm
from app.sections.staff.audit_log.presenters import Line, make_lines, make_table
from app.sections.staff.blueprint import bp
from app.web.context import clock
from app.web.downloads import send_table
from app.web.forms import summary_of
from app.web.fragments import render_page
from app.web.permissions import staff_access

MAX_FILE_ROWS = 50_000
TOO_MANY = (
    "В выбранном больше 50 000 записей, столько в файл не поместится. "
    "Выберите период покороче или уточните условия"
)


@bp.get("/journal")
@staff_access(StaffPermission.AUDIT_LOG)
def audit_log() -> ResponseReturnValue:
    """The events that the filter asks for, the newest first."""
    form = AuditFilterForm.read(request.args, list_staff(db.session()))
    return _page(form, 200 if form.validate() else 422)


@bp.post("/journal/journal.<any(xlsx, csv):extension>")
@staff_access(StaffPermission.AUDIT_LOG)
def audit_log_file(extension: str) -> ResponseReturnValue:
    """The same events as a file, their values whole; the download is recorded."""
    form, session = AuditFilterForm.read(request.form, list_staff(db.session())), db.session()
    if not form.validate():
        return _page(form, 422)
    wanted = form.audit_filter()
    if queries.count_up_to(session, wanted, MAX_FILE_ROWS + 1) > MAX_FILE_ROWS:
        return _page(form, 422, TOO_MANY)
    table = make_table(_all_lines(wanted))
    record_export(session, len(table.rows), form.query(), clock().now())
    session.commit()
    name = f"Журнал {clock().today():%d.%m.%Y}"
    return send_table(table, name, extension)


def _all_lines(wanted: queries.AuditFilter) -> Iterator[Line]:
    session = db.session()
    for rows in queries.stream_events(session, wanted, MAX_FILE_ROWS):
        yield from make_lines(rows, queries.find_names(session, rows))


def _page(form: AuditFilterForm, status: int = 200, message: str | None = None) -> Response:
    session, found = db.session(), Slice[queries.AuditRow](())
    if status == 200:
        cursor = Cursor.from_query(request.args.get("before"), request.args.get("after"))
        found = queries.list_events(session, form.audit_filter(), cursor)
    return render_page(
        "staff/audit_log/index.html",
        fragment="results",
        form=form,
        query=form.query(),
        lines=list(make_lines(found.rows, queries.find_names(session, found.rows))),
        found=found,
        faults=[("", message)] if message else summary_of(form),
        status=status,
    )
