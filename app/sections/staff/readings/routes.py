"""«Показания»: what was submitted, how plausible it is, accepted or refused in bulk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask.wrappers import Response

from app.actions.readings.staff import Decided, accept_readings, refuse_readings
from app.domain.errors import DoubtfulReadingsError
from app.domain.staff import StaffPermission
from app.extensions import db
from app.jobs import delivery
from app.logging import event
from app.queries.enquiries.customer import list_departments
from app.queries.readings.staff import (
    MOST,
    count_desk_readings,
    each_desk_reading,
    list_desk_readings,
    list_desk_readings_by_id,
)
from app.sections.staff.blueprint import bp
from app.sections.staff.readings import labels as words
from app.sections.staff.readings.forms import DecisionForm, ReadingFilterForm, only_numbers
from app.web.downloads import WRITERS, send_bytes
from app.web.forms import keep_if_busy, summary_of
from app.web.fragments import render_page
from app.web.labels import ZONES
from app.web.pager import Pager
from app.web.permissions import staff_access
from app.web.session import clock, current_clerk, local_now

PAGE_ROWS = 50
DONE = ("accepted", "refused", "left", "exported")


@bp.get("/readings")
@staff_access(StaffPermission.WORK, lists=True)
def readings() -> ResponseReturnValue:
    """The list, the newest first."""
    return _page(_filter(), DecisionForm())


@bp.post("/readings")
@staff_access(StaffPermission.WORK)
def readings_decide() -> ResponseReturnValue:
    """Accept or refuse what is ticked; the address says which list it was."""
    wanted, form = _filter(), DecisionForm.read(request.form)
    if form.errors:
        return _page(wanted, form, 422)
    keep_if_busy(lambda message: _page(_filter(), form, 503, message))
    if form.refuses:
        done = refuse_readings(db.session(), current_clerk(), form.seen, form.reason, local_now())
    else:
        try:
            done = accept_readings(
                db.session(), current_clerk(), form.seen, form.confirmed, local_now()
            )
        except DoubtfulReadingsError as error:
            return _confirmation_page(wanted, form, error.ids)
    delivery.commit()
    numbers = {name: getattr(done, name) for name in DONE}
    event("readings decided", **numbers)
    return redirect(_list_url(wanted, **numbers, done=1), 303)


@bp.get("/readings.<any(xlsx, csv):extension>")
@staff_access(StaffPermission.WORK, lists=True)
def readings_file(extension: str) -> ResponseReturnValue:
    """The whole list for a spreadsheet."""
    form = _filter()
    if not form.validate():
        return _page(form, DecisionForm(), 422)
    table = words.readings_table(each_desk_reading(db.session(), form.wanted))
    event("readings listed in a file", rows=len(table.rows))
    return send_bytes(WRITERS[extension](table), f"Показания {clock().today():%d.%m.%Y}", extension)


def _list_url(wanted: ReadingFilterForm, **more: int) -> str:
    page = {"page": request.args["page"][:9]} if "page" in request.args else {}
    values: dict[str, Any] = {**_query(wanted), **page, **more}
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
        rows=list_desk_readings_by_id(db.session(), doubtful),
        listing=_list_url(wanted),
        words=words,
        zones=ZONES,
    )


def _filter() -> ReadingFilterForm:
    departments = list_departments(db.session())
    own = current_clerk().department_id
    return ReadingFilterForm.from_query(request.args, departments, own, clock().today())


def _query(form: ReadingFilterForm) -> dict[str, str | int]:
    return form.query if form.validate() else {}


def _page(
    form: ReadingFilterForm, decision: DecisionForm, status: int = 200, message: str | None = None
) -> Response:
    is_good = form.validate()
    total = count_desk_readings(db.session(), form.wanted) if is_good else 0
    pager = Pager.from_query(request.args.get("page", "")[:9], PAGE_ROWS, min(total, MOST))
    rows = list_desk_readings(db.session(), form.wanted, pager.offset, PAGE_ROWS) if is_good else []
    done = Decided(*only_numbers(request.args, *DONE)) if "done" in request.args else None
    return render_page(
        "staff/readings/index.html",
        fragment="results",
        form=form,
        decision=decision,
        faults=[("", message)] if message else summary_of(form) + list(decision.errors.items()),
        rows=rows,
        pager=pager,
        is_cut=total > MOST,
        ticks_all=request.args.get("all") == "1",
        done=words.decided_words(done) if done and request.method == "GET" else None,
        words=words,
        zones=ZONES,
        query=_query(form),
        status=status if is_good else 422,
    )
