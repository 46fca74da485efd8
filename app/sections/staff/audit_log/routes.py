"""«Журнал»: who did what, when, from where. Nobody edits it; a file of it leaves a line in it."""

from __future__ import annotations

from collections.abc import Iterator

from flask import request
from flask.typing import ResponseReturnValue
from flask.wrappers import Response

from app.actions.audit_log import note_export
from app.domain.staff import StaffPermission
from app.extensions import db
from app.queries import audit_log as queries
from app.queries.pagination import Cursor, Slice
from app.queries.staff import list_staff
from app.sections.staff.audit_log.forms import JournalForm
from app.sections.staff.audit_log.presenters import Line, cut, make_lines, make_table
from app.sections.staff.blueprint import bp
from app.web.context import clock
from app.web.downloads import WRITERS, send_bytes
from app.web.forms import summary_of
from app.web.fragments import render_page
from app.web.permissions import staff_access

MOST_ROWS = 50_000
TOO_MANY = (
    "В выбранном больше 50 000 записей, столько в файл не поместится. "
    "Выберите период покороче или уточните условия"
)


@bp.get("/journal")
@staff_access(StaffPermission.JOURNAL)
def audit_log() -> ResponseReturnValue:
    """The lines that the filter asks for, the newest first."""
    form = JournalForm.read(request.args, list_staff(db.session()))
    return _page(form, 200 if form.validate() else 422)


@bp.post("/journal/journal.<any(xlsx, csv):extension>")
@staff_access(StaffPermission.JOURNAL)
def audit_log_file(extension: str) -> ResponseReturnValue:
    """The same lines as a file, their values whole; who takes it is written down."""
    form, session = JournalForm.read(request.form, list_staff(db.session())), db.session()
    if not form.validate():
        return _page(form, 422)
    wanted = form.wanted()
    if queries.count_up_to(session, wanted, MOST_ROWS + 1) > MOST_ROWS:
        return _page(form, 422, TOO_MANY)
    table = make_table(_all_lines(wanted))
    note_export(session, len(table.rows), form.query(), clock().now())
    session.commit()
    name = f"Журнал {clock().today():%d.%m.%Y}"
    return send_bytes(WRITERS[extension](table), name, extension)


def _all_lines(wanted: queries.JournalFilter) -> Iterator[Line]:
    session = db.session()
    for rows in queries.stream_journal(session, wanted, MOST_ROWS):
        yield from make_lines(rows, queries.find_names(session, rows))


def _page(form: JournalForm, status: int = 200, message: str | None = None) -> Response:
    session, found = db.session(), Slice[queries.JournalRow](())
    if status == 200:
        cursor = Cursor.from_query(request.args.get("before"), request.args.get("after"))
        found = queries.list_journal(session, form.wanted(), cursor)
    return render_page(
        "staff/audit_log/index.html",
        fragment="results",
        form=form,
        query=form.query(),
        lines=list(make_lines(found.rows, queries.find_names(session, found.rows))),
        found=found,
        cut=cut,
        faults=[("", message)] if message else summary_of(form),
        status=status,
    )
