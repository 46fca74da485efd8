"""«Показания» for staff: list submitted readings, accept or reject them in bulk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response

from app.actions.readings.decisions import DecisionCounts, accept_readings, reject_readings
from app.domain.errors import DoubtfulReadingsError
from app.domain.staff import StaffPermission
from app.extensions import db
from app.jobs import delivery
from app.logging import event
from app.queries.enquiries.customer import list_departments
from app.queries.readings.staff import (
    MAX_ROWS,
    count_submitted,
    iter_submitted,
    list_submitted,
    list_submitted_by_id,
)
from app.sections.staff.blueprint import bp
from app.sections.staff.readings import labels
from app.sections.staff.readings.forms import DecisionForm, ReadingFilterForm, only_numbers
from app.web.context import clock, local_now
from app.web.downloads import send_table
from app.web.forms import summary_of
from app.web.fragments import render_page
from app.web.labels import ZONES
from app.web.pager import STAFF_PAGE_ROWS, Pager
from app.web.permissions import staff_access
from app.web.session import current_clerk

COUNTS = {
    "accepted": "accepted",
    "refused": "rejected",
    "left": "left",
    "exported": "exported",
}
"""Parameters of the address that say what was done, and the counts they hold."""


@bp.get("/readings")
@staff_access(StaffPermission.WORK, lists=True)
def readings() -> ResponseReturnValue:
    """List submitted readings: unusual ones first, then the newest."""
    return _page(_filter(), DecisionForm())


@bp.post("/readings")
@staff_access(StaffPermission.WORK)
def readings_decide() -> ResponseReturnValue:
    """Accept or reject what is ticked; the address says which list it was."""
    wanted, form = _filter(), DecisionForm.read(request.form)
    if form.errors:
        return _page(wanted, form, 422)
    if form.rejects:
        done = reject_readings(db.session(), current_clerk(), form.seen, form.reason, local_now())
    else:
        try:
            done = accept_readings(
                db.session(), current_clerk(), form.seen, form.confirmed, local_now()
            )
        except DoubtfulReadingsError as error:
            return _confirmation_page(wanted, form, error.ids)
    delivery.commit()
    numbers = {name: getattr(done, field) for name, field in COUNTS.items()}
    event("readings decided", **numbers)
    return redirect(_list_url(wanted, **numbers, done=1), 303)


@bp.get("/readings.<any(xlsx, csv):extension>")
@staff_access(StaffPermission.WORK, lists=True)
def readings_file(extension: str) -> ResponseReturnValue:
    """Export the filtered list as a spreadsheet."""
    form = _filter()
    if not form.validate():
        return _page(form, DecisionForm(), 422)
    table = labels.readings_table(iter_submitted(db.session(), form.wanted))
    event("readings listed in a file", rows=len(table.rows))
    return send_table(table, f"Показания {clock().today():%d.%m.%Y}", extension)


def _list_url(wanted: ReadingFilterForm, **counts: int) -> str:
    page = {"page": request.args["page"][:9]} if "page" in request.args else {}
    values: dict[str, Any] = {**_query(wanted), **page, **counts}
    return url_for("staff.readings", **values)


def _confirmation_page(
    wanted: ReadingFilterForm, form: DecisionForm, doubtful: Sequence[int]
) -> Response:
    """The second step of accepting: doubtful readings by name, none of them ticked."""
    return render_page(
        "staff/readings/confirm.html",
        fragment="results",
        plain=[(key, status) for key, status in form.seen.items() if key not in doubtful],
        confirmed=form.confirmed,
        rows=list_submitted_by_id(db.session(), doubtful),
        listing=_list_url(wanted),
        labels=labels,
        zones=ZONES,
    )


def _filter() -> ReadingFilterForm:
    departments = list_departments(db.session())
    department_id = current_clerk().department_id
    return ReadingFilterForm.from_query(request.args, departments, department_id, clock().today())


def _query(form: ReadingFilterForm) -> dict[str, str | int]:
    return form.query if form.validate() else {}


def _page(form: ReadingFilterForm, decision: DecisionForm, status: int = 200) -> Response:
    is_good = form.validate()
    total = count_submitted(db.session(), form.wanted) if is_good else 0
    pager = Pager.from_request(STAFF_PAGE_ROWS, min(total, MAX_ROWS))
    rows = (
        list_submitted(db.session(), form.wanted, pager.offset, STAFF_PAGE_ROWS) if is_good else []
    )
    done = DecisionCounts(*only_numbers(request.args, *COUNTS)) if "done" in request.args else None
    return render_page(
        "staff/readings/index.html",
        fragment="results",
        form=form,
        decision=decision,
        faults=summary_of(form) + list(decision.errors.items()),
        rows=rows,
        pager=pager,
        is_cut=total > MAX_ROWS,
        ticks_all=request.args.get("all") == "1",
        done=labels.decided_label(done) if done and request.method == "GET" else None,
        labels=labels,
        zones=ZONES,
        query=_query(form),
        status=status if is_good else 422,
    )
